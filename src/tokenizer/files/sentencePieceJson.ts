/** @file A SentencePiece model as tokenizer.json, which Hugging Face's library reads. The format says the same of a model in
 *  its own terms: the normaliser as steps, BPE by merges in the order of the scores. Where it cannot (words, pieces marked
 *  unused, the space behind), there is no such file. What may differ in the saved form, in rare texts: compiled rules are
 *  looked up grapheme by grapheme instead of by the longest match; a text that begins with a user's symbol gets no space
 *  in front, and one that ends before a user's symbol loses it; a run of one letter that two merges can cut is cut by the
 *  first of them; the spelling of a byte token is that token; sums of scores are not rounded to 32 bits, which decides
 *  between equals in texts of many thousand characters. */

import { longestMatch, readCharsmap } from "../normalizers/charsmap.js";
import { specialTokenJson, vocabularyJson } from "./definition.js";
import type { SentencePieceModel } from "./sentencePieceProto.js";

const SIGN = "\u2581";

/** `postProcessor` as it is to stand in the file. Undefined where the format has no words for the model. */
export function sentencePieceJson(
  model: SentencePieceModel,
  postProcessor: object | null,
): object | undefined {
  const { pieces } = model;
  const spellings = new Set(pieces.map(({ piece }) => piece));
  if (
    model.modelType === "word" ||
    model.whitespaceAsSuffix ||
    spellings.size < pieces.length ||
    pieces.some(({ type, piece }) => type === "unused" || piece === "")
  )
    return undefined;
  const symbols = pieces.some(({ type }) => type === "userDefined");
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: pieces.flatMap(({ piece, type }, id) => {
      if (type === "control" || type === "unknown") return [specialTokenJson(piece, id)];
      return type === "userDefined" ? [{ ...specialTokenJson(piece, id), special: false }] : [];
    }),
    normalizer: normalizerJson(model, model.addDummyPrefix && !symbols),
    // A user's symbol cuts the text, but only the text's own beginning gets a space.
    pre_tokenizer:
      model.addDummyPrefix && symbols
        ? { type: "Metaspace", replacement: SIGN, prepend_scheme: "first", split: false }
        : null,
    post_processor: postProcessor,
    decoder: decoderJson(model),
    model: model.modelType === "unigram" ? unigramJson(model) : bpeJson(model),
  };
}

function normalizerJson(model: SentencePieceModel, prepend: boolean): object | null {
  const sign = model.escapeWhitespaces ? SIGN : " ";
  // Composed before, letters with several marks come out as by the longest match.
  const composed = composes(model.charsmap) ? [{ type: "NFC" }] : [];
  const replace = (regex: string, content: string) => ({
    type: "Replace",
    pattern: { Regex: regex },
    content,
  });
  // Where `Metaspace` puts the sign, a space that is there already serves as it.
  const leading = model.addDummyPrefix && !prepend ? [] : [replace(String.raw`\A +`, "")];
  const steps = [
    ...(model.charsmap.length === 0
      ? []
      : [...composed, { type: "Precompiled", precompiled_charsmap: base64(model.charsmap) }]),
    ...(model.removeExtraWhitespaces ? [...leading, replace(" {2,}", " ")] : []),
    ...(prepend ? [{ type: "Prepend", prepend: sign }] : []),
    ...(sign === SIGN ? [{ type: "Replace", pattern: { String: " " }, content: SIGN }] : []),
    ...(model.removeExtraWhitespaces ? [replace(`${sign}+${String.raw`\z`}`, "")] : []),
  ];
  return steps.length === 0 ? null : { type: "Sequence", normalizers: steps };
}

/** Whether the rules compose characters, as those of NFC and NFKC do. */
function composes(charsmap: Uint8Array): boolean {
  const rules = charsmap.length === 0 ? undefined : readCharsmap(charsmap);
  if (rules === undefined) return false;
  const utf8 = new TextEncoder();
  return ["e\u0302\u0301", "\u304b\u3099", "o\u0308"].every(
    (text) => longestMatch(rules, utf8.encode(text))?.replacement === text.normalize("NFC"),
  );
}

function decoderJson(model: SentencePieceModel): object {
  const steps = [
    { type: "Replace", pattern: { String: SIGN }, content: " " },
    ...(model.byteFallback ? [{ type: "ByteFallback" }] : []),
    { type: "Fuse" },
    ...(model.addDummyPrefix || model.removeExtraWhitespaces
      ? [{ type: "Strip", content: " ", start: 1, stop: 0 }]
      : []),
  ];
  return { type: "Sequence", decoders: steps };
}

/** Special pieces are never cut out of text, so their score is one that nothing has: the lowest. */
function unigramJson(model: SentencePieceModel): object {
  const normal = model.pieces.filter(({ type }) => type === "normal").map(({ score }) => score);
  const lowest = normal.reduce((a, b) => Math.min(a, b), 0);
  return {
    type: "Unigram",
    unk_id: model.unkId,
    vocab: model.pieces.map(({ piece, score, type }) => [piece, type === "normal" ? score : lowest]),
    byte_fallback: model.byteFallback,
  };
}

function bpeJson(model: SentencePieceModel): object {
  return {
    type: "BPE",
    dropout: null,
    unk_token: model.pieces[model.unkId]!.piece,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: model.byteFallback,
    ignore_merges: false,
    vocab: vocabularyJson(model.pieces.map(({ piece }) => piece)),
    merges: model.modelType === "char" ? [] : mergesOf(model),
  };
}

/** Every way to make a piece of two, the highest score first; of one piece the shorter beginning first. */
function mergesOf({ pieces }: SentencePieceModel): [left: string, right: string][] {
  const normal = new Set(pieces.flatMap(({ piece, type }) => (type === "normal" ? [piece] : [])));
  const order = pieces
    .map((piece, id) => ({ ...piece, id }))
    .filter(({ type }) => type === "normal")
    .sort((a, b) => b.score - a.score || a.id - b.id);
  return order.flatMap(({ piece }) => splits(piece, normal));
}

/** The two halves of a piece, wherever both are pieces; never within a character. */
export function splits(
  piece: string,
  known: { has(piece: string): boolean },
): [left: string, right: string][] {
  const found: [string, string][] = [];
  for (let cut = 1; cut < piece.length; cut++) {
    if ((piece.charCodeAt(cut) & 0xfc00) === 0xdc00) continue;
    const [left, right] = [piece.slice(0, cut), piece.slice(cut)];
    if (known.has(left) && known.has(right)) found.push([left, right]);
  }
  return found;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1 << 13)
    text += String.fromCharCode(...bytes.subarray(at, at + (1 << 13)));
  return btoa(text);
}
