/** @file Kernels that move or turn rows: embedding and its gradient, rotary positions (Su et al. 2021). */

import type { Backend } from "../../backend.js";
import { f32, i32, span } from "./memory.js";

function checked(id: number, vocab: number): number {
  if (id < 0 || id >= vocab) throw new Error(`reference backend: id ${id} of a table of ${vocab} rows`);
  return id;
}

export function embedding(p: Parameters<Backend["embedding"]>[0]): void {
  const { rows, dim } = p;
  const ids = i32(p.ids, rows);
  const y = f32(p.y, rows * dim);
  for (let r = 0; r < rows; r++) {
    const id = checked(ids[r]!, Number.POSITIVE_INFINITY);
    y.set(f32({ storage: p.table.storage, offset: p.table.offset + id * dim }, dim), r * dim);
  }
}

/** Added in float32, row by row: the order of additions is part of the contract. */
export function embeddingBackward(p: Parameters<Backend["embeddingBackward"]>[0]): void {
  const { rows, dim, vocab, skip } = p;
  const ids = i32(p.ids, rows);
  const dy = f32(p.dy, rows * dim);
  const dTable = f32(p.dTable, vocab * dim);
  for (let r = 0; r < rows; r++) {
    if (ids[r] === skip) continue;
    const to = checked(ids[r]!, vocab) * dim;
    for (let d = 0; d < dim; d++) dTable[to + d]! += dy[r * dim + d]!;
  }
}

export function rope(p: Parameters<Backend["rope"]>[0]): void {
  const { rows, heads, dim, half, ldx, ldy, sign } = p;
  const x = f32(p.x, span(rows, heads * dim, ldx));
  const y = f32(p.y, span(rows, heads * dim, ldy));
  const cos = f32(p.cos, rows * half);
  const sin = f32(p.sin, rows * half);
  for (let r = 0; r < rows; r++) {
    for (let h = 0; h < heads; h++) {
      const from = r * ldx + h * dim;
      const to = r * ldy + h * dim;
      for (let i = 0; i < half; i++) {
        const a = x[from + i]!;
        const b = x[from + half + i]!;
        const c = cos[r * half + i]!;
        const s = sin[r * half + i]! * sign;
        y[to + i] = a * c - b * s;
        y[to + half + i] = b * c + a * s;
      }
      for (let i = 2 * half; i < dim; i++) y[to + i] = x[from + i]!;
    }
  }
}
