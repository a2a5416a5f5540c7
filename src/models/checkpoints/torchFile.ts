/** @file Files that torch.save wrote (.bin, .pt, .pth): a pickle of a state dict and raw storages, in a zip archive, or one
 *  after another as before torch 1.6. Read by a pickle machine that knows the few things state dicts are made of and
 *  refuses everything else: nothing in the file is ever run. */

import { UserError } from "../../platform/errors.js";
import { openRanged, type RangedFile } from "../../platform/files.js";
import { sizeOf } from "../../tensor/index.js";
import { type PickledTensor, readStateDict, type Unpickled, unpickle } from "./pickle.js";
import { bytesPerElement } from "./storedDtypes.js";
import type { StoredTensor, StoredTensors } from "./storedTensor.js";
import { readZipDirectory } from "./zip.js";

/** Where a storage lies in the file. */
interface Place {
  readonly position: number;
  readonly bytes: number;
}

/** Throws UserError that names the file and what is wrong with it. */
export function openTorchFile(file: string): StoredTensors {
  const ranged = openRanged(file);
  try {
    const start = new Uint8Array(Math.min(4, ranged.size));
    ranged.read(0, start);
    const zipped = new TextDecoder("latin1").decode(start) === "PK\u0003\u0004";
    const { tensors, placeOf, bigEndian } = zipped ? readArchive(ranged, file) : readLegacy(ranged, file);
    const stored = [...tensors].map(([name, tensor]): [string, StoredTensor] => [
      name,
      storedView(name, tensor, placeOf(tensor.key), ranged, file, bigEndian),
    ]);
    return { tensors: new Map(stored), metadata: new Map(), close: () => ranged.close() };
  } catch (error) {
    ranged.close();
    if (error instanceof UserError) throw error;
    throw new UserError({
      code: "torch-file-invalid",
      file,
      message: (error as Error).message,
      cause: error,
    });
  }
}

interface Contents {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  placeOf(key: string): Place;
  readonly bigEndian: boolean;
}

function readArchive(ranged: RangedFile, file: string): Contents {
  const members = readZipDirectory(ranged);
  const pickle = [...members.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw new Error("the archive holds no data.pkl: not a file of torch.save");
  const folder = pickle.slice(0, -"data.pkl".length);
  const bytesOf = ({ position, bytes }: Place) => {
    const into = new Uint8Array(bytes);
    ranged.read(position, into);
    return into;
  };
  const order = members.get(`${folder}byteorder`);
  const { value } = unpickle(bytesOf(members.get(pickle)!), 0);
  return {
    tensors: readStateDict(value),
    bigEndian: order !== undefined && new TextDecoder().decode(bytesOf(order)).trim() === "big",
    placeOf(key) {
      const place = members.get(`${folder}data/${key}`);
      if (place === undefined)
        throw new UserError({
          code: "torch-file-invalid",
          file,
          at: `storage ${JSON.stringify(key)}`,
          message: "is not in the archive, though the pickle refers to it",
        });
      return place;
    },
  };
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** Magic number, protocol version and system facts, the state dict and the list of storages, a pickle each; then for each
 *  storage its length as an i64 and its numbers. */
function readLegacy(ranged: RangedFile, file: string): Contents {
  const bytes = new Uint8Array(ranged.size);
  ranged.read(0, bytes);
  let at = 0;
  const next = (): Unpickled => {
    const { value, end } = unpickle(bytes, at);
    at = end;
    return value;
  };
  const foreign = () => new Error("neither a zip archive nor a pickle of torch.save");
  if (bytes[0] !== 0x80) throw foreign();
  if (next() !== LEGACY_MAGIC) throw foreign();
  if (next() !== 1001) throw new Error("an unknown version of torch.save's old format");
  const system = next();
  const tensors = readStateDict(next());
  const keys = next();
  if (!Array.isArray(keys)) throw new Error("the list of storages is missing");
  const widths = new Map([...tensors.values()].map((t) => [t.key, bytesPerElement(t.dtype)]));
  const places = new Map<string, Place>();
  const view = new DataView(bytes.buffer);
  for (const key of keys) {
    if (typeof key !== "string" || at + 8 > bytes.length) throw new Error("the storages are cut off");
    const length = view.getBigInt64(at, true) * BigInt(widths.get(key) ?? 1);
    at += 8;
    if (length < 0n || length > BigInt(bytes.length - at))
      throw new Error(`storage ${JSON.stringify(key)} runs over the end of the file`);
    places.set(key, { position: at, bytes: Number(length) });
    at += Number(length);
  }
  return {
    tensors,
    bigEndian: system instanceof Map && system.get("little_endian") === false,
    placeOf(key) {
      const place = places.get(key);
      if (place === undefined)
        throw new UserError({
          code: "torch-file-invalid",
          file,
          at: `storage ${JSON.stringify(key)}`,
          message: "is not in the file",
        });
      return place;
    },
  };
}

/** A tensor over a storage: dense where its strides are those of a row-major array, gathered element by element elsewhere. */
function storedView(
  name: string,
  tensor: PickledTensor,
  place: Place,
  ranged: RangedFile,
  file: string,
  bigEndian: boolean,
): StoredTensor {
  const { dtype, shape, strides, offset } = tensor;
  const width = bytesPerElement(dtype);
  const last = shape.includes(0) ? -1 : shape.reduce((n, d, i) => n + (d - 1) * strides[i]!, offset);
  // A view that repeats elements (stride 0) could claim any size.
  if (Math.max(last + 1, sizeOf(shape)) * width > place.bytes) {
    throw new UserError({
      code: "torch-file-invalid",
      file,
      at: `tensor ${JSON.stringify(name)}`,
      message: "runs over the end of its storage",
      found: `${place.bytes} bytes`,
      expected: `at least ${Math.max(last + 1, sizeOf(shape)) * width}`,
    });
  }
  const read = (from: number, count: number) => {
    const into = new Uint8Array(count * width);
    ranged.read(place.position + from * width, into);
    return bigEndian ? swapped(into, width) : into;
  };
  if (isDense(shape, strides))
    return { name, dtype, shape, file, bytes: (from, count) => read(offset + from, count) };
  const lowest = offset;
  return {
    name,
    dtype,
    shape,
    file,
    bytes(from, count) {
      const all = read(lowest, last + 1 - lowest);
      const into = new Uint8Array(count * width);
      for (let i = 0; i < count; i++) {
        const at = placeInView(from + i, shape, strides);
        into.set(all.subarray(at * width, (at + 1) * width), i * width);
      }
      return into;
    },
  };
}

function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return sizeOf(shape) === 0;
    stride *= shape[i]!;
  }
  return true;
}

function placeInView(index: number, shape: readonly number[], strides: readonly number[]): number {
  let at = 0;
  let rest = index;
  for (let i = shape.length - 1; i >= 0; i--) {
    at += (rest % shape[i]!) * strides[i]!;
    rest = Math.floor(rest / shape[i]!);
  }
  return at;
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
  return bytes;
}
