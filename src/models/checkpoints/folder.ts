/** @file A model folder's weights, in whichever of the published ways they are stored: one safetensors file, several with an
 *  index, one PyTorch file, or several of those with an index. Looked for in this order. */

import { UserError } from "../../platform/errors.js";
import { baseName, exists, joinPath, readText } from "../../platform/files.js";
import { openSafetensors } from "./safetensors.js";
import type { StoredTensor, StoredTensors } from "./storedTensor.js";
import { type Json, parseStrictJson } from "./strictJson.js";
import { openTorchFile } from "./torchFile.js";

/** Throws UserError where the folder holds no weights or they are damaged. */
export function openWeights(folder: string): StoredTensors {
  const place = (name: string) => joinPath(folder, name);
  if (exists(place("model.safetensors"))) return openSafetensors(place("model.safetensors"));
  if (exists(place("model.safetensors.index.json")))
    return openSharded(folder, "model.safetensors.index.json", openSafetensors);
  if (exists(place("pytorch_model.bin"))) return openTorchFile(place("pytorch_model.bin"));
  if (exists(place("pytorch_model.bin.index.json")))
    return openSharded(folder, "pytorch_model.bin.index.json", openTorchFile);
  throw new UserError({
    code: "weights-missing",
    file: folder,
    message: "holds no weights",
    expected:
      "model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json",
  });
}

/** One file of weights, by its ending. */
export function openWeightsFile(file: string): StoredTensors {
  return /\.(bin|pt|pth)$/.test(file) ? openTorchFile(file) : openSafetensors(file);
}

function openSharded(
  folder: string,
  indexName: string,
  open: (file: string) => StoredTensors,
): StoredTensors {
  const index = joinPath(folder, indexName);
  const places = weightMap(index);
  for (const shard of new Set(places.values())) {
    if (!exists(joinPath(folder, shard)))
      throw new UserError({
        code: "weights-missing",
        file: index,
        message: "names a file that is not there",
        found: shard,
        fix: `download ${shard} into the same folder`,
      });
  }
  const shards = new Map<string, StoredTensors>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const [name, shard] of places) {
      if (!shards.has(shard)) shards.set(shard, open(joinPath(folder, shard)));
      const tensor = shards.get(shard)!.tensors.get(name);
      if (tensor === undefined)
        throw new UserError({
          code: "tensor-missing",
          file: joinPath(folder, shard),
          at: `tensor ${JSON.stringify(name)}`,
          message: `is not in the file, though ${indexName} says so`,
        });
      tensors.set(name, tensor);
    }
    return { tensors, metadata: new Map(), close };
  } catch (error) {
    close();
    throw error;
  }
}

function weightMap(index: string): Map<string, string> {
  const refuse = (message: string, found?: unknown): never => {
    throw new UserError({ code: "index-invalid", file: index, message, found });
  };
  let json: Json;
  try {
    json = parseStrictJson(readText(index));
  } catch (error) {
    return refuse(`is not valid JSON: ${(error as Error).message}`);
  }
  const map = json instanceof Map ? (json as ReadonlyMap<string, Json>).get("weight_map") : undefined;
  if (!(map instanceof Map)) return refuse("has no weight_map");
  const places = new Map<string, string>();
  for (const [name, shard] of map as ReadonlyMap<string, Json>) {
    if (typeof shard !== "string") return refuse(`names no file for tensor ${JSON.stringify(name)}`);
    if (shard !== baseName(shard) || shard.includes("\\") || shard === "" || shard === "." || shard === "..")
      return refuse("names a file outside its folder", shard);
    places.set(name, shard);
  }
  return places;
}
