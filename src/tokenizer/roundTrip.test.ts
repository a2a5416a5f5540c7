import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenizerFromJson } from "./files/tokenizerJson.js";
import { wellFormed } from "./text/aligned.js";
import { bytesToToken } from "./text/byteAlphabet.js";
import type { Tokenizer } from "./tokenizer.js";

const bytes = Array.from({ length: 256 }, (_, b) => bytesToToken([b]));
const vocabOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (id: number, content: string, more = {}) => ({ id, content, special: true, ...more });

const byteLevel = (pre: object, more: object = {}): Tokenizer =>
  tokenizerFromJson({
    added_tokens: [special(258, "<s>"), special(259, "naïve", { special: false, normalized: false })],
    pre_tokenizer: pre,
    post_processor: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      vocab: vocabOf([...bytes, "th", "the"]),
      merges: [
        ["t", "h"],
        ["th", "e"],
      ],
      ...more,
    },
  });

const llama = tokenizerFromJson({
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    byte_fallback: true,
    fuse_unk: true,
    vocab: vocabOf([
      "<unk>",
      ...bytes.map((_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`),
      "▁",
      "a",
      "b",
      "▁a",
    ]),
    merges: [["▁", "a"]],
  },
});

/** Anything a string can hold: lone surrogates, NUL, marks, emoji. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom("the", " ", "\0", "<s>", "naïve", "\ud800", "\udc00", "😀", "\ufffd", "\n", "'s"),
      { maxLength: 15 },
    )
    .map((p) => p.join("")),
);

const gpt2 = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
const viaSplit = {
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: String.raw`\p{L}+|\s+|.` }, behavior: "Isolated", invert: false },
    { ...gpt2, use_regex: false },
  ],
};

describe.each([
  ["byte-level, the fast way", byteLevel(gpt2)],
  ["byte-level with a pattern of its own", byteLevel(viaSplit)],
  ["byte-level, words first", byteLevel(gpt2, { ignore_merges: true })],
])("%s", (_, tokenizer) => {
  it("gives any text back, with half characters as U+FFFD; whole, streamed, and by its places", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("none", "all"), (text, special) => {
        const whole = wellFormed(text);
        const ids = tokenizer.encode(text, { special });
        expect(tokenizer.decode(ids)).toBe(whole);
        const stream = tokenizer.streamDecoder();
        expect(Array.from(ids, (id) => stream.push(id)).join("") + stream.end()).toBe(whole);
        const encoding = tokenizer.encoding(text, { special });
        expect(encoding.ids).toEqual(ids);
        let end = 0;
        for (const [from, to] of encoding.offsets) {
          expect(from).toBeLessThanOrEqual(end); // bytes of one character share its place
          end = Math.max(end, to);
        }
        expect(end).toBe(text.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("metaspace and byte fallback", () => {
  it("give any text back that has no ▁", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const plain = wellFormed(text).replaceAll("▁", "");
        const ids = llama.encode(plain);
        // A sign is put in front only where none is.
        expect(llama.decode(ids)).toBe(plain.startsWith(" ") ? plain.slice(1) : plain);
        const stream = llama.streamDecoder();
        expect(Array.from(ids, (id) => stream.push(id)).join("") + stream.end()).toBe(llama.decode(ids));
      }),
      { numRuns: 300 },
    );
  });
});

describe("streaming any ids", () => {
  it.each([
    ["byte-level", byteLevel(gpt2)],
    ["byte fallback", llama],
  ])("gives what decode gives: %s", (_, tokenizer) => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 40 }), (ids) => {
        const stream = tokenizer.streamDecoder();
        expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(tokenizer.decode(ids));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a Unigram vocabulary", () => {
  it("never gives a special token for text that spells it, however good its score", () => {
    const vocab = [
      ["<unk>", 0],
      ["</s>", 0],
      ["<", -5],
      ["/", -5],
      ["s", -5],
      [">", -5],
    ];
    const tokenizer = tokenizerFromJson({
      added_tokens: [{ id: 1, content: "</s>", special: true }],
      model: { type: "Unigram", unk_id: 0, vocab },
    });
    expect([...tokenizer.encode("</s>s")]).toEqual([2, 3, 4, 5, 4]);
    expect([...tokenizer.encode("</s>s", { special: "all" })]).toEqual([1, 4]);
  });
});
