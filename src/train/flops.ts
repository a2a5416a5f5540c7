/** @file Arithmetic of training: 6 floating-point operations a parameter and token (2 forward, 4 backward) for parameters
 *  that are multiplied, and 12·layers·width·context for attention (Chowdhery et al. 2022, appendix B). The embedding is
 *  looked up and not multiplied, unless it is the output too; of a mixture's experts a token meets its share. */

import type { CausalModel, EncoderModel, Seq2SeqModel } from "../models/index.js";
import type { Engine } from "../tensor/index.js";
import { parameterKinds } from "./parameterGroups.js";

/** Floating-point operations a token of a training step. */
export function flopsPerToken(model: CausalModel, context: number): number {
  const kinds = parameterKinds(model.parameters);
  const head = kinds.heads.length > 0 ? sizeOf(kinds.heads) : model.vocabSize * model.dim;
  const { mixture } = model;
  const matrices = new Set(kinds.matrices);
  const active = [...model.parameters].reduce(
    (sum, [name, p]) => sum + (matrices.has(p) ? p.size * (mixture?.activeShare(name) ?? 1) : 0),
    0,
  );
  const multiplied = active + head;
  return 6 * multiplied + 12 * model.layers * model.heads * model.headDim * context;
}

type Sized = readonly { readonly size: number }[];
const sizeOf = (list: Sized) => list.reduce((sum, p) => sum + p.size, 0);

/** Floating-point operations a training step spends on a token that is to be said, where `share` of the tokens are: the
 *  layers see all of them, the output only those. */
export function encoderFlops(model: EncoderModel, context: number, share: number): number {
  const body = 6 * sizeOf(parameterKinds(model.parameters).matrices);
  const attention = 12 * model.layers * model.heads * model.headDim * context;
  return (body + attention) / share + 6 * model.vocabSize * model.dim;
}

/** Floating-point operations of a training step a target token, for sources and targets of these lengths. */
export function seq2seqFlops(model: Seq2SeqModel, source: number, target: number): number {
  const matrices = new Set(parameterKinds(model.parameters).matrices);
  const sides = { encoder: 0, decoder: 0 };
  for (const [name, p] of model.parameters)
    if (matrices.has(p)) sides[/(?:^|\.)encoder\./.test(name) ? "encoder" : "decoder"] += p.size;
  const width = 12 * model.heads * model.headDim;
  const encoder = (6 * sides.encoder + width * model.encoderLayers * source) * (source / target);
  const decoder = 6 * sides.decoder + width * model.decoderLayers * (target + source);
  return encoder + decoder + 6 * model.targetVocabSize * model.dim;
}

const SIDE = 640;
const ROUNDS = 24; // a tenth of a second in all: a machine that is busy for a moment must not set the peak

/** Floating-point operations a second of a large matrix product here, the best of a few: what can be had at all. */
export function measurePeak(engine: Engine, now: () => number): number {
  return engine.scope(() => {
    const [a, b, c] = [
      engine.full([SIDE, SIDE], 0.5),
      engine.full([SIDE, SIDE], 0.25),
      engine.empty([SIDE, SIDE]),
    ];
    const side = { m: SIDE, n: SIDE, k: SIDE, lda: SIDE, ldb: SIDE, ldc: SIDE, compute: engine.compute };
    let best = Number.POSITIVE_INFINITY;
    // The reference engine would take seconds for each round.
    const rounds = engine.backend.name === "reference" ? 0 : ROUNDS;
    for (let i = 0; i < rounds; i++) {
      const start = now();
      engine.backend.matmul({ a, b, c, ...side });
      best = Math.min(best, now() - start);
    }
    return rounds === 0 ? Number.NaN : (2 * SIDE ** 3) / (best / 1000);
  });
}
