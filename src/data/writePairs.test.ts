import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openPairs, type TokenPairs } from "./openPairs.js";
import { openShards } from "./openShards.js";
import { createPairLoader } from "./pairLoader.js";
import { readPairs } from "./pairs.js";
import { splitOf } from "./split.js";
import { textSize } from "./textSize.js";
import { type WritePairsOptions, writePairs } from "./writePairs.js";
import { writeShards } from "./writeShards.js";

let folder = "";
const madeFolders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cygnet-write-pairs-"));
  madeFolders.push(folder);
});
afterAll(() => madeFolders.forEach((f) => void rmSync(f, { recursive: true })));

const texts = Array.from({ length: 80 }, (_, i) => ({
  id: String(i),
  source: `source ${i % 60}`,
  target: `target ${i} ${"é".repeat(i % 9)}`,
}));
/** A token a code unit; the end, 0 or 1, tells the side. */
const encode = (text: string, side: "source" | "target") => [
  ...Array.from(text, (c) => 2 + (c.charCodeAt(0) % 250)),
  side === "source" ? 0 : 1,
];
const options = (more: Partial<WritePairsOptions> = {}): WritePairsOptions => ({
  pairs: texts,
  encode,
  vocabSize: 256,
  tokenizerHash: "hash",
  folder,
  validationFraction: 0.3,
  ...more,
});
const all = (pairs: TokenPairs) =>
  Array.from({ length: pairs.pairs }, (_, i) => {
    const { source, target } = pairs.read(i);
    expect([source.length, target.length]).toEqual([pairs.sourceLength(i), pairs.targetLength(i)]);
    return [[...source], [...target]];
  });
const encoded = (some: typeof texts) =>
  some.map((p) => [encode(p.source, "source"), encode(p.target, "target")]);

describe("writePairs, openPairs", () => {
  it("hold the pairs of their split in order, whatever the size of a shard", async () => {
    for (const [shardTokens, vocabSize] of [
      [1 << 27, 256],
      [60, 256],
      [1, 70_000],
    ] as const) {
      const set = await writePairs(options({ shardTokens, vocabSize }));
      for (const split of ["train", "validation"] as const) {
        const mine = texts.filter(({ source }) => splitOf({ text: source }, 0.3) === split);
        const pairs = openPairs(folder, split, { tokenizerHash: "hash", vocabSize, verify: true });
        expect(all(pairs)).toEqual(encoded(mine));
        const { bytes, characters } = textSize(mine.map((p) => p.target).join(""));
        expect(pairs).toMatchObject({ bytes, characters, vocabSize, pairs: mine.length });
        expect(set[split]).toMatchObject({ pairs: mine.length, bytes, characters });
        expect(set[split].tokens).toBe(pairs.sourceTokens + pairs.targetTokens);
        expect(pairs.sourceTokens).toBe(encoded(mine).reduce((n, [s]) => n + s!.length, 0));
        expect(() => pairs.read(mine.length)).toThrow(RangeError);
        pairs.close();
      }
    }
  });

  it("keep a source on one side, and take validation pairs of their own", async () => {
    await writePairs(options());
    const sources = (split: "train" | "validation") =>
      new Set(all(openPairs(folder, split)).map(([s]) => s!.join()));
    const validation = sources("validation");
    expect(validation.size).toBeGreaterThan(5);
    for (const source of sources("train")) expect(validation.has(source)).toBe(false);
    const { validationFraction: _, ...rest } = options();
    await writePairs({ ...rest, validation: texts.slice(0, 3) });
    expect(openPairs(folder, "train").pairs).toBe(80);
    expect(all(openPairs(folder, "validation"))).toEqual(encoded(texts.slice(0, 3)));
  });

  it("leave out pairs without a token and say so", async () => {
    const set = await writePairs(
      options({
        encode: (text, side) => (text === "source 7" && side === "source" ? [] : encode(text, side)),
      }),
    );
    expect(set.empty).toBe(2);
    expect(set.train.pairs + set.validation.pairs).toBe(78);
  });

  it("are made again only when something changed", async () => {
    const keyed = options({ sourcesKey: "k" });
    expect((await writePairs(keyed)).reused).toBe(false);
    const before = statSync(join(folder, "train-00000.bin")).mtimeMs;
    expect((await writePairs(keyed)).reused).toBe(true);
    expect(statSync(join(folder, "train-00000.bin")).mtimeMs).toBe(before);
    for (const change of [
      { sourcesKey: "k2" },
      { tokenizerHash: "other" },
      { validationFraction: 0.2 },
      { vocabSize: 300 },
    ])
      expect((await writePairs({ ...keyed, ...change })).reused, JSON.stringify(change)).toBe(false);
  });

  it("are no shards of documents, nor these pairs; one folder holds one of the two", async () => {
    await writePairs(options());
    expect(() => openShards(folder, "train")).toThrow(/no shards\.json/);
    await writeShards({
      documents: texts.map((p) => ({ text: p.source })),
      encode: (text) => encode(text, "source"),
      vocabSize: 256,
      eosId: 0,
      tokenizerHash: "hash",
      folder,
      validationFraction: 0.3,
    });
    expect(() => openPairs(folder, "train")).toThrow(/no pairs\.json/);
    expect(readdirSync(folder).sort()).toEqual(["shards.json", "train-00000.bin", "validation-00000.bin"]);
    await writePairs(options());
    expect(() => openPairs(folder, "train", { tokenizerHash: "other" })).toThrow(/expected other/);
  });

  it("leave nothing behind on an error, nor the old set harmed", async () => {
    await writePairs(options());
    const state = () => readdirSync(folder).map((f) => [f, readFileSync(join(folder, f)).toString("base64")]);
    const before = state();
    await expect(writePairs(options({ encode: () => [256] }))).rejects.toThrow(
      /document 0, source: .*outside its vocabulary/,
    );
    await expect(writePairs(options({ pairs: [] }))).rejects.toThrow(/no pair to train on/);
    await expect(writePairs(options({ validationFraction: 1e-9 }))).rejects.toThrow(
      /none of the 80 pairs fell to validation/,
    );
    await expect(writePairs(options({ validationFraction: 1 }))).rejects.toThrow(
      /validationFraction: cannot be/,
    );
    await expect(writePairs(options({ validation: [] }))).rejects.toThrow(
      /nothing, where validation pairs are given/,
    );
    expect(state()).toEqual(before);
  });
});

const multi30k = "../shared/data/translation/multi30k";
describe.skipIf(!existsSync(`${multi30k}.train.en.gz`))("Multi30k (../shared/data)", () => {
  it("is dealt by tokens with little padding", async () => {
    const reader = readPairs({
      format: "lines",
      source: `${multi30k}.train.en.gz`,
      target: `${multi30k}.train.fr.gz`,
    });
    const words = (text: string) => [...(text.match(/\p{L}+|\S/gu) ?? []).map((word) => 1 + word.length), 0];
    await writePairs({ ...options(), pairs: reader, encode: words, validationFraction: 0.05 });
    const pairs = openPairs(folder, "train");
    expect(pairs.pairs / 29_000).toBeCloseTo(0.95, 2);
    const limits = { pairs, batchTokens: 2048, maxSource: 64, maxTarget: 64, padId: 0, seed: 1 };
    const loader = createPairLoader(limits);
    expect(loader.padding()).toBeLessThan(0.12);
    expect(loader.padding()).toBeLessThan(createPairLoader({ ...limits, bucket: 1 }).padding() / 3);
    expect(loader.leftOut / pairs.pairs).toBeLessThan(0.001);
    let [rows, targets] = [0, 0];
    for (let n = loader.batches(); n > 0; n--) {
      const batch = loader.next();
      rows += batch.source.batch;
      targets += batch.targetCount;
    }
    expect(rows).toBe(loader.pairs);
    expect(targets).toBeGreaterThan(pairs.targetTokens * 0.998);
    pairs.close();
  });
});
