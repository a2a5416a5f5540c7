/** @file Matrix products: C (+)= alpha · op(A)·op(B), then bias, activation and residual. The product of two float32 is
 *  exact in float64, and sums are float64, so that one rounding is all that separates the result from the formula.
 *  `compute: "bf16"` rounds both operands first. */

import type { Backend, MatmulParams, Operand, Packed } from "../../backend.js";
import { fromBf16, roundToBf16, toBf16 } from "../../bf16.js";
import { unaryFunctions } from "./functions.js";
import { bf16, f32, span } from "./memory.js";

const at = (x: Operand, elements: number): Operand => ({ storage: x.storage, offset: x.offset + elements });

/** `length` floats at an operand, those of bf16 as a widened copy. */
const floats = (x: Operand, length: number): Float32Array =>
  x.storage.dtype === "bf16" ? fromBf16(bf16(x, length)) : f32(x, length);

export function matmul(p: MatmulParams): void {
  const { batch } = p;
  if (batch === undefined) {
    product(p);
    return;
  }
  for (let i = 0; i < batch.count; i++) {
    const a = at(p.a, i * batch.strideA);
    const b = at(p.b, i * batch.strideB);
    const c = at(p.c, i * batch.strideC);
    product({
      ...p,
      a,
      b,
      c,
      bias: undefined,
      activation: undefined,
      preactivation: undefined,
      residual: undefined,
    });
  }
}

function product(p: MatmulParams): void {
  const { m, n, k } = p;
  if (m === 0 || n === 0) return;
  const a = floats(p.a, p.transA ? span(k, m, p.lda) : span(m, k, p.lda));
  let b = floats(p.b, p.transB ? span(n, k, p.ldb) : span(k, n, p.ldb));
  if (p.compute === "bf16") b = roundToBf16(b, new Float32Array(b.length));
  const row = new Float32Array(k);
  const sums = new Float64Array(n);
  const finish = epilogue(p);
  const [step, next] = p.transA ? [p.lda, 1] : [1, p.lda];
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) row[l] = a[i * next + l * step]!;
    if (p.compute === "bf16") roundToBf16(row);
    if (p.transB) rowTimesTransposed(row, b, p.ldb, sums);
    else rowTimesMatrix(row, b, p.ldb, sums);
    finish(i, sums);
  }
}

/** sums[j] = Σ_l row[l]·b[j,l]; four columns at a time, each summed in order. */
function rowTimesTransposed(row: Float32Array, b: Float32Array, ldb: number, sums: Float64Array): void {
  const k = row.length;
  const n = sums.length;
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const b0 = j * ldb;
    const b1 = b0 + ldb;
    const b2 = b1 + ldb;
    const b3 = b2 + ldb;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let l = 0; l < k; l++) {
      const x = row[l]!;
      s0 += x * b[b0 + l]!;
      s1 += x * b[b1 + l]!;
      s2 += x * b[b2 + l]!;
      s3 += x * b[b3 + l]!;
    }
    sums[j] = s0;
    sums[j + 1] = s1;
    sums[j + 2] = s2;
    sums[j + 3] = s3;
  }
  for (; j < n; j++) {
    let s = 0;
    for (let l = 0; l < k; l++) s += row[l]! * b[j * ldb + l]!;
    sums[j] = s;
  }
}

/** sums[j] = Σ_l row[l]·b[l,j]; a row of B at a time. */
function rowTimesMatrix(row: Float32Array, b: Float32Array, ldb: number, sums: Float64Array): void {
  const n = sums.length;
  sums.fill(0);
  for (let l = 0; l < row.length; l++) {
    const x = row[l]!;
    const start = l * ldb;
    for (let j = 0; j < n; j++) sums[j]! += x * b[start + j]!;
  }
}

/** Takes row i of op(A)·op(B) to C: alpha, what C held, bias, preactivation, activation, residual. */
function epilogue(p: MatmulParams): (i: number, sums: Float64Array) => void {
  const { n, ldc, alpha = 1, accumulate = false } = p;
  const length = span(p.m, n, ldc);
  const c = floats(p.c, length);
  const bias = p.bias && f32(p.bias, n);
  const pre = p.preactivation && floats(p.preactivation, length);
  const cBits = p.c.storage.dtype === "bf16" && bf16(p.c, length);
  const preBits = p.preactivation?.storage.dtype === "bf16" && bf16(p.preactivation, length);
  const residual = p.residual && f32(p.residual, length);
  const activate = p.activation && unaryFunctions[p.activation];
  return (i, sums) => {
    for (let j = 0, to = i * ldc; j < n; j++, to++) {
      let value = alpha * sums[j]!;
      if (accumulate) value += c[to]!;
      if (bias) value += bias[j]!;
      if (activate) value = Math.fround(value); // the activation of what is written: it can be computed again from that
      const other = residual ? residual[to]! : 0;
      if (pre) pre[to] = value;
      if (activate) value = activate(value);
      c[to] = residual ? value + other : value;
    }
    const [from, end] = [i * ldc, i * ldc + n];
    if (cBits) cBits.set(toBf16(c.subarray(from, end)), from);
    if (pre && preBits) preBits.set(toBf16(pre.subarray(from, end)), from);
  };
}

/** "Packed" here is a dense copy of op(B) as it lay. */
interface ReferencePacked extends Packed {
  readonly transB: boolean;
  data: Float32Array | null;
}

export function pack(p: Parameters<Backend["pack"]>[0]): Packed {
  const { n, k, compute, transB = false } = p;
  const [rows, cols] = transB ? [n, k] : [k, n];
  const b = f32(p.b, span(rows, cols, p.ldb));
  const data = new Float32Array(rows * cols);
  for (let r = 0; r < rows && cols > 0; r++) data.set(b.subarray(r * p.ldb, r * p.ldb + cols), r * cols);
  const packed: ReferencePacked = {
    n,
    k,
    compute,
    bytes: 4 * data.length,
    transB,
    data,
    release() {
      packed.data = null;
    },
  };
  return packed;
}

export function matmulPacked(p: Parameters<Backend["matmulPacked"]>[0]): void {
  const { n, k, compute, transB, data: array } = p.b as ReferencePacked;
  if (!array)
    throw new Error("reference backend: the packed matrix was released, or belongs to another backend");
  const storage = { dtype: "f32", length: array.length, address: 0, array } as const;
  matmul({ ...p, b: { storage, offset: 0 }, ldb: transB ? k : n, transB, n, k, compute });
}
