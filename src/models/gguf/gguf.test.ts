import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decoderConfigs } from "../../../test/support/decoderConfigs.js";
import { isUserError } from "../../platform/errors.js";
import { type GgufValue, ggufTensorBytes } from "../../platform/gguf/types.js";
import { type GgufTensorToWrite, writeGguf } from "../../platform/gguf/write.js";
import { createReferenceBackend } from "../../tensor/backends/reference/index.js";
import { Engine } from "../../tensor/index.js";
import { type Tokenizer, trainBpe } from "../../tokenizer/index.js";
import { openSafetensors } from "../checkpoints/safetensors.js";
import { readFloats } from "../checkpoints/storedTensor.js";
import { createModel } from "../create.js";
import { loadModel } from "../load.js";
import type { CausalModel } from "../model.js";
import { decodeGguf, encodeGguf, toF16 } from "./blocks.js";
import { exportGguf, type GgufDtype } from "./export.js";
import { shortest } from "./facts.js";
import { openGguf } from "./open.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-gguf-model-"));
afterAll(() => rmSync(folder, { recursive: true }));
const engine = new Engine({ backend: createReferenceBackend() });
const quant = resolve(import.meta.dirname, "../../../../shared/parity/quant");
const there = existsSync(quant);

const inputIds = Int32Array.of(3, 1, 22, 7, 7, 0);
const logitsOf = (model: CausalModel, ids = inputIds) =>
  engine.noGrad(() =>
    engine.scope(() => model.logits(model.hidden({ inputIds: ids, batch: 1, seq: ids.length })).readFloats()),
  );

const VOCABULARY = 270;
let made: Tokenizer | undefined;
async function tokenizer(): Promise<Tokenizer> {
  made ??= await trainBpe({
    documents: ["the cat sat on the mat, ".repeat(9)],
    vocabSize: 268,
    pattern: "gpt2",
  });
  return made;
}

/** Widths that Q8_0's blocks fit, but for one. */
function configOf(name: string): Record<string, unknown> {
  const c: Record<string, unknown> = { ...decoderConfigs[name], vocab_size: VOCABULARY };
  if (name === "gpt2") return { ...c, n_embd: 96 };
  if (name === "qwen2") delete c.use_sliding_window;
  if (name === "gemma2") return { ...c, hidden_size: 32, query_pre_attn_scalar: 8 };
  if (name === "gemma3_text")
    return {
      ...c,
      hidden_size: 32,
      query_pre_attn_scalar: 8,
      num_hidden_layers: 7,
      sliding_window_pattern: 6,
    };
  if (name === "phi3") delete c.partial_rotary_factor;
  return { ...c, hidden_size: 64, head_dim: name === "llama" ? 16 : c.head_dim };
}

async function roundTrip(config: Record<string, unknown>, dtype: GgufDtype) {
  const model = createModel({ config, engine, seed: 3 });
  const file = join(folder, `${String(config.model_type)}-${dtype}.gguf`);
  exportGguf(model, await tokenizer(), file, { dtype });
  return { model, again: loadModel(file, { engine }), file };
}

const EXACT = ["llama", "mistral", "qwen2", "qwen3", "phi3", "gpt2"];

describe("a model written as GGUF and read again", () => {
  it.each(EXACT)("%s: the same weights to the bit in f32", async (name) => {
    const { model, again } = await roundTrip(configOf(name), "f32");
    expect(again.family).toBe(name);
    expect([...again.parameters.keys()].sort()).toEqual([...model.parameters.keys()].sort());
    for (const [parameter, tensor] of model.parameters)
      expect(again.parameters.get(parameter)!.readFloats(), parameter).toEqual(tensor.readFloats());
    expect(logitsOf(again)).toEqual(logitsOf(model));
  });

  it.each(["gemma", "gemma2", "gemma3_text"])("%s: gains within the rounding of one more", async (name) => {
    const { model, again } = await roundTrip(configOf(name), "f32");
    const [a, b] = [logitsOf(model), logitsOf(again)];
    a.forEach((x, i) => {
      expect(b[i]!).toBeCloseTo(x, 4);
    });
  });

  it("in fewer bits, each weight within its format's rounding", async () => {
    const relative = { f16: 2 ** -11, bf16: 2 ** -8 } as const;
    for (const dtype of ["f16", "bf16", "q8_0"] as const) {
      const { model, again } = await roundTrip(configOf("llama"), dtype);
      for (const [name, tensor] of model.parameters) {
        const [x, y] = [tensor.readFloats(), again.parameters.get(name)!.readFloats()];
        if (tensor.shape.length === 1) {
          expect(y).toEqual(x);
          continue;
        }
        const most = x.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const coarse = dtype === "q8_0" && tensor.shape.at(-1)! % 32 === 0;
        x.forEach((v, i) => {
          const allowed = coarse
            ? most / 254 + most * 2 ** -10
            : relative[dtype === "q8_0" ? "f16" : dtype] * Math.abs(v) + 2 ** -25;
          if (Math.abs(v - y[i]!) > allowed) expect.fail(`${dtype} ${name}[${i}]: ${v} became ${y[i]}`);
        });
      }
      expect(logitsOf(again)).not.toEqual(logitsOf(model));
    }
  });

  it("keeps Llama 3's frequencies, linear scaling and YaRN", async () => {
    const scalings = [
      {
        rope_type: "llama3",
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
      // Not Llama 3's published numbers: only the divisors can be kept.
      {
        rope_type: "llama3",
        factor: 4,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 16,
      },
      { rope_type: "linear", factor: 2 },
      { rope_type: "yarn", factor: 4, original_max_position_embeddings: 8, attention_factor: 1.25 },
    ];
    for (const scaling of scalings) {
      const { model, again } = await roundTrip(
        { ...configOf("llama"), rope_parameters: { rope_theta: 500, ...scaling } },
        "f32",
      );
      const [a, b] = [logitsOf(model), logitsOf(again)];
      a.forEach((x, i) => {
        expect(b[i]!, JSON.stringify(scaling)).toBeCloseTo(x, 4);
      });
    }
  });

  it("refuses what the format has no words for, by name", async () => {
    const model = (change: object, name = "llama") =>
      createModel({ config: { ...configOf(name), ...change }, engine, seed: 1 });
    const refused = async (m: CausalModel, message: RegExp) => {
      const vocabulary = await tokenizer();
      expect(() => exportGguf(m, vocabulary, join(folder, "no.gguf"))).toThrow(message);
      expect(existsSync(join(folder, "no.gguf"))).toBe(false);
    };
    await refused(model({ hidden_act: "relu" }), /hidden_act.*relu/);
    await refused(model({ use_sliding_window: true }, "qwen2"), /use_sliding_window/);
    await refused(model({ rope_scaling: { type: "dynamic", factor: 2 } }), /rope_type.*dynamic/);
    await refused(model({}, "olmo2"), /not written as GGUF.*olmo2/);
    await refused(model({ vocab_size: 260 }), /268 tokens.*260/);
  });

  it("tells of a window that llama.cpp does not heed", async () => {
    const warnings: string[] = [];
    const model = createModel({ config: configOf("mistral"), engine, seed: 1 });
    exportGguf(model, await tokenizer(), join(folder, "window.gguf"), { onWarning: (w) => warnings.push(w) });
    expect(warnings.join()).toMatch(/beyond 3 tokens/);
  });
});

describe("a file that does not hold the model it describes", () => {
  const tensor = (name: string, dimensions: readonly number[], type: GgufTensorToWrite["type"] = "F32") => ({
    name,
    type,
    dimensions,
    data: () => new Uint8Array(ggufTensorBytes(type, dimensions)!),
  });
  const u32 = (value: number): GgufValue => ({ type: "uint32", value });
  const entries: Record<string, GgufValue> = {
    "general.architecture": { type: "string", value: "llama" },
    "llama.block_count": u32(1),
    "llama.context_length": u32(8),
    "llama.embedding_length": u32(32),
    "llama.feed_forward_length": u32(32),
    "llama.attention.head_count": u32(2),
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
  };
  const layer = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
  const tensors = [
    tensor("token_embd.weight", [32, 9]),
    tensor("output_norm.weight", [32]),
    tensor("blk.0.attn_norm.weight", [32]),
    tensor("blk.0.ffn_norm.weight", [32]),
    ...layer.map((name) => tensor(`blk.0.${name}.weight`, [32, 32])),
  ];
  const file = join(folder, "wrong.gguf");
  const loaded =
    (change: Record<string, GgufValue>, list: readonly GgufTensorToWrite[] = tensors) =>
    () => {
      writeGguf(file, Object.entries({ ...entries, ...change }), list);
      return loadModel(file, { engine });
    };

  it("is refused by name", () => {
    expect(loaded({})().vocabSize).toBe(9);
    const without = (name: string) => tensors.filter((t) => t.name !== name);
    const list: GgufValue = { type: "array", of: "uint32", values: [2] };
    const wrong: [() => unknown, RegExp][] = [
      [loaded({ "general.architecture": { type: "string", value: "rwkv7" } }), /rwkv7.*llama, qwen2/],
      [loaded({ "llama.block_count": u32(2 ** 31 - 1) }), /block_count/],
      [loaded({ "llama.block_count": u32(2 ** 32 - 1) }), /block_count/],
      [loaded({ "llama.attention.head_count": list }), /head_count.*list/],
      [loaded({ "llama.attention.head_count": u32(3) }), /head_dim/],
      [loaded({ "llama.expert_count": u32(8) }), /expert_count.*mixtures/],
      [loaded({ "llama.embedding_length": u32(64) }), /token_embd.weight.*another shape/],
      [loaded({ "llama.rope.scaling.type": { type: "string", value: "magic" } }), /rope.scaling/],
      [loaded({ "llama.attention.layer_norm_rms_epsilon": u32(0) }), /rms_norm_eps/],
      [loaded({}, without("blk.0.attn_q.weight")), /q_proj.*not in the weights/],
      [loaded({}, without("token_embd.weight")), /token_embd/],
      [loaded({}, [...tensors, tensor("blk.0.what.weight", [2])]), /blk.0.what.weight.*no parameter/],
      [loaded({}, [...tensors, tensor("blk.0.x.weight", [256], "Q4_K")]), /comes with quantisation.*Q4_K/],
    ];
    for (const [load, message] of wrong) expect(load).toThrow(message);
  });
});

describe("numbers", () => {
  it("round to the nearest half, ties to even, and back", () => {
    const values = Float32Array.of(
      0,
      -0,
      1,
      65504,
      65519,
      65520,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -24,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
    );
    expect([...toF16(values)]).toEqual([0, 0x8000, 0x3c00, 0x7bff, 0x7bff, 0x7c00, 1, 0, 2, 0x3c00, 0x3c02]);
    const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const back = toF16(decodeGguf("F16", new Uint8Array(all.buffer)));
    all.forEach((half, i) => {
      const nan = (half & 0x7fff) > 0x7c00;
      if (nan ? (back[i]! & 0x7fff) <= 0x7c00 : back[i] !== half) expect.fail(`${half} became ${back[i]}`);
    });
  });

  it("are spelled shortly", () => {
    expect(shortest(Math.fround(1e-5))).toBe(1e-5);
    expect(shortest(500000)).toBe(500000);
    expect(Math.fround(shortest(Math.fround(Math.PI)))).toBe(Math.fround(Math.PI));
  });
});

describe.skipIf(!there)("files of the field (needs ../shared/parity)", () => {
  it.each(["f16", "bf16", "q8_0"])("%s blocks as gguf-py makes and reads them", (name) => {
    const weights = openSafetensors(join(quant, `gguf-quantize-${name}`, "tensors.safetensors"));
    const type = name.toUpperCase() as "F16" | "BF16" | "Q8_0";
    const tensor = (key: string) => weights.tensors.get(key)!;
    const stored = tensor("bytes").bytes(
      0,
      tensor("bytes").shape.reduce((a, b) => a * b, 1),
    );
    expect(encodeGguf(type, readFloats(tensor("input")))).toEqual(stored);
    expect(decodeGguf(type, stored)).toEqual(readFloats(tensor("dequantized")));
    weights.close();
  });

  it("a Llama in f32, f16 and q8_0 gives the logits of its folder's", () => {
    const weights = openSafetensors(join(quant, "gguf-llama", "tensors.safetensors"));
    const keys = [...weights.tensors.keys()];
    const ids = Int32Array.from(readFloats(weights.tensors.get(keys.find((k) => /ids/.test(k))!)!));
    for (const dtype of ["f32", "f16", "q8_0"]) {
      const expected = readFloats(weights.tensors.get(`logits.${dtype}`)!);
      const found = logitsOf(loadModel(join(quant, "gguf-llama", `tiny-${dtype}.gguf`), { engine }), ids);
      expect(found.length).toBe(expected.length);
      expected.forEach((x, i) => {
        if (Math.abs(x - found[i]!) > 1e-5) expect.fail(`${dtype}: logit ${i} is ${found[i]}, not ${x}`);
      });
    }
    const { model_type: type, ...config } = openGguf(join(quant, "gguf-llama", "tiny-f16.gguf")).config;
    const hf = JSON.parse(
      readFileSync(join(quant, "gguf-llama", "hf", "config.json"), "utf8"),
    ) as typeof config;
    expect(type).toBe("llama");
    for (const key of [
      "rms_norm_eps",
      "head_dim",
      "bos_token_id",
      "eos_token_id",
      "pad_token_id",
      "rope_parameters",
    ])
      expect(config[key], key).toEqual(hf[key]);
    weights.close();
  });

  it("bad files are refused with an error that names the problem", () => {
    const lines = readFileSync(join(quant, "gguf-bad", "files.jsonl"), "utf8")
      .trim()
      .split("\n");
    for (const line of lines) {
      const { file, model_must_reject: must } = JSON.parse(line) as {
        file: string;
        model_must_reject: boolean | null;
      };
      let error: unknown;
      try {
        openGguf(join(quant, "gguf-bad", file)).weights.close();
      } catch (thrown) {
        error = thrown;
      }
      if (must === true && error === undefined)
        expect(() => loadModel(join(quant, "gguf-bad", file), { engine }), file).toThrow();
      if (error !== undefined) expect(isUserError(error), `${file}: ${String(error)}`).toBe(true);
    }
    expect(() => openGguf(join(quant, "gguf-bad", "architecture-unknown.gguf"))).toThrow(
      /llama, qwen2, qwen3/,
    );
  });
});
