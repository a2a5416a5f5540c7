/** @file Writing safetensors files: the header first, then tensor after tensor, beside the final place and renamed there at
 *  the end, so that a file by that name is always whole. f32, or bf16 (rounded to nearest even). */

import { openAtomic } from "../../platform/files.js";
import type { Tensor } from "../../tensor/index.js";
import { toBf16 } from "./storedDtypes.js";

export interface WriteSafetensorsOptions {
  readonly dtype?: "f32" | "bf16";
  /** Beside `format: "pt"`, which transformers wants to see. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const CHUNK = 1 << 20;

export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  options: WriteSafetensorsOptions = {},
): void {
  const { dtype = "f32", metadata = {} } = options;
  const width = dtype === "f32" ? 4 : 2;
  const entries: [string, unknown][] = [["__metadata__", { format: "pt", ...metadata }]];
  let end = 0;
  for (const [name, tensor] of tensors) {
    const begin = end;
    end += tensor.size * width;
    entries.push([
      name,
      { dtype: dtype === "f32" ? "F32" : "BF16", shape: tensor.shape, data_offsets: [begin, end] },
    ]);
  }
  // Built by hand: a plain object would lose a tensor named __proto__ and reorder names that are numbers.
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / 8) * 8; // the numbers begin at a multiple of 8
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(text, 8);
  const writer = openAtomic(file);
  try {
    writer.write(head);
    for (const tensor of tensors.values()) writeValues(tensor, dtype, (bytes) => writer.write(bytes));
  } catch (error) {
    writer.abort();
    throw error;
  }
  writer.commit();
}

function writeValues(tensor: Tensor, dtype: "f32" | "bf16", write: (bytes: Uint8Array) => void): void {
  for (let at = 0; at < tensor.size; at += CHUNK) {
    const piece = tensor.engine.backend.read(
      { storage: tensor.storage, offset: tensor.offset + at },
      Math.min(CHUNK, tensor.size - at),
    );
    if (!(piece instanceof Float32Array)) throw new Error(`${tensor.name ?? "a tensor"} is not f32`);
    const stored = dtype === "f32" ? piece : toBf16(piece);
    write(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
  }
}
