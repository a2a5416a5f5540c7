/** @file Cases of kind `clip-grad`: gradients before and after clipping, by the global norm. */

import { clipFactor, clipValues, gradientNorm } from "../../../../train/optim/clip.js";
import { createComparison } from "../../compare.js";
import type { CaseContext, CaseKind, CheckResult } from "../kind.js";

interface ClipCase {
  readonly id: string;
  readonly max_norm?: number;
  readonly norm_type?: number | string;
  readonly clip_value?: number;
  readonly tensors: number;
}

export const clipGradKind: CaseKind = {
  name: "clip-grad",
  matches: (json) => json.kind === "clip-grad",
  *run(context) {
    const { cases } = context.json.settings as { cases: readonly ClipCase[] };
    const { cases: expected } = context.json.expected as {
      cases: readonly { id: string; total_norm: number | string }[];
    };
    for (const c of cases) {
      const norm = expected.find((e) => e.id === c.id)?.total_norm;
      yield context.engine().scope(() => clip(context, c, norm === undefined ? undefined : Number(norm)));
    }
  },
};

const KINDS: Readonly<Record<string, 1 | 2 | typeof Infinity>> = {
  1: 1,
  2: 2,
  Infinity: Number.POSITIVE_INFINITY,
};

/** By the norm, or (no norm) value by value. */
function clip(context: CaseContext, c: ClipCase, totalNorm: number | undefined): CheckResult {
  const engine = context.engine();
  const compare = createComparison(c.id);
  const parameters = Array.from({ length: c.tensors }, (_, k) => {
    const { shape, floats } = {
      shape: context.tensor(`${c.id}.grad.${k}`).shape,
      floats: context.tensor(`${c.id}.grad.${k}`).floats(),
    };
    const p = engine.empty(shape);
    p.grad = engine.empty(shape).write(floats);
    p.gradFresh = true;
    return p;
  });
  let factor = 1;
  if (totalNorm === undefined) clipValues(parameters, c.clip_value!);
  else {
    const norm = gradientNorm(parameters, KINDS[String(c.norm_type)]);
    compare.number("norm", norm, totalNorm, Number.isFinite(totalNorm) ? 1e-6 * Math.max(1, totalNorm) : 0);
    factor = clipFactor(norm, c.max_norm!);
  }
  for (const [k, p] of parameters.entries()) {
    const clipped = context.tensor(`${c.id}.clipped.${k}`).floats();
    compare.arrays(
      `gradient ${k}`,
      p.grad!.readFloats().map((g) => g * factor),
      clipped,
      1e-6 * Math.max(1, ...[...clipped].filter(Number.isFinite).map(Math.abs)),
    );
  }
  return compare.result();
}
