/** @file A weight held in four bits: its tensor stays, its memory as f32 is given back, and whoever uses it gets the values written
 *  out for as long as it uses them (rebuild.ts). So everything that takes a weight takes one in four bits; `linear` gives the memory
 *  back after each product. Such a weight is frozen. */

import { UserError } from "../../platform/errors.js";
import type { Operand } from "../backend.js";
import type { Engine } from "../engine.js";
import { evict } from "../rebuild.js";
import type { Tensor } from "../tensor.js";
import { CODEBOOKS, dynamicMap, type FourBitType } from "./codebooks.js";
import { type FourBitNumbers, type FourBitOptions, NESTED_BLOCK, quantise4 } from "./quantise.js";

/** What all weights of an engine share. */
export interface FourBitTables {
  readonly type: FourBitType;
  readonly table: Tensor;
  readonly map: Tensor;
  dispose(): void;
}

export function createFourBitTables(engine: Engine, type: FourBitType): FourBitTables {
  const table = engine.tensor(CODEBOOKS[type]).keep();
  const map = engine.tensor(dynamicMap()).keep();
  return {
    type,
    table,
    map,
    dispose() {
      table.dispose();
      map.dispose();
    },
  };
}

/** The weight's numbers become those nearest to them that four bits can hold. Returns the bytes that it is held in. `tables` must
 *  live as long as the weight. Throws UserError `weights-not-finite`. */
export function holdInFourBits(
  weight: Tensor,
  tables: FourBitTables,
  options: Omit<FourBitOptions, "type"> = {},
): number {
  if (!Number.isFinite(weight.engine.backend.sumSquares(weight, weight.size)))
    throw new UserError({
      code: "weights-not-finite",
      at: weight.name,
      message: "holds numbers that are not finite, which four bits cannot hold",
      fix: "load a model whose weights are whole",
    });
  const numbers = quantise4(weight.readFloats(), { ...options, type: tables.type });
  return holdNumbers(weight, numbers, tables);
}

/** The same with numbers that are quantised already. */
export function holdNumbers(weight: Tensor, numbers: FourBitNumbers, tables: FourBitTables): number {
  const { engine, shared } = weight;
  if (weight.dtype !== "f32" || weight.offset !== 0 || shared.length !== numbers.length)
    throw new Error(`${weight.name ?? "a tensor"} [${weight.shape}] cannot be held in four bits`);
  if (shared.rebuild !== undefined)
    throw new Error(`${weight.name ?? "a tensor"} is held in another form already`);
  const { length, block, scales } = numbers;
  const held: Tensor[] = [];
  const keep = (t: Tensor): Tensor => {
    held.push(t.keep());
    return t;
  };
  const codes = keep(bytesOf(engine, numbers.codes));
  const plain = scales instanceof Float32Array;
  const first = keep(plain ? engine.tensor(scales) : bytesOf(engine, scales.codes));
  const nested = plain
    ? undefined
    : {
        map: tables.map,
        scales: keep(engine.tensor(scales.scales)),
        offset: scales.offset,
        block: NESTED_BLOCK,
      };
  weight.requiresGrad = false;
  shared.rebuild = (y: Operand) =>
    engine.backend.dequantize4({ codes, table: tables.table, scales: first, nested, y, length, block });
  shared.source = {
    dispose() {
      for (const t of held) t.dispose();
    },
  };
  evict(weight);
  return held.reduce((sum, t) => sum + 4 * t.size, 0);
}

/** Bytes in the memory of integers, the last one filled up. */
function bytesOf(engine: Engine, bytes: Uint8Array): Tensor {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return engine.tensor(new Int32Array(padded.buffer));
}
