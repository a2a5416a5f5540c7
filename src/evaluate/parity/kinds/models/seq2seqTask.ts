/** @file A case's encoder-decoder with its loss: families as Hugging Face publishes them, and `torch.nn.Transformer`, whose
 *  settings stand in case.json itself. */

import {
  familyFor,
  loadParameters,
  loadSeq2Seq,
  type RawConfig,
  type Seq2SeqModel,
} from "../../../../models/index.js";
import { type CaseContext, CaseError } from "../kind.js";
import type { Inputs } from "./inputs.js";
import type { Task } from "./task.js";

export function isSeq2Seq({ json }: CaseContext): boolean {
  return json.kind === "seq2seq" || json.kind === "original_transformer";
}

export function openSeq2Seq(context: CaseContext, configName = "config.json"): Seq2SeqModel {
  const engine = context.engine();
  const { json } = context;
  if (json.kind === "seq2seq") return loadSeq2Seq(context.path(json.model), { engine, configName });
  const config = { ...(json.settings as RawConfig), model_type: "transformer" };
  const prepared = familyFor(config, "seq2seq").prepare(config);
  return prepared.build(loadParameters(context.folder, prepared.table, { engine }), engine);
}

/** The case's model, loaded once. */
export function seq2seqModelOf(context: CaseContext): Seq2SeqModel {
  return context.once(
    "seq2seq model",
    () => openSeq2Seq(context),
    (model) => model.dispose(),
  );
}

/** What the decoder reads, and its width. */
export function targetOf(model: Seq2SeqModel, inputs: Inputs) {
  const { batch, labels, decoderInputIds, decoderAttentionMask: attentionMask } = inputs;
  const ids = decoderInputIds ?? model.shiftRight(labelsOf({ labels }), batch);
  return { inputIds: ids, batch, seq: ids.length / batch, attentionMask };
}

export function labelsOf({ labels }: Pick<Inputs, "labels">): Int32Array {
  if (!(labels instanceof Int32Array)) throw new CaseError("the check needs labels and gives none");
  return labels;
}

/** ε of label smoothing, which the cases of the original transformer train with. */
export function smoothingOf({ json }: CaseContext): number {
  return Number((json.settings as { label_smoothing?: unknown } | undefined)?.label_smoothing ?? 0);
}

export function seq2seqTask(context: CaseContext, configName?: string): Task {
  return seq2seqTaskOf(openSeq2Seq(context, configName), smoothingOf(context));
}

export function seq2seqTaskOf(model: Seq2SeqModel, smoothing: number): Task {
  return {
    model,
    parameters: model.parameters,
    targets: (inputs) => labelsOf(inputs).filter((t) => t >= 0).length,
    forward(inputs) {
      const { inputIds, batch, seq, attentionMask } = inputs;
      const encoded = model.encode({ inputIds, batch, seq, attentionMask });
      const hidden = model.decode(targetOf(model, inputs), encoded);
      return {
        logits: model.logits(hidden),
        loss: (normaliser) => model.loss(hidden, labelsOf(inputs), normaliser, smoothing).loss,
      };
    },
    dispose: () => model.dispose(),
  };
}
