/** @file GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): layer norms · rotary positions on a part of each head ·
 *  q, k and v interleaved by head in one matrix · feed-forward without a gate · attention and feed-forward side by side.
 *    parallel  x += attn(n₁(x)) + ff(n₂(x));   serial  x += attn(n₁(x)), x += ff(n₂(x));   logits = embed_out(n(x)) */

import { activationFor, createRopeTables, type RopeTables, scaledContext } from "../../nn/index.js";
import {
  type Engine,
  embedding,
  layerNorm,
  linear,
  permute,
  reshape,
  rope,
  type Tensor,
} from "../../tensor/index.js";
import { attendQkv } from "../attend.js";
import { specialTokenIds } from "../configFields.js";
import { createDecoder } from "../decoder.js";
import { dropped } from "../dropout.js";
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
import { project, projectionOf, projectionRows, projectOut } from "../parts/part.js";
import { rotatedDimensions } from "../parts/rope.js";
import { GptNeoxConfig } from "./config.js";

export const gptNeox = defineFamily<"causal", GptNeoxConfig>({
  kind: "causal",
  modelTypes: ["gpt_neox"],
  architectures: ["GPTNeoXForCausalLM"],
  config: GptNeoxConfig,
  head: () => "lm",
  parameters: gptNeoxParameters,
  build: buildGptNeox,
});

function gptNeoxParameters(c: GptNeoxConfig, head: HeadOf<"causal">): ParameterTable {
  const { hidden_size: dim, intermediate_size: inner, tie_word_embeddings: tied } = c;
  const init = normal(c.initializer_range);
  // The wide matrices that end in the residual stream, as the paper has it (Wang & Komatsuzaki 2021).
  const output = normal(2 / c.num_hidden_layers / Math.sqrt(dim));
  const embeddings = (name: string): ParameterRow => [name, [c.vocab_size, dim], init];
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    [`${name}.bias`, [dim], zeros],
  ];
  const layer = (l: string): ParameterRow[] => [
    ...norm(`${l}.input_layernorm`),
    ...norm(`${l}.post_attention_layernorm`),
    ...projectionRows(`${l}.attention.query_key_value`, [dim, 3 * dim], init, c.attention_bias),
    ...projectionRows(`${l}.attention.dense`, [dim, dim], output, c.attention_bias),
    ...projectionRows(`${l}.mlp.dense_h_to_4h`, [dim, inner], init, true),
    ...projectionRows(`${l}.mlp.dense_4h_to_h`, [inner, dim], output, true),
  ];
  return {
    rows: [
      embeddings("gpt_neox.embed_in.weight"),
      ...Array.from({ length: c.num_hidden_layers }, (_, i) => layer(`gpt_neox.layers.${i}`)).flat(),
      ...norm("gpt_neox.final_layer_norm"),
      ...(head === "lm" && !tied ? [embeddings("embed_out.weight")] : []),
    ],
    tied: head === "lm" && tied ? { "embed_out.weight": "gpt_neox.embed_in.weight" } : {},
    canonical: (name) => name,
    ignored: (name) => /\.attention\.(?:bias|masked_bias|rotary_emb\.inv_freq)$/.test(name),
  };
}

function buildGptNeox(c: GptNeoxConfig, parameters: Parameters, engine: Engine): CausalModel {
  const heads = c.num_attention_heads;
  const headDim = c.hidden_size / heads;
  const scale = 1 / Math.sqrt(headDim);
  const activation = activationFor(c.hidden_act);
  const tables = createRopeTables(engine, {
    parameters: c.rope_parameters,
    dim: rotatedDimensions(c.rope_parameters, headDim),
    maxPositions: c.max_position_embeddings,
  });
  const norm = (x: Tensor, gain: { weight: Tensor; bias: Tensor | undefined }) =>
    layerNorm(x, gain.weight, gain.bias, c.layer_norm_eps);
  // Looked up once: building names costs a token of a small model more than some of its kernels do.
  const blocks = Array.from({ length: c.num_hidden_layers }, (_, i) => {
    const of = (name: string) => projectionOf(parameters, `gpt_neox.layers.${i}.${name}`);
    return {
      norm1: of("input_layernorm"),
      norm2: of("post_attention_layernorm"),
      qkv: of("attention.query_key_value"),
      dense: of("attention.dense"),
      up: of("mlp.dense_h_to_4h"),
      down: of("mlp.dense_4h_to_h"),
    };
  });
  const embeddings = parameters.get("gpt_neox.embed_in.weight")!;
  const finalNorm = projectionOf(parameters, "gpt_neox.final_layer_norm");

  return createDecoder<ReturnType<RopeTables["at"]>>({
    facts: {
      family: "gpt_neox",
      config: c,
      engine,
      parameters,
      layers: c.num_hidden_layers,
      dim: c.hidden_size,
      heads,
      kvHeads: heads,
      headDim,
      vocabSize: c.vocab_size,
      contextLength: scaledContext(c.rope_parameters, c.max_position_embeddings),
      ...specialTokenIds(c),
    },
    prepare: (pass) => tables.at(pass.positions),
    embed: (pass) => dropped(embedding(embeddings, pass.ids), pass.drop, c.hidden_dropout),
    layer(i, x, pass, { cos, sin }) {
      const b = blocks[i]!;
      const qkv = byKind(project(norm(x, b.norm1), b.qkv), heads);
      const turned = rope(qkv, cos, sin, headDim, { inPlace: true, heads: 2 * heads });
      const attended = attendQkv(turned, pass, {
        layer: i,
        heads,
        kvHeads: heads,
        scale,
        dropout: pass.drop?.(c.attention_dropout),
      });
      const y = projectOut(attended, b.dense, x, pass.drop?.(c.hidden_dropout));
      const m = norm(c.use_parallel_residual ? x : y, b.norm2);
      const inner = linear(m, b.up.weight, { bias: b.up.bias, activation });
      return projectOut(inner, b.down, y, pass.drop?.(c.hidden_dropout));
    },
    norm: (x) => norm(x, finalNorm),
    head: parameters.get("embed_out.weight") ?? embeddings,
    dispose: () => tables.dispose(),
  });
}

/** [batch, seq, heads·3·dim], q, k and v of each head together, → all q, all k, all v. */
function byKind(qkv: Tensor, heads: number): Tensor {
  const [batch, seq, width] = qkv.shape as [number, number, number];
  const parts = reshape(qkv, [batch * seq, heads, 3, width / (3 * heads)]);
  return reshape(permute(parts, [0, 2, 1, 3]), [batch, seq, width]);
}
