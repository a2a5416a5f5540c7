/** @file Words of documents into a WordMap: by a published pattern, fast, or by any normaliser and pre-tokenizer. */

import { createSplitter } from "../pretokenizers/create.js";
import type { PatternName } from "../pretokenizers/splitter.js";
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

/** The components of a pipeline are loaded when one is asked for: a thread that cuts by a pattern starts sooner. */
export async function createDocumentCounter(spec: CutSpec, map: WordMap): Promise<DocumentCounter> {
  if (spec.kind === "pattern") return patternCounter(spec.pattern, map);
  const { pipelineCounter } = await import("./pipelineCounter.js");
  return pipelineCounter(spec, map);
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
