/** @file Checks `forward`, `packed` and `incremental`: logits, hidden states, attentions and loss of one batch (with today's
 *  configuration and with the older spelling); of documents packed into rows, together and alone; of a text taken in
 *  pieces with a cache. */

import { createCache } from "../../../../models/index.js";
import type { Tensor } from "../../../../tensor/index.js";
import type { Comparison, Where } from "../../compare.js";
import { type CaseContext, CaseError, type CheckJson, type CheckResult, type CheckType } from "../kind.js";
import { type Inputs, readInputs } from "./inputs.js";
import { activationLimit, comparisonFor, lossLimit, numberIn } from "./limits.js";
import { seq2seqForward, seq2seqIncremental } from "./seq2seqForward.js";
import { isSeq2Seq } from "./seq2seqTask.js";
import { causalModelOf, freshTask, type Outcome, type Routing, type Task, taskOf } from "./task.js";
import { queriesWhere, rowsWhere } from "./where.js";

export const forwardChecks: readonly CheckType[] = [
  { types: ["forward"], run: forward },
  { types: ["packed"], run: packed },
  { types: ["incremental"], run: incremental },
];

function forward(check: CheckJson, context: CaseContext): CheckResult[] {
  if (isSeq2Seq(context)) return [seq2seqForward(check, context)];
  const inputs = readInputs(check, context);
  const c = comparisonFor(check, context);
  compareForward(c, taskOf(context), inputs, check, context);
  const results = [c.result()];
  if (typeof context.json.legacy_config === "string") {
    const legacy = comparisonFor(check, context, "legacy-config");
    const task = freshTask(context, context.json.legacy_config.split("/").at(-1));
    try {
      compareForward(legacy, task, inputs, check, context);
    } finally {
      task.dispose();
    }
    results.push(legacy.result());
  }
  return results;
}

function compareForward(
  c: Comparison,
  task: Task,
  inputs: Inputs,
  check: CheckJson,
  context: CaseContext,
): void {
  const engine = context.engine();
  const expect = (check.expect ?? {}) as Record<string, unknown>;
  const mask = check.compare_where === undefined ? undefined : context.tensor(check.compare_where).ints();
  engine.noGrad(() =>
    engine.scope(() => {
      const hiddenStates: Tensor[] = [];
      const attentions: Tensor[] = [];
      const { logits, outputs, loss, routing } = task.forward(inputs, {
        ...(expect.hidden_states ? { hiddenStates } : {}),
        ...(expect.attentions ? { attentions } : {}),
      });
      let compared = 0;
      for (const [name, found] of Object.entries({ logits, ...outputs })) {
        if (expect[name] === undefined) continue;
        compared++;
        c.arrays(
          name,
          found.readFloats(),
          context.tensor(expect[name]).floats(),
          activationLimit(check, name),
          found.shape.length === 3 ? rowsWhere(mask, found.columns) : undefined,
        );
      }
      c.that("outputs", compared > 0, "none of what the model gives is expected");
      if (typeof expect.loss === "number")
        c.number("loss", loss(task.targets(inputs)).item(), expect.loss, lossLimit(expect.loss));
      lists(c, "hidden_states", hiddenStates, expect.hidden_states, check, context, (t) =>
        rowsWhere(mask, t.columns),
      );
      compareRouting(c, routing, expect, check, context, mask);
      lists(c, "attentions", attentions, expect.attentions, check, context, (t) =>
        queriesWhere(mask, t.shape),
      );
    }),
  );
}

function compareRouting(
  c: Comparison,
  routing: Routing | undefined,
  expect: Record<string, unknown>,
  check: CheckJson,
  context: CaseContext,
  mask: Int32Array | undefined,
): void {
  if (typeof expect.aux_loss === "number")
    c.number("aux_loss", routing?.balance().item() ?? 0, expect.aux_loss, lossLimit(expect.aux_loss));
  lists(c, "router_logits", [...(routing?.logits ?? [])], expect.router_logits, check, context, (t) =>
    rowsWhere(mask, t.columns),
  );
}

function lists(
  c: Comparison,
  key: string,
  found: Tensor[],
  expected: unknown,
  check: CheckJson,
  context: CaseContext,
  where: (t: Tensor) => Where | undefined,
): void {
  if (expected === undefined) return;
  if (!Array.isArray(expected)) throw new CaseError(`expect.${key} is not a list`);
  c.that(key, expected.length === found.length, `${found.length} ${key}, ${expected.length} are expected`);
  found.forEach((t, i) => {
    c.arrays(
      `${key}.${i}`,
      t.readFloats(),
      context.tensor(expected[i]).floats(),
      activationLimit(check, key),
      where(t),
    );
    t.dispose();
  });
}

function packed(check: CheckJson, context: CaseContext): CheckResult[] {
  const engine = context.engine();
  const task = taskOf(context);
  const inputs = readInputs(check, context);
  const expect = check.expect as Record<string, unknown>;
  const c = comparisonFor(check, context);
  engine.noGrad(() =>
    engine.scope(() => {
      const { logits, loss, tokenLoss = loss, routing } = task.forward(inputs);
      const sure = context.compute === "bf16" ? sureOf(routing, inputs) : undefined;
      c.arrays(
        "logits",
        logits.readFloats(),
        context.tensor(expect.logits).floats(),
        activationLimit(check, "logits"),
        rowsWhere(sure, logits.columns),
      );
      c.number(
        "loss",
        tokenLoss(task.targets(inputs)).item(),
        Number(expect.loss),
        lossLimit(Number(expect.loss)),
      );
      const { positionIds: _, ...withoutPositions } = inputs;
      c.arrays(
        "logits without position_ids",
        task.forward(withoutPositions).logits.readFloats(),
        logits.readFloats(),
        Number.MIN_VALUE,
      );
      for (const document of (check.documents ?? []) as {
        row: number;
        start: number;
        length: number;
        loss: number;
      }[]) {
        const alone = documentOf(inputs, document);
        c.number(
          `loss of document ${document.row}:${document.start}`,
          tokenLossOf(task.forward(alone), task.targets(alone)),
          document.loss,
          lossLimit(document.loss),
        );
      }
    }),
  );
  return [c.result()];
}

/** Router logits nearer to each other than this are not told apart in bf16. */
const CLOSE_CALL = 0.03;

/** 1 where no expert's choice hangs on rounding, neither at the position nor before it in its document, [batch · seq]. */
function sureOf(
  routing: Pick<Routing, "logits" | "chosen"> | undefined,
  { batch, seq, documentStarts }: Inputs,
): Int32Array | undefined {
  if (routing === undefined) return undefined;
  const sure = new Int32Array(batch * seq).fill(1);
  for (const layer of routing.logits) {
    const [values, experts] = [layer.readFloats(), layer.columns];
    for (let i = 0; i < sure.length; i++) {
      const row = values.slice(i * experts, (i + 1) * experts).sort();
      const last = experts - routing.chosen;
      if (last > 0 && row[last]! - row[last - 1]! < CLOSE_CALL) sure[i] = 0;
    }
  }
  for (let i = 0; i < sure.length; i++)
    if (i % seq > (documentStarts?.[i] ?? 0) && sure[i - 1] === 0) sure[i] = 0;
  return sure;
}

function tokenLossOf({ loss, tokenLoss = loss }: Outcome, targets: number): number {
  return tokenLoss(targets).item();
}

function documentOf(
  inputs: Inputs,
  { row, start, length }: { row: number; start: number; length: number },
): Inputs {
  const from = row * inputs.seq + start;
  return {
    inputIds: inputs.inputIds.slice(from, from + length),
    labels: inputs.labels?.slice(from, from + length),
    batch: 1,
    seq: length,
  };
}

function incremental(check: CheckJson, context: CaseContext): CheckResult {
  if (isSeq2Seq(context)) return seq2seqIncremental(check, context);
  const engine = context.engine();
  const model = causalModelOf(context);
  const { inputIds, batch, seq } = readInputs(check, context);
  const expected = context.tensor((check.expect as Record<string, unknown>).logits).floats();
  const limit = Math.max(2e-5, 10 * numberIn(check, "cache_max_diff"));
  const c = comparisonFor(check, context);
  if (batch !== 1) throw new CaseError("an incremental check has one row");
  engine.noGrad(() => {
    const cache = createCache(model, 1, seq);
    const { mixture } = model;
    let sure = true;
    for (let from = 0; from < seq; ) {
      const to = from === 0 ? numberIn(check, "prefill", 1) : from + 1;
      const routerLogits: Tensor[] = [];
      const input = { inputIds: inputIds.slice(from, to), batch: 1, seq: to - from, cache };
      const logits = engine.scope(() =>
        model.logits(model.hidden(input, mixture ? { routerLogits } : {})).readFloats(),
      );
      if (mixture && context.compute === "bf16") {
        const routing = { logits: routerLogits, chosen: mixture.chosen };
        sure &&= !sureOf(routing, input)!.includes(0);
      }
      for (const t of routerLogits) t.dispose();
      if (!sure) break;
      c.arrays(
        `logits of tokens ${from} to ${to}`,
        logits,
        expected.slice(from * model.vocabSize, to * model.vocabSize),
        limit,
      );
      from = to;
    }
    cache.dispose();
  });
  return c.result();
}
