/** @file Adapter folders as PEFT writes them: adapter_config.json and adapter_model.safetensors, names like
 *  `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. What is read is written again with the same tensors and keys.
 *
 *  An adapter that began at a part of the weights (PiSSA, OLoRA: initial.ts) is written as plain LoRA of twice the rank,
 *  [A; A₀] and [B, −B₀], so that it fits the base as published, here and in PEFT (which calls this conversion
 *  `path_initial_model_for_weight_conversion`). */

import {
  openSafetensors,
  readInto,
  type StoredTensor,
  type StoredTensors,
  writeSafetensors,
} from "../../models/index.js";
import { UserError } from "../../platform/errors.js";
import { isDirectory, joinPath, makeFolder, readJson, writeAtomic } from "../../platform/files.js";
import type { Tensor } from "../../tensor/index.js";
import type { Adapter, AdapterDraft, Source } from "./assemble.js";
import type { RawAdapterConfig } from "./config.js";
import { loraInitial } from "./initial.js";
import type { Adaptable } from "./modules.js";
import { PREFIX } from "./plan.js";
import { joined } from "./weights.js";

export const CONFIG_FILE = "adapter_config.json";
export const WEIGHTS_FILE = "adapter_model.safetensors";

export interface AdapterFolder {
  readonly raw: RawAdapterConfig;
  readonly configFile: string;
  readonly weightsFile: string;
  readonly stored: StoredTensors;
}

/** The caller closes `stored`. Throws UserError: `adapter-missing`, what reading JSON and safetensors throws. */
export function openAdapterFolder(folder: string): AdapterFolder {
  if (!isDirectory(folder))
    throw new UserError({
      code: "adapter-missing",
      file: folder,
      message: "is not an adapter's folder",
      fix: `name a folder that holds ${CONFIG_FILE} and ${WEIGHTS_FILE}`,
    });
  const configFile = joinPath(folder, CONFIG_FILE);
  const weightsFile = joinPath(folder, WEIGHTS_FILE);
  const raw = readJson(configFile) as RawAdapterConfig;
  return { raw, configFile, weightsFile, stored: openSafetensors(weightsFile) };
}

/** Copies of the base's weights that the file holds though nobody trained them, as PEFT stores beside adapted embeddings. */
export type Copies = ReadonlyMap<string, string>;

/** Those of a new adapter: PEFT stores embedding and output where one of these names is among the targets. */
export function copiesFor({ config, plan }: AdapterDraft, { parameters }: Adaptable): Copies {
  const names = ["embed_tokens", "lm_head"];
  const targets = [config.target_modules].flat();
  if (!names.some((name) => targets.includes(name))) return new Map();
  const adapted = new Set(plan.layers.map(({ module }) => module.path));
  const copied = [...parameters.keys()].flatMap((parameter) => {
    const path = parameter.replace(/\.weight$/, "");
    if (!names.includes(path.split(".").at(-1)!)) return [];
    return [[`${PREFIX}${path}.${adapted.has(path) ? "base_layer.weight" : "weight"}`, parameter] as const];
  });
  return new Map(copied);
}

/** A file's tensors checked against the draft: as the source of the adapter's values, and the copies of the base among them.
 *  Throws UserError: `adapter-base` (made for another base), `adapter-tensor-missing`, `adapter-tensor-unknown`. */
export function fileSource(
  { stored, weightsFile: file }: AdapterFolder,
  { plan, whole, config }: AdapterDraft,
  model: Adaptable,
  stream: Source["factors"]["random"],
): { readonly source: Source; readonly copies: Copies } {
  const expected = new Map<string, readonly number[]>([
    ...[...plan.layers.flatMap((layer) => layer.tensors), ...plan.shared].map(
      ({ stored: name, shape }) => [name, shape] as const,
    ),
    ...whole.map((p) => [p.stored, model.parameters.get(p.name)!.shape] as const),
  ]);
  checkShapes(stored, expected, file);
  if (config.peft_type === "LORA") refuseRandomStart(config.init_lora_weights, file);
  const copies = new Map<string, string>();
  for (const [name, tensor] of stored.tensors) {
    if (expected.has(name)) continue;
    const parameter = name.slice(PREFIX.length).replace(/\.base_layer\.(?=[^.]*$)/, ".");
    const base = name.startsWith(PREFIX) ? model.parameters.get(parameter) : undefined;
    if (base === undefined) throw unknownTensor(file, name, config.target_modules);
    checkCopy(tensor, base, file);
    copies.set(name, parameter);
  }
  const from = (name: string) => stored.tensors.get(name)!;
  return {
    copies,
    source: {
      fill: (tensor, { stored: name }) => readInto(tensor, from(name)),
      whole: (tensor, { stored: name }) => readInto(tensor, from(name)),
      factors: { random: stream, fresh: false },
    },
  };
}

function checkShapes(
  { tensors }: StoredTensors,
  expected: ReadonlyMap<string, readonly number[]>,
  file: string,
): void {
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const other = [...expected].filter(([name, shape]) => {
    const found = tensors.get(name);
    return found !== undefined && String(found.shape) !== String(shape);
  });
  if (other.length > 0) {
    const [name, shape] = other[0]!;
    const more =
      other.length > 1 ? `; so do ${other.length - 1} others: ${shown(other.slice(1), tensors)}` : "";
    throw new UserError({
      code: "adapter-base",
      file,
      at: `tensor ${JSON.stringify(name)}`,
      message: `was made for another base: it has another shape than this model gives it${more}`,
      found: `[${tensors.get(name)!.shape}]`,
      expected: `[${shape}]`,
      fix: "load the base that the adapter was trained on",
    });
  }
  if (missing.length > 0)
    throw new UserError({
      code: "adapter-tensor-missing",
      file,
      at: `tensor ${JSON.stringify(missing[0])}`,
      message: `is not in the file${missing.length > 1 ? `, nor are ${missing.length - 1} others` : ""}`,
      fix: missing[0]!.startsWith("base_model.vera_")
        ? "save the adapter with save_projection=True: projections drawn by torch cannot be drawn again here"
        : "the adapter was made for another base, or its configuration is another's",
    });
}

const shown = (
  rows: readonly (readonly [string, readonly number[]])[],
  tensors: StoredTensors["tensors"],
): string =>
  rows
    .slice(0, 3)
    .map(([name, shape]) => `${name} [${tensors.get(name)!.shape}] for [${shape}]`)
    .join(", ") + (rows.length > 3 ? ", …" : "");

function refuseRandomStart(init: boolean | string, file: string): void {
  if (loraInitial(init).kind !== "pissa-subspace") return;
  throw new UserError({
    code: "adapter-unsupported",
    file,
    at: "init_lora_weights",
    message: "began at a random subspace, which cannot be found again",
    found: init,
    fix: "save it in PEFT with path_initial_model_for_weight_conversion, which makes it plain LoRA",
  });
}

/** A copy of the base's weights in the file is the base's, or the adapter is another base's. */
function checkCopy(copy: StoredTensor, base: Tensor, file: string): void {
  const place = { file, at: `tensor ${JSON.stringify(copy.name)}` };
  const fix = "load the base that the adapter was trained on (with its vocabulary, if it was resized)";
  if (String(copy.shape) !== String(base.shape))
    throw new UserError({
      ...place,
      code: "adapter-base",
      message: "is a copy of the base's weights, and of another shape than this model's",
      found: `[${copy.shape}]`,
      expected: `[${base.shape}]`,
      fix,
    });
  const { engine } = base;
  const off = engine.scope((): number => {
    const theirs = engine.empty(base.shape);
    readInto(theirs, copy);
    engine.backend.axpby({ alpha: -1, x: base, beta: 1, y: theirs, length: base.size });
    const size = engine.backend.sumSquares(base, base.size);
    return Math.sqrt(engine.backend.sumSquares(theirs, base.size) / (size || 1));
  });
  // Stored in half precision it is off by its rounding.
  if (off <= (copy.dtype === "F32" ? 0 : 2 ** -8)) return;
  throw new UserError({
    ...place,
    code: "adapter-base",
    message: "is a copy of the base's weights, and differs from this model's",
    found: `a relative distance of ${off.toExponential(1)}`,
    expected: "none",
    fix,
  });
}

function unknownTensor(file: string, name: string, targets: string | readonly string[]): UserError {
  return new UserError({
    code: "adapter-tensor-unknown",
    file,
    at: `tensor ${JSON.stringify(name)}`,
    message: `belongs to no module that the configuration names (${[targets].flat().slice(0, 8).join(", ")})`,
    fix: "the adapter was made for another base, or its configuration is another's",
  });
}

/** `valuesOf`: of the parameters that the adapter stores whole, and of the base for its copies. */
export function writeAdapterFolder(
  adapter: Adapter,
  folder: string,
  copies: Copies,
  valuesOf: { whole(name: string): Tensor; base(name: string): Tensor },
  extra: RawAdapterConfig,
): void {
  const { engine } = [...adapter.tensors.values()][0]!;
  makeFolder(folder);
  engine.scope(() => {
    const { raw, tensors } = asPlainLora(adapter);
    const all = new Map<string, Tensor>([
      ...tensors,
      ...adapter.shared,
      ...adapter.whole.map(({ stored, name }) => [stored, valuesOf.whole(name)] as const),
      ...[...copies].map(([stored, name]) => [stored, valuesOf.base(name)] as const),
    ]);
    writeSafetensors(joinPath(folder, WEIGHTS_FILE), new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1))));
    const json = Object.fromEntries(
      Object.entries({ ...raw, ...extra }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    writeAtomic(joinPath(folder, CONFIG_FILE), `${JSON.stringify(json, null, 2)}\n`);
  });
}

/** The configuration and tensors without a beginning at W: of twice the rank. */
function asPlainLora(adapter: Adapter): { raw: RawAdapterConfig; tensors: ReadonlyMap<string, Tensor> } {
  const { raw, config, initial } = adapter;
  if (initial.size === 0 || config.peft_type !== "LORA") return adapter;
  const tensors = new Map(adapter.tensors);
  for (const [path, begun] of initial) {
    const [nameA, nameB] = [`${PREFIX}${path}.lora_A.weight`, `${PREFIX}${path}.lora_B.weight`];
    const own = { a: tensors.get(nameA)!, b: tensors.get(nameB)!, scale: 1 };
    const { a, b } = joined(own.a.engine, [own, { ...begun, scale: -1 }]);
    tensors.set(nameA, a);
    tensors.set(nameB, b);
  }
  const alphas = config.use_rslora ? Math.SQRT2 : 2; // so that the factor stays
  const times = (patterns: Readonly<Record<string, number>>, by: number) =>
    Object.fromEntries(Object.entries(patterns).map(([key, value]) => [key, value * by]));
  return {
    tensors,
    raw: {
      ...raw,
      init_lora_weights: true,
      r: 2 * config.r,
      rank_pattern: times(config.rank_pattern, 2),
      lora_alpha: alphas * config.lora_alpha,
      alpha_pattern: times(config.alpha_pattern, alphas),
    },
  };
}
