/** @file Lines and pieces of streamed text: cut at a separator that may itself be split between two chunks. */

import { UserError } from "../platform/errors.js";

/** Longest string that V8 holds, less a margin. */
export const MAX_TEXT = 500_000_000;

/** Pieces of `chunks` between separators, with how many newlines precede each piece in the file. The last piece may be
 *  empty. Throws `document-too-long` when a piece exceeds `limit` UTF-16 units. */
export function* cutAt(
  chunks: Iterable<string>,
  separator: string,
  file: string,
  limit: number,
): Generator<{ text: string; line: number }> {
  let parts: string[] = []; // of the piece under way, so that long pieces cost no quadratic copying
  let length = 0;
  let tail = "";
  let line = 1;
  for (const chunk of chunks) {
    const text = tail + chunk;
    let from = 0;
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
      const piece = parts.length === 0 ? text.slice(from, at) : parts.join("") + text.slice(from, at);
      parts = [];
      length = 0;
      yield { text: piece, line };
      line += newlines(piece) + newlines(separator);
      from = at + separator.length;
    }
    // The last characters may begin a separator.
    const keep = Math.max(from, text.length - separator.length + 1);
    if (keep > from) {
      parts.push(text.slice(from, keep));
      length += keep - from;
    }
    if (length > limit) {
      throw new UserError({
        code: "document-too-long",
        file,
        at: `line ${line}`,
        message: "holds a document too long for one string",
        found: `more than ${limit} characters`,
        fix: "cut the file into documents with a separator",
      });
    }
    tail = text.slice(keep);
  }
  yield { text: parts.join("") + tail, line };
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** CR LF and lone CR as LF, across chunks. */
export function* unixNewlines(chunks: Iterable<string>): Generator<string> {
  let held = "";
  for (const chunk of chunks) {
    let text = held + chunk;
    held = "";
    if (text.endsWith("\r")) {
      held = "\r";
      text = text.slice(0, -1);
    }
    yield text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  }
  if (held !== "") yield "\n";
}
