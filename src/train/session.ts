/** @file What a run holds in memory: what trains, its optimiser, perhaps an average of the weights; and how all of it goes
 *  into a checkpoint and comes back. */

import type { Engine, Tensor } from "../tensor/index.js";
import type { TrainingState } from "./checkpoint.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Prepared, Training } from "./objectives/objective.js";
import { createWeightAverage, type WeightAverage } from "./optim/ema.js";
import type { Optimizer } from "./optim/optimizer.js";
import { createOptimizer } from "./parameterGroups.js";
import type { Rates } from "./presets.js";

export interface SessionOptions {
  readonly engine: Engine;
  readonly recipe: PretrainRecipe;
  readonly rates: Rates;
  readonly data: Prepared;
  readonly microBatch: number;
}

export interface Session {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | undefined;
  /** All that a checkpoint must hold, under names of its own. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Runs fn with the weights that are to be judged and kept: their average, if there is one. */
  withBest<T>(fn: () => Promise<T>): Promise<T>;
  state(): Pick<TrainingState, "loader" | "counts" | "averaged">;
  restore(state: Pick<TrainingState, "loader" | "counts" | "averaged">): void;
  dispose(): void;
}

export function createSession({ engine, recipe, rates, data, microBatch }: SessionOptions): Session {
  const training = data.begin(engine, microBatch);
  const { model, dealer } = training;
  const optimizer = createOptimizer(model, recipe, rates);
  const average = recipe.ema > 0 ? createWeightAverage(model.parameters, recipe.ema) : undefined;
  const named = (prefix: string, tensors: ReadonlyMap<string, Tensor>) =>
    [...tensors].map(([name, t]) => [`${prefix}.${name}`, t] as const);
  return {
    training,
    optimizer,
    average,
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
    state: () => ({ loader: dealer.state(), counts: optimizer.counts(), averaged: average?.count ?? 0 }),
    restore(state) {
      dealer.restore(state.loader);
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
