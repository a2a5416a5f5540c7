/** @file Words of documents into a WordMap by any normaliser and pre-tokenizer. */

import { makeNormalizer } from "../normalizers/index.js";
import { makePreTokenizer } from "../pretokenizers/index.js";
import { alignedText, wellFormed } from "../text/aligned.js";
import { createUtf8Buffer } from "../text/utf8.js";
import type { CutSpec, DocumentCounter } from "./counters.js";
import type { WordMap } from "./wordMap.js";

export function pipelineCounter(spec: CutSpec & { kind: "pipeline" }, map: WordMap): DocumentCounter {
  const place = (at: string) => ({ file: "training", at });
  const normalizer =
    spec.normalizer === null ? undefined : makeNormalizer(spec.normalizer, place("normalizer"));
  const preTokenizer =
    spec.preTokenizer === null ? undefined : makePreTokenizer(spec.preTokenizer, place("preTokenizer"));
  const utf8 = createUtf8Buffer();
  return (document) => {
    const text = alignedText(wellFormed(document));
    const normalized = normalizer === undefined ? text : normalizer(text);
    const pieces = preTokenizer === undefined ? [normalized] : preTokenizer(normalized);
    for (const { text: word } of pieces)
      if (word !== "") map.count(utf8.bytes, utf8.view, 0, utf8.fill(word));
  };
}
