/** @file Muon (Jordan et al. 2024): momentum, whose matrix is orthogonalised before it is applied, so that every direction
 *  of a weight moves by the same amount. For the matrices inside a model; embeddings, heads and vectors go to AdamW.
 *    buf = μ·buf + (1−μ)·g  ("ema", torch.optim.Muon and the current release) or μ·buf + g ("sum", the first release)
 *    u   = nesterov: the same once more from buf, without storing it; else buf
 *    O   = NewtonSchulz(u);  p ·= 1 − lr·wd;  p −= lr·adjust·O
 *  adjust: "original" √max(1, out/in); "match_rms_adamw" 0.2·√max(out, in) (Liu et al. 2025, arXiv:2502.16982), with which
 *  AdamW's learning rates can be kept. Torch's documentation gives the "sum" form; its code does "ema".
 *  Matrices of equal shape are orthogonalised together. */

import type { Engine, Tensor } from "../../tensor/index.js";
import { type NewtonSchulzOptions, newtonSchulz } from "./newtonSchulz.js";
import { createCounts, nameOf, type Optimizer } from "./optimizer.js";

export interface MuonGroup {
  readonly parameters: readonly Tensor[];
  readonly lr: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly variant?: "ema" | "sum";
  readonly adjust?: "original" | "match_rms_adamw";
  /** How the weights are stored: [out, in] (default) or [in, out] (GPT-2's Conv1D). */
  readonly layout?: "out-in" | "in-out";
  readonly newtonSchulz?: NewtonSchulzOptions;
}

/** Parameters of one group and shape. */
interface Family extends MuonGroup {
  readonly shape: readonly [number, number];
}

export function createMuon(groups: readonly MuonGroup[]): Optimizer {
  const families = groups.flatMap(byShape);
  const all = groups.flatMap((group) => group.parameters);
  const counts = createCounts(all);
  const tensors = new Map<string, Tensor>(
    all.map((p) => [`momentum_buffer.${nameOf(p)}`, p.engine.zeros(p.shape).keep()]),
  );
  return {
    tensors,
    counts: counts.counts,
    setCounts: counts.setCounts,
    step({ lrFactor = 1, gradScale = 1 } = {}) {
      for (const family of families) {
        const fresh = family.parameters.filter((p) => p.gradFresh);
        if (fresh.length === 0) continue;
        for (const p of fresh) counts.next(p);
        const { engine } = fresh[0]!;
        engine.scope(() => apply(engine, family, fresh, tensors, family.lr * lrFactor, gradScale));
      }
    },
    dispose() {
      for (const t of tensors.values()) t.dispose();
    },
  };
}

function byShape(group: MuonGroup): Family[] {
  const families = new Map<string, Tensor[]>();
  for (const p of group.parameters) {
    if (p.shape.length !== 2) throw new Error(`Muon is for matrices; ${p.name} has shape [${p.shape}]`);
    const key = String(p.shape);
    families.set(key, [...(families.get(key) ?? []), p]);
  }
  return [...families.values()].map((parameters) => ({
    ...group,
    parameters,
    shape: parameters[0]!.shape as [number, number],
  }));
}

function apply(
  engine: Engine,
  family: Family,
  parameters: readonly Tensor[],
  tensors: ReadonlyMap<string, Tensor>,
  lr: number,
  gradScale: number,
): void {
  const { backend } = engine;
  const { shape, weightDecay = 0, adjust = "original", layout = "out-in" } = family;
  const size = shape[0] * shape[1];
  const updates = engine.empty([parameters.length, ...shape]);
  const at = (t: Tensor, i: number) => ({ storage: t.storage, offset: t.offset + i * size });
  for (const [i, p] of parameters.entries()) {
    momentum(family, p, tensors.get(`momentum_buffer.${p.name}`)!, at(updates, i), gradScale);
  }
  const orthogonal = newtonSchulz(engine, updates, family.newtonSchulz);
  const [out, input] = layout === "out-in" ? shape : [shape[1], shape[0]];
  const factor =
    adjust === "original" ? Math.sqrt(Math.max(1, out / input)) : 0.2 * Math.sqrt(Math.max(out, input));
  for (const [i, p] of parameters.entries()) {
    backend.axpby({
      alpha: -lr * factor,
      x: at(orthogonal, i),
      beta: 1 - lr * weightDecay,
      y: p,
      length: size,
    });
  }
}

/** Advances the buffer and writes the matrix to be orthogonalised to `into`. */
function momentum(
  family: Family,
  p: Tensor,
  buffer: Tensor,
  into: Parameters<Engine["backend"]["axpby"]>[0]["y"],
  gradScale: number,
): void {
  const { momentum: mu = 0.95, nesterov = true, variant = "ema" } = family;
  const { backend } = p.engine;
  const share = variant === "ema" ? 1 - mu : 1;
  const [x, length] = [p.grad!, p.size];
  backend.axpby({ alpha: share * gradScale, x, beta: mu, y: buffer, length });
  backend.axpby({ alpha: nesterov ? mu : 1, x: buffer, beta: 0, y: into, length });
  if (nesterov) backend.axpby({ alpha: share * gradScale, x, beta: 1, y: into, length });
}
