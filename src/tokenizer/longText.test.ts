/** A hundred megabytes in one text: no stack overflows, and the time grows with the text. */

import { describe, expect, it } from "vitest";
import { trainBpe } from "./training/trainBpe.js";

const full = process.env.CYGNET_FULL !== undefined;

describe("a very long text", () => {
  it(`${full ? "100 MB" : "5 MB"} are encoded and decoded in time that grows with the text`, async () => {
    const sentence = "The cat sat on the mat, and 12345 others — 漢字 😀 — did not.\n";
    const tokenizer = await trainBpe({ documents: [sentence.repeat(50)], vocabSize: 290 });
    const large = sentence.repeat(Math.ceil((full ? 100e6 : 5e6) / sentence.length));
    const small = large.slice(0, Math.floor(large.length / 10 / sentence.length) * sentence.length);
    const time = (text: string): number => {
      const start = performance.now();
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids) === text).toBe(true);
      return performance.now() - start;
    };
    time(small);
    const [once, tenTimes] = [time(small), time(large)];
    if (full) expect(tenTimes).toBeLessThan(once * 20);
  });
});
