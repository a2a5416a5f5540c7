/** Memory of training from a stream that has more distinct words than the tables may hold. */

import { describe, expect, it } from "vitest";
import { residentBytes } from "../../platform/machine.js";
import { trainTokenizer } from "./trainTokenizer.js";

/** `count` documents of a thousand words, nearly all of them different; never more than one in memory. */
function* documents(count: number): Generator<string> {
  let n = 0;
  for (let d = 0; d < count; d++)
    yield Array.from({ length: 1000 }, (_, i) =>
      i % 10 === 0 ? "often" : `${(n++ * 2654435761) % 2 ** 32}`,
    ).join(" ");
}

describe("memory of training", () => {
  const full = process.env.CYGNET_FULL !== undefined;
  it(`does not grow with the stream (${full ? "30 MB" : "0.6 MB; more with CYGNET_FULL"})`, async () => {
    const count = full ? 3000 : 60;
    const memory = full ? 4 << 20 : 1;
    let most = 0;
    let words = 0;
    const before = residentBytes();
    const tokenizer = await trainTokenizer({
      documents: documents(count),
      model: { type: "WordLevel" },
      vocabSize: 100,
      minWordCount: 2,
      preTokenizer: { type: "WhitespaceSplit" },
      memory,
      onProgress: (progress) => {
        if (progress.phase === "count") words = Math.max(words, progress.words);
        most = Math.max(most, residentBytes() - before);
      },
    });
    most = Math.max(most, residentBytes() - before);
    expect(tokenizer.tokenToId("often")).toBe(0);
    expect(words).toBeLessThan(count * 900);
    expect(words).toBeLessThan(memory > 1 ? 100_000 : 5000);
    // All 2.7 million words of the large stream would take three times as much.
    if (full) expect(most).toBeLessThan(150e6);
  });
});
