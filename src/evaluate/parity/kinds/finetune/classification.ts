/** @file Cases of kind `sequence-classification` and `token-classification`: a classifier's scores, loss and the gradient of its
 *  head; which token of a row a decoder's classifier reads. */

import { joinWords, labelTokens, tokenWindows } from "../../../../data/index.js";
import { loadClassifier } from "../../../../models/index.js";
import { gatherRows, linear } from "../../../../tensor/index.js";
import { loadTokenizer } from "../../../../tokenizer/index.js";
import type { CaseContext, CaseKind, CheckResult } from "../kind.js";
import type { Inputs } from "../models/inputs.js";
import type { Task } from "../models/task.js";
import { rowsOf as linesOf } from "../rows.js";
import {
  checked,
  comparisonOf,
  differentiate,
  expectedOf,
  inputsOf,
  limitOf,
  logitsOf,
  lossOf,
  realTokens,
  settingsOf,
  withTask,
} from "./area.js";

export const sequenceClassificationKind: CaseKind = {
  name: "sequence-classification",
  matches: ({ kind, area }) => area === "finetune" && kind === "sequence-classification",
  *run(context) {
    yield* withTask(context, settingsOf(context).model, (task) => [
      ...checked(
        ["scores", () => scores(context, task, ["score.weight"])],
        ["pooling", () => pooling(context)],
        ["positions", () => withPositions(context, task)],
      ),
    ]);
  },
};

export const tokenClassificationKind: CaseKind = {
  name: "token-classification",
  matches: ({ kind, area }) => area === "finetune" && kind === "token-classification",
  *run(context) {
    yield* withTask(context, settingsOf(context).model, (task) => [
      ...checked(
        ["scores", () => scores(context, task, ["classifier.weight", "classifier.bias"])],
        ["word tags", () => wordTags(context, task)],
        ["labels of tokens", () => tokenLabels(context)],
      ),
    ]);
  },
};

function scores(context: CaseContext, task: Task, head: readonly string[]): CheckResult {
  const c = comparisonOf(context, "scores");
  const inputs = inputsOf(context);
  const limit = limitOf(context, 5e-6, "logits_fp32_vs_fp64");
  c.arrays(
    "logits",
    logitsOf(task, inputs),
    context.tensor("logits").floats(),
    limit,
    realTokens(context, "logits"),
  );
  const loss = Number(expectedOf(context).loss);
  c.number("loss", lossOf(task, inputs), loss, 2e-6 * Math.max(1, loss));
  differentiate(task, inputs, task.parameters.values());
  for (const name of head)
    c.arrays(
      `grad.${name}`,
      task.parameters.get(name)!.grad!.readFloats(),
      context.tensor(`grad.${name}`).numbers(),
      2e-6,
    );
  return c.result();
}

/** The hidden state of the token that the library reads, and with it the scores that our own choice gave. */
function pooling(context: CaseContext): CheckResult {
  const c = comparisonOf(context, "pooling");
  const engine = context.engine();
  const classifier = loadClassifier(context.path(settingsOf(context).model), { engine });
  try {
    const inputs = inputsOf(context);
    const index = context.tensor("pooled_index").ints();
    engine.noGrad(() =>
      engine.scope(() => {
        const hidden = classifier.body.hidden(inputs);
        const rows = gatherRows(
          hidden,
          index.map((at, row) => row * inputs.seq + at),
        );
        c.arrays(
          "pooled_hidden",
          rows.readFloats(),
          context.tensor("pooled_hidden").floats(),
          limitOf(context, 2e-5, "logits_fp32_vs_fp64"),
        );
        const theirs = linear(rows, classifier.parameters.get("score.weight")!, { dtype: "f32" });
        c.arrays("scores", classifier.scores(inputs).readFloats(), theirs.readFloats(), 1e-6);
      }),
    );
  } finally {
    classifier.dispose();
  }
  return c.result();
}

/** Positions given, which left padding needs. */
function withPositions(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "positions");
  const inputs: Inputs = { ...inputsOf(context), positionIds: context.tensor("input.position_ids").ints() };
  c.arrays(
    "logits_with_position_ids",
    logitsOf(task, inputs),
    context.tensor("logits_with_position_ids").floats(),
    limitOf(context, 5e-6, "logits_fp32_vs_fp64"),
  );
  return c.result();
}

/** Tags of words as labels of their tokens. */
function tokenLabels(context: CaseContext): CheckResult {
  const c = comparisonOf(context, "labels of tokens");
  const settings = settingsOf(context) as { labels: readonly string[]; tokenizer: string };
  const labels = new Map(settings.labels.map((label, id) => [label, id]));
  const tokenizer = loadTokenizer(context.path(settings.tokenizer));
  for (const [i, row] of linesOf<WordRow>(context, "rows.jsonl").entries()) {
    const { text, words } = joinWords(row.words);
    // Rows were cut to a length that the case does not tell.
    const [window] = tokenWindows(text, words, { tokenizer, maxLength: row.input_ids.length });
    c.arrays(`ids ${i}`, window!.ids, row.input_ids, 0);
    c.arrays(
      `words ${i}`,
      window!.wordOf,
      row.word_ids.map((word) => word ?? -1),
      0,
    );
    c.arrays(`first ${i}`, labelTokens(window!, row.tags, labels), row.labels_first, 0);
    c.arrays(`all ${i}`, labelTokens(window!, row.tags, labels, "all"), row.labels_all, 0);
  }
  return c.result();
}

interface WordRow {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly input_ids: readonly number[];
  readonly word_ids: readonly (number | null)[];
  readonly labels_first: readonly number[];
  readonly labels_all: readonly number[];
}

/** A word's tag is that of its first sub-token. */
function wordTags(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "word tags");
  const { labels } = settingsOf(context) as { labels: readonly string[] };
  const { seq } = inputsOf(context);
  const logits = logitsOf(task, inputsOf(context));
  linesOf<{ word_ids: readonly (number | null)[]; predicted_word_tags: readonly string[] }>(
    context,
    "rows.jsonl",
  ).forEach(({ word_ids: words, predicted_word_tags: expected }, row) => {
    const first = words.flatMap((word, i) => (word !== null && words[i - 1] !== word && i < seq ? [i] : []));
    const found = first.map((i) => {
      const at = (row * seq + i) * labels.length;
      const scores = logits.subarray(at, at + labels.length);
      return labels[scores.indexOf(Math.max(...scores))];
    });
    c.that(
      `row ${row}`,
      String(found) === String(expected),
      `row ${row}: ${found}, ${expected} are expected`,
    );
  });
  return c.result();
}
