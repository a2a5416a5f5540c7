/** @file Training some of a model's own parameters: all but those of certain names, or the last layers alone (with what follows
 *  them: final norms, a head of its own; not the embedding). What is frozen has no gradient, does not decay and costs no backward below
 *  the first layer that is trained. */

import { nearest, UserError } from "../../platform/errors.js";
import type { Adaptable } from "./modules.js";
import { expression } from "./targets.js";

export interface Freezing {
  /** Regular expressions: parameters in whose name one is found are frozen. */
  readonly freeze?: string | readonly string[] | undefined;
  /** Layers that are trained, counted from the last (of each stack, where there are two). */
  readonly lastLayers?: number | undefined;
}

const LAYER = /^(.*?(?:^|\.)(?:h|layers?|block))\.(\d+)\./;

/** Freezes; returns the names of what remains trained. Throws UserError: `freeze-nothing` where an expression finds nothing,
 *  `freeze-all`, `layers-too-many`, `pattern-invalid`. */
export function freezeParameters({ parameters }: Pick<Adaptable, "parameters">, what: Freezing): string[] {
  const names = [...parameters.keys()];
  const frozen = new Set<string>();
  for (const source of [what.freeze ?? []].flat()) {
    const pattern = expression("freeze", source);
    const found = names.filter((name) => pattern.test(name));
    if (found.length === 0) throw nothing(source, names);
    for (const name of found) frozen.add(name);
  }
  if (what.lastLayers !== undefined) for (const name of beforeLast(names, what.lastLayers)) frozen.add(name);
  for (const name of frozen) parameters.get(name)!.requiresGrad = false;
  const left = names.filter((name) => parameters.get(name)!.requiresGrad);
  if (left.length === 0)
    throw new UserError({
      code: "freeze-all",
      at: "freeze",
      message: "leaves no parameter to train",
      fix: "freeze less, or add an adapter",
    });
  return left;
}

/** What comes before the last `count` layers: parameters stand in the order in which they are used. */
function beforeLast(names: readonly string[], count: number): string[] {
  const layers = new Map<string, number>();
  for (const name of names) {
    const [, stack, index] = LAYER.exec(name) ?? [];
    if (stack !== undefined) layers.set(stack, Math.max(layers.get(stack) ?? 0, Number(index) + 1));
  }
  const most = Math.min(...layers.values());
  if (!Number.isInteger(count) || count < 0 || !(count <= most))
    throw new UserError({
      code: "layers-too-many",
      at: "lastLayers",
      message: "is no number of layers of this model",
      found: count,
      expected: layers.size === 0 ? "none: it has no layers" : `0 to ${most}`,
    });
  const first = names.findIndex((name) => LAYER.test(name));
  return names.filter((name, i) => {
    const [, stack, index] = LAYER.exec(name) ?? [];
    return stack === undefined ? i < first : Number(index) < layers.get(stack)! - count;
  });
}

function nothing(source: string, names: readonly string[]): UserError {
  const parts = new Set(names.flatMap((name) => name.split(".")));
  const near = nearest(source.replaceAll("\\", ""), new Set([...names, ...parts]));
  return new UserError({
    code: "freeze-nothing",
    at: "freeze",
    message: "is found in no parameter's name",
    found: source,
    expected: `a part of a name such as ${names[Math.floor(names.length / 2)]}`,
    fix: near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`,
  });
}
