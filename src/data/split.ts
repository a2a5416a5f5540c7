/** @file Training and validation, told apart by a document's own text: a document never moves when others are added,
 *  and copies of one text land on one side. A lone document is cut by position instead. */

import { hash64 } from "./hash.js";

export type Split = "train" | "validation";
export const SPLITS: readonly Split[] = ["train", "validation"];

/** The side of a document; `validationFraction` in [0, 1) of all documents, on average, is validation. */
export function splitOf(document: { readonly text: string }, validationFraction: number): Split {
  return hash64(document.text)[0] < validationFraction * 4294967296 ? "validation" : "train";
}

/** One text in two: its last `validationFraction` (by UTF-16 units, never inside a character) is validation. */
export function splitByPosition(text: string, validationFraction: number): Record<Split, string> {
  let cut = Math.floor(text.length * (1 - validationFraction));
  const unit = text.charCodeAt(cut);
  if (unit >= 0xdc00 && unit < 0xe000) cut--;
  return { train: text.slice(0, cut), validation: text.slice(cut) };
}
