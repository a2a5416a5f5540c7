/** @file Layer norm y = (x − mean)·rstd·g + b (Ba et al. 2016) and RMS norm y = x·rstd·(g + offset), rstd = 1/√(mean(x²) + ε)
 *  (Zhang & Sennrich 2019), over the last dimension. x [..., dim]; g, b [dim]; y of the engine's type of activations,
 *  whatever x is (the f32 residual stream, say), or f32 where y is the residual stream itself (post-norm). The formulas of the
 *  backwards stand with the kernels. Saves mean and rstd [rows]; y is computed again where the backward of what follows
 *  needs it. */

import type { Operand } from "../backend.js";
import { record, recording } from "../tape.js";
import type { Tensor } from "../tensor.js";

export interface LayerNormOptions {
  /** Type of y; default the engine's for activations. f32 where y is itself the residual stream (post-norm). */
  readonly dtype?: "f32";
}

export function layerNorm(
  x: Tensor,
  gain: Tensor,
  bias: Tensor | undefined,
  eps: number,
  options: LayerNormOptions = {},
): Tensor {
  const { engine } = x;
  const { backend } = engine;
  const [rows, dim] = [x.rows, x.columns];
  const inputs = bias ? [x, gain, bias] : [x, gain];
  const saved = recording(inputs) ? { mean: engine.empty([rows]), rstd: engine.empty([rows]) } : undefined;
  const y = engine.empty(x.shape, options.dtype ?? engine.activations);
  const norm = (to: { y: Operand; mean?: Tensor; rstd?: Tensor }) =>
    backend.layerNorm({ x, gain, bias, ...to, rows, dim, eps });
  norm({ y, ...saved });
  return record(
    "layerNorm",
    inputs,
    y,
    (g, dy) => {
      const { mean, rstd } = saved!;
      const dx = g.sink(x) ?? scratch(x);
      const dGain = g.sink(gain) ?? scratch(gain);
      const dBias = bias && (g.sink(bias) ?? scratch(bias));
      if (dBias && dBias.accumulate !== dGain.accumulate) {
        // One frozen, or used elsewhere too: the kernel has one flag for both.
        const pair = [dGain, dBias].map((s) =>
          s.accumulate ? s : { target: zeroed(s.target), accumulate: true },
        );
        backend.layerNormBackward({
          x,
          gain,
          mean,
          rstd,
          dy,
          dx: dx.target,
          dGain: pair[0]!.target,
          dBias: pair[1]!.target,
          rows,
          dim,
          accumulateX: dx.accumulate,
          accumulateW: true,
        });
        return;
      }
      backend.layerNormBackward({
        x,
        gain,
        mean,
        rstd,
        dy,
        dx: dx.target,
        dGain: dGain.target,
        dBias: dBias?.target,
        rows,
        dim,
        accumulateX: dx.accumulate,
        accumulateW: dGain.accumulate,
      });
    },
    saved ? [saved.mean, saved.rstd] : [],
    (into) => norm({ y: into }),
  );
}

export interface RmsNormOptions {
  readonly eps: number;
  /** 1 where gains are stored as their distance from one (Gemma); default 0. */
  readonly gainOffset?: 0 | 1;
  /** Type of y; default the engine's for activations. f32 where y is added to the residual stream. */
  readonly dtype?: "f32";
}

export function rmsNorm(x: Tensor, gain: Tensor | undefined, options: RmsNormOptions): Tensor {
  const { engine } = x;
  const { eps, gainOffset = 0, dtype = engine.activations } = options;
  const { backend } = engine;
  // A gain shorter than the last dimension norms each piece of its length (the heads of q and k in Qwen 3).
  const dim = gain?.size ?? x.columns;
  const rows = dim === 0 ? 0 : x.size / dim;
  if (!Number.isInteger(rows)) throw new Error(`rmsNorm of [${x.shape}] with a gain of ${dim}`);
  const inputs = gain ? [x, gain] : [x];
  const rstd = recording(inputs) ? engine.empty([rows]) : undefined;
  const y = engine.empty(x.shape, dtype);
  const norm = (to: { y: Operand; rstd?: Tensor | undefined }) =>
    backend.rmsNorm({ x, gain, gainOffset, ...to, rows, dim, eps });
  norm({ y, rstd });
  return record(
    "rmsNorm",
    inputs,
    y,
    (g, dy) => {
      const dx = g.sink(x) ?? scratch(x);
      const dGain = gain && (g.sink(gain) ?? scratch(gain));
      backend.rmsNormBackward({
        x,
        gain,
        gainOffset,
        rstd: rstd!,
        dy,
        dx: dx.target,
        dGain: dGain?.target,
        rows,
        dim,
        accumulateX: dx.accumulate,
        accumulateW: dGain?.accumulate ?? false,
      });
    },
    rstd ? [rstd] : [],
    (into) => norm({ y: into }),
  );
}

function scratch(like: Tensor): { target: Tensor; accumulate: boolean } {
  return { target: like.engine.empty(like.shape, like.dtype), accumulate: false };
}

function zeroed(t: Tensor): Tensor {
  t.engine.backend.fill(t, t.size, 0);
  return t;
}
