/** @file Takes white space off the ends. */

import { type AlignedText, sliceAligned } from "../text/aligned.js";
import type { Normalizer } from "./normalizer.js";

export function strip(left: boolean, right: boolean): Normalizer {
  return (a) => {
    const start = left ? a.text.length - a.text.replace(/^\p{White_Space}+/u, "").length : 0;
    let end = a.text.length;
    if (right) while (end > start && /\p{White_Space}/u.test(a.text[end - 1]!)) end--;
    // The whole text is still what it stands for.
    return { ...(sliceAligned(a, start, end) as AlignedText), origin: a.origin };
  };
}
