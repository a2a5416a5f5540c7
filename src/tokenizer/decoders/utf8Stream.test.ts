import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createUtf8Decoder, createUtf8Stream } from "./utf8Stream.js";

describe("text from bytes as they come", () => {
  it("waits for the whole character", () => {
    const stream = createUtf8Stream();
    const pieces = [...new TextEncoder().encode("a😀é")].map((byte) => stream.push(Uint8Array.of(byte)));
    expect(pieces).toEqual(["a", "", "", "", "😀", "", "é"]);
    expect(stream.end()).toBe("");
  });

  it("puts U+FFFD for a character that never got complete, and keeps a byte order mark", () => {
    const stream = createUtf8Stream();
    expect(stream.push(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xf0, 0x9f))).toBe("\ufeffa");
    expect(stream.end()).toBe("\ufffd");
    expect(stream.push(Uint8Array.of(0x62))).toBe("b");
  });

  it("is what decoding all bytes at once gives, for any bytes cut anywhere", () => {
    const edge = fc.constantFrom(
      0x80,
      0xbf,
      0xc0,
      0xc2,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
      0xbb,
      0xa0,
      0x9f,
      0x90,
      0x41,
    );
    const bytes = fc.array(fc.oneof(edge, fc.nat(255)), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), (parts) => {
        const stream = createUtf8Stream();
        const pieces = parts.map((part) => stream.push(Uint8Array.from(part)));
        expect(pieces.join("") + stream.end()).toBe(createUtf8Decoder()(Uint8Array.from(parts.flat())));
      }),
      { numRuns: 3000 },
    );
  });
});
