/** @file Plain text and Markdown: the file is one document, or several where a separator cuts it. */

import type { ReadContext } from "./documents.js";
import { cutAt, MAX_TEXT, unixNewlines } from "./lines.js";
import type { TextFormat } from "./sources.js";

/** What GPT-2's data sets put between documents. */
export const END_OF_TEXT = "<|endoftext|>";

/** Documents of one file. A piece between separators loses white space at its ends; a file with no separator in it is
 *  kept to the letter. Pieces of white space alone are no documents. */
export function* textDocuments(
  chunks: Iterable<string>,
  format: TextFormat,
  { file, options, skip }: ReadContext,
): Generator<{ id?: string; text: string; line?: number }> {
  const separator =
    options.separator === undefined && format === "txt" ? END_OF_TEXT : (options.separator ?? null);
  const text = options.newlines === "keep" ? chunks : unixNewlines(chunks);
  let held: { text: string; line: number } | undefined;
  let cut = false;
  for (const piece of cutAt(text, separator ?? "\u0000", file, MAX_TEXT)) {
    if (held !== undefined) {
      cut = true;
      yield* trimmed(held);
    }
    held = piece;
  }
  if (held === undefined) return;
  if (cut) yield* trimmed(held);
  else if (held.text.trim() === "") skip("file of white space alone");
  else yield { text: held.text };
}

function* trimmed(piece: { text: string; line: number }): Generator<{ text: string; line: number }> {
  const text = piece.text.trim();
  if (text === "") return;
  const lead = piece.text.slice(0, piece.text.length - piece.text.trimStart().length);
  yield { text, line: piece.line + (lead.match(/\n/g)?.length ?? 0) };
}
