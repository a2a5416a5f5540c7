/** @file The directory of a zip archive of stored (uncompressed) members, as torch.save writes it, zip64 included.
 *  APPNOTE.TXT of PKWARE, sections 4.3.7 to 4.3.16. */

import type { RangedFile } from "../../platform/files.js";

export interface ZipMember {
  /** Where the member's bytes lie in the file. */
  readonly position: number;
  readonly bytes: number;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 65535;

/** Throws Error with what is wrong. */
export function readZipDirectory(ranged: RangedFile): Map<string, ZipMember> {
  const tailStart = Math.max(0, ranged.size - END_BYTES - LONGEST_COMMENT);
  const tail = read(ranged, tailStart, ranged.size - tailStart);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("the zip archive is cut off: its central directory is missing");
  let [count, size, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff)
    [count, size, start] = zip64End(ranged, tail, end);
  if (start + size > ranged.size)
    throw new Error("the zip archive's central directory lies beyond the end of the file");
  return members(ranged, read(ranged, start, size), count);
}

function read(ranged: RangedFile, position: number, bytes: number): DataView {
  const into = new Uint8Array(bytes);
  ranged.read(position, into);
  return new DataView(into.buffer);
}

function u64(view: DataView, at: number): number {
  const n = view.getBigUint64(at, true);
  if (n > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error("the zip archive names a size beyond any file");
  return Number(n);
}

function zip64End(ranged: RangedFile, tail: DataView, end: number): [number, number, number] {
  if (end < 20 || tail.getUint32(end - 20, true) !== 0x07064b50)
    throw new Error("the zip64 locator is missing");
  const at = u64(tail, end - 20 + 8);
  if (at + 56 > ranged.size) throw new Error("the zip64 directory lies beyond the end of the file");
  const record = read(ranged, at, 56);
  if (record.getUint32(0, true) !== 0x06064b50) throw new Error("the zip64 directory is damaged");
  return [u64(record, 32), u64(record, 40), u64(record, 48)];
}

function members(ranged: RangedFile, directory: DataView, count: number): Map<string, ZipMember> {
  const found = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50)
      throw new Error("the zip archive's central directory is damaged");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    ) as [number, number, number];
    const next = at + 46 + nameBytes + extraBytes + commentBytes;
    if (next > directory.byteLength) throw new Error("the zip archive's central directory is cut off");
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameBytes));
    if (directory.getUint16(at + 10, true) !== 0)
      throw new Error(
        `member ${JSON.stringify(name)} of the zip archive is compressed: torch.save stores plainly`,
      );
    const { bytes, header } = sizes(directory, at, at + 46 + nameBytes, extraBytes);
    found.set(name, { position: dataStart(ranged, header, bytes, name), bytes });
    at = next;
  }
  return found;
}

/** Size and place of a member; those that do not fit 32 bits stand in the zip64 extra field, in this order. */
function sizes(
  directory: DataView,
  at: number,
  extra: number,
  extraBytes: number,
): { bytes: number; header: number } {
  let [packed, bytes, header] = [20, 24, 42].map((field) => directory.getUint32(at + field, true)) as [
    number,
    number,
    number,
  ];
  for (let e = extra; e + 4 <= extra + extraBytes; e += 4 + directory.getUint16(e + 2, true)) {
    if (directory.getUint16(e, true) !== 1) continue;
    let field = e + 4;
    const wide = (value: number) => {
      if (value !== 0xffffffff) return value;
      field += 8;
      if (field > extra + extraBytes) throw new Error("a zip64 field is cut off");
      return u64(directory, field - 8);
    };
    bytes = wide(bytes);
    packed = wide(packed);
    header = wide(header);
  }
  if (packed !== bytes) throw new Error("a stored member of the zip archive has two sizes");
  return { bytes, header };
}

function dataStart(ranged: RangedFile, header: number, bytes: number, name: string): number {
  if (header + 30 > ranged.size)
    throw new Error(`member ${JSON.stringify(name)} lies beyond the end of the file`);
  const local = read(ranged, header, 30);
  if (local.getUint32(0, true) !== 0x04034b50)
    throw new Error(`member ${JSON.stringify(name)} of the zip archive is damaged`);
  const start = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + bytes > ranged.size)
    throw new Error(`member ${JSON.stringify(name)} runs over the end of the file`);
  return start;
}
