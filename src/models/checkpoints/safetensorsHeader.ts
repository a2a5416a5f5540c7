/** @file The header of a safetensors file, checked wholly before anything is done by its word. The format: a u64 with the
 *  header's length, the header (JSON, `{name: {dtype, shape, data_offsets: [begin, end]}}`, perhaps `__metadata__` of
 *  strings, perhaps padded by spaces), then the numbers; together the tensors must cover the rest of the file, each byte
 *  once. https://github.com/huggingface/safetensors#format */

import { UserError } from "../../platform/errors.js";
import type { RangedFile } from "../../platform/files.js";
import { bytesPerElement, isStoredDType, type StoredDType, storedDTypes } from "./storedDtypes.js";
import { type Json, parseStrictJson } from "./strictJson.js";

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Place in the file, in bytes. */
  readonly position: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

const LARGEST_HEADER = 100_000_000;

type Refuse = (
  message: string,
  more?: { at?: string; found?: unknown; expected?: unknown; fix?: string },
) => never;

export function readSafetensorsHeader(ranged: RangedFile, file: string): SafetensorsHeader {
  const refuse: Refuse = (message, more) => {
    throw new UserError({ code: "safetensors-invalid", file, message, ...more });
  };
  const text = headerText(ranged, refuse);
  let json: Json;
  try {
    json = parseStrictJson(text);
  } catch (error) {
    return refuse(`the header is not valid JSON: ${(error as Error).message}`);
  }
  if (!(json instanceof Map)) return refuse("the header is not a JSON object");
  const metadata = new Map<string, string>();
  const spans: { name: string; begin: bigint; end: bigint; dtype: StoredDType; shape: number[] }[] = [];
  for (const [name, value] of json as ReadonlyMap<string, Json>) {
    if (name === "__metadata__") readMetadata(value, metadata, refuse);
    else spans.push({ name, ...readEntry(name, value, refuse) });
  }
  const start = 8 + new TextEncoder().encode(text).length;
  checkCover(spans, BigInt(ranged.size - start), refuse);
  return {
    metadata,
    entries: spans.map(({ name, dtype, shape, begin }) => ({
      name,
      dtype,
      shape,
      position: start + Number(begin),
    })),
  };
}

function headerText(ranged: RangedFile, refuse: Refuse): string {
  const start = new Uint8Array(Math.min(ranged.size, 40));
  ranged.read(0, start);
  recogniseOthers(start, refuse);
  if (ranged.size < 8)
    return refuse(ranged.size === 0 ? "is empty" : "is too short for a safetensors file", {
      found: `${ranged.size} bytes`,
    });
  const length = new DataView(start.buffer).getBigUint64(0, true);
  if (length > BigInt(LARGEST_HEADER))
    return refuse("claims a header beyond the format's limit: not a safetensors file, or a damaged one", {
      found: `${length} bytes`,
      expected: `at most ${LARGEST_HEADER}`,
    });
  if (length > BigInt(ranged.size - 8))
    return refuse("ends inside its header: the file is cut off", {
      found: `${ranged.size} bytes`,
      expected: `at least ${length + 8n}`,
    });
  if (length === 0n) return refuse("has a header of length 0");
  const bytes = new Uint8Array(Number(length));
  ranged.read(8, bytes);
  if (bytes[0] !== 0x7b) return refuse("the header does not begin with '{'");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("the header is not valid UTF-8");
  }
}

/** What is commonly found under the name by mistake. */
function recogniseOthers(start: Uint8Array, refuse: Refuse): void {
  const text = new TextDecoder("latin1").decode(start);
  if (text.startsWith("version https://git-lfs"))
    refuse("is a Git LFS pointer, not the file itself", { fix: "run git lfs pull, or download the file" });
  if (/^\s*<(!doctype|html)/i.test(text))
    refuse("is an HTML page, not a safetensors file", {
      fix: "download it again: a login or error page was saved under its name",
    });
  if (text.startsWith("PK\u0003\u0004"))
    refuse("is a zip archive (as torch.save writes), not a safetensors file", {
      fix: "rename it to pytorch_model.bin",
    });
}

function readMetadata(value: Json, into: Map<string, string>, refuse: Refuse): void {
  const entries = value instanceof Map ? (value as ReadonlyMap<string, Json>) : null;
  if (entries === null) refuse("must be an object of strings", { at: "__metadata__" });
  for (const [key, text] of entries ?? []) {
    if (typeof text === "string") into.set(key, text);
    else refuse("holds a value that is not a string", { at: `__metadata__.${key}`, found: String(text) });
  }
}

function readEntry(
  name: string,
  value: Json,
  refuse: Refuse,
): { begin: bigint; end: bigint; dtype: StoredDType; shape: number[] } {
  const at = `tensor ${JSON.stringify(name)}`;
  if (!(value instanceof Map)) return refuse("is described by something that is not an object", { at });
  const fields = value as ReadonlyMap<string, Json>;
  const dtype = fields.get("dtype");
  if (typeof dtype !== "string") return refuse("has no dtype", { at });
  if (!isStoredDType(dtype))
    return refuse("has an unknown dtype", { at, found: dtype, expected: storedDTypes.join(", ") });
  const shape = naturals(fields.get("shape"));
  if (shape === null)
    return refuse("has a shape that is not a list of natural numbers", {
      at,
      found: show(fields.get("shape")),
    });
  const offsets = naturals(fields.get("data_offsets"));
  if (offsets === null || offsets.length !== 2)
    return refuse("has data_offsets that are not two natural numbers", {
      at,
      found: show(fields.get("data_offsets")),
    });
  const [begin, end] = offsets as [bigint, bigint];
  if (end < begin) return refuse("ends before it begins", { at, found: `data_offsets [${begin}, ${end}]` });
  const bytes = shape.reduce((n, d) => n * d, 1n) * BigInt(bytesPerElement(dtype));
  if (bytes !== end - begin)
    return refuse(`${dtype} of shape [${shape}] needs ${bytes} bytes, its offsets give ${end - begin}`, {
      at,
    });
  return { begin, end, dtype, shape: shape.map(Number) };
}

function naturals(value: Json | undefined): bigint[] | null {
  if (!Array.isArray(value)) return null;
  return value.every((n): n is bigint => typeof n === "bigint" && n >= 0n) ? (value as bigint[]) : null;
}

function show(value: Json | undefined): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? Number(v) : v)) ?? "nothing";
}

function checkCover(
  spans: readonly { name: string; begin: bigint; end: bigint }[],
  size: bigint,
  refuse: Refuse,
): void {
  let reached = 0n;
  for (const { name, begin, end } of spans.toSorted(
    (a, b) => Number(a.begin - b.begin) || Number(a.end - b.end),
  )) {
    const at = `tensor ${JSON.stringify(name)}`;
    if (end > size)
      refuse("lies beyond the end of the file", {
        at,
        found: `bytes ${begin} to ${end} of ${size}`,
        fix: "the file is cut off or damaged: download it again",
      });
    if (begin < reached)
      refuse("overlaps another tensor", { at, found: `it begins at ${begin}`, expected: `${reached}` });
    if (begin > reached) refuse(`leaves a hole of ${begin - reached} bytes before it`, { at });
    reached = end;
  }
  if (reached < size) refuse(`${size - reached} bytes after the last tensor belong to none`);
}
