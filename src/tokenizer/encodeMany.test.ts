import { describe, expect, it } from "vitest";
import { encodeMany } from "./encodeMany.js";
import { trainBpe, trainTokenizer } from "./index.js";

const texts = Array.from(
  { length: 300 },
  (_, i) => `Document ${i}: ${"the fox, the hen. ".repeat(i % 97)}猫😀\n`,
);

async function collect(stream: AsyncIterable<Int32Array>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const ids of stream) all.push([...ids]);
  return all;
}

describe("encoding many documents", () => {
  it("gives the ids of each document in their order, whatever the number of threads", async () => {
    const tokenizer = await trainBpe({ documents: texts, vocabSize: 300, ifCorpusTooSmall: "shrink" });
    const big = [...texts, "fox ".repeat(600_000), ...texts, "", ...texts];
    const expected = big.map((text) => [...tokenizer.encode(text)]);
    for (const workers of [1, 2, 3])
      expect(await collect(encodeMany(tokenizer, big, { workers }))).toEqual(expected);
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
    for await (const ids of encodeMany(tokenizer, ["abc", "abc"], { workers: 2 })) {
      expect([...ids]).toEqual([0]);
      break;
    }
    await expect(collect(encodeMany(tokenizer, [], { workers: 0 }))).rejects.toMatchObject({
      code: "value-invalid",
    });
  });
});
