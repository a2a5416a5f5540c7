/** @file Gzip, streamed and synchronous: chunks in, chunks out, never the whole file in memory. The platform's own
 *  decompressors stream only asynchronously, and readers of documents are plain generators. RFC 1951 (deflate),
 *  RFC 1952 (gzip, several members allowed); length and CRC-32 of every member are checked. */

import { UserError } from "./errors.js";

const WINDOW = 32768;
const PIECE = 1 << 16;
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = Array.from({ length: 30 }, (_, i) =>
  i < 4 ? i + 1 : ((2 + (i & 1)) << ((i >> 1) - 1)) + 1,
);
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, i) => (i < 4 ? 0 : (i >> 1) - 1));
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface Huffman {
  /** `symbol << 4 | length`, indexed by the next `bits` bits; 0 where no code is. */
  readonly table: Uint16Array;
  readonly bits: number;
}

interface BitReader {
  /** Bits not used yet, lowest first. */
  hold: number;
  count: number;
  input: Uint8Array;
  at: number;
  /** Whether another byte exists. */
  more(): boolean;
  bits(n: number): number;
  symbol(code: Huffman): number;
}

/** Decompressed chunks of a gzip file given as chunks; `file` is for messages. Throws `gzip-invalid`. */
export function* gunzipChunks(chunks: Iterable<Uint8Array>, file: string): Generator<Uint8Array> {
  const source = chunks[Symbol.iterator]();
  try {
    const reader = bitReader(source, file);
    while (reader.more()) {
      readHeader(reader, file);
      yield* inflateMember(reader, file);
      while (reader.more() && peekByte(reader) === 0) reader.bits(8); // padding, as tapes leave it
    }
  } finally {
    source.return?.();
  }
}

function bad(file: string, message: string): UserError {
  return new UserError({ code: "gzip-invalid", file, message, fix: "copy or compress the file again" });
}

function bitReader(source: Iterator<Uint8Array>, file: string): BitReader {
  const reader: BitReader = {
    hold: 0,
    count: 0,
    input: new Uint8Array(0),
    at: 0,
    more() {
      if (reader.count >= 8) return true;
      while (reader.at >= reader.input.length) {
        const next = source.next();
        if (next.done === true) return false;
        reader.input = next.value;
        reader.at = 0;
      }
      return true;
    },
    bits(n) {
      while (reader.count < n) fill();
      const value = reader.hold & ((1 << n) - 1);
      reader.hold >>>= n;
      reader.count -= n;
      return value;
    },
    symbol(code) {
      while (reader.count < code.bits) fill();
      const entry = code.table[reader.hold & ((1 << code.bits) - 1)]!;
      const length = entry & 15;
      if (length === 0) throw bad(file, "is damaged: no such code in the compressed data");
      reader.hold >>>= length;
      reader.count -= length;
      return entry >> 4;
    },
  };
  const fill = () => {
    if (reader.at >= reader.input.length) {
      const saved = reader.count;
      reader.count = 0;
      const more = reader.more();
      reader.count = saved;
      if (!more) throw bad(file, "ends too early: the compressed data is cut off");
    }
    reader.hold |= reader.input[reader.at++]! << reader.count;
    reader.count += 8;
  };
  return reader;
}

function peekByte(reader: BitReader): number {
  return reader.count >= 8 ? reader.hold & 255 : reader.input[reader.at]!;
}

function readHeader(reader: BitReader, file: string): void {
  if (reader.bits(8) !== 0x1f || reader.bits(8) !== 0x8b)
    throw bad(file, "is not a gzip file, or has foreign bytes after its end");
  if (reader.bits(8) !== 8) throw bad(file, "uses a compression method other than deflate");
  const flags = reader.bits(8);
  for (let i = 0; i < 6; i++) reader.bits(8); // time, level, system
  if ((flags & 4) !== 0) for (let n = reader.bits(16); n > 0; n--) reader.bits(8);
  if ((flags & 8) !== 0) while (reader.bits(8) !== 0); // name
  if ((flags & 16) !== 0) while (reader.bits(8) !== 0); // comment
  if ((flags & 2) !== 0) reader.bits(16);
}

/** One gzip member after its header: blocks, CRC-32, length. */
function* inflateMember(reader: BitReader, file: string): Generator<Uint8Array> {
  const out = new Uint8Array(WINDOW + PIECE + 258);
  let from = 0; // first byte not handed out
  let at = 0;
  let crc = -1;
  let total = 0;
  const take = () => {
    const piece = out.slice(from, at);
    crc = crc32(piece, crc);
    total = (total + piece.length) >>> 0;
    if (at > WINDOW) {
      out.copyWithin(0, at - WINDOW, at);
      at = WINDOW;
    }
    from = at;
    return piece;
  };
  for (let last = false; !last; ) {
    last = reader.bits(1) === 1;
    const kind = reader.bits(2);
    if (kind === 0) {
      reader.bits(reader.count & 7);
      let n = reader.bits(16);
      if ((reader.bits(16) ^ n) !== 0xffff) throw bad(file, "is damaged: a stored block's length is wrong");
      for (; n > 0; n--) {
        out[at++] = reader.bits(8);
        if (at >= WINDOW + PIECE) yield take();
      }
      continue;
    }
    if (kind === 3) throw bad(file, "is damaged: unknown kind of block");
    const [literals, distances] = kind === 1 ? fixedCodes() : dynamicCodes(reader, file);
    for (;;) {
      const next = inflateRun(reader, literals, distances, out, at, file);
      at = next < 0 ? -1 - next : next;
      if (next < 0) break;
      yield take();
    }
  }
  yield take();
  reader.bits(reader.count & 7);
  const sum = (reader.bits(16) | (reader.bits(16) << 16)) >>> 0;
  const length = (reader.bits(16) | (reader.bits(16) << 16)) >>> 0;
  if (sum !== ~crc >>> 0 || length !== total)
    throw bad(file, "is damaged: its checksum does not fit its contents");
}

/** Decodes until the block ends (returns `-1 - at`) or `out` is full (returns `at`). */
function inflateRun(
  reader: BitReader,
  literals: Huffman,
  distances: Huffman,
  out: Uint8Array,
  start: number,
  file: string,
): number {
  let at = start;
  while (at < WINDOW + PIECE) {
    const symbol = reader.symbol(literals);
    if (symbol < 256) out[at++] = symbol;
    else if (symbol === 256) return -1 - at;
    else {
      if (symbol > 285) throw bad(file, "is damaged: unknown length code");
      const length = LENGTH_BASE[symbol - 257]! + reader.bits(LENGTH_EXTRA[symbol - 257]!);
      const code = reader.symbol(distances);
      if (code > 29) throw bad(file, "is damaged: unknown distance code");
      const back = DISTANCE_BASE[code]! + reader.bits(DISTANCE_EXTRA[code]!);
      if (back > at) throw bad(file, "is damaged: it refers to text before its beginning");
      for (let i = 0; i < length; i++, at++) out[at] = out[at - back]!;
    }
  }
  return at;
}

function fixedCodes(): [Huffman, Huffman] {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [huffman(lengths), huffman(new Array<number>(32).fill(5))];
}

function dynamicCodes(reader: BitReader, file: string): [Huffman, Huffman] {
  const literals = reader.bits(5) + 257;
  const distances = reader.bits(5) + 1;
  const codes = reader.bits(4) + 4;
  const codeLengths = new Array<number>(19).fill(0);
  for (let i = 0; i < codes; i++) codeLengths[CODE_ORDER[i]!] = reader.bits(3);
  const code = huffman(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = reader.symbol(code);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    if (symbol === 16 && lengths.length === 0) throw bad(file, "is damaged: a repeat with nothing before it");
    const value = symbol === 16 ? lengths[lengths.length - 1]! : 0;
    const times =
      symbol === 16 ? 3 + reader.bits(2) : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    for (let i = 0; i < times; i++) lengths.push(value);
  }
  if (lengths.length > literals + distances) throw bad(file, "is damaged: too many code lengths");
  return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
}

/** The canonical Huffman code of these lengths (RFC 1951, 3.2.2), as a table over its longest code. */
function huffman(lengths: readonly number[]): Huffman {
  const bits = Math.max(1, ...lengths);
  const table = new Uint16Array(1 << bits);
  const counts = new Array<number>(16).fill(0);
  for (const n of lengths) if (n > 0) counts[n]!++;
  const next = new Array<number>(16).fill(0);
  for (let n = 1; n < 16; n++) next[n] = (next[n - 1]! + (n > 1 ? counts[n - 1]! : 0)) << 1;
  lengths.forEach((n, symbol) => {
    if (n === 0) return;
    let code = next[n]!++;
    let reversed = 0;
    for (let i = 0; i < n; i++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let i = reversed; i < table.length; i += 1 << n) table[i] = (symbol << 4) | n;
  });
  return { table, bits };
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 of `bytes`, going on from the inverted state `crc` (-1 at first; the checksum is the state inverted). */
function crc32(bytes: Uint8Array, crc: number): number {
  let c = crc;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return c;
}
