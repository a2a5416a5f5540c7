/** @file Words of documents into a WordMap: by a published pattern, fast, or by any normaliser and pre-tokenizer. */

import { makeNormalizer } from "../normalizers/index.js";
import { createSplitter } from "../pretokenizers/create.js";
import { makePreTokenizer } from "../pretokenizers/index.js";
import type { PatternName } from "../pretokenizers/splitter.js";
import { alignedText, wellFormed } from "../text/aligned.js";
import { createCharacterClasses } from "../text/categories.js";
import { blockEnd, createUtf8Buffer } from "../text/utf8.js";
import type { WordMap } from "./wordMap.js";

/** How to cut; plain data, so that a thread can be told. */
export type CutSpec =
  | { readonly kind: "pattern"; readonly pattern: PatternName }
  /** Components as in tokenizer.json. */
  | { readonly kind: "pipeline"; readonly normalizer: object | null; readonly preTokenizer: object | null };

/** Counts the words of one document. */
export type DocumentCounter = (document: string) => void;

export function createDocumentCounter(spec: CutSpec, map: WordMap): DocumentCounter {
  return spec.kind === "pattern" ? patternCounter(spec.pattern, map) : pipelineCounter(spec, map);
}

function patternCounter(pattern: PatternName, map: WordMap): DocumentCounter {
  const classes = createCharacterClasses();
  const split = createSplitter(pattern, classes);
  const utf8 = createUtf8Buffer();
  const ends = new Int32Array(4096);
  return (document) => {
    for (let at = 0; at < document.length; ) {
      const stop = blockEnd(document, at, classes);
      const to = utf8.fill(document.slice(at, stop));
      const { bytes, view } = utf8;
      for (let from = 0; from < to; ) {
        const pieces = split(bytes, from, to, ends);
        for (let k = 0; k < pieces; k++) {
          map.count(bytes, view, from, ends[k]! - from);
          from = ends[k]!;
        }
      }
      at = stop;
    }
  };
}

function pipelineCounter(spec: CutSpec & { kind: "pipeline" }, map: WordMap): DocumentCounter {
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
