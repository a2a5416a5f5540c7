/** @file Whether the numbers of a region are finite, by the backend's own sum of squares: it is taken in fp64, where the square
 *  of no finite fp32 number overflows, so it is finite exactly where all of them are. One pass at memory's rate; what is
 *  bf16 or has gaps is copied together first, in pieces. */

import type { Backend, Operand } from "../../backend.js";
import { fromBf16 } from "../../bf16.js";
import type { Region } from "./footprints.js";

/** Elements that are copied together at a time. */
const PIECE = 1 << 18;

export interface Findings {
  readonly nan: number;
  readonly positive: number;
  /** −∞. */
  readonly negative: number;
  readonly total: number;
  /** Index of the first number that is not finite. */
  readonly first: readonly number[] | undefined;
  /** Of the finite numbers; infinities where there are none. */
  readonly least: number;
  readonly most: number;
}

export function allFinite(backend: Backend, region: Region): boolean {
  return runs(region).every(({ operand, rows, cols, ld }) => finiteRows(backend, operand, rows, cols, ld));
}

interface Run {
  readonly operand: Operand;
  readonly rows: number;
  readonly cols: number;
  readonly ld: number;
}

/** The region as matrices whose rows have no gaps: one where it is dense. */
function runs({ operand, shape, strides }: Region): Run[] {
  if (shape.includes(0)) return [];
  let [cols, used] = [1, shape.length];
  while (used > 0 && (strides[used - 1] === cols || shape[used - 1] === 1)) cols *= shape[--used]!;
  if (used === 0) return [{ operand, rows: 1, cols, ld: cols }];
  const [rows, ld] = [shape[used - 1]!, strides[used - 1]!];
  return offsets(shape.slice(0, used - 1), strides).map((offset) => ({
    operand: { storage: operand.storage, offset: operand.offset + offset },
    rows,
    cols,
    ld,
  }));
}

/** Of every index of the dimensions. */
function offsets(shape: readonly number[], strides: readonly number[]): number[] {
  let all = [0];
  for (const [d, n] of shape.entries())
    all = all.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[d]!));
  return all;
}

function finiteRows(backend: Backend, x: Operand, rows: number, cols: number, ld: number): boolean {
  const half = x.storage.dtype === "bf16";
  if (!half && (rows === 1 || cols >= PIECE)) {
    for (let r = 0; r < rows; r++)
      if (!Number.isFinite(backend.sumSquares({ storage: x.storage, offset: x.offset + r * ld }, cols)))
        return false;
    return true;
  }
  const width = Math.min(cols, PIECE);
  const height = Math.max(1, Math.floor(PIECE / width));
  for (let r = 0; r < rows; r += height)
    for (let c = 0; c < cols; c += width) {
      const piece = { storage: x.storage, offset: x.offset + r * ld + c };
      if (!finitePiece(backend, piece, Math.min(height, rows - r), Math.min(width, cols - c), ld))
        return false;
    }
  return true;
}

function finitePiece(backend: Backend, x: Operand, rows: number, cols: number, ld: number): boolean {
  const { dtype } = x.storage;
  const length = rows * cols;
  const dense = { storage: backend.allocate(dtype, length), offset: 0 };
  const wide = dtype === "f32" ? dense : { storage: backend.allocate("f32", length), offset: 0 };
  backend.stridedCopy({
    x,
    y: dense,
    shape: [rows, cols],
    xStrides: [ld, 1],
    yStrides: [cols, 1],
    accumulate: false,
  });
  if (wide !== dense) backend.copy(dense, wide, length);
  const sum = backend.sumSquares(wide, length);
  backend.release(dense.storage);
  if (wide !== dense) backend.release(wide.storage);
  return Number.isFinite(sum);
}

/** Looks at every number, for a message. */
export function scan(backend: Backend, region: Region): Findings {
  const { operand, shape, strides } = region;
  const found = {
    nan: 0,
    positive: 0,
    negative: 0,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
  };
  const total = shape.reduce((n, d) => n * d, 1);
  const [outer, cols] = [shape.slice(0, -1), shape.at(-1) ?? 1];
  let first: number[] | undefined;
  const index = outer.map(() => 0);
  for (let row = 0; total > 0 && row < total / cols; row++) {
    const at = index.reduce((sum, i, d) => sum + i * strides[d]!, operand.offset);
    const values = floats(backend, { storage: operand.storage, offset: at }, cols, strides.at(-1) ?? 1);
    for (const [c, x] of values.entries()) {
      if (Number.isFinite(x)) {
        if (x < found.least) found.least = x;
        if (x > found.most) found.most = x;
        continue;
      }
      first ??= [...index, c];
      if (Number.isNaN(x)) found.nan++;
      else if (x > 0) found.positive++;
      else found.negative++;
    }
    for (let d = outer.length - 1; d >= 0 && ++index[d]! === outer[d]; d--) index[d] = 0;
  }
  return { ...found, total, first };
}

function floats(backend: Backend, x: Operand, length: number, stride: number): Float32Array {
  const span = backend.read(x, (length - 1) * stride + 1);
  const all = span instanceof Uint16Array ? fromBf16(span) : (span as Float32Array);
  return stride === 1 ? all : Float32Array.from({ length }, (_, i) => all[i * stride]!);
}
