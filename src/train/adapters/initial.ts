/** @file Where an adapter begins, by the names of PEFT's `init_lora_weights`. A and B are drawn so that B·A = 0: the adapted model is
 *  the base's.
 *    true, false    A uniform ±1/√in (Kaiming's with a = √5); B zeros, or (false) drawn alike, which tests want
 *    gaussian       A normal with deviation 1/rank; B zeros
 *    pissa          B·A is the best approximation of W of that rank (Meng et al. 2024): B = U·√S/√s, A = √S·Vᵀ/√s
 *    pissa_niter_N  the same by N iterations of a random subspace: much faster, nearly as good
 *    olora          B = Q[:, :rank], A = R[:rank] of W = Q·R (Büyükakyüz 2024)
 *  With the last three training begins at the directions that matter most. PEFT takes s·B·A away from W; here W stays, and the
 *  adapter computes s·(B·A − B₀·A₀) (lora.ts), which is the same function. */

import { UserError } from "../../platform/errors.js";
import { borrow } from "../../tensor/index.js";
import type { Random } from "../../tensor/random.js";
import {
  type Matrix,
  matrix,
  orthonormal,
  product,
  singular,
  singularBySubspace,
  transposed,
} from "./decompositions.js";
import type { Module } from "./modules.js";

export type Initial =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "values"; readonly values: () => Float32Array };

export const zeros: Initial = { kind: "constant", value: 0 };

export function drawn(initial: Initial, length: number, random: Random): Float32Array {
  const values = new Float32Array(length);
  switch (initial.kind) {
    case "normal":
      return random.fillNormal(values, 0, initial.std);
    case "uniform":
      return random.fillUniform(values, -initial.bound, initial.bound);
    case "constant":
      return values.fill(initial.value);
    case "values":
      return initial.values();
  }
}

export type LoraInitial =
  | { readonly kind: "default" | "random" | "gaussian" | "pissa" | "olora" }
  | { readonly kind: "pissa-subspace"; readonly iterations: number };

/** Throws UserError `adapter-unsupported`. */
export function loraInitial(name: boolean | string): LoraInitial {
  if (name === true) return { kind: "default" };
  if (name === false) return { kind: "random" };
  const iterations = /^pissa_niter_(\d+)$/.exec(name)?.[1];
  if (iterations !== undefined) return { kind: "pissa-subspace", iterations: Number(iterations) };
  if (name === "gaussian" || name === "pissa" || name === "olora") return { kind: name };
  throw new UserError({
    code: "adapter-unsupported",
    at: "init_lora_weights",
    message: "is a way to begin that is not done here",
    found: name,
    expected: "true, gaussian, pissa, pissa_niter_N or olora",
  });
}

/** B·A of W itself: its values, or undefined where training begins at zero. `scale` is what multiplies B·A later. */
export function factors(
  initial: LoraInitial,
  module: Module,
  rank: number,
  scale: number,
  random: Random,
): { readonly a: Float32Array; readonly b: Float32Array } | undefined {
  if (initial.kind === "default" || initial.kind === "random" || initial.kind === "gaussian")
    return undefined;
  const w = outIn(module);
  if (initial.kind === "olora") {
    const q = orthonormal(firstColumns(w, rank));
    return { a: Float32Array.from(product(transposed(q), w).data), b: Float32Array.from(q.data) };
  }
  const { u, values, vt } =
    initial.kind !== "pissa-subspace"
      ? singular(w, rank)
      : singularBySubspace(w, rank, initial.iterations, normalMatrix(w.cols, rank + 10, random));
  const roots = values.map((s) => Math.sqrt(s / scale));
  return {
    a: Float32Array.from(vt.data, (x, i) => x * roots[Math.floor(i / vt.cols)]!),
    b: Float32Array.from(u.data, (x, i) => x * roots[i % u.cols]!),
  };
}

/** W [out, in]. */
function outIn({ weight, layout }: Module): Matrix {
  const [rows, cols] = weight.shape as [number, number];
  const stored = matrix(
    rows,
    cols,
    borrow(weight, () => weight.readFloats()),
  );
  return layout === "out-in" ? stored : transposed(stored);
}

function firstColumns({ rows, cols, data }: Matrix, count: number): Matrix {
  return matrix(
    rows,
    count,
    Float64Array.from({ length: rows * count }, (_, i) => data[Math.floor(i / count) * cols + (i % count)]!),
  );
}

function normalMatrix(rows: number, cols: number, random: Random): Matrix {
  return matrix(rows, cols, random.fillNormal(new Float32Array(rows * cols)));
}
