/** @file A case's folder opened: its tensors by name, paths kept inside it, things made once and disposed at the end. */

import {
  openSafetensors,
  type StoredTensor,
  type StoredTensors,
  toFloats,
  toNumbers,
} from "../../models/checkpoints/index.js";
import { joinPath, relativePath } from "../../platform/files.js";
import { type Compute, createEngine, type Device, type Engine, sizeOf } from "../../tensor/index.js";
import { type CaseContext, CaseError, type CaseJson, type CaseTensor } from "./kinds/kind.js";

export interface RunOptions {
  readonly device: Device;
  readonly compute: Compute;
}

export interface OpenedCase {
  readonly context: CaseContext;
  close(): void;
}

export function openCase(
  folder: string,
  json: CaseJson,
  options: RunOptions,
  engine: () => Engine,
): OpenedCase {
  const made = new Map<string, unknown>();
  const disposals: (() => void)[] = [];
  const context: CaseContext = {
    folder,
    json,
    device: options.device,
    compute: options.compute,
    engine,
    once<T>(key: string, make: () => T, dispose?: (made: T) => void): T {
      if (!made.has(key)) {
        const thing = make();
        made.set(key, thing);
        if (dispose) disposals.push(() => dispose(thing));
      }
      return made.get(key) as T;
    },
    tensor(name) {
      if (typeof name !== "string")
        throw new CaseError(`case.json names a tensor by ${JSON.stringify(name)}`);
      const file = typeof json.tensors === "string" ? json.tensors : "tensors.safetensors";
      const opened = context.once<StoredTensors>(
        "tensors",
        () => openSafetensors(context.path(file)),
        (t) => t.close(),
      );
      const tensor = opened.tensors.get(name);
      if (tensor === undefined) throw new CaseError(`${file} has no tensor ${JSON.stringify(name)}`);
      return caseTensor(tensor);
    },
    path(relative) {
      if (typeof relative !== "string")
        throw new CaseError(`case.json names a file by ${JSON.stringify(relative)}`);
      const path = joinPath(folder, relative);
      if (relativePath(folder, path).startsWith(".."))
        throw new CaseError(`case.json names ${JSON.stringify(relative)}, which lies outside its folder`);
      return path;
    },
  };
  return {
    context,
    close() {
      for (const dispose of disposals.reverse()) dispose();
    },
  };
}

function caseTensor(t: StoredTensor): CaseTensor {
  const bytes = () => t.bytes(0, sizeOf(t.shape));
  return {
    shape: t.shape,
    dtype: t.dtype,
    floats: () => toFloats(t.dtype, bytes()),
    numbers: () => toNumbers(t.dtype, bytes()),
    ints() {
      const numbers = toNumbers(t.dtype, bytes());
      const ints = Int32Array.from(numbers);
      if (numbers.some((n, i) => n !== ints[i]))
        throw new CaseError(`tensor ${JSON.stringify(t.name)} holds numbers that are no integers of 32 bits`);
      return ints;
    },
  };
}

/** An engine made at the first call. */
export function lazyEngine(options: RunOptions): { engine(): Engine; dispose(): void } {
  let engine: Engine | undefined;
  return {
    engine: () => (engine ??= createEngine(options)),
    dispose: () => engine?.dispose(),
  };
}
