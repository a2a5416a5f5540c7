/** @file Which adapters are in force on a model: hooks on its weights, an adapter's values in the parameters that it trains whole,
 *  and weights with adapters merged into them. What the model's tensors held before is kept aside and comes back to the bit. */

import { UserError } from "../../platform/errors.js";
import type { Tensor } from "../../tensor/index.js";
import { type Adapter, copy } from "./assemble.js";
import { type AdapterLayer, hookOf } from "./layer.js";
import type { Adaptable } from "./modules.js";
import { isTied } from "./whole.js";

export interface MergeOptions {
  /** Merge an adapted embedding into the output's weight with it, where both are one, as PEFT does: the model then computes
   *  something else than with the adapter. */
  readonly tied?: boolean;
}

export interface Force {
  readonly active: readonly Adapter[];
  readonly isMerged: boolean;
  /** Throws UserError `adapters-exclude-each-other`, and then leaves the base alone in force. */
  activate(adapters: readonly Adapter[]): void;
  /** What the base holds under this name; not to be changed. */
  base(name: string): Tensor;
  /** Throws UserError: `base-quantised`, `merge-tied`, `merge-impossible`. */
  merge(options: MergeOptions): void;
  unmerge(): void;
  /** Takes everything down; what is merged stays. */
  dispose(): void;
}

export function createForce(model: Adaptable): Force {
  const { engine, parameters } = model;
  /** Of the base, where the parameter holds an adapter's. */
  const replaced = new Map<string, Tensor>();
  /** Of weights and biases before adapters were merged into them. */
  const unmerged = new Map<string, Tensor>();
  let active: readonly Adapter[] = [];

  const keep = (name: string, values: Map<string, Tensor>): void => {
    const p = parameters.get(name)!;
    const kept = engine.empty(p.shape).keep();
    copy(engine, p, kept);
    values.set(name, kept);
  };
  const bringBack = (name: string, values: Map<string, Tensor>): void => {
    const kept = values.get(name)!;
    copy(engine, kept, parameters.get(name)!);
    values.delete(name);
    kept.dispose();
  };
  const standDown = (): void => {
    unhook(active);
    for (const adapter of active)
      for (const [name, own] of adapter.values) {
        const p = parameters.get(name)!;
        copy(engine, p, own);
        p.requiresGrad = false;
        bringBack(name, replaced);
      }
    active = [];
  };
  return {
    get active() {
      return active;
    },
    get isMerged() {
      return unmerged.size > 0;
    },
    base: (name) => replaced.get(name) ?? unmerged.get(name) ?? parameters.get(name)!,
    activate(adapters) {
      standDown();
      refuseShared(adapters);
      hook(adapters);
      active = adapters;
      for (const { values } of adapters)
        for (const [name, own] of values) {
          const p = parameters.get(name)!;
          keep(name, replaced);
          copy(engine, own, p);
          p.requiresGrad = true;
        }
    },
    merge({ tied = false }) {
      const layers = active.flatMap((adapter) => adapter.layers);
      for (const layer of layers) {
        checkMergeable(layer);
        if (!tied && layer.kind === "rows") refuseTied(layer, model);
      }
      for (const { module } of layers)
        for (const name of [`${module.path}.weight`, `${module.path}.bias`])
          if (parameters.has(name) && !unmerged.has(name)) keep(name, unmerged);
      unhook(active);
      for (const layer of layers) layer.merge();
    },
    unmerge() {
      for (const name of [...unmerged.keys()]) bringBack(name, unmerged);
      hook(active);
    },
    dispose() {
      if (unmerged.size === 0) standDown();
      for (const values of [replaced, unmerged]) {
        for (const kept of values.values()) kept.dispose();
        values.clear();
      }
      active = [];
    },
  };
}

function hook(adapters: readonly Adapter[]): void {
  const byWeight = new Map<Tensor, AdapterLayer[]>();
  for (const layer of adapters.flatMap((adapter) => adapter.layers)) {
    const { weight } = layer.module;
    byWeight.set(weight, [...(byWeight.get(weight) ?? []), layer]);
  }
  // All are made before any is in force.
  const hooks = [...byWeight].map(([weight, layers]) => [weight, hookOf(layers)] as const);
  for (const [weight, made] of hooks) weight.adapter = made;
}

function unhook(adapters: readonly Adapter[]): void {
  for (const { layers } of adapters) for (const { module } of layers) module.weight.adapter = null;
}

function refuseShared(adapters: readonly Adapter[]): void {
  const owners = new Map<string, string>();
  for (const { name, values } of adapters)
    for (const parameter of values.keys()) {
      const other = owners.get(parameter);
      if (other !== undefined)
        throw new UserError({
          code: "adapters-exclude-each-other",
          at: parameter,
          message: `is trained whole by the adapters ${other} and ${name}: they cannot be active together`,
        });
      owners.set(parameter, name);
    }
}

function checkMergeable({ module, tensors }: AdapterLayer): void {
  const { path, weight, bias } = module;
  if (weight.shared.rebuild !== undefined)
    throw new UserError({
      code: "base-quantised",
      at: path,
      message: "is held in four bits, which would round the adapter away",
      fix: "load the base without quantisation, read the adapter, and merge there",
    });
  if (tensors.has("lora_B.bias") && bias === undefined)
    throw new UserError({
      code: "merge-impossible",
      at: path,
      message: "has no bias into which the adapter's could be merged",
      fix: "use the adapter unmerged",
    });
}

function refuseTied({ module: { path } }: AdapterLayer, model: Adaptable): void {
  if (!isTied(`${path}.weight`, model)) return;
  throw new UserError({
    code: "merge-tied",
    at: path,
    message:
      "is the output's weight too: merged, the adapter would change that as well, and the model would compute something else",
    fix: "use the adapter unmerged, or pass tied: true to change both, as PEFT does",
  });
}
