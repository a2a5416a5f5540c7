import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../tensor/backends/reference/index.js";
import { Engine } from "../../tensor/index.js";
import { createCache } from "../cache.js";
import { readLlama2c } from "./llama2c.js";

const weights = "../shared/data/weights/stories260K.bin";
const pieces = "../shared/data/weights/tok512.bin";
const engine = () => new Engine({ backend: createReferenceBackend() });

/** llama2.c's tokenizer file: the longest piece's length, then score (f32), length (i32) and bytes of each. */
function readPieces(file: string): string[] {
  const bytes = readFileSync(file);
  const found: string[] = [];
  for (let at = 4; at < bytes.length; ) {
    const length = bytes.readInt32LE(at + 4);
    found.push(bytes.toString("utf8", at + 8, at + 8 + length));
    at += 8 + length;
  }
  return found;
}

describe.skipIf(!existsSync(weights))("stories260K (../shared/data)", () => {
  it("tells its story, greedily from the start token", () => {
    const model = readLlama2c(weights, engine());
    const vocabulary = readPieces(pieces);
    const cache = createCache(model, 1, 64);
    let token = 1;
    let story = "";
    for (let i = 0; i < 60; i++) {
      const last = token;
      token = model.engine.noGrad(() =>
        model.engine.scope(() => {
          const logits = model
            .logits(model.hidden({ inputIds: Int32Array.of(last), batch: 1, seq: 1, cache }))
            .readFloats();
          return logits.indexOf(Math.max(...logits));
        }),
      );
      story += vocabulary[token];
    }
    expect(story.trim()).toMatch(
      /^Once upon a time, there was a little girl named Lily\. She loved to play outside in the park\./,
    );
    cache.dispose();
    model.dispose();
  });

  it("refuses a file that is cut off", () => {
    const folder = mkdtempSync(join(tmpdir(), "cygnet-"));
    const file = join(folder, "cut.bin");
    writeFileSync(file, readFileSync(weights).subarray(0, 1_000_000));
    expect(() => readLlama2c(file, engine())).toThrow(
      /cut\.bin: is not as long as its header says; found "1000000 bytes", expected 1056540/,
    );
    rmSync(folder, { recursive: true });
  });
});
