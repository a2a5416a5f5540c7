/** @file Kernels whose operands may be bf16: the kernel for f32 on widened copies, whose results are rounded to nearest even.
 *  That is the contract's definition of them (backend.ts, "bf16 operands"), so each kernel is written once. Storages are
 *  widened whole, and two operands of one storage share the copy: a kernel in place stays one in place. */

import type { Operand, Storage } from "../../backend.js";
import { fromBf16, toBf16 } from "../../bf16.js";
import { bf16 } from "./memory.js";

/** `kernel` for parameters of which `inputs` and `outputs` may be bf16. */
export function mixed<P extends object, K extends keyof P>(
  kernel: (p: P) => void,
  inputs: readonly K[],
  outputs: readonly K[],
): (p: P) => void {
  return (p) => {
    const copies = new Map<Storage, Storage>();
    const widened: P = { ...p };
    for (const name of [...inputs, ...outputs]) {
      const operand = p[name] as Operand | undefined;
      if (operand?.storage.dtype !== "bf16") continue;
      const { storage, offset } = operand;
      const copy = copies.get(storage) ?? widen(storage);
      copies.set(storage, copy);
      widened[name] = { storage: copy, offset } as P[K];
    }
    kernel(widened);
    const written = new Set(outputs.map((name) => (p[name] as Operand | undefined)?.storage));
    for (const [storage, copy] of copies) {
      if (written.has(storage))
        bf16({ storage, offset: 0 }, storage.length).set(toBf16(copy.array as Float32Array));
    }
  };
}

function widen(storage: Storage): Storage {
  const array = fromBf16(bf16({ storage, offset: 0 }, storage.length));
  return { dtype: "f32", length: storage.length, address: 0, array };
}
