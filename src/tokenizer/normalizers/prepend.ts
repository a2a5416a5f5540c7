/** @file Puts a text in front, where there is any text at all; it shares the place of the first character. */

import { createAlignedBuilder } from "../text/alignedBuilder.js";
import type { Normalizer } from "./normalizer.js";

export function prepend(prefix: string): Normalizer {
  return (text) => {
    if (text.text === "" || prefix === "") return text;
    const builder = createAlignedBuilder(text);
    builder.put(prefix, 0);
    builder.keep(0, text.text.length);
    return builder.done();
  };
}
