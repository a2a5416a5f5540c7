/** @file Pieces of a fixed number of characters; the last may be shorter. */

import { sliceAligned } from "../text/aligned.js";
import type { PreTokenizer } from "./preTokenizer.js";

export function fixedLength(length: number): PreTokenizer {
  return (piece) => {
    const pieces = [];
    let start = 0;
    let at = 0;
    let count = 0;
    for (const character of piece.text) {
      at += character.length;
      if (++count % length === 0) {
        pieces.push(sliceAligned(piece, start, at));
        start = at;
      }
    }
    if (start < at) pieces.push(sliceAligned(piece, start, at));
    return pieces;
  };
}
