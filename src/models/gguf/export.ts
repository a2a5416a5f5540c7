/** @file A model and its tokenizer → one GGUF file, which llama.cpp and what is built on it open. Matrices are stored in the
 *  format asked for; vectors, learned positions and what configures stay f32, as llama.cpp's own converter leaves them. A
 *  matrix whose rows are no whole blocks of Q8_0 is stored as F16. */

import type { GgufTensorToWrite } from "../../platform/gguf/write.js";
import { writeGguf } from "../../platform/gguf/write.js";
import type { Tensor } from "../../tensor/index.js";
import { type GgufTokenizerOptions, ggufTokenizerEntries, type Tokenizer } from "../../tokenizer/index.js";
import type { CausalModel } from "../model.js";
import { type Arrangement, arrangementOf, GGUF_ARCHITECTURES, interleavedRow } from "./architectures.js";
import { encodeGguf, type ReadableGguf } from "./blocks.js";
import { ggufName } from "./names.js";
import { writtenConfig } from "./writeConfig.js";

export const ggufDtypes = ["f32", "f16", "bf16", "q8_0"] as const;
export type GgufDtype = (typeof ggufDtypes)[number];

export interface ExportGgufOptions extends Pick<GgufTokenizerOptions, "addBos"> {
  /** Of the matrices; default f16. */
  readonly dtype?: GgufDtype | undefined;
  /** What programs show; default "model". */
  readonly name?: string | undefined;
  /** Told what llama.cpp will do otherwise than this model. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

const STORED = {
  f32: ["F32", 0],
  f16: ["F16", 1],
  q8_0: ["Q8_0", 7],
  bf16: ["BF16", 32],
} as const satisfies Record<GgufDtype, readonly [type: ReadableGguf, fileType: number]>;

/** Written beside its place and renamed at the end. Throws UserError `gguf-unsupported` (a model or setting that the format
 *  has no words for) and `gguf-tokenizer` (a vocabulary that llama.cpp would cut texts with otherwise). */
export function exportGguf(
  model: CausalModel,
  tokenizer: Tokenizer,
  file: string,
  options: ExportGgufOptions = {},
): void {
  const { dtype = "f16", name = "model", onWarning = () => {}, addBos } = options;
  const [type, fileType] = STORED[dtype];
  const config = writtenConfig(model, onWarning);
  const vocabulary = ggufTokenizerEntries(tokenizer, {
    vocabSize: model.vocabSize,
    addBos,
    bosId: model.bosTokenId,
    eosId: model.eosTokenIds[0],
    padId: model.padTokenId,
    eotId: model.eosTokenIds.find((id) => id !== (tokenizer.eosId ?? model.eosTokenIds[0])),
    onWarning,
  });
  const tensors = [...model.parameters].map(([published, tensor]) =>
    tensorToWrite(model, config.architecture, published, tensor, type),
  );
  const vectors = [...config.vectors].map(
    ([vector, values]): GgufTensorToWrite => ({
      name: vector,
      type: "F32",
      dimensions: [values.length],
      data: () => encodeGguf("F32", values),
    }),
  );
  writeGguf(
    file,
    [
      ["general.architecture", { type: "string", value: config.architecture }],
      ["general.type", { type: "string", value: "model" }],
      ["general.name", { type: "string", value: safeName(name, tokenizer) }],
      ["general.file_type", { type: "uint32", value: fileType }],
      ["general.quantization_version", { type: "uint32", value: 2 }],
      ...config.entries,
      ...vocabulary,
    ],
    [...vectors, ...tensors],
  );
}

/** llama.cpp takes a model with Phi-3 in its name for one with Phi-3's vocabulary, and fails where `</s>` is missing. */
function safeName(name: string, tokenizer: Tokenizer): string {
  return /phi-?3/i.test(name) && tokenizer.tokenToId("</s>") === undefined ? "model" : name;
}

function tensorToWrite(
  model: CausalModel,
  architectureName: string,
  published: string,
  tensor: Tensor,
  wanted: ReadableGguf,
): GgufTensorToWrite {
  const architecture = GGUF_ARCHITECTURES[architectureName]!;
  const name = ggufName(architecture.names, published);
  if (name === undefined) throw new Error(`${published} has no name in GGUF`);
  const arrangement = arrangementOf(architecture, name);
  const dimensions = arrangement === "transposed" ? tensor.shape : [...tensor.shape].reverse();
  const plain = dimensions.length === 1 || name === "position_embd.weight";
  const type: ReadableGguf = plain ? "F32" : wanted === "Q8_0" && dimensions[0]! % 32 !== 0 ? "F16" : wanted;
  return {
    name,
    type,
    dimensions,
    *data() {
      for (const values of pieces(tensor, arrangement, model.headDim)) yield encodeGguf(type, values);
    },
  };
}

const CHUNK = 1 << 20;

/** The numbers in GGUF's order, whole rows at a time. */
function* pieces(tensor: Tensor, arrangement: Arrangement, headDim: number): Generator<Float32Array> {
  const { shape, size } = tensor;
  if (arrangement === "transposed") {
    const [from, to] = shape as [number, number];
    const values = read(tensor, 0, size);
    for (let row = 0; row < to; row++)
      yield Float32Array.from({ length: from }, (_, i) => values[i * to + row]!);
    return;
  }
  const width = shape.length > 1 ? shape.at(-1)! : 1;
  const unit = arrangement === "interleaved" ? width * headDim : width;
  // A vector has rows of one number: it goes in large pieces too.
  const step = Math.max(1, Math.floor(CHUNK / unit)) * unit;
  for (let at = 0; at < size; at += step) {
    const values = read(tensor, at, Math.min(step, size - at));
    if (arrangement === "interleaved") yield interleaved(values, width, headDim);
    else yield arrangement === "plusOne" ? values.map((x) => x + 1) : values;
  }
}

function interleaved(values: Float32Array, width: number, headDim: number): Float32Array {
  const to = new Float32Array(values.length);
  for (let row = 0; row * width < values.length; row++)
    to.set(values.subarray(row * width, (row + 1) * width), interleavedRow(row, headDim) * width);
  return to;
}

function read(tensor: Tensor, at: number, count: number): Float32Array {
  const piece = tensor.engine.backend.read({ storage: tensor.storage, offset: tensor.offset + at }, count);
  if (!(piece instanceof Float32Array)) throw new Error(`${tensor.name ?? "a tensor"} is not f32`);
  return piece;
}
