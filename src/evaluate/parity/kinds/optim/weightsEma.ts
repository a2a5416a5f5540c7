/** @file Cases of kind `weights-ema`: the moving average of weights after each update. */

import { createWeightAverage } from "../../../../train/optim/ema.js";
import { createComparison } from "../../compare.js";
import type { CaseKind } from "../kind.js";

export const weightsEmaKind: CaseKind = {
  name: "weights-ema",
  matches: (json) => json.kind === "weights-ema",
  *run(context) {
    const { decay, updates } = context.json.settings as { decay: number; updates: number };
    const engine = context.engine();
    const compare = createComparison("average");
    const names = ["weight", "bias"];
    const given = new Map(names.map((name) => [name, context.tensor(`weights.${name}`)]));
    const parameters = new Map(
      names.map((name) => [name, engine.parameter(given.get(name)!.shape.slice(1), name)]),
    );
    const average = createWeightAverage(parameters, decay);
    for (let t = 0; t < updates; t++) {
      for (const [name, p] of parameters)
        p.write(
          given
            .get(name)!
            .floats()
            .slice(t * p.size, (t + 1) * p.size),
        );
      average.update();
      for (const [name, mean] of average.tensors) {
        compare.arrays(
          `${name} after update ${t + 1}`,
          mean.readFloats(),
          context
            .tensor(`ema.${name}`)
            .floats()
            .subarray(t * mean.size, (t + 1) * mean.size),
          1e-6,
        );
      }
    }
    average.dispose();
    for (const p of parameters.values()) p.dispose();
    yield compare.result();
  },
};
