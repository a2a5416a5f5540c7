/** @file What a run holds in memory: model, optimiser, perhaps an average of the weights, and the place in the data; and
 *  how all of it goes into a checkpoint and comes back. */

import { createLoader, type Loader, type TokenStream } from "../data/index.js";
import { type CausalModel, createModel } from "../models/index.js";
import type { Engine, Tensor } from "../tensor/index.js";
import type { TrainingState } from "./checkpoint.js";
import type { PretrainRecipe } from "./config/index.js";
import { createWeightAverage, type WeightAverage } from "./optim/ema.js";
import type { Optimizer } from "./optim/optimizer.js";
import { createOptimizer } from "./parameterGroups.js";
import type { Rates } from "./presets.js";

export interface SessionOptions {
  readonly engine: Engine;
  readonly recipe: PretrainRecipe;
  readonly config: Readonly<Record<string, unknown>>;
  readonly rates: Rates;
  readonly shards: TokenStream;
  readonly microBatch: number;
  readonly context: number;
}

export interface Session {
  readonly model: CausalModel;
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | undefined;
  readonly loader: Loader;
  /** All that a checkpoint must hold, under names of its own. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Runs fn with the weights that are to be judged and kept: their average, if there is one. */
  withBest<T>(fn: () => Promise<T>): Promise<T>;
  state(): Pick<TrainingState, "loader" | "counts" | "averaged">;
  restore(state: Pick<TrainingState, "loader" | "counts" | "averaged">): void;
  dispose(): void;
}

export function createSession(options: SessionOptions): Session {
  const { engine, recipe, shards, context } = options;
  const model = createModel({ config: options.config, engine, seed: recipe.seed });
  const optimizer = createOptimizer(model, recipe, options.rates);
  const average = recipe.ema > 0 ? createWeightAverage(model.parameters, recipe.ema) : undefined;
  const loader = createLoader({
    shards,
    batch: options.microBatch,
    context,
    seed: recipe.seed,
    mode: recipe.packing,
    documentStarts: usesDocuments(recipe, shards),
  });
  const named = (prefix: string, tensors: ReadonlyMap<string, Tensor>) =>
    [...tensors].map(([name, t]) => [`${prefix}.${name}`, t] as const);
  return {
    model,
    optimizer,
    average,
    loader,
    tensors: new Map([
      ...named("model", model.parameters),
      ...named("optimizer", optimizer.tensors),
      ...named("average", average?.tensors ?? new Map()),
    ]),
    async withBest(fn) {
      if (average === undefined || average.count === 0) return fn();
      average.swap();
      try {
        return await fn();
      } finally {
        average.swap();
      }
    },
    state: () => ({ loader: loader.state(), counts: optimizer.counts(), averaged: average?.count ?? 0 }),
    restore(state) {
      loader.restore(state.loader);
      optimizer.setCounts(state.counts);
      if (average !== undefined) average.count = state.averaged;
    },
    dispose() {
      average?.dispose();
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** Whether attention is kept inside documents: only where there are several. */
export function usesDocuments(recipe: PretrainRecipe, shards: TokenStream): boolean {
  return recipe.documentAttention && shards.eosId !== null && shards.documentStarts.length > 1;
}
