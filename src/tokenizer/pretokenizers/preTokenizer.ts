/** @file The contract of a pre-tokenizer: a piece of text into pieces, with the alignment kept. Empty pieces are dropped by
 *  whoever calls. */

import type { AlignedText } from "../text/aligned.js";

export type PreTokenizer = (piece: AlignedText) => readonly AlignedText[];

/** One after the other, each on the pieces of the one before. */
export function sequence(steps: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => {
    let pieces: readonly AlignedText[] = [piece];
    for (const step of steps) pieces = pieces.flatMap((p) => (p.text === "" ? [] : step(p)));
    return pieces;
  };
}
