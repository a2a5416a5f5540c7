import { describe, expect, it } from "vitest";
import { createEncodePool, encodeMany } from "./encodeMany.js";
import { trainBpe, trainTokenizer } from "./index.js";

const texts = Array.from(
  { length: 300 },
  (_, i) => `Document ${i}: ${"the fox, the hen. ".repeat(i % 97)}猫😀\n`,
);

/** Millions of ids are compared as text, which is quick. */
const asText = (ids: Int32Array) =>
  Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("latin1");

async function collect(stream: AsyncIterable<Int32Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const ids of stream) all.push(asText(ids));
  return all;
}

describe("encoding many documents", () => {
  it("gives the ids of each document in their order, whatever the number of threads", async () => {
    const tokenizer = await trainBpe({ documents: texts, vocabSize: 300, ifCorpusTooSmall: "shrink" });
    const big = [...texts, "fox ".repeat(150_000), ...texts, "", ...texts];
    const expected = big.map((text) => asText(tokenizer.encode(text)));
    expect(await collect(encodeMany(tokenizer, big))).toEqual(expected);
    for (const options of [{ workers: 2 }, { workers: 3, special: "all" as const }]) {
      const pool = createEncodePool(tokenizer, options);
      await pool.ready();
      const streams = [collect(pool.encodeMany(big)), collect(pool.encodeMany(texts))];
      const [first, second] = await Promise.all(streams);
      expect(first).toEqual(expected);
      expect(second).toEqual(expected.slice(0, texts.length));
      await pool.close();
    }
  });

  it("starts threads in the middle of a long stream", async () => {
    const tokenizer = await trainTokenizer({
      documents: ["abc d"],
      model: { type: "WordLevel" },
      vocabSize: 10,
      preTokenizer: { type: "WhitespaceSplit" },
    });
    const long = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? "abc " : "d abc ").repeat(50_000));
    const short = long.slice(0, 2).map((text) => asText(tokenizer.encode(text)));
    const slow = async function* () {
      for (const text of long) {
        yield text;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    let i = 0;
    for await (const ids of encodeMany(tokenizer, slow(), { workers: 2 }))
      expect(asText(ids) === short[i++ % 2]).toBe(true);
    expect(i).toBe(long.length);
  });

  it("tells a text that cannot be spelt as encode does, and ends its threads where nobody listens any more", async () => {
    const tokenizer = await trainTokenizer({
      documents: ["abc"],
      model: { type: "WordLevel" },
      vocabSize: 10,
      unkToken: "<unk>",
    });
    const code = (run: () => unknown) => {
      try {
        run();
        return "none";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const alone = code(() => tokenizer.encode("xyz"));
    expect(alone).not.toBe("none");
    await expect(collect(encodeMany(tokenizer, ["abc", "xyz"], { workers: 2 }))).rejects.toMatchObject({
      code: alone,
    });
    const pool = createEncodePool(tokenizer, { workers: 3 });
    await pool.ready();
    const wrong = function* () {
      for (let i = 0; i < 100_000; i++) yield i === 60_000 ? "xyz" : "abc";
    };
    await expect(collect(pool.encodeMany(wrong()))).rejects.toMatchObject({ code: alone });
    for await (const ids of pool.encodeMany(["abc", "abc"])) {
      expect([...ids]).toEqual([0]);
      break;
    }
    await pool.close();
    await expect(collect(encodeMany(tokenizer, [], { workers: 0 }))).rejects.toMatchObject({
      code: "value-invalid",
    });
  });
});
