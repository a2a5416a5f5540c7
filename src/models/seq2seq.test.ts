import { describe, expect, it } from "vitest";
import { beamSearch, conditioned, startDecoding } from "../generate/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { Engine } from "../tensor/index.js";
import { createSeq2SeqModel } from "./create.js";

const sizes = { vocab_size: 29, d_model: 12, initializer_range: 0.3 };
const bart = {
  ...sizes,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 2,
  decoder_attention_heads: 3,
  encoder_ffn_dim: 20,
  decoder_ffn_dim: 16,
  max_position_embeddings: 24,
  init_std: 0.3,
  pad_token_id: 0,
  decoder_start_token_id: 1,
};
const configs: Record<string, Record<string, unknown>> = {
  marian: { model_type: "marian", ...bart },
  mbart: { model_type: "mbart", ...bart },
  t5: { model_type: "t5", ...sizes, d_kv: 5, d_ff: 16, num_layers: 2, num_heads: 3 },
  transformer: {
    model_type: "transformer",
    ...sizes,
    nhead: 3,
    num_encoder_layers: 2,
    num_decoder_layers: 2,
    dim_feedforward: 20,
  },
};

const ids = (batch: number, seq: number, salt = 0) =>
  Int32Array.from({ length: batch * seq }, (_, i) => 2 + ((i * 7 + 5 * Math.floor(i / seq) + salt) % 27));
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce(
    (worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)),
    a.length === b.length ? 0 : 1e9,
  );

describe.each(Object.keys(configs))("%s", (name) => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const model = createSeq2SeqModel({ config: configs[name]!, engine, seed: 3 });
  const logits = (source: Parameters<typeof model.encode>[0], target: Int32Array): Float32Array =>
    engine.noGrad(() =>
      engine.scope(() => {
        const { batch } = source;
        const encoded = model.encode(source);
        return model
          .logits(model.decode({ inputIds: target, batch, seq: target.length / batch }, encoded))
          .readFloats();
      }),
    );

  it("does not see padding of the source, nor later targets, but sees all of the source", () => {
    const [source, target] = [ids(1, 6), ids(1, 5, 3)];
    const plain = logits({ inputIds: source, batch: 1, seq: 6 }, target);
    const padded = Int32Array.from([...source, 9, 9]);
    const masked = { inputIds: padded, batch: 1, seq: 8, attentionMask: [1, 1, 1, 1, 1, 1, 0, 0] };
    expect(far(plain, logits(masked, target))).toBeLessThan(1e-5);
    const later = target.slice();
    later[4] = 2 + ((later[4]! + 1) % 27);
    const changed = logits({ inputIds: source, batch: 1, seq: 6 }, later);
    expect(far(plain.slice(0, 4 * 29), changed.slice(0, 4 * 29))).toBe(0);
    expect(far(plain.slice(4 * 29), changed.slice(4 * 29))).toBeGreaterThan(1e-3);
    const other = source.slice();
    other[5] = 2 + ((other[5]! + 1) % 27);
    expect(
      far(plain.slice(0, 29), logits({ inputIds: other, batch: 1, seq: 6 }, target).slice(0, 29)),
    ).toBeGreaterThan(1e-4);
  });

  it("reads each row's own source when rows are reordered between steps", () => {
    const sources = ids(2, 6);
    const encoded = engine.noGrad(() => model.encode({ inputIds: sources, batch: 2, seq: 6 }));
    const prompts = [Int32Array.of(1), Int32Array.of(1)];
    const decoding = startDecoding(conditioned(model, encoded), prompts, { capacity: 8, maxRows: 3 });
    decoding.step(Int32Array.of(5, 6));
    decoding.select([1, 0, 1]);
    decoding.step(Int32Array.of(7, 8, 9));
    const whole = (row: number, target: number[]) =>
      logits(
        { inputIds: sources.slice(6 * row, 6 * row + 6), batch: 1, seq: 6 },
        Int32Array.from(target),
      ).slice(-29);
    const expected = [whole(1, [1, 6, 7]), whole(0, [1, 5, 8]), whole(1, [1, 6, 9])];
    for (const [r, row] of expected.entries())
      expect(far(row, decoding.logits.slice(r * 29, (r + 1) * 29))).toBeLessThan(1e-5);
    decoding.dispose();
    encoded.hidden.dispose();
  });

  it("finds at least as good a text with beams as greedily, the same for each source alone", async () => {
    const sources = ids(2, 6);
    const search = async (inputIds: Int32Array, batch: number, numBeams: number) => {
      const encoded = engine.noGrad(() => model.encode({ inputIds, batch, seq: 6 }));
      const prompts = Array.from({ length: batch }, () => Int32Array.of(1));
      const found = await beamSearch(conditioned(model, encoded), prompts, {
        numBeams,
        maxTokens: 6,
        lengthPenalty: 0,
        eosTokenIds: [],
      });
      encoded.hidden.dispose();
      return found.map((beams) => beams[0]!);
    };
    const [one, four] = [await search(sources, 2, 1), await search(sources, 2, 4)];
    for (const [r, beam] of four.entries()) expect(beam.score).toBeGreaterThanOrEqual(one[r]!.score - 1e-5);
    const alone = await search(sources.slice(6), 1, 4);
    expect([...alone[0]!.ids]).toEqual([...four[1]!.ids]);
  });
});

describe("errors", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  it("names what does not fit", () => {
    const create = (config: Record<string, unknown>) => () => createSeq2SeqModel({ config, engine, seed: 1 });
    expect(create({ ...configs.marian, d_model: 13 })).toThrow(/d_model 13 is not divisible by 2 heads/);
    expect(create({ ...configs.marian, decoder_vocab_size: 40 })).toThrow(
      /vocabularies have 29 and 40 tokens/,
    );
    expect(create({ model_type: "gpt2" })).toThrow(/is a decoder, which continues text/);
    const model = createSeq2SeqModel({ config: configs.marian!, engine, seed: 1 });
    expect(() => model.encode({ inputIds: ids(1, 30), batch: 1, seq: 30 })).toThrow(
      /the source is longer than the model's context/,
    );
    expect(() => model.encode({ inputIds: Int32Array.of(29), batch: 1, seq: 1 })).toThrow(
      /outside the model's vocabulary/,
    );
    expect(() => model.decode({ inputIds: ids(1, 2), batch: 1, seq: 2 }, undefined)).toThrow(
      /needs its source/,
    );
  });
});
