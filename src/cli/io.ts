/** @file What a command may use of the world outside: where it writes, and whether a person is there. Tests give their own. */

import {
  isInteractive,
  type Output,
  standardError,
  standardInput,
  standardOutput,
} from "../platform/terminal.js";

export interface Io {
  readonly out: Output;
  readonly err: Output;
  /** A person can be asked. */
  readonly interactive: boolean;
  /** What is piped in; by default standard input. */
  readonly input?: AsyncIterable<string>;
}

export function terminalIo(): Io {
  return { out: standardOutput(), err: standardError(), interactive: isInteractive() };
}

export function inputOf(io: Io): AsyncIterable<string> {
  return io.input ?? standardInput();
}
