/** @file A tensor: a shape over a piece of a backend's memory, dense and row-major, with what the tape needs to
 *  differentiate. Memory is shared by views (reshape, alias) and released when the last of them is disposed. */

import type { WeightAdapter } from "./adapter.js";
import type { Operand, Storage } from "./backend.js";
import { fromBf16, toBf16 } from "./bf16.js";
import { type DType, type Shape, sizeOf, type TypedArray } from "./dtype.js";
import type { Engine } from "./engine.js";
import { pin, restore } from "./rebuild.js";
import type { TapeNode } from "./tape.js";

/** One piece of memory and those who need it: what a tensor and its views have in common. */
export interface SharedStorage {
  /** null while the memory is given back and the values can be computed again. */
  storage: Storage | null;
  readonly length: number;
  /** Tensors that share it. */
  references: number;
  /** Nodes of the tape that have one of those tensors as an input and were not differentiated yet. */
  uses: number;
  /** Writes the values again (see rebuild.ts); undefined where they cannot be made again cheaply. */
  rebuild: ((into: Operand) => void) | undefined;
  /** What `rebuild` reads and nobody else: goes with the last tensor. */
  source?: { dispose(): void };
}

export class Tensor implements Operand {
  readonly engine: Engine;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly shared: SharedStorage;
  /** First element within the storage. */
  readonly offset: number;
  /** True for parameters and for whatever was computed from them while gradients were recorded. */
  requiresGrad = false;
  /** How this tensor was computed; null for leaves. */
  node: TapeNode | null = null;
  /** Gradient of a leaf, filled by `backward`; meaningful while `gradFresh`. */
  grad: Tensor | null = null;
  gradFresh = false;
  /** Name in the checkpoint, for parameters and for messages. */
  name: string | undefined;
  /** What those who use this weight are to do instead. */
  adapter: WeightAdapter | null = null;
  kept = false;
  disposed = false;

  /** For the engine only: use `engine.empty`, `engine.tensor`, … */
  constructor(engine: Engine, shape: Shape, dtype: DType, shared: SharedStorage, offset: number) {
    this.engine = engine;
    this.shape = shape;
    this.dtype = dtype;
    this.shared = shared;
    this.offset = offset;
    shared.references++;
  }

  get storage(): Storage {
    if (this.disposed)
      throw new Error(`tensor ${this.name ?? ""} [${this.shape}] is used after its memory was released`);
    return this.shared.storage ?? restore(this);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Length of the last dimension (1 for scalars). */
  get columns(): number {
    return this.shape.at(-1) ?? 1;
  }

  /** Product of all dimensions but the last. */
  get rows(): number {
    return sizeOf(this.shape.slice(0, -1));
  }

  /** A copy of the values; those of a bf16 tensor as their bits. */
  read(): TypedArray {
    return this.engine.backend.read(this, this.size);
  }

  /** A copy of the values of an f32 or bf16 tensor, the latter widened (exactly). */
  readFloats(): Float32Array {
    const data = this.read();
    if (data instanceof Float32Array) return data;
    if (data instanceof Uint16Array) return fromBf16(data);
    throw new Error("not a tensor of floating-point numbers");
  }

  /** The only value of a tensor of one element. */
  item(): number {
    if (this.size !== 1) throw new Error(`item() of a tensor of shape [${this.shape}]`);
    return (this.dtype === "bf16" ? this.readFloats() : this.read())[0]!;
  }

  /** A bf16 tensor takes its bits (Uint16Array) or floats, which are rounded to nearest even. */
  write(data: TypedArray): this {
    if (this.shared.rebuild !== undefined)
      throw new Error(
        `${this.name ?? "a tensor"} [${this.shape}] is made anew when it is needed: what is written would be lost`,
      );
    if (data.length !== this.size)
      throw new Error(`writing ${data.length} values into a tensor of shape [${this.shape}]`);
    const rounds = this.dtype === "bf16" && data instanceof Float32Array;
    this.engine.backend.write(this, rounds ? toBf16(data) : data);
    return this;
  }

  /** The same memory under another shape of the same size; not recorded on the tape (see `reshape`). */
  alias(shape: Shape = this.shape, offset = 0): Tensor {
    if (sizeOf(shape) + offset > this.size)
      throw new Error(`alias [${shape}] at ${offset} leaves a tensor of shape [${this.shape}]`);
    return this.engine.adopt(new Tensor(this.engine, shape, this.dtype, this.shared, this.offset + offset));
  }

  /** Takes the tensor out of its scope and of the tape's early release: it lives until `dispose`. */
  keep(): this {
    if (this.shared.rebuild !== undefined) pin(this);
    this.kept = true;
    return this;
  }

  /** Gives the memory back (when no other view needs it). Harmless if repeated. */
  dispose(): void {
    if (this.disposed) return;
    this.grad?.dispose();
    this.grad = null;
    this.disposed = true;
    if (--this.shared.references > 0) return;
    if (this.shared.storage !== null) this.engine.backend.release(this.shared.storage);
    this.shared.source?.dispose();
  }
}
