import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, crossEntropy, Engine, type Tensor } from "../tensor/index.js";
import { writeSafetensors } from "./checkpoints/index.js";
import type { EncoderHead, EncoderInput, EncoderModel } from "./encoderModel.js";
import { createEncoder, loadEncoder } from "./encoders.js";
import { saveModel } from "./save.js";

const shared = { vocab_size: 23, initializer_range: 0.3, max_position_embeddings: 16 };
const small = {
  ...shared,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
};
const configs: Record<string, Record<string, unknown>> = {
  bert: { model_type: "bert", ...small },
  roberta: { model_type: "roberta", ...small },
  distilbert: { model_type: "distilbert", ...shared, dim: 12, n_layers: 2, n_heads: 3, hidden_dim: 20 },
  modernbert: {
    model_type: "modernbert",
    ...small,
    num_hidden_layers: 3,
    local_attention: 4,
    global_attn_every_n_layers: 2,
    pad_token_id: 0,
  },
};
const classes: Record<string, string> = {
  bert: "Bert",
  roberta: "Roberta",
  distilbert: "DistilBert",
  modernbert: "ModernBert",
};
const heads: EncoderHead[] = ["none", "masked", "sequence", "token"];

const engine = new Engine({ backend: createReferenceBackend() });
const root = mkdtempSync(join(tmpdir(), "cygnet-encoders-"));
afterAll(() => rmSync(root, { recursive: true }));

const ids = (...rows: number[][]) => Int32Array.from(rows.flat());
const values = (f: () => Tensor) => engine.noGrad(() => engine.scope(() => f().readFloats()));
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce(
    (worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)),
    a.length === b.length ? 0 : 1e9,
  );
const output = (model: EncoderModel, input: EncoderInput) =>
  values(() => {
    const hidden = model.hidden(input);
    return model.head === "none" ? hidden : model.logits(hidden, input);
  });

describe.each(Object.keys(configs))("%s", (name) => {
  const make = (head: EncoderHead, more = {}) =>
    createEncoder({ config: configs[name]!, engine, seed: 7, head, ...more });

  it.each(heads)("is saved and loaded with the head %s", (head) => {
    const model = make(head, { labels: ["a", "b", "c"] });
    const folder = join(root, `${name}-${head}`);
    saveModel(model, folder);
    const ending = {
      none: "Model",
      masked: "ForMaskedLM",
      sequence: "ForSequenceClassification",
      token: "ForTokenClassification",
    };
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    expect(config.architectures).toEqual([`${classes[name]}${ending[head as "none"]}`]);
    const again = loadEncoder(folder, { engine });
    expect([again.head, again.labels]).toEqual([model.head, model.labels]);
    const input = { inputIds: ids([5, 6, 7, 8, 9, 10]), batch: 2, seq: 3 };
    expect(output(again, input)).toEqual(output(model, input));
  });

  it("gives a packed document what it has alone, and a padded row what it has unpadded", () => {
    for (const head of heads) {
      const model = make(head);
      const parts = [
        [5, 6, 7],
        [8, 9, 10, 11, 12],
      ];
      const alone = parts.map((p) => output(model, { inputIds: ids(p), batch: 1, seq: p.length }));
      const joined = Float32Array.from(alone.flatMap((a) => [...a]));
      const packed = { inputIds: ids(...parts), batch: 1, seq: 8, documentStarts: [0, 0, 0, 3, 3, 3, 3, 3] };
      expect(far(output(model, packed), joined)).toBeLessThan(1e-5);
      const pad = model.padTokenId!;
      const padded = {
        inputIds: ids([...parts[0]!, pad, pad], parts[1]!),
        batch: 2,
        seq: 5,
        attentionMask: [1, 1, 1, 0, 0, 1, 1, 1, 1, 1],
      };
      const out = output(model, padded);
      const width = head === "sequence" ? out.length / 2 : out.length / 10;
      const skip = head === "sequence" ? width : 5 * width;
      expect(far(out.subarray(0, alone[0]!.length), alone[0]!)).toBeLessThan(1e-5);
      expect(far(out.subarray(skip), alone[1]!)).toBeLessThan(1e-5);
    }
  });

  it("computes the loss of masked words from their rows as from all logits", () => {
    const model = make("masked");
    const input = { inputIds: ids([5, 6, 7, 8, 9, 10]), batch: 2, seq: 3 };
    const labels = Int32Array.of(-100, 3, -100, -100, 4, 22);
    const fused = values(() => model.loss(model.hidden(input), input, { labels }, 5));
    const plain = values(
      () => crossEntropy(model.logits(model.hidden(input), input), engine.tensor(labels), 5).loss,
    );
    expect(far(fused, plain)).toBeLessThan(1e-6);
    const none = engine.scope(() => {
      const loss = model.loss(model.hidden(input), input, { labels: new Int32Array(6).fill(-100) }, 5);
      backward(loss);
      return loss.item();
    });
    expect(none).toBe(0);
    for (const p of model.parameters.values())
      expect(p.grad?.readFloats().every((g) => g === 0)).not.toBe(false);
  });

  it("gets a new head when asked, the body from the file; what the body lacks is an error", () => {
    const folder = join(root, `${name}-body`);
    const body = make("masked");
    saveModel(body, folder);
    const model = loadEncoder(folder, { engine, head: "sequence", labels: 3, seed: 3 });
    const [first, second] = [3, 4].map((seed) =>
      loadEncoder(folder, { engine, head: "sequence", labels: 3, seed }),
    );
    const input = { inputIds: ids([5, 6, 7]), batch: 1, seq: 3 };
    expect(output(model, input)).toEqual(output(first!, input));
    expect(output(model, input)).not.toEqual(output(second!, input));
    expect(values(() => model.hidden(input))).toEqual(values(() => body.hidden(input)));
    expect(() =>
      loadEncoder(join(root, `${name}-sequence`), { engine, head: "sequence", labels: 5 }),
    ).toThrow(/has another shape/);
    const five = loadEncoder(join(root, `${name}-sequence`), {
      engine,
      head: "sequence",
      labels: 5,
      replaceHead: true,
    });
    expect(five.labels).toBe(5);

    const some = new Map([...body.parameters].filter(([n]) => !/layers?\.1\./.test(n)));
    writeSafetensors(join(folder, "model.safetensors"), some, { dtype: "f32" });
    expect(() => loadEncoder(folder, { engine, head: "sequence" })).toThrow(/is not in the weights/);
  });
});

describe("files of BERT as first published", () => {
  it("have other names for norms, no prefix, heads that are not asked for; a body may lack its pooler", () => {
    const model = createEncoder({ config: configs.bert!, engine, seed: 1, head: "masked" });
    const folder = join(root, "old");
    saveModel(model, folder);
    const renamed = (name: string) =>
      name
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta")
        .replace(/^bert\./, "");
    const old = new Map([...model.parameters].map(([name, p]) => [renamed(name), p]));
    old.set("cls.seq_relationship.weight", engine.zeros([2, 12]).keep());
    old.set("embeddings.position_ids", engine.zeros([1, 16]).keep());
    writeSafetensors(join(folder, "model.safetensors"), old, { dtype: "f32" });
    const input = { inputIds: ids([5, 6, 7]), batch: 1, seq: 3 };
    expect(output(loadEncoder(folder, { engine }), input)).toEqual(output(model, input));
    const body = loadEncoder(folder, { engine, head: "none" });
    expect(body.pooled).toBeUndefined();
    expect(values(() => body.hidden(input))).toEqual(values(() => model.hidden(input)));
    expect(() => loadEncoder(folder, { engine, head: "pretraining" })).not.toThrow();
  });
});

describe("an encoder refuses", () => {
  const model = createEncoder({ config: configs.roberta!, engine, seed: 1, head: "sequence", labels: 1 });
  it("text beyond its context, unknown ids, token types it has no row for, rows of padding alone", () => {
    expect(model.contextLength).toBe(14);
    expect(model.problem).toBe("regression");
    expect(() => output(model, { inputIds: new Int32Array(15), batch: 1, seq: 15 })).toThrow(
      /longer than the model's context/,
    );
    expect(() => output(model, { inputIds: ids([23]), batch: 1, seq: 1 })).toThrow(/token id/);
    const two = { inputIds: ids([5, 6]), batch: 1, seq: 2 };
    expect(() => output(model, { ...two, tokenTypeIds: [0, 2] })).toThrow(/token type 2/);
    expect(() => output(model, { ...two, attentionMask: [0, 0] })).toThrow(/holds no token/);
  });

  it("classes that are not here, by name, and models of another kind", () => {
    const config = { ...configs.bert!, architectures: ["BertForQuestionAnswering"] };
    expect(() => createEncoder({ config, engine, seed: 1 })).toThrow(/BertForQuestionAnswering/);
    expect(createEncoder({ config, engine, seed: 1, head: "token" }).head).toBe("token");
    expect(() => createEncoder({ config: configs.roberta!, engine, seed: 1, head: "pretraining" })).toThrow(
      /only BERT/,
    );
    expect(() => createEncoder({ config: { model_type: "llama" }, engine, seed: 1 })).toThrow(/a decoder/);
  });
});
