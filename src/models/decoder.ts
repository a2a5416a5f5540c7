/** @file What all decoders share: checking a batch, positions, ranges, the walk over layers, head and loss. A family gives
 *  its embedding, its layer and its final norm; x is [batch, seq, dim] throughout. */

import {
  attentionRanges,
  type Engine,
  linear,
  linearCrossEntropy,
  softcap,
  type Tensor,
} from "../tensor/index.js";
import { advanceCache, type KeyValueCache, raggedRanges } from "./cache.js";
import {
  checkCache,
  checkCapacity,
  checkContext,
  checkIds,
  checkLengths,
  checkPositions,
} from "./checkBatch.js";
import { CAUSAL_CAPTURES, forwardOf } from "./forward.js";
import type { CausalModel, DecoderInput, ForwardOptions } from "./model.js";
import { type Dropping, type Stack, walkLayers } from "./stack.js";

/** One batch, as the layers see it. */
export interface DecoderPass extends Dropping {
  readonly batch: number;
  readonly seq: number;
  /** Tokens in the cache before this batch. */
  readonly past: number;
  /** i32 [batch, seq] */
  readonly ids: Tensor;
  /** [batch · seq] */
  readonly positions: Int32Array;
  readonly cache: KeyValueCache | undefined;
  readonly attentions: Tensor[] | undefined;
  readonly routerLogits?: Tensor[] | undefined;
  /** Which keys each query sees, i32 [batch, seq, 2]; with a window at most that many. */
  ranges(window: number | undefined): Tensor;
}

export interface DecoderParts<State> extends Omit<Stack<DecoderPass, State>, "layers"> {
  readonly facts: Omit<CausalModel, "hidden" | "logits" | "forward" | "loss" | "dispose">;
  /** [vocab, dim] */
  readonly head: Tensor;
  /** Logits become c·tanh(z/c); default 0: off. */
  readonly logitSoftcap?: number;
  /** The sliding windows that layers use; undefined: everything before. Default: no windows. */
  readonly windows?: readonly (number | undefined)[];
  /** Position table's length where positions are learned: ids beyond are an error. */
  readonly learnedPositions?: number;
  dispose?(): void;
}

export function createDecoder<State>(parts: DecoderParts<State>): CausalModel {
  const { facts, head, logitSoftcap: cap = 0 } = parts;
  const { engine } = facts;
  const stack = { ...parts, layers: facts.layers };
  const passes: Pick<CausalModel, "hidden" | "logits"> = {
    hidden(input, options = {}) {
      checkInput(facts, input, parts.learnedPositions);
      return engine.layer(() => {
        const pass = startPass(engine, input, options, parts.windows ?? [undefined]);
        const x = walkLayers(stack, pass, options, engine, facts.parameters);
        if (input.cache) advanceCache(input.cache, input.seq);
        return x;
      });
    },
    logits(hidden) {
      const logits = linear(hidden, head, { dtype: "f32" });
      return cap > 0 ? softcap(logits, cap) : logits;
    },
  };
  return {
    ...facts,
    ...passes,
    forward: forwardOf(engine, CAUSAL_CAPTURES, (input: DecoderInput, list) => {
      const hiddenStates = list("hiddenStates");
      const looks = { hiddenStates, attentions: list("attentions"), routerLogits: list("routerLogits") };
      return passes.logits(passes.hidden(input, looks));
    }),
    loss: (hidden, targets, normaliser) =>
      engine.within("loss", () =>
        linearCrossEntropy(hidden, head, engine.tensor(targets), normaliser, { softcap: cap }),
      ),
    dispose() {
      parts.dispose?.();
      for (const p of facts.parameters.values()) p.dispose();
    },
  };
}

function startPass(
  engine: Engine,
  input: DecoderInput,
  options: ForwardOptions,
  windows: readonly (number | undefined)[],
): DecoderPass {
  const { batch, seq, cache, attentionMask: mask, documentStarts } = input;
  const past = cache?.length ?? 0;
  // Made here and not at first use: that would be inside a layer's scope.
  const ranges = new Map(
    windows.map((window) => [
      window,
      engine.tensor(
        cache?.lengths !== undefined
          ? raggedRanges(cache.lengths, seq, window)
          : attentionRanges({ batch, queries: seq, past, causal: true, window, mask, documentStarts }),
        [batch, seq, 2],
      ),
    ]),
  );
  return {
    batch,
    seq,
    past,
    ids: engine.tensor(input.inputIds, [batch, seq]),
    positions: positionsOf(input, past),
    cache,
    attentions: options.attentions,
    routerLogits: options.routerLogits,
    ranges: (window) => ranges.get(window)!,
  };
}

function positionsOf(input: DecoderInput, past: number): Int32Array {
  const { batch, seq, positionIds, documentStarts, cache } = input;
  if (positionIds !== undefined) return Int32Array.from(positionIds);
  const lengths = cache?.lengths;
  if (lengths !== undefined)
    return Int32Array.from({ length: batch * seq }, (_, i) => lengths[Math.floor(i / seq)]! + (i % seq));
  return Int32Array.from({ length: batch * seq }, (_, i) => past + (i % seq) - (documentStarts?.[i] ?? 0));
}

function checkInput(
  model: DecoderParts<unknown>["facts"],
  input: DecoderInput,
  learnedPositions = Number.POSITIVE_INFINITY,
): void {
  const { inputIds, batch, seq, cache, positionIds, attentionMask, documentStarts } = input;
  const past = cache?.length ?? 0;
  checkLengths({
    inputIds: [inputIds, batch * seq],
    positionIds: [positionIds, batch * seq],
    documentStarts: [documentStarts, batch * seq],
    attentionMask: [attentionMask, batch * (past + seq)],
  });
  if (cache !== undefined) checkCache(cache, model.engine, batch, attentionMask);
  if (cache !== undefined && documentStarts !== undefined)
    throw new Error("documentStarts and a cache exclude each other");
  checkContext(past + seq, model.contextLength);
  if (cache !== undefined) checkCapacity(past + seq, cache.capacity);
  checkIds(inputIds, model.vocabSize);
  if (positionIds !== undefined) checkPositions(positionIds, learnedPositions);
}
