/** @file A model's adapters: made anew or read from folders, one or several of them in force, merged into the weights and taken
 *  out again. The model is used as before: its families know nothing of this (docs/decisions/adapters.md).
 *
 *  While there are adapters the base is frozen. `trainable` is what an optimiser gets. */

import { UserError } from "../../platform/errors.js";
import { check } from "../../platform/schema.js";
import type { Tensor } from "../../tensor/index.js";
import { createRandom } from "../../tensor/random.js";
import {
  type Copies,
  copiesFor,
  fileSource,
  openAdapterFolder,
  writeAdapterFolder,
} from "./adapterFolder.js";
import { type Adapter, type AdapterDraft, assemble, draft, freshSource, type Source } from "./assemble.js";
import { baseHash, baseHashEntry, checkBaseHash, digestOf } from "./baseHash.js";
import { type CombineOptions, combined } from "./combine.js";
import { createForce, type MergeOptions } from "./force.js";
import type { Adaptable } from "./modules.js";
import { AdapterOptions, configOf } from "./options.js";
import { checkRanks } from "./plan.js";

export interface CreateOptions {
  /** Default "default". */
  readonly name?: string;
  /** 0 … 2⁵³−1; default 0. */
  readonly seed?: number;
}

export interface ReadOptions {
  /** Default "default". */
  readonly name?: string;
  /** Take it though it was trained on other weights of the same shapes (an error where the adapter says on which). */
  readonly otherBase?: boolean;
}

export interface Adapters {
  readonly names: readonly string[];
  /** Those in force. */
  readonly active: readonly string[];
  /** What the adapters in force train, by name: adapters' tensors, and parameters of the base that they train whole. */
  readonly trainable: ReadonlyMap<string, Tensor>;
  /** Throws UserError `adapter-unknown`. */
  get(name: string): Adapter;
  /** A new adapter, put in force alone. Throws UserError: `target-unknown`, `rank-too-large`, `adapter-name`, … */
  create(options: AdapterOptions, about?: CreateOptions): Adapter;
  /** One from a folder as PEFT writes it, put in force alone. Throws UserError: `adapter-base` where it was made for another
   *  base, `adapter-unsupported`, … */
  read(folder: string, about?: ReadOptions): Adapter;
  /** As PEFT reads it. */
  write(name: string, folder: string): void;
  /** Several at once where all of them only add to products; none: the base alone. */
  activate(...names: readonly string[]): void;
  /** Runs fn with the base alone. */
  withBase<T>(fn: () => T): T;
  /** The adapters in force become part of the weights: the model is as fast as its base. Throws UserError: `base-quantised` where
   *  these are held in four bits, `merge-tied` where an adapted embedding is the output's weight too. */
  merge(options?: MergeOptions): void;
  /** The weights before `merge`, to the bit, and the adapters in force as they were. */
  unmerge(): void;
  /** A new adapter made of others, put in force alone. Throws UserError `adapters-not-combined`. */
  combine(name: string, options: CombineOptions): Adapter;
  remove(name: string): void;
  /** Ends all adapters (what is merged stays) and unfreezes the base. */
  dispose(): void;
}

export interface CreateAdaptersOptions {
  /** SHA-256 of the numbers of parameters that the model no longer holds as they were: those in four bits. */
  readonly digests?: ReadonlyMap<string, string>;
}

export function createAdapters(model: Adaptable, options: CreateAdaptersOptions = {}): Adapters {
  const { engine, parameters } = model;
  const trainedBefore = [...parameters.values()].filter((p) => p.requiresGrad);
  for (const p of trainedBefore) p.requiresGrad = false;
  const force = createForce(model);
  const all = new Map<string, Adapter>();
  const copiesOf = new Map<Adapter, Copies>();
  /** Those made here: their folder says on which base. */
  const ours = new Set<Adapter>();

  const get = (name: string): Adapter => {
    const found = all.get(name);
    if (found !== undefined) return found;
    throw new UserError({
      code: "adapter-unknown",
      at: name,
      message: "is no adapter of this model",
      expected: all.size === 0 ? "none: there are no adapters" : `one of ${[...all.keys()].join(", ")}`,
    });
  };
  const refuseMerged = (): void => {
    if (force.isMerged)
      throw new UserError({
        code: "adapters-merged",
        message: "the adapters in force are merged into the weights",
        fix: "unmerge them first",
      });
  };
  const checkName = (name: string): void => {
    refuseMerged();
    if (all.has(name))
      throw new UserError({
        code: "adapter-name",
        at: name,
        message: "is the name of an adapter that is there already",
        fix: "give another name, or remove that one first",
      });
  };
  /** With the base alone in force, whose values a new adapter may begin at. */
  const add = (name: string, planned: AdapterDraft, source: Source, copies: Copies): Adapter => {
    const adapter = assemble(name, planned, model, source);
    all.set(name, adapter);
    copiesOf.set(adapter, copies);
    force.activate([adapter]);
    return adapter;
  };
  const hash = (): string =>
    baseHash(parameters, (name) => options.digests?.get(name) ?? digestOf(force.base(name)));

  return {
    get names() {
      return [...all.keys()];
    },
    get active() {
      return force.active.map(({ name }) => name);
    },
    get trainable() {
      return new Map(
        force.active.flatMap(({ tensors, values }) => [
          ...[...tensors.values()].map((t) => [t.name!, t] as const),
          ...[...values.keys()].map((name) => [name, parameters.get(name)!] as const),
        ]),
      );
    },
    get,
    create(given, { name = "default", seed = 0 } = {}) {
      checkName(name);
      force.activate([]);
      const parsed = check(AdapterOptions, given);
      const planned = draft(configOf(parsed, model), model, true, "the adapter's settings");
      checkRanks(planned.config, planned.plan);
      const random = createRandom(seed);
      const source = freshSource(model, (stored) => random.stream(stored));
      const adapter = add(name, planned, source, copiesFor(planned, model));
      ours.add(adapter);
      return adapter;
    },
    read(folder, { name = "default", otherBase = false } = {}) {
      checkName(name);
      force.activate([]);
      const opened = openAdapterFolder(folder);
      try {
        const planned = draft(opened.raw, model, false, opened.configFile);
        const random = createRandom(0);
        const { source, copies } = fileSource(opened, planned, model, (path) => random.stream(path));
        if (!otherBase) checkBaseHash(opened.raw, hash, opened.configFile);
        return add(name, planned, source, copies);
      } finally {
        opened.stored.close();
      }
    },
    write(name, folder) {
      const adapter = get(name);
      writeAdapterFolder(
        adapter,
        folder,
        copiesOf.get(adapter)!,
        {
          whole: (parameter) =>
            force.active.includes(adapter) ? parameters.get(parameter)! : adapter.values.get(parameter)!,
          base: force.base,
        },
        ours.has(adapter) ? baseHashEntry(hash()) : {},
      );
    },
    activate(...names) {
      refuseMerged();
      force.activate(names.map(get));
    },
    withBase(fn) {
      refuseMerged();
      const before = force.active;
      force.activate([]);
      try {
        return fn();
      } finally {
        force.activate(before);
      }
    },
    merge(options = {}) {
      refuseMerged();
      engine.releasePacked();
      force.merge(options);
    },
    unmerge() {
      engine.releasePacked();
      force.unmerge();
    },
    combine(name, { of, ...how }) {
      checkName(name);
      const parts = Object.entries(of).map(([part, weight]) => ({ adapter: get(part), weight }));
      if (parts.length === 0)
        throw new UserError({ code: "adapters-not-combined", at: "of", message: "names no adapter" });
      force.activate([]);
      const { raw, values } = combined(parts, how);
      const planned = draft(raw, model, true, `the adapter ${name}`);
      const source: Source = {
        fill: (tensor, { stored }) => void tensor.write(values.get(stored)!),
        whole: (_, { stored }) => {
          throw new Error(`a combination has no ${stored}`);
        },
        factors: { random: (path) => createRandom(0).stream(path), fresh: false },
      };
      const adapter = add(name, planned, source, copiesFor(planned, model));
      ours.add(adapter);
      return adapter;
    },
    remove(name) {
      const adapter = get(name);
      if (force.active.includes(adapter)) {
        refuseMerged();
        force.activate(force.active.filter((other) => other !== adapter));
      }
      all.delete(name);
      copiesOf.delete(adapter);
      ours.delete(adapter);
      adapter.dispose();
    },
    dispose() {
      force.dispose();
      for (const adapter of all.values()) adapter.dispose();
      all.clear();
      for (const p of trainedBefore) p.requiresGrad = true;
    },
  };
}
