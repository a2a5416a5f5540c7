/** @file A GGUF file of version 3, written in one go: header, then each tensor's data as it is asked for, so that no more
 *  than one tensor need be in memory. */

import { UserError } from "../errors.js";
import { type AtomicWriter, openAtomic } from "../files.js";
import {
  GGUF_ALIGNMENT_KEY,
  GGUF_DEFAULT_ALIGNMENT,
  GGUF_LONGEST_NAME,
  GGUF_MOST_DIMENSIONS,
  GGUF_TENSOR_TYPES,
  GGUF_TYPE_BYTES,
  GGUF_TYPES,
  type GgufArray,
  type GgufMetadata,
  type GgufTensorType,
  type GgufType,
  type GgufValue,
  ggufTensorBytes,
} from "./types.js";

export interface GgufTensorToWrite {
  readonly name: string;
  readonly type: GgufTensorType;
  /** Fastest first. */
  readonly dimensions: readonly number[];
  /** The bytes, in one part or several; called once, in the order of the list. */
  readonly data: () => Uint8Array | Iterable<Uint8Array>;
}

/** The alignment is that of the entry `general.alignment`, or 32. Throws UserError `gguf-unwritable` for a name that is
 *  there twice or too long, a shape that is no whole blocks, a number out of its type's range, and data of another
 *  length than the shape says; the file is then as it was. */
export function writeGguf(
  file: string,
  metadata: GgufMetadata | Iterable<readonly [key: string, value: GgufValue]>,
  tensors: readonly GgufTensorToWrite[] = [],
): void {
  const refuse = (at: string, message: string, found: unknown, expected: unknown): never => {
    throw new UserError({ code: "gguf-unwritable", file, at, message, found, expected });
  };
  const entries = [...metadata];
  const alignment = alignmentOf(entries, refuse);
  const sizes = tensors.map((tensor) => checkTensor(tensor, refuse));
  for (const names of [entries.map(([key]) => key), tensors.map(({ name }) => name)])
    if (new Set(names).size < names.length)
      refuse(
        "",
        "would have a name twice",
        names.find((name, i) => names.indexOf(name) < i),
        "each name once",
      );
  const padded = (size: number) => Math.ceil(size / alignment) * alignment;
  const writer = openAtomic(file);
  try {
    const out = createOutput(writer, refuse);
    out.bytes(new TextEncoder().encode("GGUF"));
    out.number("uint32", 3, "version");
    out.big("uint64", BigInt(tensors.length), "tensors");
    out.big("uint64", BigInt(entries.length), "entries");
    for (const [key, value] of entries) {
      out.string(key, key);
      out.number("uint32", GGUF_TYPES.indexOf(value.type), key);
      out.value(value, key);
    }
    let offset = 0;
    tensors.forEach(({ name, type, dimensions }, i) => {
      out.string(name, name);
      out.number("uint32", dimensions.length, name);
      for (const dimension of dimensions) out.big("uint64", BigInt(dimension), name);
      out.number("uint32", GGUF_TENSOR_TYPES[type][0], name);
      out.big("uint64", BigInt(offset), name);
      offset += padded(sizes[i]!);
    });
    out.pad(alignment);
    tensors.forEach((tensor, i) => {
      const data = tensor.data();
      let written = 0;
      for (const part of data instanceof Uint8Array ? [data] : data) {
        out.bytes(part);
        written += part.length;
      }
      if (written !== sizes[i])
        refuse(tensor.name, "has data of another length than its shape says", written, sizes[i]);
      out.pad(alignment);
    });
    out.flush();
  } catch (error) {
    writer.abort();
    throw error;
  }
  writer.commit();
}

type Refuse = (at: string, message: string, found: unknown, expected: unknown) => never;

function alignmentOf(entries: readonly (readonly [string, GgufValue])[], refuse: Refuse): number {
  const entry = entries.find(([key]) => key === GGUF_ALIGNMENT_KEY)?.[1];
  if (entry === undefined) return GGUF_DEFAULT_ALIGNMENT;
  const value = entry.type === "uint32" ? entry.value : 0;
  if (!(Number.isInteger(value) && value >= 1 && value <= 2 ** 30 && (value & (value - 1)) === 0))
    refuse(GGUF_ALIGNMENT_KEY, "cannot be used", value, "a power of two, as uint32");
  return value;
}

function checkTensor({ name, type, dimensions }: GgufTensorToWrite, refuse: Refuse): number {
  if (new TextEncoder().encode(name).length > GGUF_LONGEST_NAME)
    refuse(name, "is too long a name", `${name.length} characters`, `at most ${GGUF_LONGEST_NAME} bytes`);
  const whole = dimensions.every((d) => Number.isSafeInteger(d) && d > 0);
  const bytes = whole ? ggufTensorBytes(type, dimensions) : undefined;
  if (bytes === undefined || dimensions.length > GGUF_MOST_DIMENSIONS)
    return refuse(name, "has a shape that cannot be written", dimensions, `rows of whole blocks of ${type}`);
  return bytes;
}

const BUFFER = 1 << 16;
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint16: [0, 2 ** 16 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** Small values go through a buffer. */
function createOutput(writer: AtomicWriter, refuse: Refuse) {
  const buffer = new Uint8Array(BUFFER);
  const view = new DataView(buffer.buffer);
  const utf8 = new TextEncoder();
  let used = 0;
  let total = 0;
  const flush = (): void => {
    writer.write(buffer.subarray(0, used));
    used = 0;
  };
  const room = (bytes: number): number => {
    if (used + bytes > BUFFER) flush();
    used += bytes;
    total += bytes;
    return used - bytes;
  };
  const bytes = (data: Uint8Array): void => {
    if (data.length <= BUFFER) return void buffer.set(data, room(data.length));
    flush();
    writer.write(data);
    total += data.length;
  };
  const big = (type: "uint64" | "int64", value: bigint, at: string): void => {
    const fits = type === "uint64" ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
    if (fits !== value) refuse(at, `is no ${type}`, String(value), "64 bits");
    view.setBigUint64(room(8), BigInt.asUintN(64, value), true);
  };
  const number = (type: Exclude<GgufType, "bool" | "string" | "array">, value: number, at: string): void => {
    const range = RANGES[type];
    if (range !== undefined && !(Number.isInteger(value) && value >= range[0] && value <= range[1]))
      refuse(at, `is no ${type}`, value, `a whole number from ${range[0]} to ${range[1]}`);
    const place = room(GGUF_TYPE_BYTES[type]);
    if (type === "float32") view.setFloat32(place, value, true);
    else if (type === "float64") view.setFloat64(place, value, true);
    else if (type === "uint8" || type === "int8") view.setInt8(place, value);
    else if (type === "uint16" || type === "int16") view.setInt16(place, value, true);
    else view.setInt32(place, value, true);
  };
  const string = (value: string, at: string): void => {
    const spelt = utf8.encode(value);
    big("uint64", BigInt(spelt.length), at);
    bytes(spelt);
  };
  const bool = (value: boolean): void => view.setUint8(room(1), value ? 1 : 0);
  const array = (value: GgufArray, at: string): void => {
    number("uint32", GGUF_TYPES.indexOf(value.of), at);
    big("uint64", BigInt(value.values.length), at);
    const { length } = value.values;
    if (value.of === "string") for (let i = 0; i < length; i++) string(value.values[i]!, at);
    else if (value.of === "array") for (let i = 0; i < length; i++) array(value.values[i]!, at);
    else if (value.of === "bool") for (let i = 0; i < length; i++) bool(value.values[i]!);
    else if (value.of === "uint64" || value.of === "int64")
      for (let i = 0; i < length; i++) big(value.of, value.values[i]!, at);
    else for (let i = 0; i < length; i++) number(value.of, value.values[i]!, at);
  };
  return {
    bytes,
    big,
    number,
    string,
    flush,
    value(value: GgufValue, at: string): void {
      if (value.type === "array") array(value, at);
      else if (value.type === "string") string(value.value, at);
      else if (value.type === "bool") bool(value.value);
      else if (value.type === "uint64" || value.type === "int64") big(value.type, value.value, at);
      else number(value.type, value.value, at);
    },
    pad(alignment: number): void {
      for (let rest = (alignment - (total % alignment)) % alignment; rest > 0; ) {
        const some = Math.min(rest, BUFFER);
        const place = room(some);
        buffer.fill(0, place, place + some);
        rest -= some;
      }
    },
  };
}
