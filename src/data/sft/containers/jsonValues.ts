/** @file The objects of a JSON file, one after another, so that a file larger than memory works: the elements of an array, or
 *  objects that follow each other, over as many lines as they like. */

import { errorAt, type Row, rowOfJson } from "../row.js";

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Throws UserError `invalid-json`. */
export function* jsonValues(chunks: Iterable<string>, file: string): Generator<Row> {
  let kind: "array" | "objects" | undefined;
  let closed = false; // the array
  let depth = 0;
  let [inString, escaped] = [false, false];
  let line = 1;
  /** The value under way: where it began, and what of it came in earlier chunks. */
  let begun: { line: number; parts: string[] } | undefined;
  const fail = (at: number, message: string, found: unknown, expected: string) =>
    errorAt({ file, line: at }, { code: "invalid-json", message, found, expected, fix: "mend the file" });

  for (const chunk of chunks) {
    let from = 0;
    const take = (end: number): Row => {
      const { parts, line: at } = begun!;
      const text = parts.join("") + chunk.slice(from, end);
      begun = undefined;
      return rowOfJson(text, { file, line: at });
    };
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk.charCodeAt(i);
      if (c === NEWLINE) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (c === BACKSLASH) escaped = true;
        else if (c === QUOTE) inString = false;
        continue;
      }
      if (isSpace(c)) continue;
      if (depth === 0) {
        if (kind === undefined && c === OPEN) {
          kind = "array";
          continue;
        }
        if (kind === "array" && (c === COMMA || c === CLOSE)) {
          if (begun !== undefined) yield take(i);
          closed = c === CLOSE;
          if (closed) kind = "objects"; // whatever follows is refused below
          continue;
        }
        if (closed)
          throw fail(line, "goes on behind the end of its array", chunk.slice(i, i + 40), "nothing");
        kind ??= "objects";
        if (kind === "objects" && c !== OPEN_BRACE)
          throw fail(
            line,
            "holds no JSON objects",
            chunk.slice(i, i + 40),
            "an array of objects, or objects",
          );
        if (begun === undefined) {
          begun = { line, parts: [] };
          from = i;
        }
      }
      if (c === QUOTE) inString = true;
      else if (c === OPEN || c === OPEN_BRACE) depth++;
      else if (c === CLOSE || c === CLOSE_BRACE) {
        depth--;
        if (depth === 0 && kind === "objects") yield take(i + 1);
      }
    }
    if (begun !== undefined) begun.parts.push(chunk.slice(from));
  }
  if (begun !== undefined || (kind === "array" && !closed))
    throw fail(
      begun?.line ?? line,
      "ends in the middle of a value",
      "the end of the file",
      "its last bracket",
    );
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === NEWLINE || c === 0x0d || c === 0x09;
}
