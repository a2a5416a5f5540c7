/** @file Checks `forward` and `incremental` of encoder-decoders: both stacks' hidden states and attentions, cross-attentions,
 *  logits, loss, and the decoder's input made of labels; a target taken in pieces with a cache. */

import type { Seq2SeqModel } from "../../../../models/index.js";
import { given } from "../../../../platform/given.js";
import type { Tensor } from "../../../../tensor/index.js";
import type { Comparison } from "../../compare.js";
import { type CaseContext, CaseError, type CheckJson, type CheckResult } from "../kind.js";
import { type Inputs, readInputs } from "./inputs.js";
import { activationLimit, comparisonFor, lossLimit, numberIn } from "./limits.js";
import { labelsOf, openSeq2Seq, seq2seqModelOf, smoothingOf, targetOf } from "./seq2seqTask.js";
import { queriesWhere, rowsWhere } from "./where.js";

export function seq2seqForward(check: CheckJson, context: CaseContext): CheckResult {
  const inputs = readInputs(check, context);
  const c = comparisonFor(check, context);
  const { legacy_config } = context.json;
  const engine = context.engine();
  const compare = (model: Seq2SeqModel) =>
    engine.noGrad(() => engine.scope(() => compareForward(c, model, inputs, check, context)));
  compare(seq2seqModelOf(context));
  if (typeof legacy_config === "string") {
    const model = openSeq2Seq(context, legacy_config.split("/").at(-1));
    try {
      compare(model);
    } finally {
      model.dispose();
    }
  }
  return c.result();
}

function compareForward(
  c: Comparison,
  model: Seq2SeqModel,
  inputs: Inputs,
  check: CheckJson,
  context: CaseContext,
): void {
  const expect = (check.expect ?? {}) as Record<string, unknown>;
  const maskOf = (key: unknown) => (key === undefined ? undefined : context.tensor(key).ints());
  const decoderMask = maskOf(check.compare_where);
  const encoderMask = maskOf(check.compare_encoder_where);
  const lists: Record<string, Tensor[]> = {};
  const list = (key: string) => {
    if (expect[key] === undefined) return undefined;
    lists[key] = [];
    return lists[key];
  };
  const { inputIds, batch, seq, attentionMask } = inputs;
  const encoded = model.encode(
    { inputIds, batch, seq, attentionMask },
    given({ hiddenStates: list("encoder_hidden_states"), attentions: list("encoder_attentions") }),
  );
  const target = targetOf(model, inputs);
  const hidden = model.decode(
    target,
    encoded,
    given({
      hiddenStates: list("decoder_hidden_states"),
      attentions: list("decoder_attentions"),
      crossAttentions: list("cross_attentions"),
    }),
  );
  const array = (name: string, t: Tensor, tensor: unknown, key: string, mask: Int32Array | undefined) => {
    const where = t.shape.length === 4 ? queriesWhere(mask, t.shape) : rowsWhere(mask, t.columns);
    c.arrays(name, t.readFloats(), context.tensor(tensor).floats(), activationLimit(check, key), where);
  };
  const single: Record<string, [Tensor, Int32Array | undefined]> = {
    logits: [model.logits(hidden), decoderMask],
    encoder_last_hidden_state: [encoded.hidden, encoderMask],
    decoder_last_hidden_state: [hidden, decoderMask],
  };
  for (const [key, value] of Object.entries(expect)) {
    if (key in single) array(key, single[key]![0], value, key, single[key]![1]);
    else if (key in lists) {
      const wanted = value as string[];
      const found = lists[key]!;
      c.that(key, wanted.length === found.length, `${found.length} ${key}, ${wanted.length} are expected`);
      found.forEach((t, i) => {
        array(`${key}.${i}`, t, wanted[i], key, key.startsWith("encoder") ? encoderMask : decoderMask);
      });
    } else if (key === "loss" || key === "loss_unsmoothed") {
      const labels = labelsOf(inputs);
      const smoothing = key === "loss" ? smoothingOf(context) : 0;
      const targets = labels.filter((t) => t >= 0).length;
      const loss = model.loss(hidden, labels, targets, smoothing).loss.item();
      c.number(key, loss, Number(value), lossLimit(Number(value)));
    } else if (key === "decoder_input_ids") {
      const ids = context.tensor(value).ints();
      c.that(key, ids.length === target.inputIds.length, "another number of ids");
      c.arrays(key, target.inputIds, ids, Number.MIN_VALUE);
    } else throw new CaseError(`nothing is known of expect.${key}`);
  }
  for (const t of Object.values(lists).flat()) t.dispose();
}

export function seq2seqIncremental(check: CheckJson, context: CaseContext): CheckResult {
  const engine = context.engine();
  const model = seq2seqModelOf(context);
  const { inputIds, batch, seq, attentionMask, decoderInputIds } = readInputs(check, context);
  if (batch !== 1 || decoderInputIds === undefined)
    throw new CaseError("an incremental check has one row, with decoder_input_ids");
  const expected = context.tensor((check.expect as Record<string, unknown>).logits).floats();
  const limit = Math.max(2e-5, 10 * numberIn(check, "cache_max_diff"));
  const c = comparisonFor(check, context);
  engine.noGrad(() => {
    const encoded = model.encode({ inputIds, batch, seq, attentionMask });
    const cache = model.createCache(encoded, 1, decoderInputIds.length);
    for (let from = 0; from < decoderInputIds.length; ) {
      const to = from === 0 ? numberIn(check, "prefill", 1) : from + 1;
      const logits = engine.scope(() => {
        const piece = { inputIds: decoderInputIds.slice(from, to), batch: 1, seq: to - from, cache };
        return model.logits(model.decode(piece, undefined)).readFloats();
      });
      const width = model.targetVocabSize;
      c.arrays(`logits of tokens ${from} to ${to}`, logits, expected.slice(from * width, to * width), limit);
      from = to;
    }
    cache.dispose();
    encoded.hidden.dispose();
  });
  return c.result();
}
