/** @file The inputs of a check, read into what models take. */

import type { DecoderInput, EncoderInput } from "../../../../models/index.js";
import { type CaseContext, CaseError, type CheckJson } from "../kind.js";

export interface Inputs extends DecoderInput, EncoderInput {
  readonly inputIds: Int32Array;
  readonly positionIds?: Int32Array | undefined;
  readonly attentionMask?: Int32Array | undefined;
  readonly documentStarts?: Int32Array | undefined;
  readonly tokenTypeIds?: Int32Array | undefined;
  /** [batch]: 0 = the second sentence follows the first. */
  readonly nextSentence?: Int32Array | undefined;
  /** A label a token [batch, seq] or a sequence [batch] (or values, for regression). */
  readonly labels?: Int32Array | Float32Array | undefined;
  /** Encoder-decoders: what the decoder reads, [batch, target seq]; default made of the labels. */
  readonly decoderInputIds?: Int32Array | undefined;
  readonly decoderAttentionMask?: Int32Array | undefined;
}

export function readInputs(check: CheckJson, context: CaseContext): Inputs {
  const given = (check.inputs ?? {}) as Record<string, unknown>;
  const ids = context.tensor(given.input_ids);
  if (ids.shape.length !== 2) throw new CaseError(`input_ids of shape [${ids.shape}], not [batch, seq]`);
  const ints = (key: string) => (given[key] === undefined ? undefined : context.tensor(given[key]).ints());
  const labels = given.labels === undefined ? undefined : context.tensor(given.labels);
  const documents = ints("document_ids");
  return {
    inputIds: ids.ints(),
    batch: ids.shape[0]!,
    seq: ids.shape[1]!,
    positionIds: ints("position_ids"),
    attentionMask: ints("attention_mask"),
    tokenTypeIds: ints("token_type_ids"),
    nextSentence: ints("next_sentence_label"),
    labels: labels === undefined ? undefined : labels.dtype === "F32" ? labels.floats() : labels.ints(),
    documentStarts: documents && documentStarts(documents, ids.shape[1]!),
    decoderInputIds: ints("decoder_input_ids"),
    decoderAttentionMask: ints("decoder_attention_mask"),
  };
}

function documentStarts(ids: Int32Array, seq: number): Int32Array {
  const starts = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const at = i % seq;
    starts[i] = at > 0 && ids[i] === ids[i - 1] ? starts[i - 1]! : at;
  }
  return starts;
}

/** Some rows of a batch. */
export function rowsOf(inputs: Inputs, rows: readonly number[]): Inputs {
  const { batch } = inputs;
  const pick = <T extends Int32Array | Float32Array>(all: T | undefined): T | undefined => {
    if (all === undefined) return undefined;
    const width = all.length / batch;
    const some = all.slice(0, rows.length * width) as T;
    rows.forEach((r, i) => {
      some.set(all.subarray(r * width, (r + 1) * width), i * width);
    });
    return some;
  };
  return {
    batch: rows.length,
    seq: inputs.seq,
    inputIds: pick(inputs.inputIds)!,
    positionIds: pick(inputs.positionIds),
    attentionMask: pick(inputs.attentionMask),
    labels: pick(inputs.labels),
    documentStarts: pick(inputs.documentStarts),
    decoderInputIds: pick(inputs.decoderInputIds),
    decoderAttentionMask: pick(inputs.decoderAttentionMask),
    tokenTypeIds: pick(inputs.tokenTypeIds),
    nextSentence: pick(inputs.nextSentence),
  };
}
