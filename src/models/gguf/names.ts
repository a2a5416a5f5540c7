/** @file The names of tensors in GGUF beside the published ones. Both end in `.weight` or `.bias`. (ggml-org/llama.cpp,
 *  gguf-py/gguf/tensor_mapping.py.) */

type Pairs = Readonly<Record<string, string>>;

export interface GgufNames {
  /** What stands before a layer's number in the published names. */
  readonly layers: string;
  /** Published → GGUF, without `.weight`. */
  readonly outer: Pairs;
  readonly layer: Pairs;
}

const llamaLayer: Pairs = {
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
  input_layernorm: "attn_norm",
  post_attention_layernorm: "ffn_norm",
};
const llamaOuter: Pairs = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
};

export const llamaNames: GgufNames = { layers: "model.layers", outer: llamaOuter, layer: llamaLayer };

/** Norms on both sides of a block. */
export const gemmaNames: GgufNames = {
  ...llamaNames,
  layer: {
    ...llamaLayer,
    post_attention_layernorm: "post_attention_norm",
    pre_feedforward_layernorm: "ffn_norm",
    post_feedforward_layernorm: "post_ffw_norm",
  },
};

export const phi3Names: GgufNames = {
  ...llamaNames,
  layer: {
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    input_layernorm: "attn_norm",
    post_attention_layernorm: "ffn_norm",
  },
};

export const gpt2Names: GgufNames = {
  layers: "transformer.h",
  outer: {
    "transformer.wte": "token_embd",
    "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm",
    lm_head: "output",
  },
  layer: {
    ln_1: "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    ln_2: "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
  },
};

/** Undefined for a name that the architecture does not have. */
export function publishedName(names: GgufNames, gguf: string): string | undefined {
  const { layer, stem, kind } = /^(?:blk\.(?<layer>\d+)\.)?(?<stem>[^.]+)\.(?<kind>weight|bias)$/.exec(gguf)
    ?.groups ?? { stem: "" };
  const pairs = layer === undefined ? names.outer : names.layer;
  const found = Object.entries(pairs).find(([, other]) => other === stem)?.[0];
  if (found === undefined) return undefined;
  return layer === undefined ? `${found}.${kind}` : `${names.layers}.${layer}.${found}.${kind}`;
}

export function ggufName(names: GgufNames, published: string): string | undefined {
  const cut = published.lastIndexOf(".");
  const [path, kind] = [published.slice(0, cut), published.slice(cut + 1)];
  const outer = names.outer[path];
  if (outer !== undefined) return `${outer}.${kind}`;
  if (!path.startsWith(`${names.layers}.`)) return undefined;
  const [, layer, stem] = /^(\d+)\.(.+)$/.exec(path.slice(names.layers.length + 1)) ?? [];
  const inner = stem === undefined ? undefined : names.layer[stem];
  return inner === undefined ? undefined : `blk.${layer}.${inner}.${kind}`;
}
