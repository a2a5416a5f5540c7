/** @file The header of a GGUF file, of version 2 or 3: metadata and where the tensors lie. Every number in the file is
 *  checked against the file before anything is made of its size. */

import { UserError } from "../errors.js";
import type { RangedFile } from "../files.js";
import { type Cursor, createCursor } from "./cursor.js";
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
  type GgufTensor,
  type GgufTensorType,
  type GgufType,
  type GgufValue,
  ggufTensorBytes,
} from "./types.js";

export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  /** In the file's order. */
  readonly tensors: readonly GgufTensor[];
  readonly alignment: number;
  /** Where the data begins. */
  readonly dataPosition: number;
}

const MAGIC = 0x46554747; // "GGUF"
/** Beyond these no file of the field comes near. */
const MOST_ENTRIES = 1 << 16;
const MOST_TENSORS = 1 << 20;
const MOST_ELEMENTS = 1 << 26;
const DEEPEST = 4;
const LONGEST_KEY = 65535;
/** An entry: key, type, one byte. A tensor: name, dimensions, type, offset. */
const LEAST_ENTRY = 8 + 4 + 1;
const LEAST_TENSOR = 8 + 4 + 4 + 8;

type Refuse = (at: string, message: string, found: unknown, expected: unknown) => never;

const TENSOR_TYPE_OF = new Map<number, GgufTensorType>(
  Object.entries(GGUF_TENSOR_TYPES).map(([name, [id]]) => [id, name as GgufTensorType]),
);

/** Throws UserError `malformed-gguf`, and `unsupported-gguf` for another version or byte order. */
export function readGguf(ranged: RangedFile, file: string): GgufHeader {
  const refuse: Refuse = (at, message, found, expected) => {
    throw new UserError({
      code: "malformed-gguf",
      file,
      at,
      message,
      found,
      expected,
      fix: "get the file again from where it came",
    });
  };
  let at = "header";
  const cursor = createCursor(ranged, (needed) =>
    refuse(at, "the file ends too early", `${cursor.left} bytes left`, `${needed} more`),
  );
  const { version, tensorCount, entryCount } = readStart(cursor, file, refuse);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    at = `entry ${i}`;
    const key = readString(cursor, LONGEST_KEY, at, refuse);
    at = key === "" ? at : key;
    if (metadata.has(key)) refuse(at, "stands twice", `entries of one key`, "each key once");
    metadata.set(key, readValue(cursor, readType(cursor, at, refuse), at, refuse));
  }
  const alignment = alignmentOf(metadata, refuse);
  const listed: Omit<GgufTensor, "position">[] = [];
  const offsets: bigint[] = [];
  for (let i = 0; i < tensorCount; i++) {
    at = `tensor ${i}`;
    const name = readString(cursor, GGUF_LONGEST_NAME, at, refuse);
    at = `tensor ${JSON.stringify(name)}`;
    listed.push(readTensor(cursor, name, at, refuse));
    offsets.push(cursor.uint64());
  }
  const dataPosition = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = place(listed, offsets, { dataPosition, alignment, size: ranged.size }, refuse);
  return { version, metadata, tensors, alignment, dataPosition };
}

function readStart(cursor: Cursor, file: string, refuse: Refuse) {
  if (cursor.left < 4 || cursor.uint32() !== MAGIC)
    refuse("header", "is no GGUF file", "another beginning", '"GGUF"');
  const version = cursor.uint32();
  if (version !== 2 && version !== 3)
    throw new UserError({
      code: "unsupported-gguf",
      file,
      at: "version",
      message: version % 65536 === 0 ? "is in big-endian order" : "is not known",
      found: version,
      expected: "2 or 3, little-endian",
      fix: "convert the file with a present llama.cpp",
    });
  const count = (what: string, most: number, least: number): number => {
    const found = cursor.uint64();
    if (found > BigInt(most) || Number(found) * least > cursor.left)
      refuse("header", `claims more ${what} than the file can hold`, String(found), `${cursor.left} bytes`);
    return Number(found);
  };
  const tensorCount = count("tensors", MOST_TENSORS, LEAST_TENSOR);
  return { version, tensorCount, entryCount: count("entries", MOST_ENTRIES, LEAST_ENTRY) };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readString(cursor: Cursor, longest: number, at: string, refuse: Refuse): string {
  const length = cursor.uint64();
  if (length > BigInt(Math.min(longest, cursor.left)))
    refuse(at, "has an impossible length", String(length), `at most ${Math.min(longest, cursor.left)} bytes`);
  const view = cursor.take(Number(length));
  try {
    return utf8.decode(view);
  } catch {
    return refuse(at, "is not UTF-8", `${length} bytes`, "UTF-8");
  }
}

function readType(cursor: Cursor, at: string, refuse: Refuse): GgufType {
  const id = cursor.uint32();
  return GGUF_TYPES[id] ?? refuse(at, "has a type that is not known", id, `0 to ${GGUF_TYPES.length - 1}`);
}

function readValue(cursor: Cursor, type: GgufType, at: string, refuse: Refuse): GgufValue {
  if (type === "array") return readArray(cursor, 1, at, refuse);
  if (type === "string") return { type, value: readString(cursor, Number.MAX_SAFE_INTEGER, at, refuse) };
  const view = cursor.take(GGUF_TYPE_BYTES[type]);
  if (type === "bool") return { type, value: readBool(view, 0, at, refuse) };
  if (type === "uint64" || type === "int64") return { type, value: BIG_READERS[type](view, 0) };
  return { type, value: NUMBER_READERS[type](view, 0) };
}

function readBool(view: DataView, offset: number, at: string, refuse: Refuse): boolean {
  const byte = view.getUint8(offset);
  return byte < 2 ? byte === 1 : refuse(at, "is no boolean", byte, "0 or 1");
}

type NumberType = Exclude<GgufType, "bool" | "string" | "array" | "uint64" | "int64">;
const NUMBER_READERS: Readonly<Record<NumberType, (view: DataView, offset: number) => number>> = {
  uint8: (view, offset) => view.getUint8(offset),
  int8: (view, offset) => view.getInt8(offset),
  uint16: (view, offset) => view.getUint16(offset, true),
  int16: (view, offset) => view.getInt16(offset, true),
  uint32: (view, offset) => view.getUint32(offset, true),
  int32: (view, offset) => view.getInt32(offset, true),
  float32: (view, offset) => view.getFloat32(offset, true),
  float64: (view, offset) => view.getFloat64(offset, true),
};
const BIG_READERS: Readonly<Record<"uint64" | "int64", (view: DataView, offset: number) => bigint>> = {
  uint64: (view, offset) => view.getBigUint64(offset, true),
  int64: (view, offset) => view.getBigInt64(offset, true),
};

function readArray(cursor: Cursor, depth: number, at: string, refuse: Refuse): GgufArray {
  if (depth > DEEPEST) refuse(at, "has arrays in arrays", `more than ${DEEPEST} deep`, `at most ${DEEPEST}`);
  const of = readType(cursor, at, refuse);
  const claimed = cursor.uint64();
  const width = GGUF_TYPE_BYTES[of];
  const most = Math.min(MOST_ELEMENTS, Math.floor(cursor.left / width));
  if (claimed > BigInt(most))
    refuse(at, "claims more elements than the file can hold", String(claimed), `at most ${most}`);
  const length = Number(claimed);
  if (of === "string") {
    const values: string[] = [];
    for (let i = 0; i < length; i++)
      values.push(readString(cursor, Number.MAX_SAFE_INTEGER, `${at}[${i}]`, refuse));
    return { type: "array", of, values };
  }
  if (of === "array") {
    const values: GgufArray[] = [];
    for (let i = 0; i < length; i++) values.push(readArray(cursor, depth + 1, at, refuse));
    return { type: "array", of, values };
  }
  const view = cursor.take(length * width);
  if (of === "bool")
    return { type: "array", of, values: Array.from({ length }, (_, i) => readBool(view, i, at, refuse)) };
  if (of === "uint64" || of === "int64")
    return { type: "array", of, values: Array.from({ length }, (_, i) => BIG_READERS[of](view, i * width)) };
  const values = new Float64Array(length); // holds every number of these types
  for (let i = 0; i < length; i++) values[i] = NUMBER_READERS[of](view, i * width);
  return { type: "array", of, values };
}

function alignmentOf(metadata: GgufMetadata, refuse: Refuse): number {
  const entry = metadata.get(GGUF_ALIGNMENT_KEY);
  if (entry === undefined) return GGUF_DEFAULT_ALIGNMENT;
  const value = entry.type === "uint32" ? entry.value : 0;
  if (value < 1 || value > 2 ** 30 || (value & (value - 1)) !== 0)
    refuse(
      GGUF_ALIGNMENT_KEY,
      "cannot be used",
      entry.type === "uint32" ? value : entry.type,
      "a power of two",
    );
  return value;
}

function readTensor(cursor: Cursor, name: string, at: string, refuse: Refuse) {
  const count = cursor.uint32();
  if (count > GGUF_MOST_DIMENSIONS)
    refuse(at, "has too many dimensions", count, `at most ${GGUF_MOST_DIMENSIONS}`);
  const dimensions = Array.from({ length: count }, () => {
    const dimension = cursor.uint64();
    if (dimension < 1n || dimension > BigInt(Number.MAX_SAFE_INTEGER))
      refuse(at, "has an impossible dimension", String(dimension), "1 to 2^53 - 1");
    return Number(dimension);
  });
  const id = cursor.uint32();
  const type =
    TENSOR_TYPE_OF.get(id) ??
    refuse(at, "is of a type that is not known", id, Object.keys(GGUF_TENSOR_TYPES).join(", "));
  const bytes =
    ggufTensorBytes(type, dimensions) ??
    refuse(at, "has an impossible shape", dimensions, `rows of whole blocks of ${type}, in all below 2^53`);
  return { name, type, dimensions, bytes };
}

/** Tensors lie aligned in the file, none upon another. */
function place(
  listed: readonly Omit<GgufTensor, "position">[],
  offsets: readonly bigint[],
  where: { readonly dataPosition: number; readonly alignment: number; readonly size: number },
  refuse: Refuse,
): GgufTensor[] {
  const { dataPosition, alignment, size } = where;
  const names = new Set<string>();
  const tensors = listed.map((tensor, i): GgufTensor => {
    const at = `tensor ${JSON.stringify(tensor.name)}`;
    const offset = offsets[i]!;
    if (names.has(tensor.name)) refuse(at, "stands twice", "tensors of one name", "each name once");
    names.add(tensor.name);
    if (offset > BigInt(size) || Number(offset) + dataPosition + tensor.bytes > size)
      refuse(
        at,
        "lies beyond the end of the file",
        `offset ${offset}, ${tensor.bytes} bytes`,
        `${size} bytes`,
      );
    if (Number(offset) % alignment !== 0)
      refuse(at, "is not aligned", `offset ${offset}`, `a multiple of ${alignment}`);
    return { ...tensor, position: dataPosition + Number(offset) };
  });
  const inOrder = [...tensors].sort((a, b) => a.position - b.position);
  for (let i = 1; i < inOrder.length; i++) {
    const [a, b] = [inOrder[i - 1]!, inOrder[i]!];
    if (a.position + a.bytes > b.position)
      refuse(
        `tensor ${JSON.stringify(b.name)}`,
        "overlaps another",
        JSON.stringify(a.name),
        "bytes of its own",
      );
  }
  return tensors;
}
