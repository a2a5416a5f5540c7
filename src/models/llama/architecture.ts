/** @file What Llama and its relatives differ in, as one record that a configuration gives. `build.ts` makes a model of it and
 *  `parameters.ts` its table; neither knows `model_type`. A relative is a folder with its published configuration and the
 *  function from that to this. */

import type { FeedForward } from "../parts/part.js";
import type { RopeConfig } from "../parts/rope.js";

export interface Architecture {
  readonly vocab: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Positions the rotary settings are for. */
  readonly maxPositions: number;
  readonly tied: boolean;
  /** Standard deviation of initial weights. */
  readonly initStd: number;
  readonly norm: Norms;
  readonly attention: AttentionKind;
  /** Chance that a probability of attention is dropped in training. */
  readonly attentionDropout: number;
  /** Each layer's rotary settings; undefined: the layer has no positions (SmolLM3). */
  rope(layer: number): RopeConfig | undefined;
  /** Each layer's feed-forward and the name it stands under. */
  feedForward(layer: number): { readonly name: string; readonly part: FeedForward };
  /** Embeddings times this; default 1. */
  readonly embeddingScale?: number;
  /** Logits become c·tanh(z/c); default off. */
  readonly logitSoftcap?: number;
  readonly mixture?: Mixture | undefined;
}

export interface Norms {
  readonly eps: number;
  /** 1: gains are stored as their distance from one (Gemma). */
  readonly offset: 0 | 1;
  /** Of a block f:  before x + f(n(x));  after x + n(f(x)) (OLMo 2);  around x + n'(f(n(x))) (Gemma 2). */
  readonly place: "before" | "after" | "around";
}

export interface AttentionKind {
  /** Scores are multiplied by this. */
  readonly scale: number;
  readonly biases: { readonly qkv: boolean; readonly o: boolean };
  /** RMS norm of q and k before the rotation: of each head (Qwen3), or of the whole vector (OLMo 2). */
  readonly qkNorm?: "head" | "whole" | undefined;
  /** q, k and v are one matrix, in that order (Phi-3). */
  readonly fused?: boolean;
  /** Scores become c·tanh(s/c); default off. */
  readonly softcap?: number;
  /** One learned logit more a head, whose share is dropped (gpt-oss). */
  readonly sinks?: boolean;
  /** A layer's sliding window, undefined where it sees everything before it. */
  window(layer: number): number | undefined;
}

/** The router's loss. */
export interface Mixture {
  readonly experts: number;
  readonly chosen: number;
  /** 0: not part of the training loss. */
  readonly balanceWeight: number;
  /** Whether a parameter is an expert's. */
  isExpert(parameter: string): boolean;
}
