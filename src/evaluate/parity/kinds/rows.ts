/** @file Rows of a case's .jsonl files. */

import { readText } from "../../../platform/files.js";
import type { CaseContext } from "./kind.js";

export type Row = Readonly<Record<string, unknown>>;

/** Rows end at `\n` alone: texts in them hold other line ends as they are. */
export function rowsOf<T = Row>(context: CaseContext, name: unknown): T[] {
  return readText(context.path(name))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
