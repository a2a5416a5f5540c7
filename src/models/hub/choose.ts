/** @file Of all that lies in a repository, what a model needs: configuration, tokenizer, and one set of weights, in the order
 *  in which `openWeights` looks for them. Never ONNX, Flax, TensorFlow, or weights a second time. */

import { UserError } from "../../platform/errors.js";
import { plain } from "./connection.js";
import type { HubFile, HubModel } from "./info.js";

const BESIDE = new Set([
  "config.json",
  "generation_config.json",
  "cygnet.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "vocab.json",
  "merges.txt",
  "encoder.json",
  "vocab.bpe",
  "vocab.txt",
  "tokenizer.model",
  "spiece.model",
  "sentencepiece.bpe.model",
  "source.spm",
  "target.spm",
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
]);
const POOLING = /^\d+_Pooling\/config\.json$/;

const WEIGHTS = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

export interface Chosen {
  /** Without what the index names. */
  readonly files: readonly HubFile[];
  /** The weights' index, where they are in several files. */
  readonly index: HubFile | undefined;
}

/** Throws UserError where there is none. */
export function chooseConfig(model: HubModel): HubFile {
  const config = model.files.get("config.json");
  if (config === undefined) throw noModel(model, "config.json");
  return config;
}

function noModel({ repo, files }: HubModel, wanted: string): UserError {
  return new UserError({
    code: "hub-no-model",
    at: repo,
    message: `holds no ${wanted}`,
    found: [...files.keys()]
      .filter((n) => /\.(gguf|onnx|h5|msgpack|safetensors|bin|json|pt)$/.test(n))
      .slice(0, 8)
      .map(plain),
    fix: "name a model in the layout of transformers",
  });
}

/** Throws UserError where there is no model in it. */
export function chooseFiles(model: HubModel): Chosen {
  const { files } = model;
  chooseConfig(model);
  const weights = WEIGHTS.map((name) => files.get(name)).find((f) => f !== undefined);
  if (weights === undefined)
    throw noModel(model, WEIGHTS.filter((w) => !w.endsWith("index.json")).join(" or "));
  const beside = [...files.values()].filter(({ name }) => BESIDE.has(name) || POOLING.test(name));
  const index = weights.name.endsWith(".index.json") ? weights : undefined;
  return { files: [...beside, ...(index === undefined ? [weights] : [])], index };
}

/** The files of weights that an index names; `json`: its contents. Throws UserError for one outside the folder or not there. */
export function chooseShards(model: HubModel, index: string, json: unknown): HubFile[] {
  const refuse = (message: string, found?: unknown): never => {
    throw new UserError({ code: "index-invalid", file: `${model.repo}/${index}`, message, found });
  };
  const map =
    typeof json === "object" && json !== null ? (json as { weight_map?: unknown }).weight_map : undefined;
  if (typeof map !== "object" || map === null) return refuse("has no weight_map");
  return [...new Set(Object.values(map as object) as unknown[])].map((name) => {
    if (typeof name !== "string" || !/^[\w.-]+\.(safetensors|bin)$/.test(name))
      return refuse("names a file outside its folder", plain(String(name)));
    return model.files.get(name) ?? refuse("names a file that is not there", name);
  });
}
