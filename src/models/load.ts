/** @file A model folder (Hugging Face's layout: config.json and weights) → a model. What the family's table says is checked
 *  against the file before anything is read: every parameter present, every shape equal. */

import { UserError } from "../platform/errors.js";
import { isDirectory, joinPath, readJson } from "../platform/files.js";
import { type Engine, sizeOf, type Tensor } from "../tensor/index.js";
import { openWeights } from "./checkpoints/folder.js";
import { readFloats, readInto, type StoredTensor, type StoredTensors } from "./checkpoints/storedTensor.js";
import { drawn } from "./create.js";
import { allRows, freeze, type ParameterTable, type RawConfig } from "./family.js";
import { isGgufFile, openGguf } from "./gguf/open.js";
import { refuseHubPlace } from "./hub/place.js";
import type { CausalModel } from "./model.js";
import { familyFor } from "./registry.js";
import type { Seq2SeqModel } from "./seq2seqModel.js";

export interface LoadModelOptions {
  readonly engine: Engine;
  /** The file in the folder that holds the configuration; default config.json. */
  readonly configName?: string;
  /** Refuse tensors that the model has no use for (default); false ignores them. */
  readonly strict?: boolean;
  /** Called with each parameter as soon as it holds its numbers: it may be given another form at once, before the next is read. */
  readonly onParameter?: (parameter: Tensor) => void;
  /** Told of what is odd but no error: weights that are not finite. */
  readonly onWarning?: (warning: string) => void;
}

/** A model's folder, or a GGUF file. Throws UserError: folder or files missing or damaged, unknown model type, a tensor missing,
 *  superfluous or of another shape. */
export function loadModel(folder: string, options: LoadModelOptions): CausalModel {
  if (isGgufFile(folder) && !isDirectory(folder)) return loadGgufModel(folder, options);
  const { file, config } = readConfig(folder, options.configName);
  const prepared = familyFor(config, "causal", file).prepare(config, { file });
  return prepared.build(loadParameters(folder, prepared.table, options), options.engine);
}

function loadGgufModel(file: string, options: LoadModelOptions): CausalModel {
  const { config, weights } = openGguf(file);
  try {
    const prepared = familyFor(config, "causal", file).prepare(config, { file });
    return prepared.build(readParameters(weights, file, prepared.table, options), options.engine);
  } finally {
    weights.close();
  }
}

/** The same for an encoder-decoder. */
export function loadSeq2Seq(folder: string, options: LoadModelOptions): Seq2SeqModel {
  const { file, config } = readConfig(folder, options.configName);
  const prepared = familyFor(config, "seq2seq", file).prepare(config, { file });
  return prepared.build(loadParameters(folder, prepared.table, options), options.engine);
}

export function readConfig(
  folder: string,
  name = "config.json",
): { readonly file: string; readonly config: RawConfig } {
  refuseHubPlace(folder);
  if (!isDirectory(folder))
    throw new UserError({
      code: "model-missing",
      file: folder,
      message: "is not a model folder",
      fix: "name a folder that holds config.json and model.safetensors",
    });
  const file = joinPath(folder, name);
  return { file, config: readConfigFile(file) };
}

/** Throws UserError where the file is not a JSON object. */
export function readConfigFile(file: string): RawConfig {
  const config = readJson(file);
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new UserError({ code: "config-invalid", file, message: "is not a JSON object" });
  return config as RawConfig;
}

/** How a head that the file lacks comes about (see `ParameterTable.absent`). */
export interface NewHead {
  readonly seed: number;
  /** Where the file has a head parameter of another shape too; otherwise that is an error. */
  readonly replace: boolean;
}

/** The table's parameters, read from the folder's weights. */
export function loadParameters(
  folder: string,
  table: ParameterTable,
  options: LoadModelOptions,
  newHead?: NewHead,
): Map<string, Tensor> {
  const weights = openWeights(folder);
  try {
    return readParameters(weights, folder, table, options, newHead);
  } finally {
    weights.close();
  }
}

/** The same from weights that are open; `place` is for messages. */
function readParameters(
  weights: StoredTensors,
  place: string,
  table: ParameterTable,
  options: LoadModelOptions,
  newHead?: NewHead,
): Map<string, Tensor> {
  const { engine, onWarning, strict = true } = options;
  const parameters = new Map<string, Tensor>();
  try {
    const stored = match(weights, table, place, strict, newHead);
    for (const [name, shape, init] of allRows(table)) {
      const from = stored.get(name);
      if (from === undefined && table.absent?.(name) === "without") continue;
      const parameter = engine.parameter(shape, name);
      parameters.set(name, parameter);
      if (from === undefined) {
        // Of the head asked for; or a buffer that older files lack.
        parameter.write(drawn(init, name, newHead?.seed ?? 0, sizeOf(shape)));
        options.onParameter?.(parameter);
        continue;
      }
      readInto(parameter, from);
      if (!Number.isFinite(engine.backend.sumSquares(parameter, parameter.size))) {
        onWarning?.(`${from.file}: tensor ${JSON.stringify(from.name)} holds numbers that are not finite`);
      }
      options.onParameter?.(parameter);
    }
    freeze(table, parameters);
    return parameters;
  } catch (error) {
    for (const parameter of parameters.values()) parameter.dispose();
    throw error;
  }
}

function match(
  weights: StoredTensors,
  table: ParameterTable,
  folder: string,
  strict: boolean,
  newHead: NewHead | undefined,
): Map<string, StoredTensor> {
  const byName = new Map<string, StoredTensor>();
  for (const [published, tensor] of weights.tensors) {
    const name = table.canonical(published);
    const twin = byName.get(name);
    if (twin !== undefined)
      throw new UserError({
        code: "tensor-twice",
        file: tensor.file,
        at: `tensor ${JSON.stringify(published)}`,
        message: `is the same parameter as ${JSON.stringify(twin.name)}`,
      });
    byName.set(name, tensor);
  }
  untie(byName, table, strict);
  const mayBeNew = (name: string) => newHead !== undefined && table.absent?.(name) === "new";
  if (newHead?.replace) {
    for (const [name, shape] of table.rows)
      if (mayBeNew(name) && String(byName.get(name)?.shape) !== String(shape)) byName.delete(name);
  }
  const missing = table.rows
    .map(([name]) => name)
    .filter((name) => !byName.has(name) && !mayBeNew(name) && table.absent?.(name) !== "without");
  if (missing.length > 0)
    throw new UserError({
      code: "tensor-missing",
      file: folder,
      at: `tensor ${JSON.stringify(missing[0])}`,
      message: `is not in the weights${missing.length > 1 ? `, nor are ${missing.length - 1} others` : ""}`,
      fix: "the weights belong to another configuration, or are incomplete",
    });
  for (const [name, shape] of allRows(table)) {
    const stored = byName.get(name);
    if (stored === undefined) continue;
    const { file, shape: found, name: published } = stored;
    if (String(found) !== String(shape))
      throw new UserError({
        code: "tensor-shape",
        file,
        at: `tensor ${JSON.stringify(published)}`,
        message: "has another shape than config.json gives it",
        found: `[${found}]`,
        expected: `[${shape}]`,
      });
  }
  const known = new Set(allRows(table).map(([name]) => name));
  const odd = [...byName].find(([name]) => !known.has(name) && !table.ignored(name));
  if (strict && odd !== undefined)
    throw new UserError({
      code: "tensor-unknown",
      file: odd[1].file,
      at: `tensor ${JSON.stringify(odd[1].name)}`,
      message: "is no parameter of this model",
      fix: "pass strict: false to ignore such tensors",
    });
  return byName;
}

/** Names that share a parameter: dropped when both are there and equal, renamed when only the copy is there. */
function untie(byName: Map<string, StoredTensor>, table: ParameterTable, strict: boolean): void {
  for (const [copy, name] of Object.entries(table.tied)) {
    const [tensor, original] = [byName.get(copy), byName.get(name)];
    if (tensor === undefined) continue;
    byName.delete(copy);
    if (original === undefined) byName.set(name, tensor);
    else if (strict && !equal(tensor, original)) {
      throw new UserError({
        code: "tensor-untied",
        file: tensor.file,
        at: `tensor ${JSON.stringify(tensor.name)}`,
        message: `differs from ${JSON.stringify(original.name)}, though config.json ties them`,
        fix: 'set "tie_word_embeddings": false in config.json, or pass strict: false to use the embedding for both',
      });
    }
  }
}

function equal(a: StoredTensor, b: StoredTensor): boolean {
  if (String(a.shape) !== String(b.shape)) return false;
  const [x, y] = [readFloats(a), readFloats(b)];
  return x.every((v, i) => Object.is(v, y[i]));
}
