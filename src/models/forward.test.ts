import { describe, expect, it } from "vitest";
import { decoderConfigs } from "../../test/support/decoderConfigs.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { Engine, type Tensor } from "../tensor/index.js";
import { createModel, createSeq2SeqModel } from "./create.js";
import { createEncoder } from "./encoders.js";

const engine = new Engine({ backend: createReferenceBackend() });
const bytes = () => engine.backend.memory().bytes;
const values = (list: readonly Tensor[]) => list.map((t) => t.readFloats());
const shapes = (list: readonly Tensor[]) => list.map((t) => t.shape);
const inScope = (f: () => Tensor) => engine.noGrad(() => engine.scope(f));
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

/** Rows of the last dimension. */
function rows(t: Tensor): number[][] {
  const all = [...t.readFloats()];
  return Array.from({ length: t.rows }, (_, r) => all.slice(r * t.columns, (r + 1) * t.columns));
}
const total = (row: readonly number[]) => row.reduce((sum, x) => sum + x, 0);

describe.each(Object.keys(decoderConfigs))("%s", (name) => {
  const model = createModel({ config: decoderConfigs[name]!, engine, seed: 3 });
  const input = { inputIds: Int32Array.of(3, 1, 22, 7, 7, 0, 4, 9), batch: 2, seq: 4 };
  model.forward(input).dispose(); // makes the tables of positions that the model holds

  it("shows what `hidden` and `logits` compute, and lets go of it all", () => {
    const before = bytes();
    const look = model.forward(input, { capture: ["attentions", "hiddenStates"] });
    const [hiddenStates, attentions]: Tensor[][] = [[], []];
    const logits = inScope(() => model.logits(model.hidden(input, { hiddenStates, attentions })));
    expect(look.logits.shape).toEqual([2, 4, 23]);
    expect(look.logits.readFloats()).toEqual(logits.readFloats());
    expect(shapes(look.hiddenStates)).toEqual(times(model.layers + 1, [2, 4, 12]));
    expect(values(look.hiddenStates)).toEqual(values(hiddenStates!));
    expect(shapes(look.attentions)).toEqual(times(model.layers, [2, model.heads, 4, 4]));
    expect(values(look.attentions)).toEqual(values(attentions!));
    for (const t of [logits, ...hiddenStates!, ...attentions!]) t.dispose();
    look.dispose();
    expect(bytes()).toBe(before);
  });

  it("gives attention to what a query sees, all of it where there is no sink", () => {
    const look = model.forward(input, { capture: ["attentions"] });
    for (const map of look.attentions)
      for (const [r, row] of rows(map).entries()) {
        expect(total(row.slice((r % 4) + 1))).toBe(0);
        if (name === "gpt_oss") expect(total(row)).toBeLessThan(1);
        else expect(total(row)).toBeCloseTo(1, 5);
      }
    look.dispose();
  });

  it("keeps logits alone where nothing else is asked for", () => {
    const before = bytes();
    const look = engine.scope(() => model.forward(input));
    expect(Object.keys(look).toSorted()).toEqual(["dispose", "logits"]);
    expect(look.logits.requiresGrad).toBe(false);
    expect(bytes() - before).toBe(4 * look.logits.size);
    look.dispose();
    expect(bytes()).toBe(before);
  });
});

describe("a mixture of experts", () => {
  it("shows its routers' logits, and a plain model has none", () => {
    const input = { inputIds: Int32Array.of(3, 1, 22), batch: 1, seq: 3 };
    const of = (name: string) => {
      const model = createModel({ config: decoderConfigs[name]!, engine, seed: 3 });
      return shapes(model.forward(input, { capture: ["routerLogits"] }).routerLogits);
    };
    expect(of("mixtral")).toEqual(times(2, [3, 4]));
    expect(of("qwen3_moe")).toEqual(times(2, [3, 5])); // its second layer of three is plain
    expect(of("llama")).toEqual([]);
  });
});

describe("encoders", () => {
  const config = {
    model_type: "bert",
    vocab_size: 23,
    hidden_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    intermediate_size: 20,
    max_position_embeddings: 16,
    initializer_range: 0.3,
  };
  const input = { inputIds: Int32Array.of(5, 6, 7, 0), batch: 1, seq: 4, attentionMask: [1, 1, 1, 0] };

  it("show hidden states and attention on both sides of a token, none on padding", () => {
    const model = createEncoder({ config, engine, seed: 1, head: "token", labels: 5 });
    const before = bytes();
    const look = model.forward(input, { capture: ["hiddenStates", "attentions"] });
    expect(look.logits?.shape).toEqual([1, 4, 5]);
    expect(shapes(look.hiddenStates)).toEqual(times(3, [1, 4, 12]));
    expect(shapes(look.attentions)).toEqual(times(2, [1, 3, 4, 4]));
    for (const map of look.attentions)
      for (const row of rows(map)) {
        expect(row[3]).toBe(0);
        expect(Math.min(...row.slice(0, 3))).toBeGreaterThan(0);
        expect(total(row)).toBeCloseTo(1, 5);
      }
    const logits = inScope(() => model.logits(look.hiddenStates.at(-1)!, input));
    expect(look.logits?.readFloats()).toEqual(logits.readFloats());
    logits.dispose();
    look.dispose();
    expect(bytes()).toBe(before);
  });

  it("have no logits without a head, and hidden states all the same", () => {
    const model = createEncoder({ config, engine, seed: 1, head: "none" });
    const look = model.forward(input, { capture: ["hiddenStates"] });
    expect(look.logits).toBeUndefined();
    expect(look.hiddenStates).toHaveLength(3);
    look.dispose();
  });

  it("refuse what they do not have, by name, and hold nothing", () => {
    const model = createEncoder({ config, engine, seed: 1, head: "masked" });
    const before = bytes();
    const capture = ["attention" as "attentions"];
    expect(() => model.forward(input, { capture })).toThrow(
      /capture: .* found "attention", expected hiddenStates, attentions\. Did you mean "attentions"\?/,
    );
    const wrong = { ...input, inputIds: Int32Array.of(5, 6, 7, 99) };
    expect(() => model.forward(wrong, { capture: ["hiddenStates"] })).toThrow();
    expect(bytes()).toBe(before);
  });
});

describe("encoder-decoders", () => {
  const config = {
    model_type: "t5",
    vocab_size: 29,
    d_model: 12,
    d_kv: 5,
    d_ff: 16,
    num_layers: 2,
    num_decoder_layers: 3,
    num_heads: 3,
  };
  const model = createSeq2SeqModel({ config, engine, seed: 3 });
  const source = {
    inputIds: Int32Array.of(2, 9, 4, 11, 5, 0),
    batch: 1,
    seq: 6,
    attentionMask: [1, 1, 1, 1, 1, 0],
  };
  const target = { inputIds: Int32Array.of(0, 7, 3, 8), batch: 1, seq: 4 };

  model.forward({ source, target }).dispose(); // makes the biases that the model holds

  it("show both stacks, and where targets look in the source", () => {
    const before = bytes();
    const look = model.forward(
      { source, target },
      {
        capture: [
          "hiddenStates",
          "attentions",
          "crossAttentions",
          "encoderHiddenStates",
          "encoderAttentions",
        ],
      },
    );
    expect(look.logits.shape).toEqual([1, 4, 29]);
    expect(shapes(look.encoderHiddenStates)).toEqual(times(3, [1, 6, 12]));
    expect(shapes(look.encoderAttentions)).toEqual(times(2, [1, 3, 6, 6]));
    expect(shapes(look.hiddenStates)).toEqual(times(4, [1, 4, 12]));
    expect(shapes(look.attentions)).toEqual(times(3, [1, 3, 4, 4]));
    expect(shapes(look.crossAttentions)).toEqual(times(3, [1, 3, 4, 6]));
    for (const map of [...look.crossAttentions, ...look.encoderAttentions])
      for (const row of rows(map)) {
        expect(row[5]).toBe(0);
        expect(total(row)).toBeCloseTo(1, 5);
      }
    for (const map of look.attentions)
      for (const [r, row] of rows(map).entries()) expect(total(row.slice((r % 4) + 1))).toBe(0);
    const logits = inScope(() => model.logits(look.hiddenStates.at(-1)!));
    expect(look.logits.readFloats()).toEqual(logits.readFloats());
    logits.dispose();
    look.dispose();
    expect(bytes()).toBe(before);
  });

  it("show one stack where the other is not asked for", () => {
    const look = model.forward({ source, target }, { capture: ["crossAttentions"] });
    expect(Object.keys(look).toSorted()).toEqual(["crossAttentions", "dispose", "logits"]);
    expect(look.crossAttentions).toHaveLength(3);
    look.dispose();
  });
});
