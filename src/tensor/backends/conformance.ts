/** @file The conformance suite of backends: what a case is, running one, and judging it against the reference backend.
 *  The cases stand in `conformance*.ts` beside this file, a row a kernel; `conformanceCases()` lists all.
 *
 *  A case names the buffers of a kernel and calls it. Every buffer lies inside a larger allocation at an odd place;
 *  what surrounds it (guards before and after, gaps between rows) is NaN for inputs, so that a kernel that reads too
 *  far shows it, and must be untouched after the call for all. Outputs hold NaN before, so that what was not written
 *  shows too. Tolerances come from the size of the sums: a sum of k terms of size at most M, in whatever order, may
 *  differ by EPS·(2k + 8)·M (XNNPACK judges its reductions likewise); exact operations have tolerance zero. */

import type { Backend, Operand } from "../backend.js";
import { fromBf16, roundToBf16, toBf16 } from "../bf16.js";
import type { DType, TypedArray } from "../dtype.js";
import { createRandom, type Random } from "../random.js";

/** Half the distance from 1 to the next float32: the largest relative error of one rounding. */
export const EPS = 2 ** -24;

/** |actual − expected| ≤ abs + rel·|expected|; NaN must meet NaN, and an infinity itself. */
export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

export const exact: Tolerance = { abs: 0, rel: 0 };
export const within = (abs: number, rel = 2 * EPS): Tolerance => ({ abs, rel });
/** For a sum of k terms of both signs that are at most `size` large: twice k, as the worst of 10⁵ sums comes near k. */
export const sumOf = (k: number, size = 1): Tolerance => within(EPS * (2 * k + 8) * size);

export interface Buffer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** In the order of indices, dense; null: nothing but NaN, to be overwritten. Those of bf16 as the floats they are. */
  readonly values: TypedArray | null;
  /** Given for outputs. */
  readonly tolerance: Tolerance | null;
}

/** One call of a kernel, with all that it needs. */
export interface Plan {
  readonly buffers: Readonly<Record<string, Buffer>>;
  /** Calls the kernel; returns what it returns, if that is a number. */
  run(backend: Backend, at: Readonly<Record<string, Operand>>): number | undefined;
  readonly result?: Tolerance;
}

export interface ConformanceCase {
  readonly kernel: string;
  /** The parameters, as JSON. */
  readonly label: string;
  /** Names of buffers that are in bf16: the result is that of the same call in f32, rounded. */
  readonly half?: readonly string[];
  make(random: Random): Plan;
}

/** Cases of one kernel from a list of parameters. */
export function cases<P>(
  kernel: string,
  params: readonly P[],
  make: (p: P, random: Random) => Plan,
): ConformanceCase[] {
  return params.map((p) => ({ kernel, label: JSON.stringify(p), make: (random) => make(p, random) }));
}

/** The same numbers for a case whatever else is run. */
export const planOf = (c: ConformanceCase, seed: number): Plan =>
  c.make(createRandom(seed).stream(`${c.kernel} ${c.label}`));

// Buffers ------------------------------------------------------------------------------------------------------------

const dense = (shape: readonly number[]): number[] =>
  shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

export function uniform(random: Random, length: number, low = -1, high = 1): Float32Array {
  return random.fillUniform(new Float32Array(length), low, high);
}

export function input(shape: readonly number[], values: TypedArray, strides = dense(shape)): Buffer {
  const dtype = values instanceof Float32Array ? "f32" : "i32";
  return { dtype, shape, strides, values, tolerance: null };
}

/** Uniform numbers between −1 and 1. */
export const randomInput = (random: Random, shape: readonly number[], strides = dense(shape)): Buffer =>
  input(shape, uniform(random, sizeOf(shape)), strides);

export const output = (shape: readonly number[], tolerance: Tolerance, strides = dense(shape)): Buffer => ({
  dtype: "f32",
  shape,
  strides,
  values: null,
  tolerance,
});

export const integerOutput = (shape: readonly number[]): Buffer => ({
  ...output(shape, exact),
  dtype: "i32",
});

/** An output that holds something which the kernel adds to or replaces. */
export const updated = (buffer: Buffer, tolerance: Tolerance): Buffer => ({ ...buffer, tolerance });

/** `values` when `accumulate`, else NaN to be overwritten. */
export const target = (
  random: Random,
  accumulate: boolean,
  shape: readonly number[],
  tolerance: Tolerance,
  strides = dense(shape),
): Buffer =>
  accumulate
    ? updated(randomInput(random, shape, strides), within(tolerance.abs + 4 * EPS, tolerance.rel))
    : output(shape, tolerance, strides);

const placesKnown = new WeakMap<Buffer, Int32Array>();

/** Where each element of a buffer lies, from its first. */
function positions(buffer: Buffer): Int32Array {
  const known = placesKnown.get(buffer);
  if (known) return known;
  const places = new Int32Array(sizeOf(buffer.shape));
  const { shape, strides } = buffer;
  let at = 0;
  const visit = (d: number, place: number): void => {
    if (d === shape.length) places[at++] = place;
    else for (let i = 0; i < shape[d]!; i++) visit(d + 1, place + i * strides[d]!);
  };
  visit(0, 0);
  placesKnown.set(buffer, places);
  return places;
}

// Operands in bf16 --------------------------------------------------------------------------------------------------

/** Largest relative distance between the results of rounding two almost equal numbers to bf16. */
export const EPS_BF16 = 2 ** -7;

function inBf16(buffer: Buffer): Buffer {
  const { values, tolerance } = buffer;
  return {
    ...buffer,
    dtype: "bf16",
    values: values && roundToBf16(Float32Array.from(values)),
    // A bit of what is nearly a sum of zero may be left over: an absolute part grows as much.
    tolerance: tolerance && within(tolerance.abs * (1 + EPS_BF16), tolerance.rel + EPS_BF16),
  };
}

/** The same plan with some of its buffers (those that it has) in bf16; or, `asFloats`, in f32 with the same numbers. */
export function halved(plan: Plan, names: readonly string[], asFloats = false): Plan {
  const buffers = { ...plan.buffers };
  for (const name of names) {
    const buffer = buffers[name];
    if (buffer !== undefined && buffer.dtype !== "i32")
      buffers[name] = { ...inBf16(buffer), dtype: asFloats ? "f32" : "bf16" };
  }
  return { ...plan, buffers };
}

/** Cases of a kernel again with operands in bf16: every third, for every one of the `sets` of names of buffers. */
export function halfCases(
  all: readonly ConformanceCase[],
  kernel: string,
  ...sets: readonly (readonly string[])[]
): ConformanceCase[] {
  return all
    .filter((c) => c.kernel === kernel)
    .flatMap((c, i) => {
      const names = i % 3 === 2 ? sets[Math.floor(i / 3) % sets.length] : undefined;
      return names === undefined
        ? []
        : [
            {
              kernel,
              label: `${c.label} bf16: ${names}`,
              half: names,
              make: (random: Random) => halved(c.make(random), names),
            },
          ];
    });
}

// Running ------------------------------------------------------------------------------------------------------------

/** Distinct odd guards for the buffers of a case: alignment is never a multiple of a vector's. */
const guardBefore = (index: number) => 17 + 6 * index;
const GUARD_AFTER = 39;
const GUARD_I32 = -0x7eadbeef;

function initial(buffer: Buffer, before: number): TypedArray {
  const places = positions(buffer);
  let end = 0;
  for (const p of places) end = Math.max(end, p + 1);
  const length = before + end + GUARD_AFTER;
  const contents =
    buffer.dtype === "i32"
      ? new Int32Array(length).fill(GUARD_I32)
      : new Float32Array(length).fill(Number.NaN);
  const { values } = buffer;
  if (values) for (let i = 0; i < places.length; i++) contents[before + places[i]!] = values[i]!;
  return contents;
}

export interface Outcome {
  /** Whole allocations after the call; bf16 widened. */
  readonly contents: Readonly<Record<string, TypedArray>>;
  readonly result: number | undefined;
}

export function execute(backend: Backend, plan: Plan): Outcome {
  const names = Object.keys(plan.buffers);
  const at: Record<string, Operand> = {};
  const lengths: Record<string, number> = {};
  names.forEach((name, index) => {
    const before = guardBefore(index);
    const contents = initial(plan.buffers[name]!, before);
    const storage = backend.allocate(plan.buffers[name]!.dtype, contents.length);
    const half = storage.dtype === "bf16" && contents instanceof Float32Array;
    backend.write({ storage, offset: 0 }, half ? toBf16(contents) : contents);
    at[name] = { storage, offset: before };
    lengths[name] = contents.length;
  });
  try {
    const result = plan.run(backend, at);
    const contents: Record<string, TypedArray> = {};
    for (const name of names) {
      const read = backend.read({ storage: at[name]!.storage, offset: 0 }, lengths[name]!);
      contents[name] = read instanceof Uint16Array ? fromBf16(read) : read;
    }
    return { contents, result };
  } finally {
    for (const name of names) backend.release(at[name]!.storage);
  }
}

// Judging ------------------------------------------------------------------------------------------------------------

const same = Object.is;

/** Error as a multiple of what is allowed: at most 1 is right. */
function excess(actual: number, expected: number, { abs, rel }: Tolerance): number {
  if (actual === expected || Object.is(actual, expected)) return 0;
  const ratio = Math.abs(actual - expected) / (abs + rel * Math.abs(expected));
  return ratio >= 0 && Number.isFinite(expected) ? ratio : Number.POSITIVE_INFINITY;
}

export interface Verdict {
  /** A line a buffer that differs; empty if all is well. */
  readonly problems: readonly string[];
  /** Largest error as a multiple of its tolerance. */
  readonly worst: number;
}

/** Judges what a backend made of a plan by what the reference did. */
export function judge(plan: Plan, actual: Outcome, expected: Outcome): Verdict {
  const problems: string[] = [];
  let worst = 0;
  Object.entries(plan.buffers).forEach(([name, buffer], index) => {
    const before = guardBefore(index);
    const places = positions(buffer);
    const got = actual.contents[name]!;
    const untouched = initial(buffer, before);
    const want = expected.contents[name]!;
    const wrong: { i: number; ratio: number }[] = [];
    const inside = new Uint8Array(got.length);
    places.forEach((p, i) => {
      inside[before + p] = 1;
      if (!buffer.tolerance) return;
      const ratio = excess(got[before + p]!, want[before + p]!, buffer.tolerance);
      worst = Math.max(worst, ratio);
      if (ratio > 1) wrong.push({ i, ratio });
    });
    if (wrong.length > 0) problems.push(describeWrong(name, buffer, wrong, places, before, got, want));
    const touched = got.findIndex(
      (x, at) => !(inside[at] === 1 && buffer.tolerance) && !same(x, untouched[at]!),
    );
    if (touched >= 0) {
      const where = inside[touched] === 1 ? "an input" : "outside, guard or gap";
      problems.push(
        `${name}: memory changed at ${touched - before} (${where}): ${untouched[touched]} -> ${got[touched]}`,
      );
    }
  });
  if (plan.result && expected.result !== undefined) {
    const ratio = excess(actual.result ?? Number.NaN, expected.result, plan.result);
    worst = Math.max(worst, ratio);
    if (ratio > 1)
      problems.push(
        `returned ${actual.result}, expected ${expected.result}, ${ratio.toPrecision(3)} times the tolerance`,
      );
  }
  return { problems, worst };
}

function describeWrong(
  name: string,
  buffer: Buffer,
  wrong: readonly { i: number; ratio: number }[],
  places: Int32Array,
  before: number,
  got: TypedArray,
  want: TypedArray,
): string {
  const show = ({ i, ratio }: { i: number; ratio: number }) => {
    let rest = i;
    const index = dense(buffer.shape).map((stride) => {
      const at = Math.floor(rest / stride);
      rest -= at * stride;
      return at;
    });
    const at = before + places[i]!;
    return `[${index}] ${got[at]} instead of ${want[at]} (${ratio.toPrecision(3)} tolerances)`;
  };
  const worst = wrong.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return `${name} [${buffer.shape}]: ${wrong.length} of ${places.length} wrong; first ${show(wrong[0]!)}; worst ${show(worst)}`;
}

/** Buffers in which a call with operands in bf16 differs by a bit from the same call on the same numbers in f32 whose
 *  results are rounded afterwards. */
export function differencesByHalf(backend: Backend, plan: Plan, outcome: Outcome): string[] {
  const names = Object.keys(plan.buffers).filter((name) => plan.buffers[name]!.dtype === "bf16");
  const floats = execute(backend, halved(plan, names, true));
  const contents = { ...floats.contents };
  for (const name of names) contents[name] = roundToBf16(Float32Array.from(contents[name]!));
  return differences(outcome, { ...floats, contents });
}

/** Buffers in which two outcomes differ by a bit. */
export function differences(a: Outcome, b: Outcome): string[] {
  const names = Object.keys(a.contents).filter((name) =>
    a.contents[name]!.some((x, i) => !same(x, b.contents[name]![i]!)),
  );
  if (!same(a.result ?? 0, b.result ?? 0)) names.push("result");
  return names;
}
