/** @file Softmax cross-entropy: from logits, and fused with the output projection in chunks of rows, so that never more than
 *  one chunk of logits exists (as Liger and Cut Cross-Entropy do; Hsu et al. 2024, Wijmans et al. 2024).
 *  loss = Σ_r (log Σ_v exp z[r,v] − z[r, target_r]) / normaliser over rows with target ≥ 0. The normaliser is the caller's:
 *  with accumulated gradients it is the number of targets of all micro-batches together.
 *  The fused form computes gradients along with the loss: dz = (softmax − onehot)/normaliser; dx = dz·W; dW = dzᵀ·x. */

import { record, recording } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { adaptedCrossEntropy } from "./adaptedCrossEntropy.js";
import { cast } from "./cast.js";

export interface CrossEntropyResult {
  /** Σ losses / normaliser, shape [1]. */
  readonly loss: Tensor;
  /** Of each row, 0 where ignored, shape [rows]; not differentiable. */
  readonly losses: Tensor;
}

/** logits [..., vocab], targets i32 [...] (negative = ignored). */
export function crossEntropy(scores: Tensor, targets: Tensor, normaliser: number): CrossEntropyResult {
  const logits = cast(scores, "f32");
  const { engine } = logits;
  const { backend } = engine;
  const [rows, vocab] = [logits.rows, logits.columns];
  const losses = engine.empty([rows]);
  const gradient = recording([logits]) ? engine.empty(logits.shape) : undefined;
  if (gradient) backend.copy(logits, gradient, logits.size);
  backend.crossEntropy({
    logits: gradient ?? logits,
    targets,
    losses,
    rows,
    vocab,
    ld: vocab,
    gradScale: gradient ? 1 / normaliser : undefined,
  });
  const loss = engine.full([1], backend.sum(losses, rows) / normaliser);
  record(
    "crossEntropy",
    [logits],
    loss,
    (g, dy) => g.give(logits, scaled(gradient!, dy)),
    gradient ? [gradient] : [],
  );
  return { loss, losses };
}

/** Logits of a chunk are held to about this many numbers (a fixed number: bits must not depend on the machine). */
const CHUNK_ELEMENTS = 1 << 22;

export interface LinearCrossEntropyOptions {
  readonly bias?: Tensor | undefined;
  /** Logits become c·tanh(z/c) (Gemma 2); 0 = off. Then dz = dy·tanh'(z/c). */
  readonly softcap?: number;
}

/** x [..., dim], weight [vocab, dim] (as an embedding), targets i32 [...]. */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  targets: Tensor,
  normaliser: number,
  options: LinearCrossEntropyOptions = {},
): CrossEntropyResult {
  const { bias, softcap = 0 } = options;
  const { engine } = x;
  const { backend, compute } = engine;
  const [rows, dim, vocab] = [x.rows, x.columns, weight.shape[0]!];
  if (weight.columns !== dim || targets.size !== rows)
    throw new Error(
      `linearCrossEntropy of x [${x.shape}], weight [${weight.shape}], targets [${targets.shape}]`,
    );
  const chunk = Math.max(64, Math.ceil(CHUNK_ELEMENTS / vocab / 64) * 64);
  if (weight.adapter?.linear !== undefined)
    return adaptedCrossEntropy(x, weight, targets, normaliser, options, chunk);
  const inputs = bias ? [x, weight, bias] : [x, weight];
  const save = recording(inputs);
  const losses = engine.empty([rows]);
  const dx = save && x.requiresGrad ? engine.empty(x.shape, x.dtype) : undefined;
  const dw = save && weight.requiresGrad ? engine.empty(weight.shape) : undefined;
  const db = save && bias?.requiresGrad ? engine.empty(bias.shape) : undefined;
  for (const d of [dw, db]) if (d && rows === 0) backend.fill(d, d.size, 0);
  engine.scope(() => {
    const z = engine.empty([Math.min(chunk, rows), vocab]);
    const uncapped = softcap > 0 ? engine.empty(z.shape) : undefined; // z/c
    for (let from = 0; from < rows; from += chunk) {
      const m = Math.min(chunk, rows - from);
      const at = (t: Tensor, width: number) => ({ storage: t.storage, offset: t.offset + from * width });
      backend.matmul({
        a: at(x, dim),
        b: weight,
        c: z,
        m,
        n: vocab,
        k: dim,
        transB: true,
        lda: dim,
        ldb: dim,
        ldc: vocab,
        compute,
        bias,
      });
      if (uncapped) {
        const length = m * vocab;
        backend.affine({ x: z, y: uncapped, alpha: 1 / softcap, constant: 0, length });
        backend.unary({ op: "tanh", x: uncapped, y: z, length });
        backend.affine({ x: z, y: z, alpha: softcap, constant: 0, length });
      }
      backend.crossEntropy({
        logits: z,
        targets: at(targets, 1),
        losses: at(losses, 1),
        rows: m,
        vocab,
        ld: vocab,
        gradScale: save ? 1 / normaliser : undefined,
      });
      if (uncapped && save)
        backend.unaryBackward({
          op: "tanh",
          x: uncapped,
          dy: z,
          dx: z,
          length: m * vocab,
          accumulate: false,
        });
      if (dx)
        backend.matmul({
          a: z,
          b: weight,
          c: at(dx, dim),
          m,
          n: dim,
          k: vocab,
          lda: vocab,
          ldb: dim,
          ldc: dim,
          compute,
        });
      if (dw)
        backend.matmul({
          a: z,
          b: at(x, dim),
          c: dw,
          m: vocab,
          n: dim,
          k: m,
          transA: true,
          lda: vocab,
          ldb: dim,
          ldc: dim,
          accumulate: from > 0,
          compute,
        });
      if (db) backend.sumRows({ x: z, y: db, rows: m, cols: vocab, ld: vocab, accumulate: from > 0 });
    }
  });
  const loss = engine.full([1], backend.sum(losses, rows) / normaliser);
  record(
    "linearCrossEntropy",
    inputs,
    loss,
    (g, dy) => {
      if (dx) g.give(x, scaled(dx, dy));
      if (dw) g.give(weight, scaled(dw, dy));
      if (db && bias) g.give(bias, scaled(db, dy));
    },
    [dx, dw, db].filter((t) => t !== undefined),
  );
  return { loss, losses };
}

/** gradient · dy, in place; dy is nearly always 1. */
function scaled(gradient: Tensor, dy: Tensor): Tensor {
  const factor = dy.item();
  if (factor !== 1)
    gradient.engine.backend.affine({
      x: gradient,
      y: gradient,
      alpha: factor,
      constant: 0,
      length: gradient.size,
    });
  return gradient;
}
