/** @file Cases of kind `packing`: which tokens of which examples come into which row. Tokens are numbered through, so that a row
 *  tells where each went. */

import { type PackingStrategy, packExamples } from "../../../../data/index.js";
import { createComparison } from "../../compare.js";
import type { CaseKind } from "../kind.js";
import { rowsOf } from "../rows.js";

interface PackingRow {
  readonly id: string;
  readonly strategy: string;
  readonly seq_length: number;
  readonly lengths: readonly number[];
  readonly rows: readonly (readonly number[])[];
  readonly seq_lengths?: readonly (readonly number[])[];
  readonly position_ids?: readonly (readonly number[])[];
}

export const packingKind: CaseKind = {
  name: "packing",
  matches: ({ kind, area }) => area === "finetune" && kind === "packing",
  *run(context) {
    for (const row of rowsOf<PackingRow>(context, "packing.jsonl")) {
      const starts = [0];
      for (const length of row.lengths) starts.push(starts.at(-1)! + length);
      const packed = packExamples(
        row.lengths,
        row.seq_length,
        row.strategy.replace("_", "-") as PackingStrategy,
      );
      const c = createComparison(row.id);
      const same = (name: string, mine: unknown, theirs: unknown) =>
        c.that(name, JSON.stringify(mine) === JSON.stringify(theirs), `${name} differ`);
      const upTo = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);
      const rows = packed.map((r) => r.flatMap((s) => upTo(s.to - s.from, starts[s.example]! + s.from)));
      same("rows", rows, row.rows);
      if (row.seq_lengths !== undefined)
        same(
          "seq_lengths",
          packed.map((r) => r.map((s) => s.to - s.from)),
          row.seq_lengths,
        );
      if (row.position_ids !== undefined)
        same(
          "position_ids",
          packed.map((r) => r.flatMap((s) => upTo(s.to - s.from))),
          row.position_ids,
        );
      yield c.result();
    }
  },
};
