/** @file Cases of kind `pass-at-k`: the unbiased estimator for n answers, c of them right. */

import { passAtK } from "../../../metrics/index.js";
import { createComparison } from "../../compare.js";
import type { CaseKind } from "../kind.js";
import { rowsOf } from "../rows.js";

export const passAtKKind: CaseKind = {
  name: "pass-at-k",
  matches: (json) => json.kind === "pass-at-k",
  *run(context) {
    const limit = Number((context.json.tolerance as { abs: number }).abs);
    for (const row of rowsOf(context, "pass-at-k.jsonl")) {
      const [n, c, k] = [Number(row.n), Number(row.c), Number(row.k)];
      const compare = createComparison(`${k} of ${n}, ${c} right`);
      compare.number("pass@k", passAtK(n, c, k), Number(row.pass_at_k), limit);
      yield compare.result();
    }
  },
};
