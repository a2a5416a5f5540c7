import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decoderConfigs } from "../../test/support/decoderConfigs.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine, type Tensor } from "../tensor/index.js";
import { writeSafetensors } from "./checkpoints/writeSafetensors.js";
import { createModel } from "./create.js";
import { classifierKind, loadClassifier } from "./heads/classifier.js";
import { loadModel } from "./load.js";
import type { CausalModel } from "./model.js";
import { familyFor } from "./registry.js";
import { saveModel } from "./save.js";

const root = mkdtempSync(join(tmpdir(), "cygnet-families-"));
afterAll(() => rmSync(root, { recursive: true }));
const engine = new Engine({ backend: createReferenceBackend() });
const inputIds = Int32Array.of(3, 1, 22, 7, 7, 0);
const logitsOf = (model: CausalModel) =>
  engine.noGrad(() =>
    engine.scope(() => model.logits(model.hidden({ inputIds, batch: 1, seq: 6 })).readFloats()),
  );

describe.each(Object.keys(decoderConfigs))("%s", (name) => {
  const folder = join(root, name);
  const config = decoderConfigs[name]!;

  it("is saved so that either spelling of its configuration gives it back", () => {
    const model = createModel({ config, engine, seed: 3 });
    const expected = logitsOf(model);
    saveModel(model, folder);
    const file = join(folder, "config.json");
    const written = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    expect(logitsOf(loadModel(folder, { engine }))).toEqual(expected);
    const { rope_parameters: _, dtype, ...old } = written;
    writeFileSync(join(folder, "old.json"), JSON.stringify({ ...old, torch_dtype: dtype }));
    expect(logitsOf(loadModel(folder, { engine, configName: "old.json" }))).toEqual(expected);
    model.dispose();
  });

  it("carries heads that classify", () => {
    const architectures = ["XForTokenClassification"];
    const head = name.startsWith("gpt") && name !== "gpt_oss" ? "classifier" : "score";
    expect(classifierKind({ architectures })).toBe("token");
    const body = familyFor(config, "causal").prepare(config, { head: "none" });
    const dim = Number(body.config.hidden_size ?? body.config.n_embd);
    const zeros = (shape: readonly number[]) => engine.full(shape, 0.1);
    const weights = new Map<string, Tensor>([
      ...body.table.rows.map(([n, shape]) => [n, zeros(shape)] as const),
      [`${head}.weight`, zeros([3, dim])],
      [`${head}.bias`, zeros([3])],
    ]);
    writeSafetensors(join(folder, "model.safetensors"), weights, { dtype: "f32" });
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, architectures, num_labels: 3 }));
    const model = loadClassifier(folder, { engine });
    const scores = engine.noGrad(() => model.scores({ inputIds, batch: 1, seq: 6 }));
    expect(scores.shape).toEqual([1, 6, 3]);
    expect(scores.readFloats().every(Number.isFinite)).toBe(true);
    model.dispose();
  });
});

describe("a multimodal Gemma 3", () => {
  it.each(["language_model.", "model.language_model."])(
    "is read as its language model, names %s…",
    (prefix) => {
      const { model_type, vocab_size, ...text } = decoderConfigs.gemma3_text!;
      const model = createModel({ config: decoderConfigs.gemma3_text!, engine, seed: 5 });
      const folder = join(root, `multimodal-${prefix}`);
      saveModel(model, folder);
      const published = (name: string) =>
        prefix === "language_model." ? prefix + name : name.replace(/^model\./, prefix);
      const tensors = new Map([...model.parameters].map(([name, p]) => [published(name), p] as const));
      tensors.set(
        prefix === "language_model." ? "vision_tower.x" : "model.vision_tower.x",
        engine.zeros([2]),
      );
      writeSafetensors(join(folder, "model.safetensors"), tensors, { dtype: "f32" });
      const outer = {
        model_type: "gemma3",
        architectures: ["Gemma3ForConditionalGeneration"],
        eos_token_id: [1, 4],
        text_config: { ...text, vocab_size, model_type },
        vision_config: { hidden_size: 9 },
      };
      writeFileSync(join(folder, "config.json"), JSON.stringify(outer));
      const again = loadModel(folder, { engine });
      expect(logitsOf(again)).toEqual(logitsOf(model));
      expect(again.eosTokenIds).toEqual([1, 4]);
      saveModel(again, folder);
      expect(logitsOf(loadModel(folder, { engine }))).toEqual(logitsOf(model));
    },
  );
});

describe("a mixture of experts", () => {
  it("gives the router's logits, and a balancing loss with gradients, whether layers are computed again or not", () => {
    const model = createModel({ config: decoderConfigs.mixtral!, engine, seed: 3 });
    const routerLogits: Tensor[] = [];
    engine.scope(() => {
      model.hidden({ inputIds, batch: 1, seq: 6 }, { routerLogits, recompute: true });
      backward(model.mixture!.balance(routerLogits));
    });
    expect(routerLogits.map((t) => t.shape)).toEqual([
      [6, 4],
      [6, 4],
    ]);
    const router = model.parameters.get("model.layers.0.block_sparse_moe.gate.weight")!;
    expect(router.grad!.readFloats().some((g) => g !== 0)).toBe(true);
    expect(model.mixture!.balanceWeight).toBe(0.1);
    expect(model.mixture!.activeShare("model.layers.0.block_sparse_moe.experts.1.w1.weight")).toBe(0.5);
    expect(model.mixture!.activeShare("model.layers.0.self_attn.q_proj.weight")).toBe(1);
  });
});

describe("a configuration that makes no sense is refused by name", () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["gemma2", { layer_types: ["full_attention"] }, /layer_types: there are 2 layers, but 1 types/],
    ["gemma3_text", { use_bidirectional_attention: true }, /use_bidirectional_attention: .*not supported/],
    ["gemma", { rope_scaling: { type: "linear", factor: 2 } }, /rope_parameters: gemma 1 has plain/],
    [
      "phi3",
      { partial_rotary_factor: 0.4 },
      /rope_parameters: rotary positions turn pairs.*not 3 of a head of 8/,
    ],
    [
      "phi3",
      { rope_scaling: { type: "su", short_factor: [1], long_factor: [1] } },
      /short_factor and long_factor need 3 numbers each/,
    ],
    ["olmo2", { num_key_value_heads: 3 }, /num_attention_heads 2 is not divisible by num_key_value_heads 3/],
    ["smollm3", { no_rope_layers: [1] }, /no_rope_layers: there are 2 layers, but 1 numbers/],
    ["gpt_neox", { num_attention_heads: 5 }, /hidden_size 12 is not divisible by num_attention_heads 5/],
    ["mixtral", { num_experts_per_tok: 5 }, /num_experts_per_tok: a token cannot take 5 of 4 experts/],
    ["mixtral", { router_jitter_noise: 0.1 }, /router_jitter_noise: .*not supported/],
    ["qwen3_moe", { decoder_sparse_step: 0 }, /decoder_sparse_step/],
    ["gpt_oss", { quantization_config: { quant_method: "mxfp4" } }, /quantization_config: .*MXFP4/i],
    ["gpt_oss", { hidden_act: "gelu" }, /hidden_act/],
  ];
  it.each(wrong)("%s %j", (name, change, message) => {
    const config = { ...decoderConfigs[name], ...change };
    expect(() => familyFor(config, "causal").prepare(config, { file: "config.json" })).toThrow(message);
  });
});
