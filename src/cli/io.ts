/** @file What a command may use of the world outside: where it writes, and whether a person is there. Tests give their own. */

import { isInteractive, type Output, standardError, standardOutput } from "../platform/terminal.js";

export interface Io {
  readonly out: Output;
  readonly err: Output;
  /** A person can be asked. */
  readonly interactive: boolean;
}

export function terminalIo(): Io {
  return { out: standardOutput(), err: standardError(), interactive: isInteractive() };
}
