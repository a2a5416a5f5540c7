/** @file Replaces every match of a pattern by a text, taken literally. What is put in stands for the last character of the
 *  match; put in without a match (an empty one), for the character before. */

import type { Pattern } from "../regex/pattern.js";
import { createAlignedBuilder } from "../text/alignedBuilder.js";
import type { Normalizer } from "./normalizer.js";

export function replace(pattern: Pattern, content: string): Normalizer {
  return (old) => {
    const matches = pattern.matches(old.text);
    if (matches.length === 0) return old;
    const builder = createAlignedBuilder(old);
    let done = 0;
    for (let i = 0; i < matches.length; i += 2) {
      const end = matches[i + 1]!;
      builder.keep(done, matches[i]!);
      if (end === 0) builder.putRange(content, old.origin, old.origin);
      else builder.put(content, end - 1);
      done = end;
    }
    builder.keep(done, old.text.length);
    return builder.done();
  };
}
