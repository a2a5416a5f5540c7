/** @file LoRA adapters combined into a new one by weights, as PEFT's `add_weighted_adapter` does. With the adapters' factors sᵢ and the
 *  weights wᵢ:
 *    cat              [A₁; A₂; …], [w₁s₁·B₁, w₂s₂·B₂, …]: the exact sum Σ wᵢsᵢ·BᵢAᵢ, of the sum of the ranks
 *    svd              the exact sum, of the largest rank among them (its best approximation)
 *    linear           A = Σ √|wᵢsᵢ|·Aᵢ, B = Σ ±√|wᵢsᵢ|·Bᵢ: not the sum, but with cross terms A₁ with B₂
 *    magnitude_prune  linear, of the largest |numbers| of each Aᵢ and Bᵢ alone (a share of `density`)
 *    ties             that, and a number counts only where its sign is that of the majority, as a mean over those that count
 *                     (Yadav et al. 2023); the majority by sums ("total") or by heads ("frequency")
 *  The new adapter's own factor is 1. */

import { UserError } from "../../platform/errors.js";
import type { Adapter } from "./assemble.js";
import type { LoraConfig, RawAdapterConfig } from "./config.js";
import { matrix, singularOfProduct } from "./decompositions.js";
import { PREFIX, rankOf, scaleOf } from "./plan.js";

export type Combination =
  | { readonly kind: "linear" }
  | { readonly kind: "cat" }
  | { readonly kind: "svd" }
  | { readonly kind: "magnitude_prune"; readonly density: number }
  | {
      readonly kind: "ties";
      readonly density: number;
      readonly majority?: "total" | "frequency";
    };

export type CombineOptions = Combination & {
  /** Adapters by name, each with its weight. */
  readonly of: Readonly<Record<string, number>>;
};

/** A new adapter's configuration and numbers by name in the file. */
export interface Combined {
  readonly raw: RawAdapterConfig;
  readonly values: ReadonlyMap<string, Float32Array>;
}

interface Factors {
  readonly rank: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** w·s */
  readonly weight: number;
}

/** Throws UserError `adapters-not-combined`. */
export function combined(
  adapters: readonly { readonly adapter: Adapter; readonly weight: number }[],
  how: Combination,
): Combined {
  for (const { adapter } of adapters) checkPlain(adapter);
  const configs = adapters.map(({ adapter }) => adapter.config as LoraConfig);
  const modules = new Map<string, { ends: readonly [string, string]; factors: Factors[] }>();
  adapters.forEach(({ adapter, weight }, i) => {
    for (const { module, kind, tensors } of adapter.layers) {
      const ends =
        kind === "rows"
          ? (["lora_embedding_A", "lora_embedding_B"] as const)
          : (["lora_A.weight", "lora_B.weight"] as const);
      const [a, b] = ends.map((end) => tensors.get(end)!.readFloats());
      const known = modules.get(module.path) ?? { ends, factors: [] };
      known.factors.push({
        rank: rankOf(configs[i]!, module.path),
        a: a!,
        b: b!,
        weight: weight * scaleOf(configs[i]!, module.path),
      });
      modules.set(module.path, known);
    }
  });
  const values = new Map<string, Float32Array>();
  const ranks = new Map<string, number>();
  for (const [path, { ends, factors }] of modules) {
    const { a, b, rank } = combineFactors(factors, how, path);
    values.set(`${PREFIX}${path}.${ends[0]}`, a);
    values.set(`${PREFIX}${path}.${ends[1]}`, b);
    ranks.set(path, rank);
  }
  return { raw: rawOf(adapters[0]!.adapter.raw, ranks), values };
}

function rawOf(first: RawAdapterConfig, ranks: ReadonlyMap<string, number>): RawAdapterConfig {
  const r = Math.max(...ranks.values());
  const others = [...ranks].filter(([, rank]) => rank !== r);
  const exceptions = Object.fromEntries(others.map(([path, rank]) => [path.replaceAll(".", "\\."), rank]));
  return {
    ...first,
    r,
    lora_alpha: r,
    use_rslora: false,
    init_lora_weights: true,
    rank_pattern: exceptions,
    alpha_pattern: exceptions,
    target_modules: [...ranks.keys()].sort(),
    exclude_modules: null,
    layers_to_transform: null,
    layers_pattern: null,
  };
}

function combineFactors(factors: readonly Factors[], how: Combination, path: string) {
  if (how.kind === "cat") return concatenated(factors);
  if (how.kind === "svd") return truncated(factors);
  const { rank } = factors[0]!;
  if (factors.some((f) => f.rank !== rank))
    throw refusal(
      path,
      `has the ranks ${factors.map((f) => f.rank)}, of which ${how.kind} makes nothing`,
      'use "cat" or "svd"',
    );
  const shares = (signed: boolean) =>
    factors.map(({ weight }) => Math.sqrt(Math.abs(weight)) * (signed ? Math.sign(weight) : 1));
  const merge = (numbers: readonly Float32Array[], weights: readonly number[]): Float32Array => {
    if (how.kind === "linear") return weighted(numbers, weights);
    const pruned = numbers.map((n) => largest(n, how.density));
    return how.kind === "ties"
      ? elected(pruned, weights, how.majority ?? "total")
      : weighted(pruned, weights);
  };
  return {
    rank,
    a: merge(
      factors.map(({ a }) => a),
      shares(false),
    ),
    b: merge(
      factors.map(({ b }) => b),
      shares(true),
    ),
  };
}

/** [A₁; A₂; …] and [w₁·B₁, w₂·B₂, …]. */
function concatenated(factors: readonly Factors[]): { rank: number; a: Float32Array; b: Float32Array } {
  const rank = factors.reduce((sum, f) => sum + f.rank, 0);
  const outputs = factors[0]!.b.length / factors[0]!.rank;
  const a = new Float32Array(factors.reduce((sum, f) => sum + f.a.length, 0));
  const b = new Float32Array(outputs * rank);
  let [rows, columns] = [0, 0];
  for (const f of factors) {
    a.set(f.a, rows);
    rows += f.a.length;
    f.b.forEach((x, i) => {
      b[Math.floor(i / f.rank) * rank + columns + (i % f.rank)] = f.weight * x;
    });
    columns += f.rank;
  }
  return { rank, a, b };
}

/** The best approximation of the sum that has the largest rank among them: A = Vᵀ, B = U·S. */
function truncated(factors: readonly Factors[]): { rank: number; a: Float32Array; b: Float32Array } {
  const sum = concatenated(factors);
  const rank = Math.max(...factors.map((f) => f.rank));
  const [outputs, inputs] = [sum.b.length / sum.rank, sum.a.length / sum.rank];
  const { u, values, vt } = singularOfProduct(
    matrix(outputs, sum.rank, sum.b),
    matrix(sum.rank, inputs, sum.a),
    rank,
  );
  return {
    rank,
    a: Float32Array.from(vt.data),
    b: Float32Array.from(u.data, (x, i) => x * values[i % u.cols]!),
  };
}

function weighted(numbers: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return numbers[0]!.map((_, i) => numbers.reduce((sum, n, k) => sum + weights[k]! * n[i]!, 0));
}

/** The numbers of the largest size, a share of `density` of them; the rest is 0. */
function largest(numbers: Float32Array, density: number): Float32Array {
  const kept = new Float32Array(numbers.length);
  const order = [...numbers.keys()].sort((i, j) => Math.abs(numbers[j]!) - Math.abs(numbers[i]!));
  for (const i of order.slice(0, Math.floor(density * numbers.length))) kept[i] = numbers[i]!;
  return kept;
}

/** Means over the numbers whose sign is the majority's (a tie is positive). */
function elected(
  numbers: readonly Float32Array[],
  weights: readonly number[],
  majority: "total" | "frequency",
): Float32Array {
  return numbers[0]!.map((_, i) => {
    const vote = numbers.reduce((sum, n) => sum + (majority === "total" ? n[i]! : Math.sign(n[i]!)), 0);
    const sign = vote >= 0 ? 1 : -1;
    let [sum, count] = [0, 0];
    numbers.forEach((n, k) => {
      if (Math.sign(n[i]!) !== sign) return;
      sum += weights[k]! * n[i]!;
      count++;
    });
    return sum / Math.max(1, count);
  });
}

function checkPlain({ name, config, whole, tensors, initial }: Adapter): void {
  if (config.peft_type !== "LORA") throw refusal(name, `is ${config.peft_type}`);
  if (initial.size > 0)
    throw refusal(
      name,
      `began at ${config.init_lora_weights}`,
      "write it to a folder and read it: that makes it plain",
    );
  if (config.use_dora) throw refusal(name, "is DoRA");
  if (whole.length > 0) throw refusal(name, `trains parameters whole (${whole[0]!.name})`);
  if ([...tensors.keys()].some((key) => key.endsWith(".lora_B.bias")))
    throw refusal(name, "has a bias of its own");
}

function refusal(at: string, message: string, fix = "only plain LoRA can be combined"): UserError {
  return new UserError({ code: "adapters-not-combined", at, message, fix });
}
