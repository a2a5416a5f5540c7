import { expect, test } from "vitest";
import { testEngine } from "../../../test/support/optim.js";
import { createModel } from "../../models/index.js";
import { modulesOf } from "./modules.js";
import { byPattern, type Targets, targetedModules } from "./targets.js";

const engine = testEngine();
const gpt2 = modulesOf(
  createModel({
    config: { model_type: "gpt2", vocab_size: 7, n_positions: 8, n_embd: 4, n_head: 1, n_layer: 3 },
    engine,
    seed: 1,
  }),
);
const paths = (rule: Targets) => targetedModules(gpt2, rule).map((m) => m.path.replace("transformer.", ""));

test("modules know which way their weight lies", () => {
  const of = (path: string) => gpt2.find((m) => m.path === `transformer.${path}`);
  expect(of("h.0.attn.c_attn")).toMatchObject({ layout: "in-out", inputs: 4, outputs: 12 });
  expect(of("wte")).toMatchObject({ kind: "embedding", inputs: 7, outputs: 4 });
});

test("a list names ends, a text whole paths", () => {
  expect(paths({ targets: ["c_proj"] })).toHaveLength(6);
  expect(paths({ targets: ["transformer.h.1.mlp.c_fc"] })).toEqual(["h.1.mlp.c_fc"]);
  expect(paths({ targets: String.raw`.*\.h\.1\.(attn|mlp)\.c_proj` })).toEqual([
    "h.1.attn.c_proj",
    "h.1.mlp.c_proj",
  ]);
  expect(() => paths({ targets: "c_proj" })).toThrow(/no module/);
});

test("all-linear is every product but the output's", () => {
  expect(paths({ targets: "all-linear" })).toHaveLength(12);
  expect(paths({ targets: "all-linear", exclude: ["attn.c_proj", "c_fc"] })).toHaveLength(6);
  expect(paths({ targets: "all-linear", exclude: ".*mlp.*" })).toHaveLength(6);
});

test("layers keep some of what ends name, not of what is named whole", () => {
  expect(paths({ targets: ["c_attn"], layers: [0, 2] })).toEqual(["h.0.attn.c_attn", "h.2.attn.c_attn"]);
  expect(paths({ targets: ["c_attn"], layers: 1, layersPattern: "h" })).toEqual(["h.1.attn.c_attn"]);
  expect(paths({ targets: ["c_attn", "transformer.h.0.mlp.c_fc"], layers: 1 })).toEqual([
    "h.0.mlp.c_fc",
    "h.1.attn.c_attn",
  ]);
  expect(() => paths({ targets: ["c_attn"], layers: 1, layersPattern: "blocks" })).toThrow(/layers 1/);
});

test("what names nothing is an error with the nearest names", () => {
  expect(() => paths({ targets: ["c_atn"] })).toThrow(
    /targets: name no module of this model; found "c_atn", expected some of wte, wpe, c_attn.*Did you mean "c_attn"\?/,
  );
  expect(() => paths({ targets: ["c_attn", "q_proj"] })).toThrow(/found "q_proj"/);
  expect(() => paths({ targets: ["c_attn"], exclude: ["attn.c_attn"] })).toThrow(/excluded/);
  expect(() => paths({ targets: "(" })).toThrow(/regular expression/);
});

test("patterns: the first key that fits a path's end", () => {
  const ranks = { q_proj: 4, "^model\\.layers\\.1\\.self_attn\\.k_proj": 1, proj: 9 };
  expect(byPattern(ranks, "model.layers.0.self_attn.q_proj")).toBe(4);
  expect(byPattern(ranks, "model.layers.1.self_attn.k_proj")).toBe(1);
  expect(byPattern(ranks, "model.layers.0.self_attn.k_proj")).toBeUndefined();
});
