/** @file Shape operations: reshape shares memory; permute, slice and concat copy into dense memory.
 *  Backwards: the inverse copy; a slice's gradient is zero elsewhere. */

import { type Shape, sizeOf } from "../dtype.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";

/** The same values under another shape; one dimension may be −1 (inferred). No copy. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const full = shape.map((d) => (d === -1 ? (known === 0 ? 0 : x.size / known) : d));
  if (sizeOf(full) !== x.size) throw new Error(`reshape of [${x.shape}] to [${shape}]`);
  return record("reshape", [x], x.alias(full), (g, dy) => g.pass(x, dy));
}

function denseStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Dimensions in the order `axes`: y.shape[i] = x.shape[axes[i]]. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length)
    throw new Error(`permute of [${x.shape}] by [${axes}]`);
  const shape = axes.map((a) => x.shape[a]!);
  const y = x.engine.empty(shape, x.dtype);
  const strides = denseStrides(x.shape);
  const xStrides = axes.map((a) => strides[a]!);
  const yStrides = denseStrides(shape);
  const { backend } = x.engine;
  backend.stridedCopy({ x, y, shape, xStrides, yStrides, accumulate: false });
  return record("permute", [x], y, (g, dy) => {
    const s = g.sink(x)!;
    backend.stridedCopy({
      x: dy,
      y: s.target,
      shape,
      xStrides: yStrides,
      yStrides: xStrides,
      accumulate: s.accumulate,
    });
  });
}

/** x[..., from:to, ...] along `axis`. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const d = x.shape[axis];
  if (d === undefined || from < 0 || to > d || from > to)
    throw new Error(`slice ${from}:${to} of axis ${axis} of [${x.shape}]`);
  const shape = x.shape.map((n, i) => (i === axis ? to - from : n));
  const y = x.engine.empty(shape, x.dtype);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const { backend } = x.engine;
  const block = {
    shape: [outer, (to - from) * inner],
    wide: [d * inner, 1],
    narrow: [(to - from) * inner, 1],
  };
  const part = (t: Tensor) => ({ storage: t.storage, offset: t.offset + from * inner });
  backend.stridedCopy({
    x: part(x),
    y,
    shape: block.shape,
    xStrides: block.wide,
    yStrides: block.narrow,
    accumulate: false,
  });
  return record("slice", [x], y, (g, dy) => {
    const s = g.sink(x)!;
    if (!s.accumulate) backend.fill(s.target, s.target.size, 0);
    backend.stridedCopy({
      x: dy,
      y: part(s.target),
      shape: block.shape,
      xStrides: block.narrow,
      yStrides: block.wide,
      accumulate: true,
    });
  });
}

/** Tensors put one after another along `axis`. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0];
  if (first === undefined) throw new Error("concat of nothing");
  if (parts.some((p) => p.dtype !== first.dtype))
    throw new Error(`concat of tensors of types ${parts.map((p) => p.dtype)}`);
  const total = parts.reduce((n, p) => n + p.shape[axis]!, 0);
  const y = first.engine.empty(
    first.shape.map((n, i) => (i === axis ? total : n)),
    first.dtype,
  );
  const inner = sizeOf(first.shape.slice(axis + 1));
  const outer = sizeOf(first.shape.slice(0, axis));
  const { backend } = first.engine;
  const move = (visit: (part: Tensor, at: number, width: number) => void) => {
    let at = 0;
    for (const part of parts) {
      const width = part.shape[axis]! * inner;
      visit(part, at, width);
      at += width;
    }
  };
  move((part, at, width) =>
    backend.stridedCopy({
      x: part,
      y: { storage: y.storage, offset: y.offset + at },
      shape: [outer, width],
      xStrides: [width, 1],
      yStrides: [total * inner, 1],
      accumulate: false,
    }),
  );
  return record("concat", parts, y, (g, dy) =>
    move((part, at, width) => {
      const s = g.sink(part);
      if (s === null) return;
      backend.stridedCopy({
        x: { storage: dy.storage, offset: dy.offset + at },
        y: s.target,
        shape: [outer, width],
        xStrides: [total * inner, 1],
        yStrides: [width, 1],
        accumulate: s.accumulate,
      });
    }),
  );
}
