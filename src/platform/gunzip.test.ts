import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gunzipChunks } from "./gunzip.js";

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unzip = (bytes: Uint8Array, size: number) => Buffer.concat([...gunzipChunks(cut(bytes, size), "x.gz")]);

describe("gunzipChunks", () => {
  it("gives back what zlib compressed, at any level, strategy and cutting", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .array(fc.constantFrom("the ", "cat ", "sat ", "on a mat. "), { maxLength: 3000 })
        .map((w) => Buffer.from(w.join(""))),
    );
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(0, 2, 4),
        fc.integer({ min: 1, max: 700 }),
        (data, level, strategy, size) => {
          expect(unzip(gzipSync(data, { level, strategy }), size).equals(data)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("streams data larger than its window, with members in a row", () => {
    const text = Buffer.from(Array.from({ length: 120_000 }, (_, i) => `${(i * 7919) % 10007} `).join(""));
    const noise = Buffer.from(
      Array.from({ length: 200_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255),
    );
    const file = Buffer.concat([
      gzipSync(text),
      gzipSync(noise),
      gzipSync(Buffer.alloc(0)),
      Buffer.alloc(12),
    ]);
    const pieces = [...gunzipChunks(cut(file, 65536), "x.gz")];
    expect(Buffer.concat(pieces).equals(Buffer.concat([text, noise]))).toBe(true);
    expect(Math.max(...pieces.map((p) => p.length))).toBeLessThan(110_000);
  });

  it("refuses cut-off, damaged and foreign data", () => {
    const good = gzipSync(Buffer.from("hello, hello, hello, hello"));
    for (let n = 1; n < good.length; n++)
      expect(() => unzip(good.subarray(0, n), 9), `cut at ${n}`).toThrow(/x\.gz/);
    for (let n = 10; n < good.length; n++) {
      const damaged = Buffer.from(good);
      damaged[n]! ^= 0x10;
      expect(() => unzip(damaged, 9), `bit of byte ${n}`).toThrow(/x\.gz/);
    }
    expect(() => unzip(Buffer.concat([good, Buffer.from("tail")]), 9)).toThrow(/foreign bytes/);
  });
});
