/** @file Progress for programs and log files: an event a line, in the field's snake_case. */

import type { Output } from "../../platform/terminal.js";
import type { Listener } from "../../train/index.js";

export function jsonView(out: Output): Listener {
  return (event) => out.write(`${JSON.stringify(snake(event))}\n`);
}

function snake(event: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
      typeof value === "number" && !Number.isFinite(value) ? null : value,
    ]),
  );
}
