/** @file cos and sin of every position's angles, computed once in float64, stored as f32 and gathered by position for a
 *  batch: table [positions, half], result [batch·seq, half]. Tables grow by doubling as longer positions are met. */

import type { Engine, Tensor } from "../../tensor/index.js";
import { type RopeParameters, ropeFrequencies, ropeVariant } from "./frequencies.js";

export interface RopeTables {
  /** For each of `positions`: cos and sin [positions.length, half]. */
  at(positions: Int32Array): { readonly cos: Tensor; readonly sin: Tensor };
  dispose(): void;
}

export interface RopeTableOptions {
  readonly parameters: RopeParameters;
  /** Rotated dimensions of a head (even). */
  readonly dim: number;
  readonly maxPositions: number;
}

export function createRopeTables(engine: Engine, options: RopeTableOptions): RopeTables {
  const { parameters, dim, maxPositions } = options;
  const half = dim / 2;
  let table: { cos: Tensor; sin: Tensor; rows: number; variant: number } | null = null;
  const dispose = () => {
    table?.cos.dispose();
    table?.sin.dispose();
    table = null;
  };
  const make = (rows: number, length: number) => {
    dispose();
    const [cos, sin] = ropeAngles(
      parameters,
      dim,
      maxPositions,
      length,
      Int32Array.from({ length: rows }, (_, i) => i),
    );
    return {
      cos: engine.tensor(cos, [rows, half]).keep(),
      sin: engine.tensor(sin, [rows, half]).keep(),
      rows,
      variant: ropeVariant(parameters, maxPositions, length),
    };
  };
  return {
    at(positions) {
      let longest = 0;
      for (const p of positions) if (p > longest) longest = p;
      const length = longest + 1;
      const variant = ropeVariant(parameters, maxPositions, length);
      if (table === null || table.rows < length || table.variant !== variant)
        table = make(Math.max(64, 2 ** Math.ceil(Math.log2(length))), length);
      const ids = engine.tensor(positions);
      const gather = (from: Tensor) => {
        const y = engine.empty([positions.length, half]);
        engine.backend.embedding({ table: from, ids, y, rows: positions.length, dim: half });
        return y;
      };
      return { cos: gather(table.cos), sin: gather(table.sin) };
    },
    dispose,
  };
}

/** cos and sin times the attention factor, [positions.length, dim/2], for a batch whose longest sequence is `length`. */
export function ropeAngles(
  parameters: RopeParameters,
  dim: number,
  maxPositions: number,
  length: number,
  positions: ArrayLike<number>,
): [Float32Array, Float32Array] {
  const { invFreq, attentionFactor } = ropeFrequencies(parameters, dim, maxPositions, length);
  const half = dim / 2;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let p = 0; p < positions.length; p++) {
    for (let i = 0; i < half; i++) {
      const angle = positions[p]! * invFreq[i]!;
      cos[p * half + i] = Math.cos(angle) * attentionFactor;
      sin[p * half + i] = Math.sin(angle) * attentionFactor;
    }
  }
  return [cos, sin];
}
