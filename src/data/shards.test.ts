import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openShards, type TokenStream } from "./openShards.js";
import { SPLITS, splitByPosition, splitOf } from "./split.js";
import { textSize } from "./textSize.js";
import { type WriteShardsOptions, writeShards } from "./writeShards.js";

let folder = mkdtempSync(join(tmpdir(), "cygnet-shards-"));
const made = [folder];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cygnet-shards-"));
  made.push(folder);
});
afterAll(() => made.forEach((f) => void rmSync(f, { recursive: true })));

/** A token a code unit, end-of-text 0. */
const encode = (text: string) =>
  Array.from({ length: text.length }, (_, i) => 1 + (text.charCodeAt(i) % 255));
const options = (documents: string[], more: Partial<WriteShardsOptions> = {}): WriteShardsOptions => ({
  documents: documents.map((text) => ({ text })),
  encode,
  vocabSize: 256,
  eosId: 0,
  tokenizerHash: "hash",
  folder,
  validationFraction: 0.3,
  ...more,
});
const all = (stream: TokenStream) => {
  const tokens = new Int32Array(stream.tokens);
  stream.read(0, stream.tokens, tokens);
  return [...tokens];
};
const expected = (documents: string[]) => [...documents.flatMap((d) => [0, ...encode(d)]), 0];
const words = Array.from({ length: 60 }, (_, i) => `document ${i} ${"é".repeat(i)}`);

function* once(documents: string[]) {
  for (const text of documents) yield { text };
}

describe("split", () => {
  it("depends on the text alone, near the fraction, and grows with it", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ text: `t${i}` }));
    const sides = many.map((d) => splitOf(d, 0.1));
    expect(sides.filter((s) => s === "validation").length / 20_000).toBeCloseTo(0.1, 2);
    many.forEach((d, i) => {
      if (sides[i] === "validation") expect(splitOf(d, 0.2)).toBe("validation");
    });
    expect(splitOf({ text: "Once upon a time" }, 0.5)).toBe(splitOf({ text: "Once upon a time" }, 0.5));
  });
  it("never cuts inside a character", () => {
    expect(splitByPosition("ab𝄞", 0.25)).toEqual({ train: "ab", validation: "𝄞" });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (text, fraction) => {
          const { train, validation } = splitByPosition(text, fraction);
          expect(train + validation).toBe(text);
          for (const part of [train, validation]) expect(Buffer.from(part).toString()).toBe(part);
        },
      ),
    );
  });
  it("measures text as UTF-8 and code points", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(textSize(text)).toEqual({ bytes: Buffer.byteLength(text), characters: [...text].length });
      }),
    );
  });
});

describe("shards", () => {
  it("hold the documents of their split in order, whatever the size of a shard", async () => {
    for (const [shardTokens, vocabSize] of [
      [1 << 27, 256],
      [50, 256],
      [1, 70_000],
    ] as const) {
      const set = await writeShards(options(words, { shardTokens, vocabSize }));
      for (const split of SPLITS) {
        const mine = words.filter((text) => splitOf({ text }, 0.3) === split);
        const stream = openShards(folder, split, { verify: true, tokenizerHash: "hash", vocabSize });
        expect(all(stream)).toEqual(expected(mine));
        expect(stream).toMatchObject({
          bytes: textSize(mine.join("")).bytes,
          characters: textSize(mine.join("")).characters,
          eosId: 0,
          vocabSize,
        });
        expect([...stream.documentStarts]).toEqual(mine.map((_, i) => expected(mine.slice(0, i)).length - 1));
        expect(set[split]).toMatchObject({ documents: mine.length, tokens: stream.tokens });
        const part = new Int32Array(100);
        stream.read(37, 90, part, 5);
        expect([...part.slice(5, 95)]).toEqual(all(stream).slice(37, 127));
        stream.close();
      }
    }
  });

  it("cut a lone document by position and say so", async () => {
    const set = await writeShards(options(["abcdefghij"]));
    expect(set.note).toMatch(/last 30 %/);
    expect(all(openShards(folder, "train"))).toEqual(expected(["abcdefg"]));
    expect(all(openShards(folder, "validation"))).toEqual(expected(["hij"]));
    await writeShards({ ...options(["abcdefghij"]), eosId: undefined } as WriteShardsOptions);
    expect(all(openShards(folder, "train"))).toEqual(encode("abcdefg"));
  });

  it("give validation one document where by hash it would have none", async () => {
    const set = await writeShards(options(words.slice(0, 6), { validationFraction: 1e-9 }));
    expect(set).toMatchObject({ train: { documents: 5 }, validation: { documents: 1 } });
    expect(set.note).toMatch(/none of the 6 documents/);
    expect(readdirSync(folder).sort()).toEqual(["shards.json", "train-00000.bin", "validation-00000.bin"]);
  });

  it("take validation documents of their own", async () => {
    const { validationFraction: _, ...rest } = options(words);
    await writeShards({ ...rest, validation: [{ text: "v" }] });
    expect(openShards(folder, "train").documentStarts.length).toBe(60);
    expect(all(openShards(folder, "validation"))).toEqual(expected(["v"]));
  });

  it("are made again only when something changed", async () => {
    const written = () => statSync(join(folder, "train-00000.bin")).mtimeMs;
    const keyed = options(words, { sourcesKey: "k" });
    expect((await writeShards(keyed)).reused).toBe(false);
    const before = written();
    const again = await writeShards({
      ...keyed,
      encode: () => {
        throw new Error("encoded again");
      },
    });
    expect(again.reused).toBe(true);
    expect(written()).toBe(before);
    for (const change of [
      { sourcesKey: "k2" },
      { tokenizerHash: "other" },
      { validationFraction: 0.2 },
      { vocabSize: 300 },
    ]) {
      expect((await writeShards({ ...keyed, ...change })).reused, JSON.stringify(change)).toBe(false);
    }
    await writeShards(keyed);
    truncateSync(join(folder, "train-00000.bin"), 1500);
    expect((await writeShards(keyed)).reused).toBe(false);
  });

  it("leave nothing behind on an error, nor the old set harmed", async () => {
    await writeShards(options(words));
    const before = readdirSync(folder).map((f) => [f, readFileSync(join(folder, f)).toString("base64")]);
    await expect(writeShards(options(words, { encode: () => [1, 256] }))).rejects.toThrow(
      /document 0: .*outside its vocabulary; found 256/,
    );
    expect(readdirSync(folder).map((f) => [f, readFileSync(join(folder, f)).toString("base64")])).toEqual(
      before,
    );
  });

  it.each<[string, Partial<WriteShardsOptions>, string]>([
    ["several documents without end-of-text", { eosId: undefined as unknown as number }, "eos-needed"],
    ["no documents", { documents: [] }, "no-documents"],
    ["no validation documents", { documents: once(words), validationFraction: 1e-9 }, "no-validation"],
    ["a fraction of 1", { validationFraction: 1 }, "option-invalid"],
    ["end-of-text outside the vocabulary", { eosId: 256 }, "option-invalid"],
    ["a fraction beside validation documents", { validation: [] }, "option-invalid"],
  ])("refuse %s", async (_, change, code) => {
    await expect(writeShards({ ...options(words), ...change })).rejects.toMatchObject({ code });
  });

  it("are refused when damaged, foreign or of another tokenizer", async () => {
    await writeShards(options(words));
    const file = join(folder, "train-00000.bin");
    const good = readFileSync(file);
    const refused = (bytes: Uint8Array, code: string, message: RegExp) => {
      writeFileSync(file, bytes);
      const open = () => openShards(folder, "train", { verify: true, tokenizerHash: "hash" });
      expect(open).toThrow(expect.objectContaining({ code }));
      expect(open).toThrow(message);
    };
    refused(good.subarray(0, 10), "shard-foreign", /no token shard/);
    refused(good.subarray(0, 500), "shard-truncated", /in its header/);
    refused(good.subarray(0, good.length - 1), "shard-truncated", /found "\d+ bytes", expected \d+ bytes/);
    refused(Buffer.concat([good, Buffer.from("x")]), "shard-truncated", /longer/);
    refused(
      Buffer.from(good.toString("latin1").replace("cygnet", "signet"), "latin1"),
      "shard-foreign",
      /no token shard/,
    );
    refused(
      Buffer.from(good.toString("latin1").replace('"version":1', '"version":7'), "latin1"),
      "shard-invalid",
      /header\.version.*found 7, expected 1/,
    );
    refused(
      Buffer.from(good.toString("latin1").replace('"hash"', '"hasH"'), "latin1"),
      "tokenizer-mismatch",
      /found "hasH", expected hash/,
    );
    const flipped = Buffer.from(good);
    flipped[1100]! ^= 1;
    refused(flipped, "shard-damaged", /SHA-256/);
    rmSync(file);
    expect(() => openShards(folder, "train")).toThrow(/does not exist/);
    expect(() => openShards(join(folder, "none"), "train")).toThrow(/holds no token shards/);
  });
});
