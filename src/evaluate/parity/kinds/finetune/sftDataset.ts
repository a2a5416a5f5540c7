/** @file Cases of kind `sft-dataset`: rows as given to TRL's trainer, rendered, masked, cut, packed, collated; and the loss of a
 *  model on the batch. */

import {
  type Batch,
  type Example,
  NO_TARGET,
  type PackingStrategy,
  type PreparedExamples,
  packExamples,
  prepareExamples,
  type Segment,
  sftBatch,
} from "../../../../data/index.js";
import { loadModel } from "../../../../models/index.js";
import { type ChatMessage, loadTokenizer } from "../../../../tokenizer/index.js";
import { type CaseContext, CaseError, type CaseKind, type CheckResult } from "../kind.js";
import { rowsOf } from "../rows.js";
import { checked, comparisonOf, expectedOf, lossLimit, pathIn, settingsOf } from "./area.js";

interface Config {
  readonly assistant_only_loss?: boolean;
  readonly completion_only_loss?: boolean;
  readonly max_length?: number;
  readonly packing?: boolean;
  readonly packing_strategy?: string;
}

interface Given {
  readonly text?: string;
  readonly messages?: readonly ChatMessage[];
  readonly prompt?: string | readonly ChatMessage[];
  readonly completion?: string | readonly ChatMessage[];
}

interface PreparedRow {
  readonly input_ids: readonly number[];
  readonly labels: readonly number[];
  readonly seq_lengths?: readonly number[];
}

export const sftDatasetKind: CaseKind = {
  name: "sft-dataset",
  matches: ({ kind, area }) => area === "finetune" && kind === "sft-dataset",
  *run(context) {
    const config = settingsOf(context).config as Config;
    const strategy = config.packing
      ? ((config.packing_strategy ?? "bfd").replace("_", "-") as PackingStrategy)
      : undefined;
    const prepared = prepare(context, config, strategy);
    const rows: Segment[][] =
      strategy === undefined
        ? Array.from({ length: prepared.count }, (_, example) => [
            { example, from: 0, to: prepared.length(example) },
          ])
        : packExamples(
            Array.from({ length: prepared.count }, (_, i) => prepared.length(i)),
            config.max_length!,
            strategy,
          );
    const apart = strategy !== "wrapped";
    // A batch free of padding is one row.
    const collated = settingsOf(context).padding_free === true ? [rows.flat()] : rows;
    const batch = sftBatch(prepared, collated, { padId: 0, apart });
    yield* checked(
      ["rows", () => ofRows(context, prepared, rows)],
      ["batch", () => ofBatch(context, batch)],
      ["loss", () => ofLoss(context, batch)],
    );
  },
};

function prepare(
  context: CaseContext,
  config: Config,
  strategy: PackingStrategy | undefined,
): PreparedExamples {
  const examples = rowsOf<{ input: Given }>(context, "inputs.jsonl").map(({ input }, i) =>
    exampleOf(input, { file: "inputs.jsonl", line: i + 1 }),
  );
  const answers = examples.some((e) => e.kind === "chat")
    ? config.assistant_only_loss === true
    : config.completion_only_loss !== false;
  return prepareExamples(examples, {
    tokenizer: loadTokenizer(pathIn(context, settingsOf(context).tokenizer)),
    learn: answers ? "answers" : "all",
    ...(strategy === undefined ? { maxLength: config.max_length } : {}),
    untrainable: "drop",
  });
}

function exampleOf({ text, messages, prompt, completion }: Given, place: Example["place"]): Example {
  if (text !== undefined) return { kind: "text", text, place };
  if (messages !== undefined) return { kind: "chat", messages, place };
  if (typeof prompt === "string" && typeof completion === "string")
    return { kind: "completion", prompt, completion, place };
  if (typeof prompt === "object" && typeof completion === "object")
    return { kind: "chat-completion", prompt, completion, place };
  throw new CaseError(`line ${place.line} of inputs.jsonl is no example`);
}

function ofRows(context: CaseContext, prepared: PreparedExamples, rows: readonly Segment[][]): CheckResult {
  const c = comparisonOf(context, "rows");
  const expected = rowsOf<PreparedRow>(context, "prepared.jsonl");
  const same = (name: string, mine: unknown, theirs: unknown) =>
    c.that(
      name,
      JSON.stringify(mine) === JSON.stringify(theirs),
      `${name}: ${JSON.stringify(mine)}, expected ${JSON.stringify(theirs)}`,
    );
  const taken = rows.map((row) =>
    row.map(({ example, from, to }) => {
      const { ids, trained } = prepared.example(example);
      const labels = Array.from(ids, (id, i) => (trained[i] === 1 ? id : NO_TARGET));
      return { ids: [...ids.subarray(from, to)], labels: labels.slice(from, to) };
    }),
  );
  same(
    "input_ids",
    taken.map((row) => row.flatMap((s) => s.ids)),
    expected.map((row) => row.input_ids),
  );
  same(
    "labels",
    taken.map((row) => row.flatMap((s) => s.labels)),
    expected.map((row) => row.labels),
  );
  same("examples", rows.length, expectedOf(context).examples);
  if (expected[0]?.seq_lengths !== undefined)
    same(
      "seq_lengths",
      taken.map((row) => row.map((s) => s.ids.length)),
      expected.map((row) => row.seq_lengths),
    );
  return c.result();
}

/** Their labels stand at the token, ours at the one before it. */
function ofBatch(context: CaseContext, batch: Batch): CheckResult {
  const c = comparisonOf(context, "batch");
  const [ids, labels] = [context.tensor("batch.input_ids").ints(), context.tensor("batch.labels").ints()];
  const real = Array.from(labels, (_, i) =>
    settingsOf(context).padding_free ? 1 : context.tensor("batch.attention_mask").ints()[i]!,
  );
  c.arrays("input_ids", batch.inputs, ids, 0, { mask: real, index: (i) => i });
  const shifted = Array.from(labels, (_, i) => ((i + 1) % batch.context === 0 ? NO_TARGET : labels[i + 1]!));
  c.arrays("labels", batch.targets, shifted, 0);
  c.number("targets", batch.targetCount, shifted.filter((label) => label !== NO_TARGET).length, 0);
  if (settingsOf(context).padding_free) {
    const starts = batch.documentStarts ?? new Int32Array(labels.length);
    c.arrays(
      "position_ids",
      starts.map((start, i) => i - start),
      context.tensor("batch.position_ids").ints(),
      0,
    );
  }
  return c.result();
}

function ofLoss(context: CaseContext, batch: Batch): CheckResult {
  const c = comparisonOf(context, "loss");
  const engine = context.engine();
  const model = loadModel(pathIn(context, settingsOf(context).model), { engine });
  try {
    const loss = engine.noGrad(() =>
      engine.scope(() => {
        const hidden = model.hidden({
          inputIds: batch.inputs,
          batch: batch.batch,
          seq: batch.context,
          documentStarts: batch.documentStarts,
        });
        return model.loss(hidden, batch.targets, batch.targetCount).loss.item();
      }),
    );
    const expected = Number(expectedOf(context).loss);
    c.number("loss", loss, expected, lossLimit(context, expected));
  } finally {
    model.dispose();
  }
  return c.result();
}
