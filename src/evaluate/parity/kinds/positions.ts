/** @file Tables of positions: `t5_buckets`, `sinusoidal`, and `rope`: frequencies, and cos and sin at given positions. The library multiplies position and
 *  frequency in float32, which at position p is off by 6e-8·p radians: so much is allowed beyond 1e-6. */

import {
  type RopeParameters,
  relativeBucket,
  ropeAngles,
  ropeFrequencies,
  type SinusoidalLayout,
  sinusoidalTable,
} from "../../../nn/index.js";
import { createComparison } from "../compare.js";
import { CaseError, type CheckType } from "./kind.js";

export const ropeTables: CheckType = {
  types: ["rope"],
  run(check, context) {
    const args = check.args as {
      head_dim?: unknown;
      max_position_embeddings?: unknown;
      rope_parameters?: unknown;
      sequence_length?: unknown;
    };
    const { head_dim: dim, max_position_embeddings: most, rope_parameters: rope } = args;
    if (typeof dim !== "number" || typeof most !== "number" || typeof rope !== "object" || rope === null)
      throw new CaseError("args of a rope check need head_dim, max_position_embeddings and rope_parameters");
    const length = typeof args.sequence_length === "number" ? args.sequence_length : 1;
    const expect = check.expect as Record<string, unknown>;
    const positions = context.tensor((check.inputs as Record<string, unknown>).positions).numbers();
    const c = createComparison(check.id);
    const { invFreq, attentionFactor } = ropeFrequencies(rope as RopeParameters, dim, most, length);
    const frequencies = context.tensor(expect.inv_freq).floats();
    frequencies.forEach((f, i) => {
      c.number(`inv_freq[${i}]`, invFreq[i]!, f, 1e-6 * f);
    });
    c.number("attention_factor", attentionFactor, Number(check.attention_factor), 1e-6);
    const half = dim / 2;
    const [cos, sin] = ropeAngles(rope as RopeParameters, dim, most, length, positions);
    const cut = (a: Float32Array, p: number, width: number) => a.subarray(p * width, p * width + half);
    const [wantCos, wantSin] = [context.tensor(expect.cos), context.tensor(expect.sin)];
    const width = wantCos.shape.at(-1)!;
    const [allCos, allSin] = [wantCos.floats(), wantSin.floats()];
    positions.forEach((position, p) => {
      const limit = attentionFactor * (1e-6 + 1.2e-7 * position);
      c.arrays(`cos at ${position}`, cut(cos, p, half), cut(allCos, p, width), limit);
      c.arrays(`sin at ${position}`, cut(sin, p, half), cut(allSin, p, width), limit);
    });
    return c.result();
  },
};

export const relativeBucketTables: CheckType = {
  types: ["t5_buckets"],
  run(check, context) {
    const { num_buckets, max_distance, bidirectional } = check.args as Record<string, unknown>;
    const options = {
      buckets: Number(num_buckets),
      maxDistance: Number(max_distance),
      bidirectional: bidirectional === true,
    };
    const distances = context.tensor((check.inputs as Record<string, unknown>).relative_position).ints();
    const expected = context.tensor((check.expect as Record<string, unknown>).bucket).ints();
    const found = distances.map((d) => relativeBucket(d, options));
    const c = createComparison(check.id);
    c.arrays("bucket", found, expected, 0.5);
    return c.result();
  },
};

export const sinusoidalTables: CheckType = {
  types: ["sinusoidal"],
  run(check, context) {
    const { dim, positions, layout } = check.args as Record<string, unknown>;
    const table = sinusoidalTable(Number(positions), Number(dim), layout as SinusoidalLayout);
    const c = createComparison(check.id);
    const expected = context.tensor((check.expect as Record<string, unknown>).table).floats();
    c.arrays("table", table, expected, 1e-6);
    return c.result();
  },
};
