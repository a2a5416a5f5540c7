/** @file GPT-2 (Radford et al. 2019): learned positions · layer norm before each block · fused query-key-value projection ·
 *  feed-forward with a tanh GELU · weights stored [in, out] (Conv1D) · output tied to the embedding.
 *    x₀ = wte[ids] + wpe[positions];  x += attn(ln_1(x))·c_proj;  x += act(ln_2(x)·c_fc)·c_proj;  logits = ln_f(x)·wteᵀ */

import { activationFor } from "../../nn/index.js";
import {
  add,
  type Engine,
  embedding,
  type LinearOptions,
  layerNorm,
  linear,
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
import { Gpt2Config } from "./config.js";

export const gpt2 = defineFamily({
  kind: "causal",
  modelTypes: ["gpt2"],
  architectures: ["GPT2LMHeadModel"],
  config: Gpt2Config,
  head: () => "lm",
  parameters: gpt2Parameters,
  build: buildGpt2,
});

function gpt2Parameters(c: Gpt2Config, head: HeadOf<"causal">): ParameterTable {
  const dim = c.n_embd;
  const inner = c.n_inner ?? 4 * dim;
  const plain = normal(c.initializer_range);
  // Projections that end in the residual stream: it is a sum of two a layer (Radford et al. 2019, section 2.3).
  const residual = normal(c.initializer_range / Math.sqrt(2 * c.n_layer));
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    [`${name}.bias`, [dim], zeros],
  ];
  const conv = (name: string, from: number, to: number, init = plain): ParameterRow[] => [
    [`${name}.weight`, [from, to], init],
    [`${name}.bias`, [to], zeros],
  ];
  const layer = (h: string): ParameterRow[] => [
    ...norm(`${h}.ln_1`),
    ...conv(`${h}.attn.c_attn`, dim, 3 * dim),
    ...conv(`${h}.attn.c_proj`, dim, dim, residual),
    ...norm(`${h}.ln_2`),
    ...conv(`${h}.mlp.c_fc`, dim, inner),
    ...conv(`${h}.mlp.c_proj`, inner, dim, residual),
  ];
  const tied = c.tie_word_embeddings;
  return {
    rows: [
      ["transformer.wte.weight", [c.vocab_size, dim], plain],
      ["transformer.wpe.weight", [c.n_positions, dim], plain],
      ...Array.from({ length: c.n_layer }, (_, i) => layer(`transformer.h.${i}`)).flat(),
      ...norm("transformer.ln_f"),
      ...(head === "lm" && !tied ? [["lm_head.weight", [c.vocab_size, dim], plain] as const] : []),
    ],
    tied: head === "lm" && tied ? { "lm_head.weight": "transformer.wte.weight" } : {},
    // The files first published have no prefix.
    canonical: (name) => (/^(wte|wpe|h|ln_f)\./.test(name) ? `transformer.${name}` : name),
    ignored: (name) => /\.attn\.(bias|masked_bias)$/.test(name),
  };
}

interface Pair {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

function buildGpt2(c: Gpt2Config, parameters: Parameters, engine: Engine): CausalModel {
  const p = (name: string) => parameters.get(name)!;
  const heads = c.n_head;
  const activation = activationFor(c.activation_function);
  const pair = (name: string): Pair => ({ weight: p(`${name}.weight`), bias: p(`${name}.bias`) });
  const norm = (x: Tensor, { weight, bias }: Pair) => layerNorm(x, weight, bias, c.layer_norm_epsilon);
  const conv = (x: Tensor, { weight, bias }: Pair, options: LinearOptions = {}) =>
    linear(x, weight, { bias, layout: "in-out", ...options });
  // Looked up once: building names costs a token of a small model more than some of its kernels do.
  const blocks = Array.from({ length: c.n_layer }, (_, i) => ({
    ln1: pair(`transformer.h.${i}.ln_1`),
    attn: pair(`transformer.h.${i}.attn.c_attn`),
    attnProj: pair(`transformer.h.${i}.attn.c_proj`),
    ln2: pair(`transformer.h.${i}.ln_2`),
    fc: pair(`transformer.h.${i}.mlp.c_fc`),
    mlpProj: pair(`transformer.h.${i}.mlp.c_proj`),
  }));
  const lnF = pair("transformer.ln_f");
  const scaleOf = (layer: number) =>
    (c.scale_attn_weights ? 1 / Math.sqrt(c.n_embd / heads) : 1) /
    (c.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);

  return createDecoder<null>({
    facts: {
      family: "gpt2",
      config: c,
      engine,
      parameters,
      layers: c.n_layer,
      dim: c.n_embd,
      heads,
      kvHeads: heads,
      headDim: c.n_embd / heads,
      vocabSize: c.vocab_size,
      contextLength: c.n_positions,
      ...specialTokenIds(c),
    },
    learnedPositions: c.n_positions,
    prepare: () => null,
    embed(pass) {
      const tokens = embedding(p("transformer.wte.weight"), pass.ids);
      const places = embedding(
        p("transformer.wpe.weight"),
        engine.tensor(pass.positions, [pass.batch, pass.seq]),
      );
      const x = add(tokens, places);
      for (const part of [tokens, places]) part.dispose(); // no backward needs their values
      return dropped(x, pass.drop, c.embd_pdrop);
    },
    layer(i, x, pass) {
      const b = blocks[i]!;
      const qkv = conv(norm(x, b.ln1), b.attn);
      const attended = attendQkv(qkv, pass, {
        layer: i,
        heads,
        kvHeads: heads,
        scale: scaleOf(i),
        dropout: pass.drop?.(c.attn_pdrop),
      });
      const y = conv(attended, b.attnProj, { residual: x, dropout: pass.drop?.(c.resid_pdrop) });
      const inner = conv(norm(y, b.ln2), b.fc, { activation });
      return conv(inner, b.mlpProj, { residual: y, dropout: pass.drop?.(c.resid_pdrop) });
    },
    norm: (x) => norm(x, lnF),
    head: parameters.get("lm_head.weight") ?? p("transformer.wte.weight"),
  });
}
