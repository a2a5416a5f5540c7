/** @file The compiled addon as TypeScript sees it: kernels by name, memory, threads, instruction set. Types of kernels are
 *  loose on purpose (numbers and typed arrays): native/kernels.inc holds their signatures, the addon counts arguments. */

import { exists } from "../../../platform/files.js";
import { loadAddon } from "../../../platform/native.js";
import { addonFile, compilerAdvice, findCompiler } from "./build.js";

export type Argument = number | Float32Array | Float64Array;

export interface Addon {
  alloc(bytes: number): number;
  free(address: number): void;
  read(address: number, into: ArrayBufferView): void;
  write(address: number, from: ArrayBufferView): void;
  view(address: number, bytes: number): ArrayBuffer;
  memory(): { bytes: number; peakBytes: number; resident: number; limit: number };
  trim(): void;
  threads(): number;
  setThreads(count: number): void;
  isa(): string;
  /** Names usable here, best last, separated by spaces. */
  isas(): string;
  useIsa(name: string): void;
}

export type KernelName =
  | "matmul"
  | "pack_bytes"
  | "pack"
  | "matmul_packed"
  | "attention"
  | "attention_backward"
  | "embedding"
  | "embedding_backward"
  | "layer_norm"
  | "layer_norm_backward"
  | "rms_norm"
  | "rms_norm_backward"
  | "rope"
  | "softmax"
  | "softmax_backward"
  | "cross_entropy"
  | "argmax"
  | "unary"
  | "unary_backward"
  | "binary"
  | "axpby"
  | "affine"
  | "gated"
  | "gated_backward"
  | "copy"
  | "fill"
  | "strided_copy"
  | "sum_rows"
  | "sum_cols"
  | "sum_squares"
  | "sum"
  | "adamw";

export type Kernels = { readonly [K in KernelName]: (...values: Argument[]) => number };

export type Loaded =
  | { readonly ok: true; readonly addon: Addon & Kernels }
  | { readonly ok: false; readonly why: string };

export function loadNative(emulated = false): Loaded {
  const file = addonFile(emulated);
  if (!exists(file)) {
    const why =
      findCompiler() === undefined
        ? `no C++ compiler was found when it was installed (${compilerAdvice()})`
        : "its kernels have not been compiled (npm run build)";
    return { ok: false, why };
  }
  try {
    return { ok: true, addon: loadAddon(file) as Addon & Kernels };
  } catch (error) {
    return { ok: false, why: `${file} cannot be loaded (${(error as Error).message})` };
  }
}
