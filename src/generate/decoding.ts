/** @file A batch of texts that a model continues: the key-value cache, prompts read in chunks, then one token a row a step.
 *
 *  Prompts of unequal length are padded on the left, and masked, so that all rows end at the same place. Rows may be
 *  reordered, repeated or dropped between steps (beams; texts that are finished); padding that no row needs any more goes
 *  with them, so that the longest row alone decides when the context is full. */

import { createCache, type KeyValueCache } from "../models/cache.js";
import type { CausalModel } from "../models/model.js";
import { UserError } from "../platform/errors.js";
import { slice } from "../tensor/index.js";

export interface Decoding {
  readonly rows: number;
  readonly vocabSize: number;
  /** Logits [rows, vocab] of the token after the last one read; a fresh array. */
  readonly logits: Float32Array;
  /** Reads one more token a row. */
  step(tokens: Int32Array): void;
  /** From here on row r is what row parents[r] was. */
  select(parents: readonly number[]): void;
  /** Bytes of keys and values held. */
  readonly cacheBytes: number;
  dispose(): void;
}

export interface DecodingOptions {
  /** Tokens a row that there must be room for, prompt and padding included. */
  readonly capacity: number;
  /** Rows that `select` may make; default as many as there are prompts. */
  readonly maxRows?: number;
  /** Prompt tokens read at once; default 512. The result does not depend on it. */
  readonly chunk?: number;
}

/** Reads the prompts. Throws UserError where one is empty or does not fit the model's context. */
export function startDecoding(
  model: CausalModel,
  prompts: readonly Int32Array[],
  options: DecodingOptions,
): Decoding {
  for (const prompt of prompts) checkPrompt(model, prompt);
  const length = Math.max(...prompts.map((p) => p.length));
  const capacity = Math.min(Math.max(options.capacity, length), model.contextLength);
  const maxRows = Math.max(options.maxRows ?? 0, prompts.length);
  const decoding = new BatchDecoding(
    model,
    createCache(model, maxRows, capacity),
    prompts.map((p) => length - p.length),
  );
  try {
    decoding.prefill(prompts, options.chunk ?? 512);
    return decoding;
  } catch (error) {
    decoding.dispose();
    throw error;
  }
}

function checkPrompt(model: CausalModel, prompt: Int32Array): void {
  if (prompt.length === 0) {
    throw new UserError({
      code: "prompt-empty",
      message: "there is nothing to continue",
      found: "a prompt of 0 tokens",
      expected: "at least one token",
      fix: "give some text, or the model's beginning-of-text token",
    });
  }
  if (prompt.length >= model.contextLength) {
    throw new UserError({
      code: "prompt-too-long",
      message: "the prompt does not fit the model's context and leave room for an answer",
      found: `${prompt.length} tokens`,
      expected: `at most ${model.contextLength - 1}`,
      fix: "shorten the prompt; nothing is cut off silently",
    });
  }
}

class BatchDecoding implements Decoding {
  logits: Float32Array = new Float32Array(0);
  private readonly model: CausalModel;
  private readonly store: KeyValueCache;
  private view: KeyValueCache;
  private padding: readonly number[];

  constructor(model: CausalModel, store: KeyValueCache, padding: readonly number[]) {
    this.model = model;
    this.store = store;
    this.padding = padding;
    this.view = narrow(store, padding.length);
  }

  prefill(prompts: readonly Int32Array[], chunk: number): void {
    const { padding } = this;
    const seq = prompts[0]!.length + padding[0]!;
    for (let from = 0; from < seq; from += chunk) {
      const count = Math.min(chunk, seq - from);
      const ids = new Int32Array(prompts.length * count);
      for (let r = 0; r < prompts.length; r++) {
        for (let i = 0; i < count; i++) ids[r * count + i] = prompts[r]![from + i - padding[r]!] ?? 0;
      }
      this.read(ids, count, from + count === seq);
    }
  }

  get rows(): number {
    return this.view.batch;
  }

  get vocabSize(): number {
    return this.model.vocabSize;
  }

  get cacheBytes(): number {
    return this.store.bytes;
  }

  step(tokens: Int32Array): void {
    this.read(tokens, 1, true);
  }

  select(parents: readonly number[]): void {
    if (parents.length > this.store.batch)
      throw new Error(`${parents.length} rows in a cache for ${this.store.batch}`);
    const { rows } = this;
    for (const p of parents) if (!(p >= 0 && p < rows)) throw new Error(`row ${p} of ${rows}`);
    const spare = Math.min(...parents.map((p) => this.padding[p]!));
    moveRows(this.store, this.view.length, parents, spare);
    const vocab = this.vocabSize;
    const logits = new Float32Array(parents.length * vocab);
    for (const [r, p] of parents.entries())
      logits.set(this.logits.subarray(p * vocab, (p + 1) * vocab), r * vocab);
    this.logits = logits;
    this.padding = parents.map((p) => this.padding[p]! - spare);
    const { length } = this.view;
    release(this.view);
    this.view = narrow(this.store, parents.length);
    this.view.length = length - spare;
  }

  dispose(): void {
    release(this.view);
    this.store.dispose();
  }

  /** [rows, seq] ids; the last position's logits are wanted with the last chunk only. */
  private read(inputIds: Int32Array, seq: number, wanted: boolean): void {
    const { model, view } = this;
    const { engine } = model;
    const batch = view.batch;
    engine.noGrad(() =>
      engine.scope(() => {
        const hidden = model.hidden({ inputIds, batch, seq, cache: view, ...this.placed(seq) });
        if (!wanted) return;
        const last = seq === 1 ? hidden : slice(hidden, 1, seq - 1, seq);
        this.logits = model.logits(last).readFloats();
      }),
    );
  }

  /** Mask and positions; nothing where no row is padded, since the model's defaults are right then. */
  private placed(seq: number): { attentionMask?: Uint8Array; positionIds?: Int32Array } {
    const { padding, view } = this;
    if (padding.every((p) => p === 0)) return {};
    const keys = view.length + seq;
    const attentionMask = new Uint8Array(padding.length * keys);
    const positionIds = new Int32Array(padding.length * seq);
    for (const [r, pad] of padding.entries()) {
      attentionMask.fill(1, r * keys + Math.min(pad, keys), (r + 1) * keys);
      for (let i = 0; i < seq; i++) positionIds[r * seq + i] = Math.max(0, view.length + i - pad);
    }
    return { attentionMask, positionIds };
  }
}

/** The first rows of a cache, as a cache of its own over the same memory. */
function narrow(store: KeyValueCache, batch: number): KeyValueCache {
  const part = (t: KeyValueCache["layers"][number]["k"]) => t.alias([batch, ...t.shape.slice(1)]).keep();
  return { ...store, batch, length: 0, layers: store.layers.map(({ k, v }) => ({ k: part(k), v: part(v) })) };
}

function release(view: KeyValueCache): void {
  for (const { k, v } of view.layers) {
    k.dispose();
    v.dispose();
  }
}

/** Row r becomes what row parents[r] was without its first `spare` places, by way of a copy of the rows that move. */
function moveRows(store: KeyValueCache, length: number, parents: readonly number[], spare: number): void {
  const moved = [...parents.entries()].filter(([r, p]) => r !== p || spare > 0);
  if (moved.length === 0) return;
  for (const { k, v } of store.layers) {
    for (const t of [k, v]) {
      const { backend } = t.engine;
      const width = t.shape[2]!;
      const row = (r: number, at: number) => ({
        storage: t.storage,
        offset: t.offset + r * store.capacity * width + at,
      });
      const size = (length - spare) * width;
      const aside = t.engine.empty([moved.length, size]);
      const place = (i: number) => ({ storage: aside.storage, offset: aside.offset + i * size });
      for (const [i, [, p]] of moved.entries()) backend.copy(row(p, spare * width), place(i), size);
      for (const [i, [r]] of moved.entries()) backend.copy(place(i), row(r, 0), size);
      aside.dispose();
    }
  }
}
