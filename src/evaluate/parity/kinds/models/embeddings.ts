/** @file Checks `embeddings`: sentence vectors pooled from an encoder's hidden states. */

import { poolSequences } from "../../../../models/index.js";
import { checkNamed } from "../checks.js";
import { CaseError, type CheckType } from "../kind.js";
import { readInputs } from "./inputs.js";
import { comparisonFor } from "./limits.js";
import { taskOf } from "./task.js";

export const embeddingChecks: CheckType = {
  types: ["embeddings"],
  run(check, context) {
    const engine = context.engine();
    const inputs = readInputs(checkNamed(context, check.of), context);
    const c = comparisonFor(check, context);
    const vectors = engine.noGrad(() =>
      engine.scope(() => {
        const { outputs } = taskOf(context).forward(inputs);
        if (outputs?.last_hidden_state === undefined) throw new CaseError("the model gives no hidden states");
        const pool = (pooling: "mean" | "first") =>
          rows(poolSequences(outputs.last_hidden_state!, inputs, pooling).readFloats(), inputs.batch);
        return { mean: pool("mean"), first: pool("first") };
      }),
    );
    const normalised = vectors.mean.map(unit);
    const found: Record<string, number[]> = {
      mean_pooled: vectors.mean.flat(),
      mean_normalized: normalised.flat(),
      cls_normalized: vectors.first.flatMap(unit),
      cosine: normalised.flatMap((a) => normalised.map((b) => a.reduce((s, x, i) => s + x * b[i]!, 0))),
    };
    for (const [name, tensor] of Object.entries((check.expect ?? {}) as Record<string, unknown>)) {
      if (found[name] === undefined) throw new CaseError(`no vectors are called ${name}`);
      c.arrays(name, found[name], context.tensor(tensor).floats(), 2e-5);
    }
    return c.result();
  },
};

function rows(values: Float32Array, count: number): number[][] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
}
