/** @file Bytes to text, streamed: UTF-8 with invalid bytes replaced by U+FFFD and counted, or refused. */

/** Length of the sequence that starts at `at` if it is valid UTF-8 (RFC 3629), 0 if not, -1 if it is valid as far as
 *  `bytes` goes but cut off. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i];
    if (next === undefined) return -1;
    const low = i > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = i > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < low || next > high) return 0;
  }
  return length;
}

/** How many bytes at the end of `bytes` begin a character that the next chunk must finish (0 to 3). */
export function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(bytes, bytes.length - back) === -1 ? back : 0;
  }
  return 0;
}

/** Counts bytes that belong to no valid sequence, and finds the first. */
export function findInvalid(bytes: Uint8Array): { count: number; first: number } {
  let count = 0;
  let first = -1;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) at += length;
    else {
      if (first < 0) first = at;
      count++;
      at++;
    }
  }
  return { count, first };
}

/** Text of chunks of bytes. `onInvalid` is told how many bytes were replaced and where the first is in the file; it may
 *  throw. A byte-order mark at the start is left out. */
export function* decodeUtf8(
  chunks: Iterable<Uint8Array>,
  onInvalid: (count: number, position: number) => void,
): Generator<string> {
  const exact = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
  let held: Uint8Array = new Uint8Array(0);
  let position = 0;
  let first = true;
  const decode = (bytes: Uint8Array): string => {
    let text: string;
    try {
      text = exact.decode(bytes);
    } catch {
      const invalid = findInvalid(bytes);
      onInvalid(invalid.count, position + invalid.first);
      text = lossy.decode(bytes);
    }
    position += bytes.length;
    if (first && text.length > 0) {
      first = false;
      if (text.charCodeAt(0) === 0xfeff) return text.slice(1);
    }
    return text;
  };
  for (const chunk of chunks) {
    let bytes = chunk;
    if (held.length > 0) {
      bytes = new Uint8Array(held.length + chunk.length);
      bytes.set(held);
      bytes.set(chunk, held.length);
    }
    const tail = unfinishedTail(bytes);
    held = bytes.subarray(bytes.length - tail);
    if (tail < bytes.length) yield decode(bytes.subarray(0, bytes.length - tail));
  }
  if (held.length > 0) yield decode(held);
}
