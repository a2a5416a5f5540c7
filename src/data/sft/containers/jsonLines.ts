/** @file JSON lines: an object a line. */

import { cutAt, MAX_TEXT } from "../../lines.js";
import { type Row, rowOfJson } from "../row.js";

/** Throws UserError `invalid-json`. */
export function* jsonLines(chunks: Iterable<string>, file: string): Generator<Row> {
  for (const { text, line } of cutAt(chunks, "\n", file, MAX_TEXT))
    if (text.trim() !== "") yield rowOfJson(text, { file, line });
}
