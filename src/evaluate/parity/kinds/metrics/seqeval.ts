/** @file Cases of kind `seqeval`: entities of tags in every scheme, and the scores of predicted tags. */

import {
  type Entity,
  lenientEntities,
  strictEntities,
  TAG_SCHEMES,
  type TagScheme,
} from "../../../../data/index.js";
import { isUserError } from "../../../../platform/errors.js";
import { type EntityScores, entityScores, type FScore } from "../../../metrics/index.js";
import { type Comparison, createComparison } from "../../compare.js";
import type { CaseKind, CheckResult } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";

interface Sentence {
  readonly set: string;
  readonly true: readonly string[];
  readonly pred: readonly string[];
}

type Report = Readonly<
  Record<string, Readonly<Record<"precision" | "recall" | "f1-score" | "support", number>>>
>;

export const seqevalKind: CaseKind = {
  name: "seqeval",
  matches: (json) => json.kind === "seqeval",
  *run(context) {
    const limit = Number((context.json.tolerance as { score_abs: number }).score_abs);
    const sentences = rowsOf<Sentence & Row>(context, "data.jsonl");
    for (const [i, row] of sentences.entries()) yield ofSentence(row, i);
    for (const row of rowsOf(context, "chunks.jsonl")) yield ofChunks(row);
    for (const row of rowsOf(context, "scores.jsonl"))
      yield ofScores(
        row,
        sentences.filter((s) => s.set === row.set),
        limit,
      );
  },
};

const inclusive = (entities: readonly Entity[]) => entities.map((e) => [e.type, e.start, e.end - 1]);
const exclusive = (entities: readonly Entity[]) => entities.map((e) => [e.type, e.start, e.end]);

function same(c: Comparison, name: string, found: unknown, expected: unknown): void {
  const [mine, theirs] = [JSON.stringify(found), JSON.stringify(expected)];
  c.that(name, mine === theirs, `${name}: ${mine}, expected ${theirs}`);
}

function ofSentence(row: Sentence & Row, i: number): CheckResult {
  const c = createComparison(`sentence ${i}`);
  same(c, "true", inclusive(lenientEntities(row.true)), row.entities_true_default);
  same(c, "pred", inclusive(lenientEntities(row.pred)), row.entities_pred_default);
  return c.result();
}

function ofChunks(row: Row): CheckResult {
  const tags = row.tags as string[];
  const c = createComparison(`chunks of ${tags.join(" ")}`);
  same(c, "default", inclusive(lenientEntities(tags)), row.default);
  for (const scheme of TAG_SCHEMES) {
    const expected = String(row[scheme]).startsWith("error") ? "error" : row[scheme];
    same(c, scheme, strictly(tags, scheme), expected);
  }
  return c.result();
}

function strictly(tags: readonly string[], scheme: TagScheme): unknown {
  try {
    return exclusive(strictEntities(tags, scheme));
  } catch (error) {
    if (isUserError(error)) return "error";
    throw error;
  }
}

function ofScores(row: Row, sentences: readonly Sentence[], limit: number): CheckResult {
  const c = createComparison(`${String(row.set)} ${String(row.mode)}`);
  const scores = entityScores(
    sentences.map((s) => s.true),
    sentences.map((s) => s.pred),
    (row.scheme ?? undefined) as TagScheme | undefined,
  );
  c.number("accuracy", scores.accuracy, Number(row.accuracy), limit);
  for (const key of ["precision", "recall", "f1"] as const)
    c.number(key, scores.micro[key], Number(row[key]), limit);
  c.number("f1_macro", scores.macro.f1, Number(row.f1_macro), limit);
  c.number("f1_weighted", scores.weighted.f1, Number(row.f1_weighted), limit);
  const report = row.report as Report;
  const mine = rowsOfReport(scores);
  same(c, "rows of the report", Object.keys(mine).sort(), Object.keys(report).sort());
  for (const [name, { precision, recall, f1, support }] of Object.entries(mine)) {
    const theirs = report[name];
    if (theirs === undefined) continue;
    const expected = [theirs.precision, theirs.recall, theirs["f1-score"], theirs.support];
    c.arrays(name, [precision, recall, f1, support], expected, limit);
  }
  return c.result();
}

function rowsOfReport({ types, micro, macro, weighted }: EntityScores): Record<string, FScore> {
  return { ...types, "micro avg": micro, "macro avg": macro, "weighted avg": weighted };
}
