/** @file Cases of kind `decay-parameters`: which parameters of a model decay, by name. */

import { decays } from "../../../../train/optim/groups.js";
import { createComparison } from "../../compare.js";
import type { CaseKind } from "../kind.js";

export const decayParametersKind: CaseKind = {
  name: "decay-parameters",
  matches: (json) => json.kind === "decay-parameters",
  *run(context) {
    const models = context.json.expected as Readonly<
      Record<string, { decay: readonly string[]; no_decay: readonly string[] }>
    >;
    for (const [model, { decay, no_decay }] of Object.entries(models)) {
      const compare = createComparison(model);
      for (const name of decay) compare.that(name, decays(name), `${name} should decay`);
      for (const name of no_decay) compare.that(name, !decays(name), `${name} should not decay`);
      yield compare.result();
    }
  },
};
