/** @file What all encoders share: checking a batch, positions, ranges, the walk over layers, the head. A family gives its
 *  embedding, its layer, its final norm and the parts of its head; x is [batch, seq, dim] throughout. */

import { attentionProbabilities } from "../nn/index.js";
import { attention, attentionRanges, type DropoutMask, type Tensor } from "../tensor/index.js";
import { checkContext, checkIds, checkLengths, checkPositions } from "./checkBatch.js";
import type { EncoderInput, EncoderModel } from "./encoderModel.js";
import { forwardOf, STACK_CAPTURES } from "./forward.js";
import { type EncoderHeadParts, encoderHead } from "./heads/encoderHead.js";
import type { ForwardOptions } from "./model.js";
import { type Dropping, type Stack, walkLayers } from "./stack.js";

/** One batch, as the layers see it. */
export interface EncoderPass extends Dropping {
  readonly batch: number;
  readonly seq: number;
  /** i32 [batch, seq] */
  readonly ids: Tensor;
  /** [batch · seq] */
  readonly positions: Int32Array;
  /** [batch · seq] */
  readonly tokenTypes: Int32Array;
  readonly attentions: Tensor[] | undefined;
  /** Which keys each query sees, i32 [batch, seq, 2]: those at most `reach` away, or all of its sequence. */
  ranges(reach: number | undefined): Tensor;
}

type Facts = Omit<EncoderModel, "hidden" | "forward" | "dispose" | keyof ReturnType<typeof encoderHead>>;

export interface EncoderParts<State> extends Omit<Stack<EncoderPass, State>, "layers"> {
  readonly facts: Facts;
  readonly head: EncoderHeadParts;
  /** How far layers look; undefined: at everything. Default: all of them do. */
  readonly reaches?: readonly (number | undefined)[];
  /** Rows of the table of token types, 0 where the family has none. */
  readonly tokenTypes: number;
  /** Position table's length where positions are learned: ids beyond are an error. */
  readonly learnedPositions?: number;
  /** Positions where the caller gives none; default: counted from the start of the row, or of the document. */
  positions?(input: EncoderInput): Int32Array;
  dispose?(): void;
}

/** What does not depend on the layers' state. */
type Batchwise = Pick<
  EncoderParts<unknown>,
  "facts" | "reaches" | "tokenTypes" | "learnedPositions" | "positions"
>;

export function assembleEncoder<State>(parts: EncoderParts<State>): EncoderModel {
  const { facts } = parts;
  const { engine } = facts;
  const stack = { ...parts, layers: facts.layers };
  const head = encoderHead(parts.head, engine);
  const hidden: EncoderModel["hidden"] = (input, options = {}) => {
    checkInput(parts, input);
    return engine.layer(() => {
      const pass = startPass(parts, input, options);
      return walkLayers(stack, pass, options, engine, facts.parameters);
    });
  };
  return {
    ...facts,
    ...head,
    hidden,
    forward: forwardOf(engine, STACK_CAPTURES, (input: EncoderInput, list) => {
      const last = hidden(input, { hiddenStates: list("hiddenStates"), attentions: list("attentions") });
      return head.head === "none" ? undefined : head.logits(last, input);
    }),
    dispose() {
      parts.dispose?.();
      for (const p of facts.parameters.values()) p.dispose();
    },
  };
}

function startPass(parts: Batchwise, input: EncoderInput, options: ForwardOptions): EncoderPass {
  const { engine } = parts.facts;
  const { batch, seq, attentionMask: mask, documentStarts, tokenTypeIds, positionIds } = input;
  // Made here and not at first use: that would be inside a layer's scope.
  const ranges = new Map(
    (parts.reaches ?? [undefined]).map((reach) => [
      reach,
      engine.tensor(attentionRanges({ batch, queries: seq, causal: false, reach, mask, documentStarts }), [
        batch,
        seq,
        2,
      ]),
    ]),
  );
  const positions =
    positionIds !== undefined
      ? Int32Array.from(positionIds)
      : (parts.positions?.(input) ??
        Int32Array.from({ length: batch * seq }, (_, i) => (i % seq) - (documentStarts?.[i] ?? 0)));
  if (parts.learnedPositions !== undefined) checkPositions(positions, parts.learnedPositions);
  return {
    batch,
    seq,
    ids: engine.tensor(input.inputIds, [batch, seq]),
    positions,
    tokenTypes: tokenTypeIds === undefined ? new Int32Array(batch * seq) : Int32Array.from(tokenTypeIds),
    attentions: options.attentions,
    ranges: (reach) => ranges.get(reach)!,
  };
}

function checkInput({ facts, tokenTypes }: Batchwise, input: EncoderInput): void {
  const { inputIds, batch, seq, positionIds, attentionMask, documentStarts, tokenTypeIds } = input;
  checkLengths({
    inputIds: [inputIds, batch * seq],
    positionIds: [positionIds, batch * seq],
    documentStarts: [documentStarts, batch * seq],
    attentionMask: [attentionMask, batch * seq],
    tokenTypeIds: [tokenTypeIds, batch * seq],
  });
  checkContext(longestSequence(input), facts.contextLength);
  checkIds(inputIds, facts.vocabSize);
  for (let i = 0; tokenTypeIds !== undefined && i < tokenTypeIds.length; i++) {
    const type = tokenTypeIds[i]!;
    if (type < 0 || type >= Math.max(1, tokenTypes))
      throw new Error(`token type ${type} with a model of ${tokenTypes} token types`);
  }
}

/** Packed rows may be longer than the context: their documents may not. */
function longestSequence({ seq, documentStarts }: EncoderInput): number {
  if (documentStarts === undefined) return seq;
  let longest = 0;
  for (let i = 0; i < documentStarts.length; i++)
    longest = Math.max(longest, (i % seq) - documentStarts[i]! + 1);
  return longest;
}

export interface EncoderAttention {
  readonly heads: number;
  readonly reach?: number | undefined;
  /** Of the probabilities (those that are looked at are whole). */
  readonly dropout?: DropoutMask | undefined;
}

/** Attention of q on k and v [batch, seq, heads·dim], with the wish to see probabilities. */
export function attendAround(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  pass: EncoderPass,
  { heads, reach, dropout }: EncoderAttention,
): Tensor {
  const scale = 1 / Math.sqrt(q.columns / heads);
  const options = { heads, kvHeads: heads, scale, ranges: pass.ranges(reach) };
  pass.attentions?.push(attentionProbabilities(q, k, { ...options, keys: pass.seq }).keep());
  return attention(q, k, v, { ...options, dropout });
}
