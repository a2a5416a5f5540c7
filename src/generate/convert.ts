/** @file A model from one published form into another: a folder in Hugging Face's layout, or a GGUF file. */

import { exportGguf, type GgufDtype, loadModel, saveModel } from "../models/index.js";
import type { CausalModel } from "../models/model.js";
import { UserError } from "../platform/errors.js";
import { baseName, exists, isDirectory, joinPath, readJson, resolvePath } from "../platform/files.js";
import { createEngine } from "../tensor/device.js";
import { loadTokenizer, saveTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { checkTokenizer } from "./checkTokenizer.js";
import { prefixOf } from "./gguf.js";
import { findModel } from "./loadGenerator.js";
import { prefixToken } from "./prefixToken.js";

export interface ConvertOptions {
  /** A run's folder, a model's folder or a GGUF file. */
  readonly from: string;
  readonly to: "gguf" | "hf";
  /** A file for GGUF, else a folder. */
  readonly out: string;
  /** Of the matrices; default f16 in GGUF, f32 in a folder, which takes f32 and bf16 only. */
  readonly dtype?: GgufDtype | undefined;
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** Throws UserError for what is missing, damaged, or cannot be said in the other form. */
export function convertModel({ from, to, out, dtype, onWarning }: ConvertOptions): void {
  const source = localModel(from);
  const folderType = dtype ?? "f32";
  if (to === "hf" && folderType !== "f32" && folderType !== "bf16")
    throw new UserError({
      code: "value-invalid",
      at: "dtype",
      message: "cannot be stored in a folder",
      found: dtype,
      expected: "f32 or bf16",
    });
  checkPlace(source.path, to, out);
  const engine = createEngine({ device: "auto" });
  try {
    const model = loadModel(source.path, onWarning === undefined ? { engine } : { engine, onWarning });
    const tokenizer = loadTokenizer(source.path);
    checkTokenizer(tokenizer, model, source.path);
    if (to === "gguf") {
      const addBos = prefixIn(source.path, tokenizer, model) !== undefined;
      const name =
        baseName(source.path) === "model" ? baseName(joinPath(source.path, "..")) : baseName(source.path);
      exportGguf(model, tokenizer, out, { dtype, addBos, onWarning, name: name.replace(/\.gguf$/i, "") });
    } else if (folderType === "f32" || folderType === "bf16") {
      saveFolder(model, tokenizer, source.path, out, folderType);
    }
    model.dispose();
  } finally {
    engine.dispose();
  }
}

function localModel(place: string) {
  const source = findModel(place);
  if (source.kind === "llama2c")
    throw new UserError({
      code: "model-missing",
      file: place,
      message: "a llama2.c file cannot be converted",
      expected: "a run's folder, a model's folder or a GGUF file",
    });
  return source;
}

function checkPlace(from: string, to: "gguf" | "hf", out: string): void {
  const wrong = (message: string, fix: string): never => {
    throw new UserError({ code: "value-invalid", file: out, at: "out", message, fix });
  };
  if (resolvePath(from) === resolvePath(out)) wrong("is what is read", "name another place");
  if (to === "gguf" && isDirectory(out))
    wrong("is a folder where a file is to be", "name a file: model.gguf");
  if (to === "hf" && exists(out) && !isDirectory(out))
    wrong("is a file where a folder is to be", "name a folder");
}

function prefixIn(place: string, tokenizer: Tokenizer, model: CausalModel): number | undefined {
  return isDirectory(place) ? prefixToken(place, tokenizer, model.bosTokenId) : prefixOf(tokenizer);
}

function saveFolder(
  model: CausalModel,
  tokenizer: Tokenizer,
  from: string,
  out: string,
  dtype: "f32" | "bf16",
): void {
  const kept = (name: string): Record<string, unknown> | undefined => {
    const file = joinPath(from, name);
    return isDirectory(from) && exists(file) ? (readJson(file) as Record<string, unknown>) : undefined;
  };
  const lineage = kept("cygnet.json");
  saveModel(model, out, {
    dtype,
    generationConfig: kept("generation_config.json") ?? {},
    ...(lineage === undefined ? {} : { lineage }),
  });
  saveTokenizer(tokenizer, out);
}
