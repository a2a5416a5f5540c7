/** @file A token shard on disk: a header of 1,024 bytes, tokens, document starts; little-endian.
 *
 *  Header: one line of magic, one line of JSON padded with spaces (`head -2 FILE` shows it). Then `tokens` tokens of 2 or
 *  4 bytes, padding to 4, then `documents` starts (uint32, in tokens from the shard's first). With an end-of-text token,
 *  each document begins with it and the split's last shard ends with it, so every token of a document is predicted, the
 *  first from end-of-text alone and end-of-text from the last. */

import { UserError } from "../platform/errors.js";
import { fileSize, openRanged, type RangedFile, sha256Stream } from "../platform/files.js";
import type { Split } from "./split.js";

export const HEADER_BYTES = 1024;
export const SHARD_VERSION = 1;
const MAGIC = "cygnet token shard\n";

export interface ShardHeader {
  readonly version: number;
  readonly split: Split;
  /** Place among the split's shards. */
  readonly index: number;
  readonly dtype: "uint16" | "uint32";
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes and code points of the documents' texts. */
  readonly bytes: number;
  readonly characters: number;
  readonly vocab_size: number;
  /** End-of-text, or null where documents are not separated. */
  readonly eos_id: number | null;
  readonly tokenizer_hash: string;
  /** Of everything after the header. */
  readonly sha256: string;
}

export function encodeHeader(header: ShardHeader): Uint8Array {
  const text = `${MAGIC}${JSON.stringify(header)}`;
  const bytes = new Uint8Array(HEADER_BYTES).fill(0x20);
  bytes.set(new TextEncoder().encode(text));
  bytes[HEADER_BYTES - 1] = 0x0a;
  return bytes;
}

export function shardName(split: Split, index: number): string {
  return `${split}-${String(index).padStart(5, "0")}.bin`;
}

/** Where the document starts lie, and how long the whole file is. */
export function shardLayout(header: Pick<ShardHeader, "dtype" | "tokens" | "documents">): {
  offsets: number;
  size: number;
} {
  const tokens = header.tokens * (header.dtype === "uint16" ? 2 : 4);
  const offsets = HEADER_BYTES + tokens + ((4 - (tokens % 4)) % 4);
  return { offsets, size: offsets + header.documents * 4 };
}

const REBUILD = "delete the folder and make the shards again";

/** Reads and checks a header: magic, version, every field, the file's length. Throws `shard-foreign`, `shard-invalid`,
 *  `shard-truncated`. */
export function readHeader(file: string): ShardHeader {
  const size = fileSize(file);
  const bytes = new Uint8Array(Math.min(size, HEADER_BYTES));
  const ranged = openRanged(file);
  try {
    ranged.read(0, bytes);
  } finally {
    ranged.close();
  }
  const text = new TextDecoder().decode(bytes);
  if (!text.startsWith(MAGIC)) {
    throw new UserError({
      code: "shard-foreign",
      file,
      message: "is no token shard",
      found: text.slice(0, 16),
      expected: MAGIC.trim(),
      fix: "name the folder that holds the shards",
    });
  }
  if (size < HEADER_BYTES) {
    throw new UserError({
      code: "shard-truncated",
      file,
      message: "is cut off in its header",
      found: `${size} bytes`,
      expected: `at least ${HEADER_BYTES}`,
      fix: REBUILD,
    });
  }
  const header = parseHeader(text.slice(MAGIC.length), file);
  const expected = shardLayout(header).size;
  if (size !== expected) {
    throw new UserError({
      code: "shard-truncated",
      file,
      message: size < expected ? "is cut off" : "is longer than its header says",
      found: `${size} bytes`,
      expected: `${expected} bytes`,
      fix: REBUILD,
    });
  }
  return header;
}

function parseHeader(json: string, file: string): ShardHeader {
  const fail = (at: string, found: unknown, expected: string) =>
    new UserError({
      code: "shard-invalid",
      file,
      at: `header.${at}`,
      message: "has a wrong header",
      found,
      expected,
      fix: REBUILD,
    });
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(json) as Record<string, unknown>;
  } catch {
    throw fail("json", json.slice(0, 40), "JSON");
  }
  if (header.version !== SHARD_VERSION) throw fail("version", header.version, String(SHARD_VERSION));
  if (header.split !== "train" && header.split !== "validation")
    throw fail("split", header.split, "train or validation");
  if (header.dtype !== "uint16" && header.dtype !== "uint32")
    throw fail("dtype", header.dtype, "uint16 or uint32");
  for (const key of ["index", "tokens", "documents", "bytes", "characters", "vocab_size"]) {
    const value = header[key];
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw fail(key, value, "a whole number");
  }
  for (const key of ["tokenizer_hash", "sha256"]) {
    if (typeof header[key] !== "string") throw fail(key, header[key], "text");
  }
  const eos = header.eos_id;
  const vocab = header.vocab_size as number;
  if (eos !== null && !(Number.isSafeInteger(eos) && (eos as number) >= 0 && (eos as number) < vocab))
    throw fail("eos_id", eos, `null or below ${vocab}`);
  return header as unknown as ShardHeader;
}

/** SHA-256 of what follows the header. */
export function payloadHash(file: string): string {
  const ranged: RangedFile = openRanged(file);
  const hash = sha256Stream();
  try {
    for (let at = HEADER_BYTES; at < ranged.size; at += 1 << 20) {
      const chunk = new Uint8Array(Math.min(1 << 20, ranged.size - at));
      ranged.read(at, chunk);
      hash.update(chunk);
    }
  } finally {
    ranged.close();
  }
  return hash.digest();
}
