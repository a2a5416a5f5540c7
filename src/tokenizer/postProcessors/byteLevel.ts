/** @file Byte-level tokens take the space before a word in: this takes it out of their offsets again. */

import type { Draft } from "../encoding/encoding.js";
import { setSequence } from "../encoding/encoding.js";
import type { PostProcessor } from "./postProcessor.js";

export function byteLevelPostProcessor(trimOffsets: boolean, addPrefixSpace: boolean): PostProcessor {
  return {
    putIn: [0, 0],
    process(drafts) {
      if (trimOffsets) for (const draft of drafts) trimDraft(draft, addPrefixSpace);
      drafts.forEach(setSequence);
      return drafts;
    },
  };
}

/** Also of what overflows. A space in front of the whole text was not there if `addPrefixSpace` put it. */
export function trimDraft(draft: Draft, addPrefixSpace: boolean): void {
  draft.offsets = draft.offsets.map(([start, end], i) => {
    const token = draft.tokens[i]!;
    let leading = /^[Ġ\p{White_Space}]*/u.exec(token)![0].length;
    const trailing = token.length - token.replace(/[Ġ\p{White_Space}]+$/u, "").length;
    if ((i === 0 || start === 0) && addPrefixSpace && leading === 1) leading = 0;
    const from = Math.min(start + leading, end);
    return [from, trailing > 0 && end >= trailing ? Math.max(end - trailing, from) : end];
  });
  for (const overflow of draft.overflowing) trimDraft(overflow, addPrefixSpace);
}
