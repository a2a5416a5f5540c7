/** @file Bytes to text as they come, never half a character. Behind the last lead byte nothing is decided yet if its
 *  character wants more bytes than are there: these bytes wait. A lead byte always begins anew, so decoding the parts
 *  gives the same text as decoding the whole. */

export interface Utf8Stream {
  push(bytes: Uint8Array): string;
  end(): string;
}

/** A decoder that keeps a byte order mark, which is text like any other, and puts U+FFFD for what is not UTF-8. */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}

export function createUtf8Stream(): Utf8Stream {
  const decode = createUtf8Decoder();
  let waiting = new Uint8Array(0);
  return {
    push(bytes) {
      const all = new Uint8Array(waiting.length + bytes.length);
      all.set(waiting);
      all.set(bytes, waiting.length);
      const ready = decidedLength(all);
      waiting = all.slice(ready);
      return decode(all.subarray(0, ready));
    },
    end() {
      const rest = decode(waiting);
      waiting = new Uint8Array(0);
      return rest;
    },
  };
}

/** Length of the part that later bytes cannot change. */
function decidedLength(bytes: Uint8Array): number {
  for (let p = bytes.length - 1; p >= 0 && p >= bytes.length - 3; p--) {
    const b = bytes[p]!;
    if (b >= 0xc0) return p + (b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2) > bytes.length ? p : bytes.length;
    if (b < 0x80) break;
  }
  return bytes.length;
}
