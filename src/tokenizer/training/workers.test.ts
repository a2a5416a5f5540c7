import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type CountSettings, withCountedWords } from "./countDocuments.js";
import { trainBpe } from "./trainBpe.js";
import { type ModelTraining, type TrainTokenizerOptions, trainTokenizer } from "./trainTokenizer.js";

/** Documents of words in several scripts, some rare, some of them long; the same for every call. */
function* documents(count: number): Generator<string> {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const letters = [..."etaoinshrdluéß漢字かな😀мир"];
  const word = () => Array.from({ length: 1 + random(9) }, () => letters[random(random(letters.length) + 1)]);
  for (let d = 0; d < count; d++)
    yield Array.from({ length: 5 + random(40) }, () => word().join("")).join(random(9) === 0 ? "\n" : " ");
}

async function* stream(count: number): AsyncGenerator<string> {
  for (const document of documents(count)) {
    if (document.length % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield document;
  }
}

/** A folder for temporary files of this test alone. */
const own = mkdtempSync(join(tmpdir(), "cygnet-workers-"));
process.env.TMPDIR = own;
afterAll(() => rmSync(own, { recursive: true }));
const left = () => readdirSync(own).filter((name) => name.startsWith("cygnet-words-"));
const split = { type: "WhitespaceSplit" };
const MODELS: readonly ModelTraining[] = [
  { type: "BPE" },
  { type: "BPE", byteFallback: true, endOfWordSuffix: "</w>" },
  { type: "WordPiece" },
  { type: "WordLevel" },
  { type: "Unigram" },
];

const FULL = process.env.CYGNET_FULL !== undefined;

/** The words and their counts, sorted. */
function countsOf(
  more: Partial<CountSettings> & Pick<CountSettings, "cut" | "documents">,
): Promise<string[]> {
  const settings = { workers: 1, memory: 2 ** 30, signal: undefined, onProgress: () => {}, ...more };
  return withCountedWords(settings, async (words) => {
    const all: string[] = [];
    words.forEach((bytes, start, end, count) => {
      all.push(`${Buffer.from(bytes.subarray(start, end)).toString("hex")} ${count}`);
    });
    return all.sort();
  });
}

const pipeline = { kind: "pipeline", normalizer: { type: "NFC" }, preTokenizer: split } as const;

describe("what is counted does not depend on who counts", () => {
  it.each([{ kind: "pattern", pattern: "gpt4" }, pipeline] as const)("$kind", async (cut) => {
    const count = 6000; // several batches a worker
    const before = left();
    const alone = await countsOf({ cut, documents: documents(count) });
    const threadsAfter = 0;
    for (const ways of [
      { workers: 2, threadsAfter },
      { workers: 3, threadsAfter, memory: 1, documents: stream(count) },
      { memory: 1 },
    ])
      expect(await countsOf({ cut, documents: documents(count), ...ways })).toEqual(alone);
    expect(left()).toEqual(before);
  });

  it("threads that start while the stream is being counted", async () => {
    const cut = { kind: "pattern", pattern: "gpt2" } as const;
    const alone = await countsOf({ cut, documents: documents(3000) });
    for (const threadsAfter of [1, 1 << 18])
      expect(await countsOf({ cut, documents: documents(3000), workers: 2, threadsAfter })).toEqual(alone);
  });
});

describe("training does not depend on how the words are counted", () => {
  it.each(MODELS)("$type: little memory, a stream", async (model) => {
    const options: Omit<TrainTokenizerOptions, "documents"> = {
      model,
      vocabSize: 400,
      specialTokens: ["<unk>"],
      unkToken: "<unk>",
      normalizer: { type: "NFC" },
      preTokenizer: split,
    };
    const count = FULL ? 500 : model.type === "Unigram" ? 60 : 150;
    const alone = (await trainTokenizer({ ...options, documents: documents(count) })).definition;
    const memory = 1; // as little as there may be, so that much goes to disk
    for (const ways of FULL
      ? [{ workers: 2 }, { workers: 3, memory }, { memory }]
      : [{ workers: 2, memory }]) {
      const { definition } = await trainTokenizer({ ...options, ...ways, documents: stream(count) });
      expect(JSON.stringify(definition), JSON.stringify(ways)).toBe(JSON.stringify(alone));
    }
  });

  it("byte-level BPE", async () => {
    const count = FULL ? 30_000 : 300; // the former: enough for threads
    const ask = (more: object) => trainBpe({ documents: documents(count), vocabSize: 600, ...more });
    const alone = JSON.stringify((await ask({})).definition);
    for (const ways of [{ workers: 3, memory: 1 }, { documents: stream(count) }])
      expect(JSON.stringify((await ask(ways)).definition), JSON.stringify(ways)).toBe(alone);
  });

  it("leaves out words that are rare in all documents together, wherever they were counted", async () => {
    const options = { model: { type: "WordLevel" }, vocabSize: 1e6, preTokenizer: split } as const;
    const all = await trainTokenizer({ ...options, documents: documents(800) });
    const often = await trainTokenizer({ ...options, documents: documents(800), minWordCount: 3 });
    const many = { workers: 3, memory: 1, minWordCount: 3 };
    const same = await trainTokenizer({ ...options, documents: documents(800), ...many });
    expect(often.vocabSize).toBeLessThan(all.vocabSize / 2);
    expect(JSON.stringify(same.definition)).toBe(JSON.stringify(often.definition));
  });
});

describe("training that is stopped", () => {
  const options = { model: { type: "BPE" }, vocabSize: 5000, preTokenizer: split, memory: 1 } as const;

  it.each([1, 2])("ends with the signal's reason and leaves nothing: %i workers", async (workers) => {
    const before = left();
    const controller = new AbortController();
    const endless = async function* () {
      for (;;) yield* stream(3000);
    };
    const training = trainTokenizer({
      ...options,
      documents: endless(),
      workers,
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (phase === "count" && !controller.signal.aborted)
          setTimeout(() => controller.abort("enough"), 300);
      },
    });
    await expect(training).rejects.toBe("enough");
    expect(left()).toEqual(before);
  });

  it("does not wait for a stream that gives nothing more", async () => {
    const silent = async function* () {
      yield "a b c";
      await new Promise(() => {});
    };
    const signal = AbortSignal.timeout(50);
    await expect(trainTokenizer({ ...options, documents: silent(), signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  it("ends while merges are learned", async () => {
    const controller = new AbortController();
    const training = trainTokenizer({
      ...options,
      documents: documents(1500),
      vocabSize: 100_000,
      memory: 1 << 30,
      signal: controller.signal,
      onProgress: ({ phase }) => phase === "merge" && controller.abort(),
    });
    await expect(training).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each([1, 2])("hands on the error of the stream: %i workers", async (workers) => {
    const broken = function* () {
      yield* documents(500);
      throw new Error("the disk is gone");
    };
    await expect(trainTokenizer({ ...options, documents: broken(), workers })).rejects.toThrow(
      "the disk is gone",
    );
  });

  it("hands on a user's mistake", async () => {
    const preTokenizer = { type: "NoSuchThing" };
    const training = trainTokenizer({ ...options, documents: ["a"], preTokenizer, workers: 2 });
    await expect(training).rejects.toMatchObject({ mark: "cygnet.UserError" });
  });

  it.each([{ workers: 0 }, { workers: 1.5 }, { memory: 0 }, { memory: Number.NaN }, { minWordCount: 0 }])(
    "refuses %o",
    async (wrong) => {
      await expect(trainTokenizer({ ...options, documents: ["a"], ...wrong })).rejects.toMatchObject({
        code: "value-invalid",
      });
    },
  );
});
