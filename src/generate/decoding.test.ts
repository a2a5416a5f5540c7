import { afterAll, describe, expect, it } from "vitest";
import { type CausalModel, createModel } from "../models/index.js";
import { nativeAvailable } from "../tensor/backends/native/index.js";
import { createEngine, type Device } from "../tensor/device.js";
import { startDecoding } from "./decoding.js";

const configs: Record<string, Record<string, unknown>> = {
  gpt2: {
    model_type: "gpt2",
    vocab_size: 61,
    n_positions: 160,
    n_embd: 24,
    n_layer: 2,
    n_head: 3,
    initializer_range: 0.3,
  },
  mistral: {
    model_type: "mistral",
    vocab_size: 61,
    hidden_size: 24,
    intermediate_size: 40,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    sliding_window: 37,
    max_position_embeddings: 160,
    initializer_range: 0.3,
  },
};
const tokens = (length: number, salt: number) =>
  Int32Array.from({ length }, (_, i) => (i * 7 + i * i * salt + salt) % 61);
const devices: Device[] = ["reference", "native"];
const kinds = Object.keys(configs).flatMap((family) =>
  (["fp32", "bf16"] as const).map((c) => [family, c] as const),
);

for (const device of devices) {
  const there = device === "reference" || nativeAvailable().ok;
  describe.skipIf(!there).each(kinds)(`decoding of %s in %s on ${device}`, (family, compute) => {
    const engine = createEngine({ device: there ? device : "reference", compute });
    engine.keepPacked();
    const model: CausalModel = createModel({ config: configs[family]!, engine, seed: 3 });
    afterAll(() => engine.dispose());
    const prompts = [tokens(67, 1), tokens(5, 2), tokens(66, 3), tokens(1, 4)];
    const NEXT = [3, 11, 30, 7, 59, 2, 2, 19];

    function alone(prompt: Int32Array, next: readonly number[]): Float32Array[] {
      const decoding = startDecoding(model, [prompt], { capacity: prompt.length + next.length });
      const seen = [decoding.logits];
      for (const id of next) {
        decoding.step(Int32Array.of(id));
        seen.push(decoding.logits);
      }
      decoding.dispose();
      return seen;
    }

    it("gives each row of a batch the bits it has alone", () => {
      const decoding = startDecoding(model, prompts, { capacity: 80 });
      const rows = prompts.map((p) => alone(p, NEXT));
      for (let step = 0; step <= NEXT.length; step++) {
        for (const [r, row] of rows.entries())
          expect(decoding.logits.slice(r * 61, r * 61 + 61)).toEqual(row[step]);
        if (step < NEXT.length) decoding.step(new Int32Array(prompts.length).fill(NEXT[step]!));
      }
      decoding.dispose();
    });

    it("gives the bits of the whole text read at once, whatever the chunks and the cache's size", () => {
      const whole = startDecoding(model, [Int32Array.from([...prompts[0]!, ...NEXT])], { capacity: 0 });
      for (const chunk of [1, 16, 50]) {
        const parts = startDecoding(model, [prompts[0]!], { capacity: 150, chunk });
        for (const id of NEXT) parts.step(Int32Array.of(id));
        expect(parts.logits).toEqual(whole.logits);
        parts.dispose();
      }
      whole.dispose();
    });

    it("repeats, reorders and drops rows", () => {
      const decoding = startDecoding(model, prompts, { capacity: 90, maxRows: 6 });
      decoding.select([1, 1, 3, 0, 3, 2]);
      decoding.step(Int32Array.of(5, 6, 5, 5, 6, 5));
      decoding.select([1, 4, 0]);
      decoding.step(Int32Array.of(9, 9, 9));
      const expected = [alone(prompts[1]!, [6, 9]), alone(prompts[3]!, [6, 9]), alone(prompts[1]!, [5, 9])];
      for (const [r, row] of expected.entries())
        expect(decoding.logits.slice(r * 61, r * 61 + 61)).toEqual(row[2]);
      decoding.dispose();
    });

    it("releases its memory", () => {
      const before = engine.backend.memory().bytes;
      const decoding = startDecoding(model, prompts, { capacity: 90, maxRows: 6 });
      decoding.select([0, 0, 1]);
      decoding.step(Int32Array.of(1, 2, 3));
      const held = engine.backend.memory().bytes - before - decoding.cacheBytes;
      expect(held).toBeGreaterThanOrEqual(0);
      expect(held).toBeLessThan(decoding.cacheBytes / 8); // pieces of memory are rounded up
      decoding.dispose();
      expect(engine.backend.memory().bytes).toBe(before);
    });

    it("refuses a prompt that is empty or leaves no room", () => {
      expect(() => startDecoding(model, [tokens(160, 1)], { capacity: 10 })).toThrow(
        /found "160 tokens", expected at most 159/,
      );
      expect(() => startDecoding(model, [Int32Array.of(1), new Int32Array(0)], { capacity: 10 })).toThrow(
        /nothing to continue/,
      );
    });
  });
}
