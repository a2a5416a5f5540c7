/** @file Which optimiser and rate each parameter of a model gets: matrices inside, embeddings, an output matrix of its own,
 *  vectors. With tied embeddings the embedding is the output too. What is frozen is left out. */

import type { LanguageModel } from "../models/index.js";
import type { Tensor } from "../tensor/index.js";
import type { PretrainRecipe } from "./config/index.js";
import { createAdamW } from "./optim/adamw.js";
import { decays } from "./optim/groups.js";
import { createMuon } from "./optim/muon.js";
import { combineOptimizers, type Optimizer } from "./optim/optimizer.js";
import type { Rates } from "./presets.js";

export interface ParameterKinds {
  readonly matrices: readonly Tensor[];
  readonly embeddings: readonly Tensor[];
  readonly heads: readonly Tensor[];
  readonly vectors: readonly Tensor[];
  /** What adapters train. Their thin matrices are factors of a change, which Muon would make all of one size. */
  readonly adapters: readonly Tensor[];
}

const EMBEDDING =
  /(?:^|\.)(?:wte|wpe|embed|embed_in|embed_tokens|embed_positions|shared|tok_embeddings|(?:word|position|token_type)_embeddings|relative_attention_bias)\.weight$/;
const ADAPTER = /\.(?:lora_(?:A|B|embedding_A|embedding_B|magnitude_vector)|ia3_l|vera_lambda_[bd])(?:\.|$)/;
const HEAD = /(?:^|\.)(?:lm_head|embed_out)\.weight$|^out\.weight$/;

export function parameterKinds(parameters: ReadonlyMap<string, Tensor>): ParameterKinds {
  const kinds = {
    matrices: [] as Tensor[],
    embeddings: [] as Tensor[],
    heads: [] as Tensor[],
    vectors: [] as Tensor[],
    adapters: [] as Tensor[],
  };
  for (const [name, p] of parameters) {
    if (!p.requiresGrad) continue;
    if (ADAPTER.test(name)) kinds.adapters.push(p);
    else if (!decays(name, p.shape.length)) kinds.vectors.push(p);
    else if (EMBEDDING.test(name)) kinds.embeddings.push(p);
    else if (HEAD.test(name)) kinds.heads.push(p);
    else kinds.matrices.push(p);
  }
  return kinds;
}

export function createOptimizer(model: LanguageModel, recipe: PretrainRecipe, rates: Rates): Optimizer {
  const kinds = parameterKinds(model.parameters);
  const common = { betas: [recipe.beta1, recipe.beta2] as const, eps: 1e-10 };
  const muon = recipe.optimizer === "muon";
  const { weightDecay } = rates;
  // With Muon, what is left to AdamW does not decay: its rates are bold, and rare rows would fade between their turns.
  const outside = muon ? 0 : weightDecay;
  const adamw = createAdamW([
    ...(muon ? [] : [{ ...common, parameters: kinds.matrices, lr: rates.lr, weightDecay }]),
    { ...common, parameters: kinds.embeddings, lr: rates.embeddingLr, weightDecay: outside },
    { ...common, parameters: kinds.heads, lr: rates.headLr, weightDecay: outside },
    { ...common, parameters: kinds.vectors, lr: rates.vectorLr },
    { ...common, parameters: kinds.adapters, lr: muon ? rates.vectorLr : rates.lr },
  ]);
  if (!muon) return adamw;
  const layout = model.family === "gpt2" ? "in-out" : "out-in";
  const { momentum, muonAdjust: adjust } = recipe;
  return combineOptimizers([
    createMuon([{ parameters: kinds.matrices, lr: rates.lr, weightDecay, momentum, adjust, layout }]),
    adamw,
  ]);
}
