/** @file Numbers predicted against numbers there are: errors, and correlations (Pearson; Spearman's of ranks; Kendall's τ_b).
 *  As in scikit-learn and SciPy. Correlations are undefined where one side is constant. */

import { averageRanks } from "./ranks.js";

export interface RegressionScores {
  readonly mse: number;
  readonly mae: number;
  /** 1 − Σ(y − x)² / Σ(y − mean y)²; undefined where the targets are constant. */
  readonly r2: number | undefined;
  readonly pearson: number | undefined;
  readonly spearman: number | undefined;
}

/** Throws where there is no example or lengths differ. */
export function regressionScores(
  targets: ArrayLike<number>,
  predictions: ArrayLike<number>,
): RegressionScores {
  const n = targets.length;
  if (n === 0 || n !== predictions.length)
    throw new Error(`regressionScores: ${n} targets, ${predictions.length} predictions`);
  const errors = Array.from(targets, (y, i) => y - predictions[i]!);
  const squares = errors.reduce((sum, e) => sum + e * e, 0);
  const spread = centred(targets).reduce((sum, d) => sum + d * d, 0);
  return {
    mse: squares / n,
    mae: errors.reduce((sum, e) => sum + Math.abs(e), 0) / n,
    r2: spread === 0 ? undefined : 1 - squares / spread,
    pearson: pearson(targets, predictions),
    spearman: spearman(targets, predictions),
  };
}

export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  const [dx, dy] = [centred(x), centred(y)];
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const scale = Math.sqrt(product(dx, dx)) * Math.sqrt(product(dy, dy));
  return scale === 0 ? undefined : product(dx, dy) / scale;
}

export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  return pearson(averageRanks(x), averageRanks(y));
}

/** (concordant − discordant) / √((pairs − ties of x)(pairs − ties of y)). Looks at every pair: for thousands, not millions. */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  let [balance, untiedX, untiedY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      balance += dx * dy;
      untiedX += Math.abs(dx);
      untiedY += Math.abs(dy);
    }
  return untiedX === 0 || untiedY === 0 ? undefined : balance / Math.sqrt(untiedX * untiedY);
}

function centred(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  const mean = copy.reduce((a, b) => a + b, 0) / copy.length;
  return copy.map((v) => v - mean);
}
