/** @file AdamW for what adapters train, with one rate for all; or two: B may learn faster than A, since it begins at zero and
 *  the gradient of A is small as long as B is (LoRA+; Hayou et al. 2024). What is trained whole beside an adapter may have a rate of
 *  its own. */

import type { Tensor } from "../../tensor/index.js";
import { type AdamWGroup, createAdamW } from "../optim/adamw.js";
import { decays } from "../optim/groups.js";
import type { Optimizer } from "../optim/optimizer.js";
import { parameterKinds } from "../parameterGroups.js";

export interface AdapterOptimizerOptions {
  readonly lr: number;
  /** B's rate is this times lr; default 1. */
  readonly ratioB?: number;
  /** Of parameters of the base that are trained whole; default lr. */
  readonly wholeLr?: number;
  /** Of matrices; default 0. */
  readonly weightDecay?: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
}

/** `trainable`: of `createAdapters`. */
export function createAdapterOptimizer(
  trainable: ReadonlyMap<string, Tensor>,
  options: AdapterOptimizerOptions,
): Optimizer {
  const { lr, ratioB = 1, wholeLr = lr, weightDecay = 0, betas, eps } = options;
  const own = new Set(parameterKinds(trainable).adapters);
  const groups = new Map<string, AdamWGroup & { readonly parameters: Tensor[] }>();
  for (const [name, p] of trainable) {
    const rate = !own.has(p) ? wholeLr : /\.lora_(?:embedding_)?B(?:\.|$)/.test(name) ? ratioB * lr : lr;
    const decay = decays(name, p.shape.length) ? weightDecay : 0;
    const key = `${rate} ${decay}`;
    const group = groups.get(key) ?? {
      parameters: [],
      lr: rate,
      weightDecay: decay,
      ...(betas && { betas }),
      ...(eps !== undefined && { eps }),
    };
    group.parameters.push(p);
    groups.set(key, group);
  }
  return createAdamW([...groups.values()]);
}
