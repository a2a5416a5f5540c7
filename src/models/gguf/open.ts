/** @file A GGUF file as configuration and weights under the published names. Numbers are read when they are asked for and
 *  widened to f32, a piece at a time, so that loading takes no more memory than the weights. */

import { UserError } from "../../platform/errors.js";
import { openRanged, type RangedFile } from "../../platform/files.js";
import { readGguf } from "../../platform/gguf/read.js";
import { GGUF_TENSOR_TYPES, type GgufMetadata, type GgufTensor } from "../../platform/gguf/types.js";
import { sizeOf } from "../../tensor/index.js";
import type { StoredTensor, StoredTensors } from "../checkpoints/storedTensor.js";
import type { RawConfig } from "../family.js";
import { arrangementOf, ggufArchitecture, interleavedRow } from "./architectures.js";
import { decodeGguf, isReadableGguf, READABLE_GGUF } from "./blocks.js";
import { ggufFacts } from "./facts.js";
import { publishedName } from "./names.js";
import type { GgufShapes } from "./readConfig.js";

export interface GgufModelFile {
  /** As config.json. */
  readonly config: RawConfig;
  readonly weights: StoredTensors;
  readonly metadata: GgufMetadata;
}

/** Tensors that configure (rotary frequencies) or that only some programs need. */
const NO_PARAMETER = /^(rope_freqs|rope_factors_long|rope_factors_short)\.weight$/;

export function isGgufFile(place: string): boolean {
  return /\.gguf$/i.test(place);
}

/** Throws UserError `malformed-gguf`, `gguf-architecture`, `gguf-metadata`, `gguf-quantised`. */
export function openGguf(file: string): GgufModelFile {
  const ranged = openRanged(file);
  try {
    return openWith(ranged, file);
  } catch (error) {
    ranged.close();
    throw error;
  }
}

function openWith(ranged: RangedFile, file: string): GgufModelFile {
  const header = readGguf(ranged, file);
  const facts = ggufFacts(header.metadata, file);
  const architecture = ggufArchitecture(facts);
  const byName = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  const quantised = header.tensors.find(({ type }) => !isReadableGguf(type));
  if (quantised !== undefined)
    throw new UserError({
      code: "gguf-quantised",
      file,
      at: `tensor ${JSON.stringify(quantised.name)}`,
      message: "is stored in a format that is not read yet: it comes with quantisation",
      found: quantised.type,
      expected: READABLE_GGUF.join(", "),
      fix: "take the model's F16, BF16 or Q8_0 file",
    });
  const shapes: GgufShapes = {
    has: (name) => byName.has(name),
    rows: (name) => byName.get(name)?.dimensions[1],
    vector(name) {
      const tensor = byName.get(name);
      return tensor === undefined || tensor.bytes > 1 << 20
        ? undefined
        : [...readRange(ranged, tensor, 0, sizeOf(tensor.dimensions))];
    },
  };
  const config = architecture.config(facts, shapes);
  const headDim = typeof config.head_dim === "number" ? config.head_dim : 1;
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of header.tensors) {
    if (NO_PARAMETER.test(tensor.name)) continue;
    const arrangement = arrangementOf(architecture, tensor.name);
    const name = publishedName(architecture.names, tensor.name) ?? tensor.name;
    tensors.set(name, storedTensor(ranged, tensor, arrangement, headDim, file));
  }
  return {
    config,
    metadata: header.metadata,
    weights: { tensors, metadata: new Map(), close: () => ranged.close() },
  };
}

function storedTensor(
  ranged: RangedFile,
  tensor: GgufTensor,
  arrangement: ReturnType<typeof arrangementOf>,
  headDim: number,
  file: string,
): StoredTensor {
  const { name, dimensions } = tensor;
  const shape = arrangement === "transposed" ? dimensions : [...dimensions].reverse();
  const floats = (from: number, count: number): Float32Array => {
    if (arrangement === "transposed") return transposed(ranged, tensor, from, count);
    if (arrangement === "interleaved") return gathered(ranged, tensor, headDim, from, count);
    const values = readRange(ranged, tensor, from, count);
    return arrangement === "plusOne" ? values.map((x) => x - 1) : values;
  };
  return {
    name,
    shape,
    dtype: "F32",
    file,
    bytes: (from, count) => new Uint8Array(floats(from, count).buffer),
  };
}

/** Elements [from, from + count) in the file's order, in a buffer of their own. */
function readRange(ranged: RangedFile, tensor: GgufTensor, from: number, count: number): Float32Array {
  const [, elements, width] = GGUF_TENSOR_TYPES[tensor.type];
  if (!isReadableGguf(tensor.type)) throw new Error(`${tensor.name} is ${tensor.type}`);
  const first = Math.floor(from / elements);
  const bytes = new Uint8Array((Math.ceil((from + count) / elements) - first) * width);
  ranged.read(tensor.position + first * width, bytes);
  const values = decodeGguf(tensor.type, bytes);
  const skip = from - first * elements;
  return skip === 0 && values.length === count ? values : values.slice(skip, skip + count);
}

/** Rows (or, of a bias, numbers) put back in the published order. */
function gathered(ranged: RangedFile, tensor: GgufTensor, headDim: number, from: number, count: number) {
  const row = tensor.dimensions.length > 1 ? tensor.dimensions[0]! : 1;
  const to = new Float32Array(count);
  // Whole heads are read, since a head's rows stay within it.
  const head = row * headDim;
  for (let at = Math.floor(from / head) * head; at < from + count; at += head) {
    const values = readRange(ranged, tensor, at, head);
    for (let r = 0; r < headDim; r++) {
      const source = interleavedRow(r, headDim) * row;
      const place = at + r * row - from;
      const [begin, end] = [Math.max(0, -place), Math.min(row, count - place)];
      if (begin < end) to.set(values.subarray(source + begin, source + end), place + begin);
    }
  }
  return to;
}

/** [out, in] in the file → elements of [in, out]. */
function transposed(ranged: RangedFile, tensor: GgufTensor, from: number, count: number): Float32Array {
  const [width, height] = [tensor.dimensions[0]!, tensor.dimensions[1] ?? 1];
  const to = new Float32Array(count);
  const [first, last] = [Math.floor(from / height), Math.ceil((from + count) / height)];
  const rows = Math.max(1, Math.floor((1 << 20) / width));
  for (let r = 0; r < height; r += rows) {
    const some = Math.min(rows, height - r);
    const values = readRange(ranged, tensor, r * width, some * width);
    for (let i = 0; i < some; i++)
      for (let column = first; column < last; column++) {
        const place = column * height + r + i - from;
        if (place >= 0 && place < count) to[place] = values[i * width + column]!;
      }
  }
  return to;
}
