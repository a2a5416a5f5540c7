import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../tensor/backends/reference/index.js";
import { Engine } from "../../tensor/index.js";
import { createModel } from "../create.js";
import { loadModel } from "../load.js";
import type { CausalModel } from "../model.js";
import { saveModel } from "../save.js";
import { openSafetensors } from "./safetensors.js";
import { toBf16, toFloats, toNumbers } from "./storedDtypes.js";
import { readFloats } from "./storedTensor.js";
import { parseStrictJson } from "./strictJson.js";
import { openTorchFile } from "./torchFile.js";

const root = mkdtempSync(join(tmpdir(), "cygnet-checkpoints-"));
afterAll(() => rmSync(root, { recursive: true }));
const engine = new Engine({ backend: createReferenceBackend() });

const gpt2 = {
  model_type: "gpt2",
  vocab_size: 11,
  n_positions: 8,
  n_embd: 6,
  n_layer: 2,
  n_head: 2,
  eos_token_id: 3,
};
const llama = {
  model_type: "llama",
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 10,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 16,
  rope_theta: 500,
  rope_scaling: { type: "linear", factor: 2 },
};
const values = (model: CausalModel) =>
  new Map([...model.parameters].map(([name, p]) => [name, p.readFloats()]));
let folder = "";
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
});
const file = (name: string) => join(folder, name);

describe("saving and loading", () => {
  it.each([
    ["gpt2", gpt2],
    ["llama", llama],
  ])("gives %s back to the bit", (_, config) => {
    const model = createModel({ config, engine, seed: 3 });
    saveModel(model, folder, { lineage: { data: "village" }, generationConfig: { temperature: 0.8 } });
    const again = loadModel(folder, { engine });
    expect(values(again)).toEqual(values(model));
    const json = (name: string) => JSON.parse(readFileSync(file(name), "utf8"));
    expect(json("cygnet.json")).toEqual({ data: "village" });
    expect(json("generation_config.json").temperature).toBe(0.8);
    const input = { inputIds: Int32Array.of(1, 2, 3), batch: 1, seq: 3 };
    const logits = (m: CausalModel) => engine.noGrad(() => m.logits(m.hidden(input)).readFloats());
    expect(logits(again)).toEqual(logits(model));
    expect(readdirSync(folder).some((name) => name.endsWith(".tmp"))).toBe(false);
  });

  it("writes config.json in the spelling of transformers before and since 5", () => {
    saveModel(createModel({ config: llama, engine, seed: 3 }), folder);
    const config = JSON.parse(readFileSync(file("config.json"), "utf8"));
    expect(config).toMatchObject({
      architectures: ["LlamaForCausalLM"],
      dtype: "float32",
      rope_theta: 500,
      rope_scaling: { rope_type: "linear", factor: 2 },
      rope_parameters: { rope_type: "linear", rope_theta: 500, factor: 2 },
    });
  });

  it("rounds to bf16 where asked, to nearest even", () => {
    const model = createModel({ config: gpt2, engine, seed: 3 });
    saveModel(model, folder, { dtype: "bf16" });
    const again = values(loadModel(folder, { engine }));
    for (const [name, before] of values(model)) {
      before.forEach((x, i) => {
        expect(Math.abs(again.get(name)![i]! - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -8);
      });
    }
    const rounded = toBf16(
      Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, Number.NaN, Number.POSITIVE_INFINITY, -0),
    );
    expect([...toFloats("BF16", new Uint8Array(rounded.buffer))]).toEqual([
      1,
      1 + 2 ** -6,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
    ]);
  });

  it("splits large weights into several files with an index, and reads them", () => {
    const model = createModel({ config: gpt2, engine, seed: 3 });
    saveModel(model, folder, { shardBytes: 1000 });
    expect(
      readdirSync(folder).filter((n) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(n)).length,
    ).toBeGreaterThan(2);
    expect(values(loadModel(folder, { engine }))).toEqual(values(model));
    saveModel(model, folder); // back to one file: the index must not win
    expect(values(loadModel(folder, { engine }))).toEqual(values(model));
  });

  it("refuses weights of another shape, missing and superfluous ones", () => {
    const config = (change: object) =>
      writeFileSync(file("config.json"), JSON.stringify({ ...gpt2, ...change }));
    saveModel(createModel({ config: gpt2, engine, seed: 3 }), folder);
    config({ vocab_size: 12 });
    expect(() => loadModel(folder, { engine })).toThrow(
      /model\.safetensors: tensor "transformer\.wte\.weight": has another shape.*found "\[11,6\]", expected \[12,6\]/,
    );
    config({ n_layer: 3 });
    expect(() => loadModel(folder, { engine })).toThrow(
      /tensor "transformer\.h\.2\.ln_1\.weight": is not in the weights, nor are 11 others/,
    );
    config({ n_layer: 1 });
    expect(() => loadModel(folder, { engine })).toThrow(
      /tensor "transformer\.h\.1\.[a-z_.0-9]+": is no parameter of this model/,
    );
    expect(loadModel(folder, { engine, strict: false }).layers).toBe(1);
    config({ model_type: "gtp2" });
    expect(() => loadModel(folder, { engine })).toThrow(/found "gtp2".*Did you mean "gpt2"\?/);
    config({ n_head: 4 });
    expect(() => loadModel(folder, { engine })).toThrow(
      /config\.json: n_head: n_embd 6 is not divisible by n_head 4/,
    );
    config({ n_embd: "six" });
    expect(() => loadModel(folder, { engine })).toThrow(/config\.json: n_embd: .*found "six"/);
  });

  it("tells of weights that are not finite", () => {
    const model = createModel({ config: gpt2, engine, seed: 3 });
    model.parameters.get("transformer.wpe.weight")!.write(new Float32Array(48).fill(Number.NaN));
    saveModel(model, folder);
    const warnings: string[] = [];
    loadModel(folder, { engine, onWarning: (w) => warnings.push(w) });
    expect(warnings).toEqual([
      expect.stringContaining('tensor "transformer.wpe.weight" holds numbers that are not finite'),
    ]);
  });

  it("leaves the old file where writing fails", () => {
    const model = createModel({ config: gpt2, engine, seed: 3 });
    saveModel(model, folder);
    const before = readFileSync(file("model.safetensors"));
    model.parameters.get("transformer.ln_f.bias")!.dispose(); // the last tensor cannot be read
    expect(() => saveModel(model, folder)).toThrow(/released/);
    expect(readFileSync(file("model.safetensors"))).toEqual(before);
    expect(readdirSync(folder).some((name) => name.endsWith(".tmp"))).toBe(false);
  });
});

describe("damaged safetensors", () => {
  it("is refused however it is cut or flipped, or still read as it was", () => {
    const model = createModel({ config: gpt2, engine, seed: 3 });
    saveModel(model, folder);
    const good = readFileSync(file("model.safetensors"));
    const attempt = (bytes: Buffer) => {
      const damaged = file("damaged.safetensors");
      writeFileSync(damaged, bytes);
      try {
        const opened = openSafetensors(damaged);
        const floats = [...opened.tensors.values()].map((t) => readFloats(t).length);
        opened.close();
        return floats.length;
      } catch (error) {
        expect((error as Error).message).toContain("damaged.safetensors");
        expect((error as { code?: string }).code).toMatch(/^(safetensors-invalid|file-truncated)$/);
        return null;
      }
    };
    for (let cut = 0; cut < good.length; cut += 97) expect(attempt(good.subarray(0, cut))).toBeNull();
    for (let at = 0; at < 400; at++) {
      const flipped = Buffer.from(good);
      flipped[at]! ^= 1 << (at % 8);
      attempt(flipped);
    }
  });
});

describe("stored numbers", () => {
  it("widens every half exactly as the hardware does", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const floats = toFloats("F16", new Uint8Array(all.buffer));
    const expected = (h: number) => {
      const [sign, e, f] = [h & 0x8000 ? -1 : 1, (h >> 10) & 31, h & 1023];
      if (e === 31) return f === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
      return sign * (e === 0 ? f * 2 ** -24 : (1 + f / 1024) * 2 ** (e - 15));
    };
    for (let h = 0; h < 65536; h++)
      if (!Object.is(floats[h], expected(h))) throw new Error(`half ${h}: ${floats[h]}, not ${expected(h)}`);
  });

  it("reads 8-bit floats", () => {
    expect([...toNumbers("F8_E4M3", Uint8Array.of(0x00, 0x38, 0xbc, 0x7e, 0x01, 0x7f))]).toEqual([
      0,
      1,
      -1.5,
      448,
      2 ** -9,
      Number.NaN,
    ]);
    expect([...toNumbers("F8_E5M2", Uint8Array.of(0x3c, 0x7b, 0x7c))]).toEqual([
      1,
      57344,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe("strict JSON", () => {
  it("agrees with JSON.parse on what both take", () => {
    const text = '{"a": [1, -2.5e3, true, null], "b\\u00e9": {"c": "d\\n\\"", "__proto__": []}}';
    expect(parseStrictJson(text)).toEqual(
      new Map<string, unknown>([
        ["a", [1n, -2500, true, null]],
        [
          "bé",
          new Map<string, unknown>([
            ["c", 'd\n"'],
            ["__proto__", []],
          ]),
        ],
      ]),
    );
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,}',
    "[1 2]",
    "{",
    '"abc',
    "01",
    "[1] x",
    "nul",
    '{"a" 1}',
    "{1:2}",
    '"\n"',
    "[".repeat(100),
  ])("refuses %s", (text) => {
    expect(() => parseStrictJson(text)).toThrow(/at character \d+/);
  });
});

describe("torch files", () => {
  it("refuses what is none", () => {
    writeFileSync(join(root, "note.bin"), "just a note");
    expect(() => openTorchFile(join(root, "note.bin"))).toThrow(
      /note\.bin: neither a zip archive nor a pickle/,
    );
    writeFileSync(join(root, "nothing.bin"), "");
    expect(() => openTorchFile(join(root, "nothing.bin"))).toThrow(/nothing\.bin/);
  });
});
