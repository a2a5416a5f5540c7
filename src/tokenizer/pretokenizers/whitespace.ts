/** @file Words and runs of other signs, `\w+|[^\w\s]+`; white space goes. Word characters are those of Rust's regular
 *  expressions here, the zero-width joiners among them, not Oniguruma's. */

import { characterMatches, cutAt } from "./cut.js";
import type { PreTokenizer } from "./preTokenizer.js";

const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`;

export function whitespace(): PreTokenizer {
  const pieces = new RegExp(String.raw`[${WORD}]+|[^${WORD}\p{White_Space}]+`, "gu");
  return (piece) => cutAt(piece, characterMatches(piece.text, pieces), "Removed", true);
}
