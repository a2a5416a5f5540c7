/** @file What a configuration amounts to, computed without allocating it: parameters, bytes, arithmetic of a forward pass, cache.
 *
 *  A token costs 2 floating-point operations for each weight that it is multiplied with (a table that is looked up costs
 *  none, unless it is the output too), and in attention 4·width for each key that it sees: 4·width·T(T+1)/2 for T tokens
 *  that see what came before, 4·width·T² for T that all see each other (Kaplan et al. 2020, table 1). */

import { sizeOf } from "../../tensor/index.js";
import { allRows, type ModelKind, type ParameterTable, type RawConfig } from "../family.js";
import { anyFamilyFor } from "../registry.js";
import { type ModelNode, modelTree } from "./tree.js";

export interface ModelDescription {
  readonly modelType: string;
  readonly architecture: string;
  readonly kind: ModelKind;
  readonly config: RawConfig;
  readonly tree: readonly ModelNode[];
  /** Names that share another's memory. */
  readonly tied: Readonly<Record<string, string>>;
  /** Each once. */
  readonly parameters: number;
  /** Of these, what one token is multiplied with: without tables that are looked up, and of a mixture's experts only those
   *  that a token meets. */
  readonly multiplied: number;
  readonly bytes: { readonly f32: number; readonly bf16: number };
  /** Floating-point operations of one sequence of `context` tokens (encoder-decoders: so many source and target tokens). */
  readonly forwardFlops: number;
  /** Keys and values of one token, in f32; 0 for encoders. */
  readonly cacheBytesPerToken: number;
  readonly context: number;
}

/** Tables whose rows are looked up. */
const LOOKED_UP =
  /(?:^|\.)(?:wte|wpe|embed|embed_in|embed_tokens|embed_positions|shared|tok_embeddings|\w+_embeddings|relative_attention_bias)\.weight$/;
const EXPERTS = /\.experts\./;

/** Throws UserError where the configuration makes no sense. `context`: default what the positions allow, at most 2,048. */
export function describeModel(
  config: RawConfig,
  options: { context?: number; file?: string } = {},
): ModelDescription {
  const family = anyFamilyFor(config, options.file);
  const prepared = family.prepare(config, { file: options.file });
  const { table } = prepared;
  const rows = allRows(table);
  const parameters = rows.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const facts = shapeOf(prepared.config);
  const context = options.context ?? Math.min(facts.positions, 2048);
  const multiplied = multipliedBy(table, prepared.config);
  return {
    modelType: String(prepared.config.model_type),
    architecture: prepared.architecture,
    kind: family.kind,
    config: prepared.config,
    tree: modelTree(table),
    tied: table.tied,
    parameters,
    multiplied,
    bytes: { f32: 4 * parameters, bf16: 2 * parameters },
    forwardFlops: 2 * multiplied * context + attentionFlops(family.kind, facts, context),
    cacheBytesPerToken:
      family.kind === "encoder" ? 0 : 2 * 4 * facts.decoderLayers * facts.kvHeads * facts.headDim,
    context,
  };
}

function multipliedBy(table: ParameterTable, config: RawConfig): number {
  const [met, all] = [config.num_experts_per_tok, config.num_local_experts ?? config.num_experts];
  const share = typeof met === "number" && typeof all === "number" ? met / all : 1;
  const weights = table.rows
    .filter(([name, shape]) => shape.length > 1 && !LOOKED_UP.test(name))
    .reduce((sum, [name, shape]) => sum + sizeOf(shape) * (EXPERTS.test(name) ? share : 1), 0);
  // An output that shares the embedding's memory is multiplied all the same.
  const outputs = Object.entries(table.tied).filter(([name]) =>
    /(?:lm_head|out|decoder|embed_out)\.weight$/.test(name),
  );
  const output = outputs.find(([name]) => !/embed/.test(name));
  const shape = table.rows.find(([name]) => name === output?.[1])?.[1];
  return weights + (shape === undefined ? 0 : sizeOf(shape));
}

interface Shape {
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly width: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly positions: number;
}

/** Of the published names, whichever the family uses. */
function shapeOf(config: RawConfig): Shape {
  const first = (...keys: readonly string[]): number | undefined => {
    for (const key of keys) if (typeof config[key] === "number") return config[key];
    return undefined;
  };
  const layers = first("n_layer", "num_hidden_layers", "n_layers", "num_layers") ?? 0;
  const dim = first("n_embd", "hidden_size", "dim", "d_model") ?? 0;
  const heads =
    first("n_head", "num_attention_heads", "n_heads", "num_heads", "decoder_attention_heads", "nhead") ?? 1;
  const headDim = first("head_dim", "d_kv") ?? dim / heads;
  return {
    encoderLayers: first("encoder_layers", "num_encoder_layers") ?? layers,
    decoderLayers: first("decoder_layers", "num_decoder_layers") ?? layers,
    width: heads * headDim,
    kvHeads: first("num_key_value_heads") ?? heads,
    headDim,
    positions: first("n_positions", "max_position_embeddings") ?? 512,
  };
}

function attentionFlops(kind: ModelKind, s: Shape, context: number): number {
  const everything = 4 * s.width * context * context;
  const before = (4 * s.width * context * (context + 1)) / 2;
  if (kind === "causal") return s.decoderLayers * before;
  if (kind === "encoder") return s.encoderLayers * everything;
  return s.encoderLayers * everything + s.decoderLayers * (before + everything);
}
