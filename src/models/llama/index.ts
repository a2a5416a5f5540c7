/** @file Llama 1–3 (Touvron et al. 2023), Mistral, Qwen2, Qwen3: RMS norm before each block · rotary positions · grouped
 *  heads · gated feed-forward · no biases, but where noted. What distinguishes the relatives: Mistral's sliding window;
 *  Qwen2's biases on q, k, v and windows on upper layers; Qwen3's RMS norm of each head of q and k before the rotation.
 *    x += o(attn(rope(q(n₁)), rope(k(n₁)), v(n₁)));  x += down(act(gate(n₂)) ⊙ up(n₂));  logits = head(norm(x)) */

import { activationFor, createRopeTables, scaledContext } from "../../nn/index.js";
import { type Engine, embedding, gated, linear, rmsNorm, rope, type Tensor } from "../../tensor/index.js";
import { attend } from "../attend.js";
import { specialTokenIds } from "../configFields.js";
import { createDecoder } from "../decoder.js";
import {
  defineFamily,
  type HeadOf,
  normal,
  ones,
  type ParameterRow,
  type Parameters,
  type ParameterTable,
  zeros,
} from "../family.js";
import type { CausalModel } from "../model.js";
import { biases, LLAMA_TYPES, LlamaConfig, windowOf } from "./config.js";

export const llama = defineFamily({
  kind: "causal",
  modelTypes: LLAMA_TYPES,
  architectures: ["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"],
  config: LlamaConfig,
  head: () => "lm",
  parameters: llamaParameters,
  build: buildLlama,
});

function llamaParameters(c: LlamaConfig, head: HeadOf<"causal">): ParameterTable {
  const init = normal(c.initializer_range);
  const { hidden_size: dim, intermediate_size: inner, head_dim: headDim, tie_word_embeddings: tied } = c;
  const [width, kvWidth] = [c.num_attention_heads * headDim, c.num_key_value_heads * headDim];
  const bias = biases(c);
  const project = (name: string, from: number, to: number, biased: boolean): ParameterRow[] =>
    biased
      ? [
          [`${name}.weight`, [to, from], init],
          [`${name}.bias`, [to], zeros],
        ]
      : [[`${name}.weight`, [to, from], init]];
  const norm = (name: string, size = dim): ParameterRow => [`${name}.weight`, [size], ones];
  const layer = (l: string): ParameterRow[] => [
    norm(`${l}.input_layernorm`),
    ...project(`${l}.self_attn.q_proj`, dim, width, bias.qkv),
    ...project(`${l}.self_attn.k_proj`, dim, kvWidth, bias.qkv),
    ...project(`${l}.self_attn.v_proj`, dim, kvWidth, bias.qkv),
    ...project(`${l}.self_attn.o_proj`, width, dim, bias.o),
    ...(c.model_type === "qwen3"
      ? [norm(`${l}.self_attn.q_norm`, headDim), norm(`${l}.self_attn.k_norm`, headDim)]
      : []),
    norm(`${l}.post_attention_layernorm`),
    ...project(`${l}.mlp.gate_proj`, dim, inner, bias.mlp),
    ...project(`${l}.mlp.up_proj`, dim, inner, bias.mlp),
    ...project(`${l}.mlp.down_proj`, inner, dim, bias.mlp),
  ];
  return {
    rows: [
      ["model.embed_tokens.weight", [c.vocab_size, dim], init],
      ...Array.from({ length: c.num_hidden_layers }, (_, i) => layer(`model.layers.${i}`)).flat(),
      norm("model.norm"),
      ...(head === "lm" && !tied ? [["lm_head.weight", [c.vocab_size, dim], init] as const] : []),
    ],
    tied: head === "lm" && tied ? { "lm_head.weight": "model.embed_tokens.weight" } : {},
    canonical: (name) => name,
    ignored: (name) => name.endsWith("rotary_emb.inv_freq"),
  };
}

interface Projection {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
}

function buildLlama(c: LlamaConfig, parameters: Parameters, engine: Engine): CausalModel {
  const p = (name: string) => parameters.get(name)!;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim } = c;
  const act = activationFor(c.hidden_act);
  const scale = 1 / Math.sqrt(headDim);
  const tables = createRopeTables(engine, {
    parameters: c.rope_parameters,
    dim: headDim,
    maxPositions: c.max_position_embeddings,
  });
  const norm = (x: Tensor, gain: Tensor) => rmsNorm(x, gain, { eps: c.rms_norm_eps });
  const project = (x: Tensor, { weight, bias }: Projection, residual?: Tensor) =>
    linear(x, weight, { bias, residual });
  // Looked up once: building names costs a token of a small model more than some of its kernels do.
  const blocks = Array.from({ length: c.num_hidden_layers }, (_, i) => {
    const l = `model.layers.${i}`;
    const gain = (name: string) => parameters.get(`${l}.${name}.weight`);
    const projection = (name: string): Projection => ({
      weight: p(`${l}.${name}.weight`),
      bias: parameters.get(`${l}.${name}.bias`),
    });
    return {
      inputNorm: gain("input_layernorm")!,
      q: { ...projection("self_attn.q_proj"), norm: gain("self_attn.q_norm") },
      k: { ...projection("self_attn.k_proj"), norm: gain("self_attn.k_norm") },
      v: projection("self_attn.v_proj"),
      o: projection("self_attn.o_proj"),
      mlpNorm: gain("post_attention_layernorm")!,
      gate: projection("mlp.gate_proj"),
      up: projection("mlp.up_proj"),
      down: projection("mlp.down_proj"),
    };
  });
  const finalNorm = p("model.norm.weight");

  return createDecoder<{ cos: Tensor; sin: Tensor }>({
    facts: {
      family: c.model_type,
      config: c,
      engine,
      parameters,
      layers: c.num_hidden_layers,
      dim: c.hidden_size,
      heads,
      kvHeads,
      headDim,
      vocabSize: c.vocab_size,
      contextLength: scaledContext(c.rope_parameters, c.max_position_embeddings),
      ...specialTokenIds(c),
    },
    windows: [...new Set(Array.from({ length: c.num_hidden_layers }, (_, i) => windowOf(c, i)))],
    prepare: (pass) => tables.at(pass.positions),
    embed: (pass) => embedding(p("model.embed_tokens.weight"), pass.ids),
    layer(i, x, pass, { cos, sin }) {
      const b = blocks[i]!;
      const turned = (from: Tensor, part: Projection & { readonly norm: Tensor | undefined }) => {
        const y = project(from, part);
        const normed = part.norm === undefined ? y : norm(y, part.norm);
        return rope(normed, cos, sin, headDim, { inPlace: true });
      };
      const n = norm(x, b.inputNorm);
      const attended = attend(turned(n, b.q), turned(n, b.k), project(n, b.v), pass, {
        layer: i,
        heads,
        kvHeads,
        scale,
        window: windowOf(c, i),
      });
      const y = project(attended, b.o, x);
      const m = norm(y, b.mlpNorm);
      return project(gated(act, project(m, b.gate), project(m, b.up)), b.down, y);
    },
    norm: (x) => norm(x, finalNorm),
    head: parameters.get("lm_head.weight") ?? p("model.embed_tokens.weight"),
    dispose: () => tables.dispose(),
  });
}
