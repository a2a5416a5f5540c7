/** @file Checkpoints of karpathy/llama2.c (version 0): seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size,
 *  negative where the output has weights of its own, seq_len), then fp32 tensors, all layers of a kind together, with two
 *  rotary tables near the end that are computed here instead. There the rotation turns neighbouring pairs (2i, 2i+1), here
 *  halves (i, i + dim/2): the rows of q and k are reordered so that the scores are the same. */

import { UserError } from "../../platform/errors.js";
import { openRanged, type RangedFile } from "../../platform/files.js";
import { type Engine, sizeOf } from "../../tensor/index.js";
import type { RawConfig } from "../family.js";
import type { CausalModel } from "../model.js";
import { llama } from "./index.js";

/** Throws UserError where the header makes no sense or the file's length does not follow from it. */
export function readLlama2c(file: string, engine: Engine): CausalModel {
  const ranged = openRanged(file);
  try {
    const header = readHeader(ranged, file);
    const prepared = llama.prepare(configOf(header), { file });
    const { places, end } = layOut(header);
    if (end !== ranged.size) {
      throw new UserError({
        code: "llama2c-invalid",
        file,
        message: "is not as long as its header says",
        found: `${ranged.size} bytes`,
        expected: `${end}`,
      });
    }
    const heads: Readonly<Record<string, number>> = { q_proj: header.heads, k_proj: header.kvHeads };
    const parameters = new Map(
      prepared.table.rows.map(([name, shape]) => {
        const bytes = new Uint8Array(4 * sizeOf(shape));
        ranged.read(places.get(name)!, bytes);
        const values = new Float32Array(bytes.buffer);
        const rotated = heads[name.split(".").at(-2)!];
        return [
          name,
          engine
            .parameter(shape, name)
            .write(rotated === undefined ? values : pairsToHalves(values, rotated, shape)),
        ];
      }),
    );
    return prepared.build(parameters, engine);
  } finally {
    ranged.close();
  }
}

interface Header {
  readonly dim: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly seq: number;
  readonly tied: boolean;
}

function readHeader(ranged: RangedFile, file: string): Header {
  const numbers = new Int32Array(7);
  if (ranged.size < 28)
    throw new UserError({
      code: "llama2c-invalid",
      file,
      message: "is too short for a llama2.c checkpoint",
      found: `${ranged.size} bytes`,
    });
  ranged.read(0, new Uint8Array(numbers.buffer));
  const [dim, hidden, layers, heads, kvHeads, vocab, seq] = numbers as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if ([dim, hidden, layers, heads, kvHeads, Math.abs(vocab), seq].some((n) => n < 1) || dim % heads !== 0) {
    throw new UserError({
      code: "llama2c-invalid",
      file,
      message: "does not begin as a llama2.c checkpoint",
      found: [...numbers].join(", "),
      expected: "dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len",
    });
  }
  return { dim, hidden, layers, heads, kvHeads, vocab: Math.abs(vocab), seq, tied: vocab > 0 };
}

function configOf(h: Header): RawConfig {
  return {
    model_type: "llama",
    vocab_size: h.vocab,
    hidden_size: h.dim,
    intermediate_size: h.hidden,
    num_hidden_layers: h.layers,
    num_attention_heads: h.heads,
    num_key_value_heads: h.kvHeads,
    max_position_embeddings: h.seq,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: h.tied,
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

/** Where each parameter lies, in bytes, and where the file ends. */
function layOut(h: Header): { places: Map<string, number>; end: number } {
  const places = new Map<string, number>();
  let at = 28;
  const take = (name: string, elements: number) => {
    places.set(name, at);
    at += 4 * elements;
  };
  const eachLayer = (name: string, elements: number) => {
    for (let i = 0; i < h.layers; i++) take(`model.layers.${i}.${name}.weight`, elements);
  };
  const kvDim = (h.dim / h.heads) * h.kvHeads;
  take("model.embed_tokens.weight", h.vocab * h.dim);
  eachLayer("input_layernorm", h.dim);
  eachLayer("self_attn.q_proj", h.dim * h.dim);
  eachLayer("self_attn.k_proj", kvDim * h.dim);
  eachLayer("self_attn.v_proj", kvDim * h.dim);
  eachLayer("self_attn.o_proj", h.dim * h.dim);
  eachLayer("post_attention_layernorm", h.dim);
  eachLayer("mlp.gate_proj", h.hidden * h.dim);
  eachLayer("mlp.down_proj", h.dim * h.hidden);
  eachLayer("mlp.up_proj", h.hidden * h.dim);
  take("model.norm.weight", h.dim);
  at += 4 * h.seq * (h.dim / h.heads); // the rotary tables
  if (!h.tied) take("lm_head.weight", h.vocab * h.dim);
  return { places, end: at };
}

/** Row 2i + j of each head (pair i) becomes row j·half + i. */
function pairsToHalves(
  values: Float32Array,
  heads: number,
  [rows, columns]: readonly number[],
): Float32Array {
  const dim = rows! / heads;
  const half = dim / 2;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows!; row++) {
    const [head, r] = [Math.floor(row / dim), row % dim];
    const to = head * dim + (r % 2) * half + Math.floor(r / 2);
    moved.set(values.subarray(row * columns!, (row + 1) * columns!), to * columns!);
  }
  return moved;
}
