/** @file What a model is to the rest of the house: a family's configuration, and parameters under their published names. And
 *  what a decoder is, GPT's shape: functions from token ids to hidden states, logits and loss (`encoderModel.ts` and
 *  `seq2seqModel.ts` hold the other two). Training, generation and evaluation know these and nothing of families. */

import type { CrossEntropyResult, Engine, Tensor } from "../tensor/index.js";
import type { KeyValueCache } from "./cache.js";
import type { DropoutOptions } from "./dropout.js";
import type { CaptureOptions, CausalCaptures, Forward } from "./forward.js";

export interface DecoderInput {
  /** Token ids [batch, seq], row-major. */
  readonly inputIds: Int32Array;
  readonly batch: number;
  readonly seq: number;
  /** 1 = real, 0 = padding at one end of each row, [batch, past + seq]; default all real. */
  readonly attentionMask?: ArrayLike<number> | undefined;
  /** [batch, seq]; default past, past + 1, … (with `documentStarts`: counted from the document's start). */
  readonly positionIds?: ArrayLike<number> | undefined;
  /** Packed rows: start index of each position's document within its row, [batch, seq]. Not with a cache. */
  readonly documentStarts?: ArrayLike<number> | undefined;
  /** Keys and values of what came before; this call's are appended. */
  readonly cache?: KeyValueCache | undefined;
}

export interface ForwardOptions {
  /** Filled with layers + 1 tensors [batch, seq, dim]: after the embedding, after each layer, the last after the final norm. Kept. */
  readonly hiddenStates?: Tensor[] | undefined;
  /** Filled with a tensor [batch, heads, seq, keys] a layer (slow: computed apart). Kept. */
  readonly attentions?: Tensor[] | undefined;
  /** Filled with a tensor [batch·seq, experts] for each layer with experts: the router's logits, f32. Kept,
   *  unless gradients are recorded: then they have one, and live as long as what the backward needs. */
  readonly routerLogits?: Tensor[] | undefined;
  /** Hold only the inputs of layers and compute these again in the backward (not together with `attentions` or `routerLogits`). */
  readonly recompute?: boolean;
  /** Drops what config.json's rates say, as in training; default: nothing. */
  readonly dropout?: DropoutOptions | undefined;
}

/** What every model is, whatever its shape. */
export interface LanguageModel {
  /** `model_type` of config.json. */
  readonly family: string;
  /** config.json's content, published names. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly engine: Engine;
  /** Tensors under the names of model.safetensors, tied ones once; `requiresGrad` says which are trained. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly dim: number;
  readonly heads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest sequence the positions allow. */
  readonly contextLength: number;
  readonly eosTokenIds: readonly number[];
  readonly bosTokenId: number | undefined;
  readonly padTokenId: number | undefined;
  /** Releases the parameters. */
  dispose(): void;
}

/** What a mixture of experts is besides. */
export interface MixtureFacts {
  /** Experts a token. */
  readonly chosen: number;
  /** The share of a parameter's numbers that a token meets: less than 1 for those of experts. */
  activeShare(parameter: string): number;
  /** The loss that keeps experts equally busy (nn/experts/balance.ts), shape [1]. mask: 1 = real, [batch · seq]. */
  balance(routerLogits: readonly Tensor[], mask?: ArrayLike<number>): Tensor;
  /** Its weight in the loss of training (`router_aux_loss_coef`); 0 where config.json does not ask for it (`output_router_logits`). */
  readonly balanceWeight: number;
}

export interface CausalModel extends LanguageModel {
  readonly layers: number;
  readonly kvHeads: number;
  /** Undefined where every token meets every parameter. */
  readonly mixture?: MixtureFacts | undefined;
  /** Hidden states after the final norm, [batch, seq, dim]. Throws UserError where seq exceeds the context. */
  hidden(input: DecoderInput, options?: ForwardOptions): Tensor;
  /** hidden [..., dim] → logits [..., vocab]. */
  logits(hidden: Tensor): Tensor;
  /** Logits [batch, seq, vocab], and what `capture` names of what lies between; without gradients. Throws as `hidden`. */
  forward<C extends keyof CausalCaptures = never>(
    input: DecoderInput,
    options?: CaptureOptions<C>,
  ): Forward<Tensor, CausalCaptures, C>;
  /** Cross-entropy of `targets` i32 [batch, seq] (already aligned with the inputs: targets[t] follows inputs[t]; −100 = none),
   *  summed and divided by `normaliser`, without ever holding all logits. */
  loss(hidden: Tensor, targets: Int32Array, normaliser: number): CrossEntropyResult;
}
