/** @file A batch of texts that a model continues: the key-value cache, prompts read in chunks, then one token a row a step.
 *
 *  Every row begins at place 0 of its part of the cache, and nothing is padded: its bits are those it has alone. Rows may be
 *  reordered, repeated or dropped between steps (beams; texts that are finished). */

import { type CacheShape, createCache, type KeyValueCache, type SourceCache } from "../models/cache.js";
import { UserError } from "../platform/errors.js";
import { sizeOf, slice, type Tensor } from "../tensor/index.js";

/** What can be continued: a decoder, or one that a source conditions (`conditioned.ts`). */
export interface Continuable extends CacheShape {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly eosTokenIds: readonly number[];
  hidden(input: {
    readonly inputIds: Int32Array;
    readonly batch: number;
    readonly seq: number;
    readonly cache: KeyValueCache;
  }): Tensor;
  logits(hidden: Tensor): Tensor;
  /** Where the cache holds more than keys and values of what was read. */
  createCache?(rows: number, capacity: number): KeyValueCache;
}

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
  /** Tokens a row that there must be room for, prompt included. */
  readonly capacity: number;
  /** Rows that `select` may make; default as many as there are prompts. */
  readonly maxRows?: number;
  /** Prompt tokens read at once; default 512. The result does not depend on it. */
  readonly chunk?: number;
}

/** Reads the prompts. Throws UserError where one is empty or does not fit the model's context. */
export function startDecoding(
  model: Continuable,
  prompts: readonly Int32Array[],
  options: DecodingOptions,
): Decoding {
  for (const prompt of prompts) checkPrompt(model, prompt);
  const longest = Math.max(...prompts.map((p) => p.length));
  const capacity = Math.min(Math.max(options.capacity, longest), model.contextLength);
  const maxRows = Math.max(options.maxRows ?? 0, prompts.length);
  const cache = model.createCache?.(maxRows, capacity) ?? createCache(model, maxRows, capacity);
  const decoding = new BatchDecoding(model, cache);
  try {
    decoding.prefill(prompts, options.chunk ?? 512);
    return decoding;
  } catch (error) {
    decoding.dispose();
    throw error;
  }
}

function checkPrompt(model: Continuable, prompt: Int32Array): void {
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
  private readonly model: Continuable;
  private readonly store: KeyValueCache;
  private view: KeyValueCache;

  constructor(model: Continuable, store: KeyValueCache) {
    this.model = model;
    this.store = store;
    this.view = part(store, 0, new Int32Array(0));
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

  /** Prompts of one length are read together, others each alone. */
  prefill(prompts: readonly Int32Array[], chunk: number): void {
    const lengths = Int32Array.from(prompts, (p) => p.length);
    const together = lengths.every((n) => n === lengths[0]) ? prompts.length : 1;
    const logits = new Float32Array(prompts.length * this.vocabSize);
    for (let row = 0; row < prompts.length; row += together) {
      const view = part(this.store, row, new Int32Array(together));
      try {
        logits.set(this.readAll(prompts.slice(row, row + together), view, chunk), row * this.vocabSize);
      } finally {
        release(view);
      }
    }
    this.logits = logits;
    this.show(lengths);
  }

  private readAll(prompts: readonly Int32Array[], view: KeyValueCache, chunk: number): Float32Array {
    const seq = prompts[0]!.length;
    for (let from = 0; ; from += chunk) {
      const count = Math.min(chunk, seq - from);
      const ids = new Int32Array(prompts.length * count);
      for (const [r, prompt] of prompts.entries()) ids.set(prompt.subarray(from, from + count), r * count);
      const last = from + count === seq;
      const logits = this.read(ids, count, view, last);
      if (last) return logits;
    }
  }

  step(tokens: Int32Array): void {
    this.logits = this.read(tokens, 1, this.view, true);
  }

  select(parents: readonly number[]): void {
    const { rows, vocabSize, view } = this;
    if (parents.length > this.store.batch)
      throw new Error(`${parents.length} rows in a cache for ${this.store.batch}`);
    for (const p of parents) if (!(p >= 0 && p < rows)) throw new Error(`row ${p} of ${rows}`);
    const held = lengthsOf(view);
    moveRows(this.store, held, parents);
    const logits = new Float32Array(parents.length * vocabSize);
    for (const [r, p] of parents.entries())
      logits.set(this.logits.subarray(p * vocabSize, (p + 1) * vocabSize), r * vocabSize);
    this.logits = logits;
    this.show(Int32Array.from(parents, (p) => held[p]!));
  }

  dispose(): void {
    release(this.view);
    this.store.dispose();
  }

  private show(lengths: Int32Array): void {
    release(this.view);
    this.view = part(this.store, 0, lengths);
  }

  /** ids [rows, seq]; the logits of the last place, [rows, vocab], if they are wanted. */
  private read(inputIds: Int32Array, seq: number, cache: KeyValueCache, wanted: boolean): Float32Array {
    const { model } = this;
    const { engine } = model;
    return engine.noGrad(() =>
      engine.scope(() => {
        const hidden = model.hidden({ inputIds, batch: cache.batch, seq, cache });
        if (!wanted) return new Float32Array(0);
        return model.logits(seq === 1 ? hidden : slice(hidden, 1, seq - 1, seq)).readFloats();
      }),
    );
  }
}

/** Rows of a cache from `first` on, as a cache of its own over the same memory. */
function part(store: KeyValueCache, first: number, lengths: Int32Array): KeyValueCache {
  const batch = lengths.length;
  const rows = (t: Tensor) => t.alias([batch, ...t.shape.slice(1)], first * sizeOf(t.shape.slice(1))).keep();
  const pairs = (of: KeyValueCache["layers"]) => of.map(({ k, v }) => ({ k: rows(k), v: rows(v) }));
  const length = Math.max(0, ...lengths);
  const { source } = store;
  const view = {
    ...store,
    batch,
    length,
    layers: pairs(store.layers),
    ...(source && {
      source: {
        seq: source.seq,
        layers: pairs(source.layers),
        ids: source.ids.subarray(first, first + batch),
        spans: source.spans.subarray(2 * first, 2 * (first + batch)),
      },
    }),
  };
  return lengths.every((n) => n === length) ? view : { ...view, lengths: lengths.slice() };
}

function lengthsOf(cache: KeyValueCache): Int32Array {
  return cache.lengths ?? new Int32Array(cache.batch).fill(cache.length);
}

function release(view: KeyValueCache): void {
  for (const { k, v } of [...view.layers, ...(view.source?.layers ?? [])]) {
    k.dispose();
    v.dispose();
  }
}

/** Row r becomes what row parents[r] was. */
function moveRows(store: KeyValueCache, lengths: Int32Array, parents: readonly number[]): void {
  const moved = [...parents.entries()].filter(([r, p]) => r !== p);
  const tensors = store.layers.flatMap(({ k, v }) => [k, v]);
  for (const t of tensors) copyRows(t, moved, (p) => lengths[p]! * t.shape[2]!);
  if (store.source !== undefined) moveSources(store.source, moved);
}

/** A row that reads what it read before (a beam of the same source) keeps its copy. */
function moveSources(source: SourceCache, moved: readonly (readonly [number, number])[]): void {
  const { ids, spans, layers, seq } = source;
  const others = moved.filter(([r, p]) => ids[r] !== ids[p]);
  const [from, reaches] = [ids.slice(), spans.slice()];
  for (const [r, p] of others) {
    ids[r] = from[p]!;
    spans.set(reaches.subarray(2 * p, 2 * p + 2), 2 * r);
  }
  for (const t of layers.flatMap(({ k, v }) => [k, v])) copyRows(t, others, () => seq * t.shape[2]!);
}

/** By way of a copy of the rows that move: one may be both read and written. */
function copyRows(
  t: Tensor,
  moved: readonly (readonly [number, number])[],
  sizeOfRow: (parent: number) => number,
): void {
  if (moved.length === 0) return;
  const { backend } = t.engine;
  const stride = sizeOf(t.shape.slice(1));
  const most = Math.max(...moved.map(([, p]) => sizeOfRow(p)));
  const aside = t.engine.empty([moved.length, most], t.dtype);
  const row = (r: number) => ({ storage: t.storage, offset: t.offset + r * stride });
  const place = (i: number) => ({ storage: aside.storage, offset: aside.offset + i * most });
  for (const [i, [, p]] of moved.entries()) backend.copy(row(p), place(i), sizeOfRow(p));
  for (const [i, [r, p]] of moved.entries()) backend.copy(place(i), row(r), sizeOfRow(p));
  aside.dispose();
}
