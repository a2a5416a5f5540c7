/** @file The engine: a backend, the precision of matrix products, and the scopes that release memory. Everything an
 *  operation needs beside its operands; there is no global state.
 *
 *  Scopes: a tensor made inside `engine.scope(fn)` is released when fn returns, unless fn returns it (alone, in an array
 *  or as a property of a plain object: it then belongs to the scope outside) or it was kept with `keep()`. */

import type { Backend, Packed } from "./backend.js";
import { checkedBackend } from "./backends/checked/index.js";
import type { Compute, DType, Shape, TypedArray } from "./dtype.js";
import { sizeOf } from "./dtype.js";
import { evict } from "./rebuild.js";
import { Tensor } from "./tensor.js";
import { Trail } from "./trail.js";

export interface EngineOptions {
  readonly backend: Backend;
  /** Precision of the operands of matrix products; default "fp32". */
  readonly compute?: Compute;
  /** The first operation to make a number that is not finite throws UserError `not-finite` (see backends/checked/). */
  readonly debugNumerics?: boolean;
}

export class Engine {
  readonly backend: Backend;
  readonly compute: Compute;
  /** Where the computation is; null where nobody asks (without `debugNumerics`). */
  readonly trail: Trail | null;
  /** How activations between products are stored: in bf16 where the compute is, with the residual stream, logits and losses
   *  in f32 all the same. Also without gradients, so that inference has the bits of training. */
  readonly activations: DType;
  /** False inside `noGrad`: nothing is recorded. */
  gradEnabled = true;
  /** Of the masks in the computation under way; undefined where nothing is dropped. What adapts a weight knows by this. */
  dropoutSeed: number | undefined;
  private scopes: Tensor[][] = [];
  /** Of the layer under way. */
  private rebuildables: Tensor[] | null = null;
  private packs: Map<Tensor, Packed> | null = null;
  private nextNode = 0;

  constructor(options: EngineOptions) {
    this.trail = options.debugNumerics === true ? new Trail() : null;
    this.backend = this.trail === null ? options.backend : checkedBackend(options.backend, this.trail);
    this.compute = options.compute ?? "fp32";
    this.activations = this.compute === "bf16" ? "bf16" : "f32";
  }

  /** Uninitialised memory. */
  empty(shape: Shape, dtype: DType = "f32"): Tensor {
    const length = sizeOf(shape);
    const storage = this.backend.allocate(dtype, length);
    const shared = { storage, length, references: 0, uses: 0, rebuild: undefined };
    return this.adopt(new Tensor(this, shape, dtype, shared, 0));
  }

  full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
    const t = this.empty(shape, dtype);
    this.backend.fill(t, t.size, value);
    return t;
  }

  zeros(shape: Shape, dtype: DType = "f32"): Tensor {
    return this.full(shape, 0, dtype);
  }

  /** A tensor of given values: Float32Array → f32, Int32Array → i32, number[] → f32. */
  tensor(data: TypedArray | readonly number[], shape: Shape = [data.length]): Tensor {
    const values =
      data instanceof Float32Array || data instanceof Int32Array ? data : Float32Array.from(data);
    return this.empty(shape, values instanceof Int32Array ? "i32" : "f32").write(values);
  }

  /** A leaf that is trained. Outside of every scope's release. */
  parameter(shape: Shape, name?: string): Tensor {
    const t = this.empty(shape).keep();
    t.requiresGrad = true;
    t.name = name;
    return t;
  }

  adopt(t: Tensor): Tensor {
    this.scopes.at(-1)?.push(t);
    return t;
  }

  nodeId(): number {
    return this.nextNode++;
  }

  /** Runs fn and releases the tensors it made but does not return. */
  scope<T>(fn: () => T): T {
    this.scopes.push([]);
    let result: T | undefined;
    try {
      result = fn();
      return result;
    } finally {
      const made = this.scopes.pop()!;
      const survivors = new Set<Tensor>();
      collect(result, survivors);
      for (const t of made) {
        if (t.kept || t.disposed) continue;
        if (survivors.has(t)) this.adopt(t);
        else t.dispose();
      }
    }
  }

  noGrad<T>(fn: () => T): T {
    return this.withGradients(false, fn);
  }

  /** Runs fn with recording on or off, whatever it was. */
  withGradients<T>(enabled: boolean, fn: () => T): T {
    const before = this.gradEnabled;
    this.gradEnabled = enabled;
    try {
      return fn();
    } finally {
      this.gradEnabled = before;
    }
  }

  /** Runs fn as a part of a forward pass that drops by this seed (undefined: that does not drop). */
  dropping<T>(seed: number | undefined, fn: () => T): T {
    const before = this.dropoutSeed;
    this.dropoutSeed = seed;
    try {
      return fn();
    } finally {
      this.dropoutSeed = before;
    }
  }

  /** A layer of a model: a stretch of computation of which only the result is used afterwards. Without gradients it is a
   *  scope, so that inference holds one layer's memory at a time; with them, the memory of what can be made again for the
   *  backward is given back at its end (see rebuild.ts). */
  layer<T>(fn: () => T): T {
    if (!this.gradEnabled) return this.scope(fn);
    const outer = this.rebuildables;
    const made: Tensor[] = [];
    this.rebuildables = made;
    try {
      const result = fn();
      const survivors = new Set<Tensor>();
      collect(result, survivors);
      const held = new Set([...survivors].map((t) => t.shared));
      for (const t of made) if (!held.has(t.shared)) evict(t);
      return result;
    } finally {
      this.rebuildables = outer;
    }
  }

  /** Runs fn as the part of the computation that is called `place`. */
  within<T>(place: string, fn: () => T): T {
    return this.trail === null ? fn() : this.trail.within(place, fn);
  }

  noteRebuildable(t: Tensor): void {
    this.rebuildables?.push(t);
  }

  /** From here on, products with weights (without gradients) use packed copies, made at first use: for generation.
   *  `releasePacked` ends it and must be called before weights change. */
  keepPacked(): void {
    this.packs ??= new Map();
  }

  releasePacked(): void {
    for (const packed of this.packs?.values() ?? []) packed.release();
    this.packs = null;
  }

  /** The packed form of a weight, or null where packing is not in use. `transB`: the weight is [n, k]. */
  packedWeight(weight: Tensor, n: number, k: number, transB: boolean): Packed | null {
    if (this.packs === null || this.gradEnabled || !weight.kept || weight.shared.rebuild !== undefined)
      return null;
    let packed = this.packs.get(weight);
    if (packed === undefined) {
      packed = this.backend.pack({ b: weight, n, k, transB, ldb: weight.columns, compute: this.compute });
      this.packs.set(weight, packed);
    }
    return packed;
  }

  dispose(): void {
    this.releasePacked();
    this.backend.dispose();
  }
}

function collect(value: unknown, into: Set<Tensor>): void {
  if (value instanceof Tensor) into.add(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, into);
  else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collect(item, into);
  }
}
