/** @file The compiled .wasm files: finding and choosing one. "relaxed-simd" has fused multiply-adds and is taken where they
 *  really round once (a processor may lack the instruction, and then rounds twice); "simd" runs wherever there are vectors
 *  and atomic operations. */

import { exists, joinPath, readBytes } from "../../../platform/files.js";
import { packageRoot } from "../../../platform/package.js";
import { permitRelaxedSimd, wasmApi } from "../../../platform/wasm.js";
import type { WasmModule } from "../../../platform/wasmTypes.js";

export const WASM_ISAS = ["simd", "relaxed-simd"] as const;
export type WasmIsa = (typeof WASM_ISAS)[number];

/** Places in the package. */
export const WASM_FILES: Readonly<Record<WasmIsa, string>> = {
  simd: "native/wasm/cygnet.wasm",
  "relaxed-simd": "native/wasm/cygnet-relaxed.wasm",
};

export const wasmFile = (isa: WasmIsa): string => joinPath(packageRoot(), WASM_FILES[isa]);

/** f(x, y) = relaxed_madd(x, x, y), lane 0. */
// biome-ignore format: a line a section
const MADD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x07, 0x01, 0x60, 0x02, 0x7d, 0x7d, 0x01, 0x7d,
  0x03, 0x02, 0x01, 0x00,
  0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,
  0x0a, 0x16, 0x01, 0x14, 0x00, 0x20, 0x00, 0xfd, 0x13, 0x20, 0x00, 0xfd, 0x13, 0x20, 0x01, 0xfd, 0x13,
  0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b,
);

/** Whether relaxed multiply-adds are there and round once: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and else 0. */
function multiplyAddFuses(): boolean {
  const wasm = wasmApi();
  permitRelaxedSimd();
  if (!wasm.validate(MADD)) return false;
  const { f } = new wasm.Instance(new wasm.Module(MADD), {}).exports as { f(x: number, y: number): number };
  return f(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24;
}

/** Names usable here, best last; or why there are none. */
export function usableWasm(): { ok: true; isas: readonly WasmIsa[] } | { ok: false; why: string } {
  if (wasmApi() === undefined) return { ok: false, why: "there is no WebAssembly here" };
  const isas: WasmIsa[] = [];
  const file = wasmFile("simd");
  if (!exists(file)) return { ok: false, why: `${file} is missing` };
  if (wasmApi().validate(readBytes(file))) isas.push("simd");
  if (exists(wasmFile("relaxed-simd")) && multiplyAddFuses()) isas.push("relaxed-simd");
  if (isas.length === 0) return { ok: false, why: "WebAssembly has no vectors or atomic operations here" };
  return { ok: true, isas };
}

/** `shared`: over memory that threads share; else the same code over memory of its own. */
export function compileWasm(isa: WasmIsa, shared: boolean): WasmModule {
  const bytes = readBytes(wasmFile(isa));
  return new (wasmApi().Module)(shared ? bytes : withOwnMemory(bytes));
}

/** The two kinds differ in one bit, the flag of the imported memory. */
export function withOwnMemory(bytes: Uint8Array): Uint8Array {
  const result = bytes.slice();
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = result[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < result.length) {
    const section = result[at++];
    const end = number() + at;
    if (section !== 2) {
      at = end;
      continue;
    }
    for (let count = number(); count > 0; count--) {
      for (let name = 0; name < 2; name++) {
        const length = number(); // moves `at`
        at += length;
      }
      const kind = result[at++];
      if (kind === 2) {
        result[at] = result[at]! & ~2;
        return result;
      }
      if (kind !== 0) break; // functions alone stand before it
      number();
    }
    break;
  }
  throw new Error("a .wasm file of Cygnet without an imported memory");
}
