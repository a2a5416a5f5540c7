/** @file One line at the bottom of the terminal that is written over; nothing where no terminal is. */

import type { Output } from "../../platform/terminal.js";
import { textWidth } from "./table.js";

/** Milliseconds between two writings. */
const PAUSE = 100;

export interface ProgressLine {
  show(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

export function progressLine(out: Output, now: () => number = () => performance.now()): ProgressLine {
  let last = Number.NEGATIVE_INFINITY;
  let shown = false;
  return {
    show(text) {
      if (!out.isTerminal || now() - last < PAUSE) return;
      last = now();
      shown = true;
      const room = out.columns - 1;
      out.write(`\r\x1b[K${textWidth(text) > room ? text.slice(0, room) : text}`);
    },
    clear() {
      if (shown) out.write("\r\x1b[K");
      shown = false;
    },
  };
}
