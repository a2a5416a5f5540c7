/** @file What all encoder-decoders share: checking batches, ranges, the walk over both stacks, the cache of a source's keys and
 *  values, head and loss. A family gives two stacks; in the decoder's layers `attendSource` looks at the source. */

import { smoothingTerm } from "../nn/index.js";
import {
  add,
  attentionRanges,
  bytesOf,
  type Engine,
  linear,
  linearCrossEntropy,
  scale,
  type Tensor,
} from "../tensor/index.js";
import { advanceCache, createCache, type KeyValueCache, raggedRanges, type SourceCache } from "./cache.js";
import { checkCache, checkCapacity, checkContext, checkIds, checkLengths } from "./checkBatch.js";
import type { DecoderPass } from "./decoder.js";
import { DECODER_PLACES } from "./dropout.js";
import { forwardOf, SEQ2SEQ_CAPTURES } from "./forward.js";
import type {
  DecodeOptions,
  Encoded,
  Seq2SeqInput,
  Seq2SeqModel,
  SourceInput,
  TargetInput,
} from "./seq2seqModel.js";
import { type Stack, walkLayers } from "./stack.js";

/** One batch of targets, as the decoder's layers see it. */
export interface Seq2SeqPass extends DecoderPass {
  readonly source: {
    /** [batch, source seq, dim]; undefined where keys and values are in the cache. */
    readonly hidden: Tensor | undefined;
    readonly cached: SourceCache | undefined;
    readonly seq: number;
    /** Which of the source's tokens are real, the same for each query, i32 [batch, seq, 2]. */
    readonly ranges: Tensor;
    readonly attentions: Tensor[] | undefined;
  };
}

export interface Seq2SeqParts<E, D> {
  readonly facts: Omit<
    Seq2SeqModel,
    "encode" | "createCache" | "decode" | "logits" | "forward" | "loss" | "dispose" | "shiftRight"
  >;
  readonly encoder: Stack<DecoderPass, E>;
  readonly decoder: Stack<Seq2SeqPass, D>;
  /** Keys and values of a decoder layer for the encoder's output. */
  sourceKeys(layer: number, hidden: Tensor): { readonly k: Tensor; readonly v: Tensor };
  /** [target vocab, dim] */
  readonly head: Tensor;
  readonly headBias?: Tensor | undefined;
  /** Multiplies the decoder's output before the head (T5). */
  readonly headScale?: number;
  readonly shiftRight: Seq2SeqModel["shiftRight"];
  dispose?(): void;
}

export function createSeq2Seq<E, D>(parts: Seq2SeqParts<E, D>): Seq2SeqModel {
  const { facts, head, headBias: bias, headScale = 1 } = parts;
  const { engine, parameters } = facts;
  const scaled = (hidden: Tensor) => (headScale === 1 ? hidden : scale(hidden, headScale));
  const passes: Pick<Seq2SeqModel, "encode" | "decode" | "logits"> = {
    encode(source, options = {}) {
      checkSource(facts, source);
      const hidden = engine.layer(() => {
        const pass = sourcePass(engine, source, options.attentions);
        return engine.within("encoder", () => walkLayers(parts.encoder, pass, options, engine, parameters));
      });
      return { hidden, source };
    },
    decode(target, encoded, options = {}) {
      checkTarget(facts, target, encoded);
      return engine.layer(() => {
        const pass = targetPass(engine, target, encoded, options);
        // Recomputing would need the gradient of the encoder's output from within: the decoder keeps what it makes.
        const x = engine.within("decoder", () =>
          walkLayers(
            parts.decoder,
            pass,
            { ...options, recompute: false },
            engine,
            parameters,
            DECODER_PLACES,
          ),
        );
        if (target.cache) advanceCache(target.cache, target.seq);
        return x;
      });
    },
    logits: (hidden) => linear(scaled(hidden), head, { bias, dtype: "f32" }),
  };
  return {
    ...facts,
    ...passes,
    createCache: (encoded, rows, capacity) => cacheFor(parts, encoded, rows, capacity),
    forward: forwardOf(engine, SEQ2SEQ_CAPTURES, ({ source, target }: Seq2SeqInput, list) => {
      const encoded = passes.encode(source, {
        hiddenStates: list("encoderHiddenStates"),
        attentions: list("encoderAttentions"),
      });
      const looks = {
        hiddenStates: list("hiddenStates"),
        attentions: list("attentions"),
        crossAttentions: list("crossAttentions"),
      };
      return passes.logits(passes.decode(target, encoded, looks));
    }),
    loss(hidden, targets, normaliser, labelSmoothing = 0) {
      return engine.within("loss", () => {
        const x = scaled(hidden);
        const result = linearCrossEntropy(x, head, engine.tensor(targets), normaliser, { bias });
        if (labelSmoothing === 0) return result;
        const term = smoothingTerm(x, head, targets, bias);
        return { ...result, loss: add(result.loss, scale(term, labelSmoothing / normaliser)) };
      });
    },
    shiftRight: parts.shiftRight,
    dispose() {
      parts.dispose?.();
      for (const p of parameters.values()) p.dispose();
    },
  };
}

/** The decoder's input for most families: [start, label₀, label₁, …] without the last; −100 → pad. */
export function shiftBehind(start: number, pad: number): Seq2SeqModel["shiftRight"] {
  return (labels, batch) => {
    const seq = labels.length / batch;
    return Int32Array.from(labels, (_, i) => {
      if (i % seq === 0) return start;
      return labels[i - 1] === -100 ? pad : labels[i - 1]!;
    });
  };
}

function sourcePass(engine: Engine, source: SourceInput, attentions: Tensor[] | undefined): DecoderPass {
  const { batch, seq, inputIds, attentionMask: mask } = source;
  const ranges = engine.tensor(attentionRanges({ batch, queries: seq, causal: false, mask }), [
    batch,
    seq,
    2,
  ]);
  return {
    batch,
    seq,
    past: 0,
    ids: engine.tensor(inputIds, [batch, seq]),
    positions: Int32Array.from({ length: batch * seq }, (_, i) => i % seq),
    cache: undefined,
    attentions,
    ranges: () => ranges,
  };
}

function targetPass(
  engine: Engine,
  target: TargetInput,
  encoded: Encoded | undefined,
  options: DecodeOptions,
): Seq2SeqPass {
  const { batch, seq, inputIds, attentionMask: mask, cache } = target;
  const past = cache?.length ?? 0;
  const lengths = cache?.lengths;
  const own =
    lengths !== undefined
      ? raggedRanges(lengths, seq, undefined)
      : attentionRanges({ batch, queries: seq, past, causal: true, mask });
  const ranges = engine.tensor(own, [batch, seq, 2]);
  const cached = cache?.source;
  const spans = cached?.spans ?? spansOf(encoded!.source);
  const seen = Int32Array.from({ length: batch * seq * 2 }, (_, i) => {
    return spans[2 * Math.floor(i / (2 * seq)) + (i % 2)]!;
  });
  return {
    batch,
    seq,
    past,
    ids: engine.tensor(inputIds, [batch, seq]),
    positions: Int32Array.from(
      { length: batch * seq },
      (_, i) => (lengths === undefined ? past : lengths[Math.floor(i / seq)]!) + (i % seq),
    ),
    cache,
    attentions: options.attentions,
    ranges: () => ranges,
    source: {
      hidden: encoded?.hidden,
      cached,
      seq: cached?.seq ?? encoded!.source.seq,
      ranges: engine.tensor(seen, [batch, seq, 2]),
      attentions: options.crossAttentions,
    },
  };
}

/** Real tokens [from, to) of each row. */
function spansOf({ batch, seq, attentionMask: mask }: SourceInput): Int32Array {
  return attentionRanges({ batch, queries: 1, causal: false, keys: seq, mask });
}

function cacheFor<E, D>(
  parts: Seq2SeqParts<E, D>,
  encoded: Encoded,
  rows: number,
  capacity: number,
): KeyValueCache {
  const { facts } = parts;
  const { engine, heads, headDim, decoderLayers } = facts;
  const { batch, seq } = encoded.source;
  if (rows < batch) throw new Error(`a cache of ${rows} rows for ${batch} sources`);
  const cache = createCache({ engine, kvHeads: heads, headDim, layers: decoderLayers }, rows, capacity);
  const width = heads * headDim;
  const layers = Array.from({ length: decoderLayers }, (_, layer) =>
    engine.scope(() => {
      const { k, v } = parts.sourceKeys(layer, encoded.hidden);
      const roomy = (from: Tensor) => {
        const into = engine.empty([rows, seq, width], from.dtype).keep();
        engine.backend.copy(from, into, from.size);
        return into;
      };
      return { k: roomy(k), v: roomy(v) };
    }),
  );
  const spans = new Int32Array(2 * rows);
  spans.set(spansOf(encoded.source));
  return {
    ...cache,
    source: { layers, seq, ids: Int32Array.from({ length: rows }, (_, r) => (r < batch ? r : -1)), spans },
    bytes: cache.bytes + decoderLayers * 2 * rows * seq * width * bytesOf(engine.activations),
    dispose() {
      cache.dispose();
      for (const { k, v } of layers) for (const t of [k, v]) t.dispose();
    },
  };
}

function checkSource(facts: Seq2SeqParts<unknown, unknown>["facts"], source: SourceInput): void {
  const { inputIds, batch, seq, attentionMask } = source;
  checkLengths({ inputIds: [inputIds, batch * seq], attentionMask: [attentionMask, batch * seq] });
  checkContext(seq, facts.contextLength, "the source");
  checkIds(inputIds, facts.vocabSize);
}

function checkTarget(
  facts: Seq2SeqParts<unknown, unknown>["facts"],
  target: TargetInput,
  encoded: Encoded | undefined,
): void {
  const { inputIds, batch, seq, attentionMask, cache } = target;
  const past = cache?.length ?? 0;
  checkLengths({ inputIds: [inputIds, batch * seq], attentionMask: [attentionMask, batch * (past + seq)] });
  checkContext(past + seq, facts.contextLength, "the target");
  checkIds(inputIds, facts.targetVocabSize);
  if (cache === undefined ? encoded === undefined : cache.source === undefined)
    throw new Error("a decoder needs its source: an encoded one, or a cache made by the model's createCache");
  if (cache === undefined && encoded!.source.batch !== batch)
    throw new Error(`${encoded!.source.batch} sources for ${batch} targets`);
  if (cache !== undefined) {
    checkCache(cache, facts.engine, batch, attentionMask);
    checkCapacity(past + seq, cache.capacity);
  }
}
