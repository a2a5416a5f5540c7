/** @file A model → a folder in Hugging Face's layout, which transformers, vLLM and llama.cpp read as it is: config.json,
 *  generation_config.json, model.safetensors (or several files with an index), and cygnet.json with where it came from.
 *  The weights are written before config.json, each file beside its place and renamed. */

import { joinPath, makeFolder, remove, writeAtomic } from "../platform/files.js";
import { sizeOf, type Tensor } from "../tensor/index.js";
import { writeSafetensors } from "./checkpoints/writeSafetensors.js";
import type { LanguageModel } from "./model.js";

export interface SaveModelOptions {
  readonly generationConfig?: Readonly<Record<string, unknown>>;
  /** Written to cygnet.json: data, recipe, parents. */
  readonly lineage?: Readonly<Record<string, unknown>>;
  /** Default f32. */
  readonly dtype?: "f32" | "bf16";
  /** Weights beyond this many bytes are split into several files; default 5 GB. */
  readonly shardBytes?: number;
}

export function saveModel(model: LanguageModel, folder: string, options: SaveModelOptions = {}): void {
  const { dtype = "f32", generationConfig, lineage, shardBytes = 5e9 } = options;
  makeFolder(folder);
  const json = (name: string, value: unknown) =>
    writeAtomic(joinPath(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  writeWeights(model.parameters, folder, dtype, shardBytes, json);
  json("config.json", {
    ...spelledForAll(model.config),
    dtype: dtype === "f32" ? "float32" : "bfloat16",
  });
  const { eosTokenIds: eos, bosTokenId, padTokenId } = model;
  const ids = {
    bos_token_id: bosTokenId,
    eos_token_id: eos.length === 1 ? eos[0] : eos.length === 0 ? undefined : eos,
    pad_token_id: padTokenId,
  };
  json("generation_config.json", { ...ids, ...generationConfig });
  if (lineage !== undefined) json("cygnet.json", lineage);
}

type Fields = Readonly<Record<string, unknown>>;

/** transformers 5 reads `rope_parameters`, everything older `rope_theta` and `rope_scaling` (and their like): both are given. */
function spelledForAll(config: Fields): Fields {
  const rope = config.rope_parameters;
  if (typeof rope !== "object" || rope === null) return config;
  const byLayer = rope as Readonly<Record<string, Fields | undefined>>;
  const { full_attention: full, sliding_attention: local } = byLayer;
  if (full === undefined) return { ...config, ...oldRope(rope as Fields, config.model_type) };
  return { ...config, ...oldRope(full, config.model_type), rope_local_base_freq: local?.rope_theta };
}

function oldRope({ rope_theta: theta, partial_rotary_factor: partial, ...scaling }: Fields, type: unknown) {
  // To gpt-oss "nothing said" means YaRN.
  const rope_scaling = scaling.rope_type === "default" && type !== "gpt_oss" ? null : scaling;
  if (type === "gpt_neox") return { rotary_emb_base: theta, rotary_pct: partial, rope_scaling };
  return {
    rope_theta: theta,
    rope_scaling,
    ...(partial === undefined ? {} : { partial_rotary_factor: partial }),
  };
}

function writeWeights(
  parameters: ReadonlyMap<string, Tensor>,
  folder: string,
  dtype: "f32" | "bf16",
  shardBytes: number,
  json: (name: string, value: unknown) => void,
): void {
  const width = dtype === "f32" ? 4 : 2;
  const shards = split(parameters, shardBytes / width);
  const indexName = "model.safetensors.index.json";
  if (shards.length === 1) {
    writeSafetensors(joinPath(folder, "model.safetensors"), parameters, { dtype });
    remove(joinPath(folder, indexName));
    return;
  }
  const digits = (n: number) => String(n).padStart(5, "0");
  const names = shards.map((_, i) => `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`);
  shards.forEach((shard, i) => {
    writeSafetensors(joinPath(folder, names[i]!), shard, { dtype });
  });
  const weightMap = Object.fromEntries(
    shards.flatMap((shard, i) => [...shard.keys()].map((name) => [name, names[i]])),
  );
  const total = [...parameters.values()].reduce((n, t) => n + sizeOf(t.shape), 0) * width;
  json(indexName, { metadata: { total_size: total }, weight_map: weightMap });
  remove(joinPath(folder, "model.safetensors"));
}

function split(parameters: ReadonlyMap<string, Tensor>, elements: number): Map<string, Tensor>[] {
  const shards: Map<string, Tensor>[] = [new Map()];
  let filled = 0;
  for (const [name, tensor] of parameters) {
    if (filled > 0 && filled + tensor.size > elements) {
      shards.push(new Map());
      filled = 0;
    }
    shards.at(-1)!.set(name, tensor);
    filled += tensor.size;
  }
  return shards;
}
