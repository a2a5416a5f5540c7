/** @file The forms that pairs of texts come in: lines of two files, columns of one, records. */

import { nearest, UserError } from "../platform/errors.js";
import type { ReadContext } from "./documents.js";
import { idOf, jsonlRecords, recordText } from "./jsonl.js";
import { cutAt, MAX_TEXT } from "./lines.js";
import { optionInvalid } from "./optionInvalid.js";
import type { SourceFile } from "./sources.js";
import { countedText } from "./sourceText.js";

/** As it stands in the file; a side may be blank. */
export interface RawPair {
  readonly id?: string | undefined;
  readonly line: number;
  readonly source: string;
  readonly target: string;
}

/** Lines of one file, cut at LF alone, so that stray characters shift no line; white space at ends goes later. */
function* linesOf(source: SourceFile, { options, invalid }: ReadContext): Generator<string> {
  let held: string | undefined;
  for (const { text } of cutAt(
    countedText(source, options.strict === true, invalid),
    "\n",
    source.file,
    MAX_TEXT,
  )) {
    if (held !== undefined) yield held;
    held = text;
  }
  if (held !== undefined && held !== "") yield held; // after the last newline begins no line
}

/** Line n of one file with line n of the other. Throws `pairs-misaligned` at the end, where one goes on. */
export function* alignedLines(
  files: readonly SourceFile[],
  contexts: readonly [ReadContext, ReadContext],
): Generator<RawPair> {
  const sides = contexts.map((context, i) => linesOf(files[i]!, context));
  let line = 0;
  for (;;) {
    const [source, target] = sides.map((side) => side.next());
    if (source!.done === true || target!.done === true) {
      if (source!.done === true && target!.done === true) return;
      throw misaligned(files, sides, [source!, target!], line);
    }
    line++;
    yield { line, source: source!.value, target: target!.value };
  }
}

function misaligned(
  files: readonly SourceFile[],
  sides: readonly Generator<string>[],
  last: readonly IteratorResult<string>[],
  line: number,
): UserError {
  const counts = sides.map((side, i) => {
    let count = line;
    for (let next = last[i]!; next.done !== true; next = side.next()) count++;
    return `${count} lines in ${files[i]!.file}`;
  });
  return new UserError({
    code: "pairs-misaligned",
    file: files.map((f) => f.file).join(", "),
    message: "do not belong together line by line",
    found: counts.join(", "),
    expected: "as many lines in both",
    fix: "look where a line is missing or was broken in two; an empty line keeps a place",
  });
}

/** Columns of lines, told by number (from 1) or by the name that the first line gives them. A line without one of them is
 *  skipped and counted (with `strict`: refused). Throws `column-missing` for a name that the first line lacks. */
export function* columnPairs(
  file: SourceFile,
  context: ReadContext,
  columns: readonly [source: number | string, target: number | string],
): Generator<RawPair> {
  const named = columns.some((column) => typeof column === "string");
  let places: number[] | undefined;
  let line = 0;
  for (const text of linesOf(file, context)) {
    line++;
    const cells = text.split("\t");
    if (places === undefined) {
      places = columns.map((column) => placeOf(column, cells, context.file));
      if (named) continue;
    }
    const [source, target] = places.map((place) => cells[place]);
    if (source !== undefined && target !== undefined) {
      yield { line, source, target };
      continue;
    }
    const reason = `has fewer columns than ${Math.max(...places) + 1}`;
    if (context.options.strict === true) {
      throw new UserError({
        code: "column-missing",
        file: context.file,
        at: `line ${line}`,
        message: reason,
        found: cells.length,
        fix: "mend the line, or read without `strict` (such lines are left out and counted)",
      });
    }
    context.skip(reason, line);
  }
}

function placeOf(column: number | string, header: readonly string[], file: string): number {
  if (typeof column === "number") {
    if (!(Number.isSafeInteger(column) && column > 0))
      throw optionInvalid("sourceColumn, targetColumn", column, "a column's number, from 1, or its name");
    return column - 1;
  }
  const place = header.map((name) => name.trim()).indexOf(column);
  if (place >= 0) return place;
  const candidate = nearest(column, header);
  throw new UserError({
    code: "column-missing",
    file,
    at: "line 1",
    message: `names no column ${JSON.stringify(column)}`,
    found: header.slice(0, 10),
    fix:
      candidate === undefined
        ? "name a column of the first line, or give its number"
        : `did you mean ${JSON.stringify(candidate)}?`,
  });
}

/** Two strings of each record, under keys that may lead into records inside (`translation.en`). */
export function* recordPairs(
  file: SourceFile,
  context: ReadContext,
  keys: readonly [source: string, target: string],
): Generator<RawPair> {
  const text = countedText(file, context.options.strict === true, context.invalid);
  for (const { record, line } of jsonlRecords(text, context, keys)) {
    const sideOf = (key: string) => {
      const inside = holderOf(record, key);
      return recordText(inside.record, inside.key, line, context, keys);
    };
    const source = sideOf(keys[0]);
    if (source === undefined) continue; // counted, once
    const target = sideOf(keys[1]);
    if (target !== undefined) yield { id: idOf(record), line, source, target };
  }
}

/** The record that holds a key's last part, as far as the path leads. */
function holderOf(
  record: Record<string, unknown>,
  key: string,
): { record: Record<string, unknown>; key: string } {
  const dot = key.indexOf(".");
  if (Object.hasOwn(record, key) || dot < 0) return { record, key };
  const inner = Object.hasOwn(record, key.slice(0, dot)) ? record[key.slice(0, dot)] : undefined;
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return { record, key };
  return holderOf(inner as Record<string, unknown>, key.slice(dot + 1));
}
