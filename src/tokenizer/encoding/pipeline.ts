/** @file The whole way from text to an encoding: added tokens, normaliser, pre-tokenizer, model, truncation,
 *  post-processor, padding. */

import type { Extractor } from "../added/extract.js";
import type { Model } from "../models/model.js";
import type { PostProcessor } from "../postProcessors/postProcessor.js";
import type { PreTokenizer } from "../pretokenizers/preTokenizer.js";
import { type AlignedText, endAt, startAt, wellFormed } from "../text/aligned.js";
import { type Draft, type Encoding, emptyDraft, finish, joinAll, setSequence } from "./encoding.js";
import { type Padding, pad } from "./pad.js";
import { checkTruncation, type Truncation, truncate } from "./truncate.js";

export interface Pipeline {
  readonly preTokenizer: PreTokenizer | undefined;
  readonly model: Model;
  readonly postProcessor: PostProcessor | undefined;
  /** The vocabulary's spelling. */
  readonly spellingOf: (id: number) => string;
}

/** A text, or the words of one that is cut already (offsets are then within each word). */
export type EncodingInput = string | readonly string[];

export interface PipelineOptions {
  readonly addSpecialTokens: boolean;
  readonly offsets: "utf16" | "codePoints";
  readonly truncation: Truncation | undefined;
  readonly padding: Padding | undefined;
  readonly blocked?: ReadonlySet<number> | undefined;
}

/** One encoding for each input, padded together. */
export function encodeBatch(
  pipeline: Pipeline,
  extract: Extractor,
  batch: ReadonlyArray<readonly [first: EncodingInput, second?: EncodingInput | undefined]>,
  options: PipelineOptions,
): Encoding[] {
  const { truncation, padding } = options;
  if (truncation !== undefined)
    checkTruncation(truncation, options.addSpecialTokens ? (pipeline.postProcessor?.putIn[0] ?? 0) : 0);
  const drafts = batch.map(([first, second]) => {
    const one = encodeInput(pipeline, blocking(extract, options.blocked), first, 0, options.offsets);
    const two = second === undefined ? undefined : encodeInput(pipeline, extract, second, 1, options.offsets);
    return postProcess(pipeline.postProcessor, one, two, options);
  });
  if (padding !== undefined) pad(drafts, padding);
  return drafts.map(finish);
}

function postProcess(
  processor: PostProcessor | undefined,
  first: Draft,
  second: Draft | undefined,
  options: PipelineOptions,
): Draft {
  const { addSpecialTokens, truncation } = options;
  let drafts = [first, second];
  if (truncation !== undefined) {
    const putIn = addSpecialTokens ? (processor?.putIn[second === undefined ? 0 : 1] ?? 0) : 0;
    // A limit below what is put in cuts nothing, as in the library.
    const limit = truncation.maxLength - putIn;
    if (limit >= 0) drafts = truncate(first, second, limit, truncation);
  }
  const given = drafts.filter((draft) => draft !== undefined);
  if (processor === undefined) {
    if (given.length === 1) return given[0]!;
    given.forEach(setSequence);
    return joinAll(given);
  }
  given.forEach((draft, i) => {
    setSequence(draft, i);
    for (const overflow of draft.overflowing) setSequence(overflow, i);
    draft.types = draft.types.map(() => i);
  });
  return joinAll(processor.process(given, addSpecialTokens));
}

const blocking = (extract: Extractor, blocked: ReadonlySet<number> | undefined): Extractor =>
  blocked === undefined
    ? extract
    : Object.assign((text: string) => extract(text, blocked), { trivial: false });

function encodeInput(
  pipeline: Pipeline,
  extract: Extractor,
  input: EncodingInput,
  type: number,
  offsets: "utf16" | "codePoints",
): Draft {
  const draft = emptyDraft();
  if (typeof input === "string") encodeText(pipeline, extract, input, type, undefined, offsets, draft);
  else
    input.forEach((word, i) => {
      encodeText(pipeline, extract, word, type, i, offsets, draft);
    });
  return draft;
}

/** Appends the tokens of a text. `word`: the index of all its tokens, else that of the piece. */
function encodeText(
  pipeline: Pipeline,
  extract: Extractor,
  input: string,
  type: number,
  word: number | undefined,
  offsets: "utf16" | "codePoints",
  draft: Draft,
): void {
  const text = wellFormed(input);
  const place = codePointPlaces(text);
  const units = offsets === "utf16" ? unitPlaces(text) : undefined;
  let index = 0;
  const put = (id: number, token: string, start: number, end: number): void => {
    draft.ids.push(id);
    draft.tokens.push(token);
    draft.offsets.push([place(start), place(end)]);
    draft.units.push(units);
    draft.words.push(word ?? index);
    draft.types.push(type);
    draft.special.push(0);
    draft.attention.push(1);
  };
  for (const { id, text: section } of extract(text)) {
    if (id >= 0) {
      put(id, section.text, startAt(section, 0), endAt(section, section.text.length - 1));
      index++;
      continue;
    }
    for (const piece of cut(pipeline, section)) {
      pipeline.model.tokenize(piece.text, {
        add: (token, start, end, spelling) =>
          put(
            token,
            spelling ?? pipeline.spellingOf(token),
            startAt(piece, start),
            start < end ? endAt(piece, end - 1) : startAt(piece, start),
          ),
      });
      index++;
    }
  }
}

export function cut(pipeline: Pick<Pipeline, "preTokenizer">, section: AlignedText): readonly AlignedText[] {
  const pieces = pipeline.preTokenizer === undefined ? [section] : pipeline.preTokenizer(section);
  return pieces.filter((piece) => piece.text !== "");
}

/** Places in UTF-16 units for places in code points; undefined where they are the same. */
function unitPlaces(text: string): Int32Array | undefined {
  if (!/[\ud800-\udbff]/.test(text)) return undefined;
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    places.push(at);
    at += character.length;
  }
  return Int32Array.from([...places, at]);
}

/** Places in code points for places in UTF-16 units. */
export function codePointPlaces(text: string): (unit: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (unit) => unit;
  const places = new Int32Array(text.length + 1);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    places[i] = count;
    if ((text.charCodeAt(i) & 0xfc00) !== 0xd800) count++;
    else if (i + 1 < text.length) places[++i] = count++;
  }
  places[text.length] = count;
  return (unit) => places[unit]!;
}
