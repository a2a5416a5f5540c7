/** @file Sentence embeddings: a text → one vector, pooled from an encoder's hidden states (Reimers & Gurevych 2019). Texts are
 *  sorted by length and packed into rows without any padding; each attends to itself alone. */

import type { EncoderInput } from "../models/encoderModel.js";
import { poolSequences } from "../models/sequences.js";
import { type OpenEncoderOptions, openEncoder } from "./encoderPlace.js";
import { type Pooling, readSentenceSettings, type SentenceSettings } from "./sentenceModules.js";

export interface EmbedOptions {
  /** Whose hidden states make the vector: all tokens' mean, the first's, the last's. Default: as the folder says, else the mean. */
  readonly pooling?: Pooling | undefined;
  /** Vectors of length 1. Default: as the folder says, else false. */
  readonly normalize?: boolean | undefined;
  /** Texts are cut to this many tokens. Default: as the folder says, else the model's context. */
  readonly maxTokens?: number | undefined;
}

export interface Embedder {
  /** Numbers a vector has. */
  readonly dim: number;
  /** What is used where a call does not say otherwise. */
  readonly defaults: SentenceSettings;
  /** A vector a text, in their order. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  /** The ids a text becomes, special tokens included, cut. */
  tokenize(text: string, maxTokens?: number): Int32Array;
  dispose(): void;
}

/** Tokens computed at once: more wait for memory, fewer leave products short. */
const PACK_TOKENS = 2048;

/** `folder`: an encoder in Hugging Face's layout, with sentence-transformers' files or without. Throws UserError as
 *  `loadEncoder` does, and where those ask for something that is not here. */
export function loadEmbedder(folder: string, options: OpenEncoderOptions = {}): Embedder {
  const defaults = readSentenceSettings(folder);
  const { model, tokenizer, engine, dispose } = openEncoder(folder, "none", options);
  const tokenize = (text: string, maxTokens = defaults.maxTokens ?? model.contextLength) =>
    tokenizer.encoding(defaults.lowerCase ? text.toLowerCase() : text, {
      truncation: { maxLength: Math.min(maxTokens, model.contextLength) },
      padding: null,
    }).ids;
  const pooled = (rows: readonly Int32Array[], pooling: Pooling) =>
    engine.noGrad(() =>
      engine.scope(() => {
        const input = packed(rows);
        return poolSequences(model.hidden(input), input, pooling === "cls" ? "first" : pooling).readFloats();
      }),
    );
  return {
    dim: model.dim,
    defaults,
    tokenize,
    async embed(texts, { pooling = defaults.pooling, normalize = defaults.normalize, maxTokens } = {}) {
      const ids = texts.map((text) => tokenize(text, maxTokens));
      const vectors = new Array<Float32Array>(texts.length);
      for (const pack of packs(ids)) {
        const values = pooled(
          pack.map((i) => ids[i]!),
          pooling,
        );
        pack.forEach((i, row) => {
          const vector = values.slice(row * model.dim, (row + 1) * model.dim);
          vectors[i] = normalize ? unit(vector) : vector;
        });
        await Promise.resolve();
      }
      return vectors;
    },
    dispose,
  };
}

/** Indices of rows in packs of at most `PACK_TOKENS` tokens (or one row), the longest first: memory is then found once. */
function packs(rows: readonly Int32Array[]): number[][] {
  const order = [...rows.keys()].sort((a, b) => rows[b]!.length - rows[a]!.length || a - b);
  const all: number[][] = [];
  let room = 0;
  for (const i of order) {
    room -= rows[i]!.length;
    if (all.length === 0 || room < 0) {
      all.push([]);
      room = PACK_TOKENS - rows[i]!.length;
    }
    all.at(-1)!.push(i);
  }
  return all;
}

function packed(rows: readonly Int32Array[]): EncoderInput {
  const seq = rows.reduce((n, r) => n + r.length, 0);
  const inputIds = new Int32Array(seq);
  const documentStarts = new Int32Array(seq);
  let at = 0;
  for (const row of rows) {
    inputIds.set(row, at);
    documentStarts.fill(at, at, at + row.length);
    at += row.length;
  }
  return { inputIds, batch: 1, seq, documentStarts };
}

/** In place. A vector of zeros stays as it is. */
function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const x of vector) squares += x * x;
  const length = Math.max(Math.sqrt(squares), 1e-12);
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  return vector;
}
