/** @file The contract by kernels compiled from C++, whether as machine code (native/) or as WebAssembly: every operation
 *  is one call of a kernel. A place in memory is the address of its storage plus the bytes of the elements before it. */

import {
  type AttentionParams,
  type Backend,
  BINARY_OPERATIONS,
  type MatmulParams,
  type Operand,
  type Packed,
  type Storage,
  UNARY_OPERATIONS,
  type Unary,
} from "../backend.js";
import { bf16FromBits } from "../bf16.js";
import { maskNumbers } from "../dropoutMask.js";
import { arrays, bytesOf, type DType } from "../dtype.js";
import { countable } from "../sizes.js";
import { arrayOf } from "./arrays.js";
import type { Argument, Kernels } from "./kernels.js";
import { outOfMemory } from "./outOfMemory.js";

/** What a build of the kernels has beside them. */
export interface Machine {
  /** The address of that many bytes, 64-byte aligned; throws an error of code "cygnet-out-of-memory". */
  alloc(bytes: number): number;
  free(address: number): void;
  read(address: number, into: ArrayBufferView): void;
  write(address: number, from: ArrayBufferView): void;
  memory(): { bytes: number; peakBytes: number; limit: number };
  /** The instruction set in use. */
  isa(): string;
}

/** Codes of native/core/ops.h: the place in the list. */
const unaryCode: Record<string, number> = Object.fromEntries(UNARY_OPERATIONS.map((name, i) => [name, i]));
const binaryCode: Record<string, number> = Object.fromEntries(BINARY_OPERATIONS.map((name, i) => [name, i]));

const at = ({ storage, offset }: Operand): number => storage.address + offset * bytesOf(storage.dtype);
const atOrNull = (x: Operand | undefined): number => (x === undefined ? 0 : at(x));
/** 1 where an operand is stored in bf16. */
const half = (x: Operand): number => (x.storage.dtype === "bf16" ? 1 : 0);
const halves = (x: Operand, y: Operand): number => half(x) + 2 * half(y);
const elementCode = { f32: 0, i32: 1, bf16: 2 } as const;
const flag = (x: boolean | undefined): number => (x === true ? 1 : 0);
const actCode = (name: Unary | undefined): number => (name === undefined ? -1 : unaryCode[name]!);

/** All of the contract but its name and its end. */
export function operationsOf(
  build: Machine & Kernels,
): Omit<Backend, "name" | "isa" | "threads" | "dispose"> {
  return {
    ...memoryOf(build),
    ...productsOf(build),
    ...rowsOf(build),
    ...elementsOf(build),
    ...sumsOf(build),
  };
}

type MemoryPart = Pick<Backend, "allocate" | "release" | "read" | "write" | "copy" | "fill" | "memory">;

function memoryOf(addon: Machine & Kernels): MemoryPart {
  const bits = new DataView(new ArrayBuffer(4));
  return {
    allocate: (dtype: DType, length: number): Storage => ({
      dtype,
      length,
      address: allocate(addon, length * bytesOf(dtype)),
      array: null,
    }),
    release: (storage) => addon.free(storage.address),
    read(x, length) {
      const into = arrayOf(x.storage.dtype, length);
      addon.read(at(x), into);
      return into;
    },
    write(x, data) {
      if (!(data instanceof arrays[x.storage.dtype]))
        throw new Error(`${data.constructor.name} written to ${x.storage.dtype}`);
      addon.write(at(x), data);
    },
    copy(from, to, length) {
      const { dtype } = from.storage;
      if (dtype === to.storage.dtype) addon.copy(at(from), at(to), length * bytesOf(dtype));
      else if (dtype === "i32" || to.storage.dtype === "i32")
        throw new Error(`copy from ${dtype} to ${to.storage.dtype}`);
      else addon.convert(at(from), at(to), length, half(to));
    },
    fill(x, length, value) {
      const { dtype } = x.storage;
      if (dtype === "i32") bits.setInt32(0, value);
      else bits.setFloat32(0, value);
      const pattern = bits.getInt32(0);
      addon.fill(at(x), length, dtype === "bf16" ? bf16FromBits(pattern) : pattern, half(x));
    },
    memory() {
      const { bytes, peakBytes } = addon.memory();
      return { bytes, peakBytes };
    },
  };
}

function allocate(addon: Machine, bytes: number): number {
  try {
    return addon.alloc(bytes);
  } catch (error) {
    if ((error as { code?: string }).code !== "cygnet-out-of-memory") throw error;
    throw outOfMemory("this tensor", bytes, addon.memory(), error);
  }
}

/** Bits of the operands of a product that are bf16 in memory (B's is 2). */
const types = (p: Pick<MatmulParams, "a" | "c" | "preactivation">): number =>
  half(p.a) + 4 * half(p.c) + (p.preactivation ? 8 * half(p.preactivation) : 0);

function productsOf(addon: Machine & Kernels): Pick<Backend, "matmul" | "pack" | "matmulPacked"> {
  return {
    matmul(p) {
      const { batch } = p;
      addon.matmul(
        at(p.a),
        at(p.b),
        at(p.c),
        p.m,
        p.n,
        p.k,
        flag(p.transA),
        flag(p.transB),
        p.lda,
        p.ldb,
        p.ldc,
        p.alpha ?? 1,
        flag(p.accumulate),
        flag(p.compute === "bf16"),
        atOrNull(p.bias),
        actCode(p.activation),
        atOrNull(p.preactivation),
        atOrNull(p.residual),
        batch?.count ?? 1,
        batch?.strideA ?? 0,
        batch?.strideB ?? 0,
        batch?.strideC ?? 0,
        types(p) + 2 * half(p.b),
      );
    },
    pack({ b, n, k, transB, ldb, compute }) {
      const bf16 = flag(compute === "bf16");
      const bytes = addon.pack_bytes(n, k, bf16);
      const address = allocate(addon, bytes);
      addon.pack(at(b), address, n, k, flag(transB), ldb, bf16);
      return new CompiledPacked(addon, address, { n, k, compute, bytes });
    },
    matmulPacked(p) {
      const { address } = p.b as CompiledPacked;
      const status = addon.matmul_packed(
        at(p.a),
        address,
        at(p.c),
        p.m,
        p.lda,
        p.ldc,
        p.alpha ?? 1,
        flag(p.accumulate),
        atOrNull(p.bias),
        actCode(p.activation),
        atOrNull(p.preactivation),
        atOrNull(p.residual),
        types(p),
      );
      if (status !== 0)
        throw new Error(
          `a weight packed for another instruction set than ${addon.isa()} was given to matmulPacked`,
        );
    },
  };
}

class CompiledPacked implements Packed {
  readonly n: number;
  readonly k: number;
  readonly compute: Packed["compute"];
  readonly bytes: number;
  address: number;
  private readonly addon: Machine;

  constructor(addon: Machine, address: number, about: Pick<Packed, "n" | "k" | "compute" | "bytes">) {
    this.addon = addon;
    this.address = address;
    this.n = about.n;
    this.k = about.k;
    this.compute = about.compute;
    this.bytes = about.bytes;
  }

  release(): void {
    if (this.address !== 0) this.addon.free(this.address);
    this.address = 0;
  }
}

type RowsPart = Pick<
  Backend,
  | "embedding"
  | "embeddingBackward"
  | "layerNorm"
  | "layerNormBackward"
  | "rmsNorm"
  | "rmsNormBackward"
  | "rope"
  | "attention"
  | "attentionBackward"
  | "softmax"
  | "softmaxBackward"
  | "crossEntropy"
  | "argmax"
>;

/** The sizes, distances, scale and mask that both attention kernels end with. */
const attentionShape = (p: AttentionParams): Argument[] => [
  p.batch,
  p.tq,
  p.tk,
  p.heads,
  p.kvHeads,
  p.dim,
  p.ldq,
  p.ldk,
  p.ldv,
  p.ldo,
  p.strideQ,
  p.strideK,
  p.strideV,
  p.strideO,
  p.scale,
  p.softcap ?? 0,
  p.dropout === undefined ? 0 : maskNumbers(p.dropout),
  half(p.q),
];

function rowsOf(addon: Machine & Kernels): RowsPart {
  return {
    embedding: (p) => void addon.embedding(at(p.table), at(p.ids), at(p.y), p.rows, p.dim),
    embeddingBackward: (p) =>
      void addon.embedding_backward(at(p.dTable), at(p.ids), at(p.dy), p.rows, p.dim, p.vocab, p.skip ?? -1),
    layerNorm: (p) =>
      void addon.layer_norm(
        at(p.x),
        at(p.gain),
        atOrNull(p.bias),
        at(p.y),
        atOrNull(p.mean),
        atOrNull(p.rstd),
        p.rows,
        p.dim,
        p.eps,
        halves(p.x, p.y),
      ),
    layerNormBackward: (p) =>
      void addon.layer_norm_backward(
        at(p.x),
        at(p.gain),
        at(p.mean),
        at(p.rstd),
        at(p.dy),
        at(p.dx),
        at(p.dGain),
        atOrNull(p.dBias),
        p.rows,
        p.dim,
        flag(p.accumulateX),
        flag(p.accumulateW),
        halves(p.x, p.dy),
      ),
    rmsNorm: (p) =>
      void addon.rms_norm(
        at(p.x),
        atOrNull(p.gain),
        p.gainOffset,
        at(p.y),
        atOrNull(p.rstd),
        p.rows,
        p.dim,
        p.eps,
        halves(p.x, p.y),
      ),
    rmsNormBackward: (p) =>
      void addon.rms_norm_backward(
        at(p.x),
        atOrNull(p.gain),
        p.gainOffset,
        at(p.rstd),
        at(p.dy),
        at(p.dx),
        atOrNull(p.dGain),
        p.rows,
        p.dim,
        flag(p.accumulateX),
        flag(p.accumulateW),
        halves(p.x, p.dy),
      ),
    rope: (p) =>
      void addon.rope(
        at(p.x),
        at(p.y),
        at(p.cos),
        at(p.sin),
        p.rows,
        p.heads,
        p.dim,
        p.half,
        p.ldx,
        p.ldy,
        p.sign,
        half(p.x),
      ),
    attention: (p) =>
      void addon.attention(
        at(p.q),
        at(p.k),
        at(p.v),
        at(p.o),
        at(p.ranges),
        atOrNull(p.lse),
        ...attentionShape(p),
      ),
    attentionBackward: (p) =>
      void addon.attention_backward(
        at(p.q),
        at(p.k),
        at(p.v),
        at(p.o),
        at(p.ranges),
        at(p.lse),
        at(p.dO),
        at(p.dq),
        at(p.dk),
        at(p.dv),
        ...attentionShape(p),
      ),
    softmax: (p) => void addon.softmax(at(p.x), at(p.y), p.rows, p.cols, flag(p.log)),
    softmaxBackward: (p) =>
      void addon.softmax_backward(
        at(p.y),
        at(p.dy),
        at(p.dx),
        p.rows,
        p.cols,
        flag(p.log),
        flag(p.accumulate),
      ),
    crossEntropy: (p) =>
      void addon.cross_entropy(
        at(p.logits),
        at(p.targets),
        at(p.losses),
        atOrNull(p.lse),
        p.rows,
        p.vocab,
        p.ld,
        flag(p.gradScale !== undefined),
        p.gradScale ?? 0,
      ),
    argmax(p) {
      countable("the columns among which the largest is sought", p.cols);
      addon.argmax(at(p.x), at(p.y), p.rows, p.cols);
    },
  };
}

type ElementsPart = Pick<
  Backend,
  | "unary"
  | "unaryBackward"
  | "gated"
  | "gatedBackward"
  | "binary"
  | "axpby"
  | "affine"
  | "dropout"
  | "dequantize4"
  | "stridedCopy"
>;

function elementsOf(addon: Machine & Kernels): ElementsPart {
  return {
    unary: (p) => void addon.unary(unaryCode[p.op]!, at(p.x), at(p.y), p.length, half(p.x)),
    unaryBackward: (p) =>
      void addon.unary_backward(
        unaryCode[p.op]!,
        at(p.x),
        at(p.dy),
        at(p.dx),
        p.length,
        flag(p.accumulate),
        half(p.x),
      ),
    gated: (p) =>
      void addon.gated(
        unaryCode[p.op]!,
        at(p.gate),
        at(p.up),
        at(p.y),
        p.rows,
        p.dim,
        p.ldg,
        p.ldu,
        half(p.y),
      ),
    gatedBackward: (p) =>
      void addon.gated_backward(
        unaryCode[p.op]!,
        at(p.gate),
        at(p.up),
        at(p.dy),
        at(p.dGate),
        at(p.dUp),
        p.rows,
        p.dim,
        p.ldg,
        p.ldu,
        half(p.dy),
      ),
    binary: (p) =>
      void addon.binary(binaryCode[p.op]!, at(p.a), at(p.b), at(p.y), p.length, p.bLength, half(p.a)),
    axpby: (p) => void addon.axpby(p.alpha, at(p.x), p.beta, at(p.y), p.length, half(p.x)),
    affine: (p) => void addon.affine(at(p.x), at(p.y), p.alpha, p.constant, p.length, half(p.x)),
    dropout(p) {
      addon.dropout(at(p.x), atOrNull(p.residual), at(p.y), p.length, maskNumbers(p.mask), half(p.x));
    },
    dequantize4: (p) =>
      void addon.dequantize_4bit(
        at(p.codes),
        at(p.table),
        at(p.scales),
        atOrNull(p.nested?.map),
        atOrNull(p.nested?.scales),
        p.nested?.offset ?? 0,
        p.nested?.block ?? 1,
        at(p.y),
        p.length,
        p.block,
        half(p.y),
      ),
    stridedCopy: (p) =>
      void addon.strided_copy(
        at(p.x),
        at(p.y),
        Float64Array.of(...p.shape, ...p.xStrides, ...p.yStrides),
        p.shape.length,
        elementCode[p.x.storage.dtype],
        flag(p.accumulate),
      ),
  };
}

function sumsOf(
  addon: Machine & Kernels,
): Pick<Backend, "sumRows" | "sumCols" | "sumSquares" | "sum" | "adamw"> {
  return {
    sumRows: (p) =>
      void addon.sum_rows(at(p.x), at(p.y), p.rows, p.cols, p.ld, flag(p.accumulate), half(p.x)),
    sumCols: (p) => void addon.sum_cols(at(p.x), at(p.y), p.rows, p.cols),
    sumSquares: (x, length) => addon.sum_squares(at(x), length),
    sum: (x, length) => addon.sum(at(x), length),
    adamw(steps) {
      const rows = steps.flatMap((s) => [
        at(s.param),
        at(s.grad),
        at(s.m),
        at(s.v),
        s.length,
        s.lr,
        s.beta1,
        s.beta2,
        s.eps,
        s.weightDecay,
        s.step,
        s.gradScale,
      ]);
      addon.adamw(Float64Array.from(rows), steps.length);
    },
  };
}
