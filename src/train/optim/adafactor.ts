/** @file Adafactor (Shazeer & Stern 2018): the second moment of a matrix from its rows' and columns' means alone, an update no larger
 *  than `clip` on average, a rate relative to the parameter's size. With R and C those means:  V ≈ R·C / mean(R);  u = g/√V.
 *  Two forms are in use:
 *    "hf"     transformers' (T5's): g² + ε₁, β₂ = 1 − t^decay, perhaps a first moment and a rate of its own accord
 *    "torch"  torch's: means of g², ε₁ bounds V below, rate min(lr, 1/√t) · max(ε₂, RMS(p)) */

import type { Shape, Tensor } from "../../tensor/index.js";
import { axpby, change, of, plus, rootMeanSquare } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group, type Update } from "./perParameter.js";

interface Common extends Group {
  /** ε₁ and ε₂; default 1e-30 (hf) or the machine's 2⁻²³ (torch), and 1e-3. */
  readonly eps?: readonly [number | undefined, number];
  /** Largest root mean square of an update; default 1. */
  readonly clip?: number;
  /** Of the second moment's β₂ = 1 − t^decay; default −0.8. */
  readonly decay?: number;
  readonly weightDecay?: number;
}

export interface HfAdafactorGroup extends Common {
  readonly form: "hf";
  /** Of a first moment; default: none is held. */
  readonly beta1?: number | undefined;
  /** Multiply the rate with the parameter's root mean square (at least ε₂); default true. */
  readonly scaleParameter?: boolean;
  /** The rate is min(10⁻², 1/√t), with `warmup` min(10⁻⁶·t, 1/√t); `lr` then is a factor of that. Default false. */
  readonly relativeStep?: boolean;
  readonly warmup?: boolean;
}

export interface TorchAdafactorGroup extends Common {
  readonly form: "torch";
}

export type AdafactorGroup = HfAdafactorGroup | TorchAdafactorGroup;

export function createAdafactor(groups: readonly AdafactorGroup[]): Optimizer {
  return createOptimizerOf<AdafactorGroup>(groups, {
    state(p, group): Record<string, Shape> {
      const [rows, columns] = [p.rows, p.columns];
      const factored = p.shape.length >= 2;
      if (group.form === "torch")
        return factored ? { row_var: [rows], col_var: [columns] } : { variance: p.shape };
      return {
        ...(factored ? { exp_avg_sq_row: [rows], exp_avg_sq_col: [columns] } : { exp_avg_sq: p.shape }),
        ...(group.beta1 === undefined ? {} : { exp_avg: p.shape }),
      };
    },
    update(u) {
      if (u.p.shape.length > 2)
        throw new Error(`Adafactor is for matrices and vectors; ${u.p.name} has shape [${u.p.shape}]`);
      const { group } = u;
      if (group.form === "hf") hf({ ...u, group });
      else torch({ ...u, group });
    },
  });
}

function hf({ p, g, state, group, step, lr }: Update<HfAdafactorGroup>): void {
  const {
    eps: [eps1 = 1e-30, eps2] = [undefined, 1e-3],
    clip = 1,
    decay = -0.8,
    weightDecay = 0,
    beta1,
  } = group;
  const { scaleParameter = true, relativeStep = false, warmup = false } = group;
  const relative = relativeStep ? Math.min(warmup ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step)) : 1;
  const rate = lr * relative * (scaleParameter ? Math.max(eps2, rootMeanSquare(p)) : 1);
  const share = step ** decay; // 1 − β₂
  const square = plus(of("square", g), eps1);
  const root =
    p.shape.length >= 2
      ? factoredRoot(square, state("exp_avg_sq_row"), state("exp_avg_sq_col"), share)
      : of("rsqrt", axpby(share, square, 1 - share, state("exp_avg_sq")));
  const update = change("mul", root, g);
  const shrunk = rate / Math.max(1, rootMeanSquare(update) / clip);
  if (beta1 === undefined) axpby(-shrunk, update, 1 - weightDecay * rate, p);
  else axpby(-1, axpby(shrunk * (1 - beta1), update, beta1, state("exp_avg")), 1 - weightDecay * rate, p);
}

function torch({ p, g, state, group, step, lr }: Update<TorchAdafactorGroup>): void {
  const { eps: [eps1 = 2 ** -23, eps2] = [undefined, 1e-3], clip = 1, decay = -0.8, weightDecay = 0 } = group;
  const rate = Math.min(lr, 1 / Math.sqrt(step)) * Math.max(eps2, rootMeanSquare(p));
  const share = step ** decay;
  const square = of("square", g);
  const variance =
    p.shape.length >= 2
      ? factored(square, state("row_var"), state("col_var"), share, eps1)
      : axpby(1, axpby(share, square, 1 - share, state("variance")), 0, square);
  const update = change("mul", of("rsqrt", change("max", variance, eps1 ** 2)), g);
  axpby(-rate / Math.max(1, rootMeanSquare(update) / clip), update, 1 - lr * weightDecay, p);
}

/** The means of rows and of columns take a `share` of today's. */
function average(square: Tensor, row: Tensor, column: Tensor, share: number): void {
  const { engine, rows, columns: cols } = square;
  const [sums, totals] = [engine.empty([rows]), engine.empty([cols])];
  engine.backend.sumCols({ x: square, y: sums, rows, cols });
  engine.backend.sumRows({ x: square, y: totals, rows, cols, ld: cols, accumulate: false });
  axpby(share / cols, sums, 1 - share, row);
  axpby(share / rows, totals, 1 - share, column);
}

/** V = R·C / max(mean(R), least), in the memory of `square`. */
function factored(square: Tensor, row: Tensor, column: Tensor, share: number, least: number): Tensor {
  average(square, row, column, share);
  const mean = square.engine.backend.sum(row, row.size) / row.size;
  return outer(square, row, column, 1 / Math.max(least, mean));
}

/** 1/√V, V = R·C / mean(R), likewise: of roots, for the product of two small means may be too small for a float32. */
function factoredRoot(square: Tensor, row: Tensor, column: Tensor, share: number): Tensor {
  average(square, row, column, share);
  const mean = square.engine.backend.sum(row, row.size) / row.size;
  return outer(square, of("rsqrt", row), of("rsqrt", column), Math.sqrt(mean));
}

function outer(into: Tensor, row: Tensor, column: Tensor, alpha: number): Tensor {
  const [m, n] = [into.rows, into.columns];
  const sizes = { m, n, k: 1, lda: 1, ldb: n, ldc: n };
  into.engine.backend.matmul({ a: row, b: column, c: into, ...sizes, alpha, compute: "fp32" });
  return into;
}
