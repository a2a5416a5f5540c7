/** @file BERT's and RoBERTa's forms: [CLS] A [SEP] B [SEP], and <s> A </s> </s> B </s> with offsets trimmed and one type
 *  for all. */

import { type Draft, joinAll, setSequence, specialDraft } from "../encoding/encoding.js";
import { trimDraft } from "./byteLevel.js";
import type { PostProcessor } from "./postProcessor.js";

export type Special = readonly [token: string, id: number];

export function bertProcessing(cls: Special, sep: Special): PostProcessor {
  return {
    putIn: [2, 3],
    process: (drafts, add) =>
      add ? drafts.map((draft, i) => bracket(draft, i, i === 0 ? [cls] : [], [sep], i)) : drafts,
  };
}

export function robertaProcessing(
  cls: Special,
  sep: Special,
  trimOffsets: boolean,
  addPrefixSpace: boolean,
): PostProcessor {
  return {
    putIn: [2, 4],
    process(drafts, add) {
      for (const draft of drafts) {
        if (trimOffsets) trimDraft(draft, addPrefixSpace);
        draft.types.fill(0);
      }
      return add ? drafts.map((draft, i) => bracket(draft, i, [i === 0 ? cls : sep], [sep], 0)) : drafts;
    },
  };
}

function bracket(
  draft: Draft,
  sequence: number,
  before: readonly Special[],
  behind: readonly Special[],
  type: number,
): Draft {
  const one = (inner: Draft): Draft => {
    setSequence(inner, sequence);
    const special = (tokens: readonly Special[]) =>
      specialDraft(
        tokens.map(([token, id]) => [id, token]),
        type,
      );
    const typed = { ...inner, overflowing: [], types: inner.types.map(() => type) };
    return joinAll([special(before), typed, special(behind)]);
  };
  return { ...one(draft), overflowing: draft.overflowing.map(one) };
}
