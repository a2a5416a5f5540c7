import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine, sum, unary } from "../tensor/index.js";
import { createSeq2SeqModel } from "./create.js";
import { createDrop } from "./dropout.js";

const transformer = {
  model_type: "transformer",
  vocab_size: 29,
  d_model: 12,
  nhead: 3,
  num_encoder_layers: 2,
  num_decoder_layers: 2,
  dim_feedforward: 20,
};
const ids = Int32Array.from({ length: 12 }, (_, i) => 2 + ((i * 7) % 27));
const input = { inputIds: ids, batch: 2, seq: 6 };

it("deals a stream to every place and call, whether or not it drops", () => {
  const streams = [0, 1, 2].flatMap((place) => {
    const drop = createDrop({ seed: 4 }, place);
    return [drop(0.1), drop(0), drop(0.1)].map((m) => m?.stream);
  });
  expect(streams).toEqual([0, undefined, 2, 256, undefined, 258, 512, undefined, 514]);
});

describe("an encoder-decoder", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const model = createSeq2SeqModel({ config: transformer, engine, seed: 3 });
  const run = (dropout: { seed: number } | undefined, of = model) =>
    engine.noGrad(() =>
      engine.scope(() => {
        const encoded = of.encode(input, { dropout });
        return [encoded.hidden.readFloats(), of.decode(input, encoded, { dropout }).readFloats()] as const;
      }),
    );

  it("drops by its seed, and nothing without one", () => {
    const still = createSeq2SeqModel({ config: { ...transformer, dropout: 0 }, engine, seed: 3 });
    const [plain, one, again, other] = [run(undefined), run({ seed: 1 }), run({ seed: 1 }), run({ seed: 2 })];
    expect(one).toEqual(again);
    for (const side of [0, 1]) {
      expect(one[side]).not.toEqual(plain[side]);
      expect(one[side]).not.toEqual(other[side]);
    }
    expect(run({ seed: 1 }, still)).toEqual(run(undefined, still));
    expect(run(undefined, still)).toEqual(plain);
    still.dispose();
  });

  it("drops the same in a layer that is computed again", () => {
    const gradients = (recompute: boolean) => {
      engine.scope(() => {
        const { hidden } = model.encode(input, { dropout: { seed: 5 }, recompute });
        backward(sum(unary("square", hidden)));
      });
      return [...model.parameters.values()].map((p) => {
        const values = p.grad?.readFloats();
        p.grad?.dispose();
        p.grad = null;
        p.gradFresh = false;
        return values;
      });
    };
    const plain = gradients(false);
    expect(plain.filter((g) => g !== undefined).length).toBeGreaterThan(20);
    expect(gradients(true)).toEqual(plain);
  });

  it("refuses a rate that is none", () => {
    const create = (dropout: unknown) => () =>
      createSeq2SeqModel({ config: { ...transformer, dropout }, engine, seed: 1 });
    expect(create(1)).toThrow(/dropout/);
    expect(create(-0.1)).toThrow(/dropout/);
  });
});
