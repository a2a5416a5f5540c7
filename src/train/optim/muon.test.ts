import { describe, expect, test } from "vitest";
import {
  randomParameter,
  randomValues,
  setGradient,
  testEngine,
  worst,
} from "../../../test/support/optim.js";
import { createMuon, type MuonGroup } from "./muon.js";
import { newtonSchulz } from "./newtonSchulz.js";

type Matrix = number[][];
const toRows = (x: ArrayLike<number>, [r, c]: readonly [number, number]): Matrix =>
  Array.from({ length: r }, (_, i) => Array.from({ length: c }, (_, j) => x[i * c + j]!));
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
const turned = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const mix = (...terms: [number, Matrix][]): Matrix =>
  terms[0]![1].map((row, i) => row.map((_, j) => terms.reduce((sum, [f, m]) => sum + f * m[i]![j]!, 0)));

/** As published, in doubles: turned on its side where it is tall. */
function plainNewtonSchulz(x: Matrix, guard: "clamp" | "add"): Matrix {
  const tall = x.length > x[0]!.length;
  const norm = Math.hypot(...x.flat());
  let y = mix([1 / (guard === "add" ? norm + 1e-7 : Math.max(norm, 1e-7)), tall ? turned(x) : x]);
  for (let i = 0; i < 5; i++) {
    const a = times(y, turned(y));
    y = mix([3.4445, y], [1, times(mix([-4.775, a], [2.0315, times(a, a)]), y)]);
  }
  return tall ? turned(y) : y;
}

const SHAPES: [number, number][] = [
  [12, 5],
  [4, 9],
  [6, 6],
  [1, 3],
  [3, 1],
  [1, 1],
];

describe("Newton–Schulz", () => {
  test.each(SHAPES)("equals the published iteration, %i × %i, alone and in a batch", (rows, cols) => {
    const engine = testEngine();
    const values = [1, 2, 3].map((seed) => randomValues(rows * cols, "x", seed));
    const all = engine.tensor(Float32Array.from(values.flatMap((v) => [...v])), [3, rows, cols]);
    const together = engine.scope(() => newtonSchulz(engine, all)).readFloats();
    for (const [i, v] of values.entries()) {
      const expected = plainNewtonSchulz(toRows(v, [rows, cols]), "clamp").flat();
      const mine = together.subarray(i * rows * cols, (i + 1) * rows * cols);
      expect(worst(mine, expected)).toBeLessThan(2e-5);
      const alone = engine.scope(() => newtonSchulz(engine, engine.tensor(v, [1, rows, cols]))).readFloats();
      expect([...alone]).toEqual([...mine]);
    }
  });

  test("the rows of a wide matrix come out nearly orthonormal", () => {
    const engine = testEngine();
    const o = toRows(
      engine.scope(() => newtonSchulz(engine, engine.tensor(randomValues(40, "x"), [1, 4, 10]))).readFloats(),
      [4, 10],
    );
    times(o, turned(o)).forEach((row, i) => {
      row.forEach((v, j) => {
        expect(Math.abs(v - (i === j ? 1 : 0))).toBeLessThan(0.45);
      });
    });
  });
});

/** Ten steps in doubles. */
function plainMuon(start: Matrix, gradients: Matrix[], group: Omit<MuonGroup, "parameters">): Matrix {
  const {
    lr,
    weightDecay = 0,
    momentum: mu = 0.95,
    nesterov = true,
    variant = "ema",
    adjust = "original",
  } = group;
  const [rows, cols] = [start.length, start[0]!.length];
  let p = start;
  let buffer = mix([0, start]);
  const share = variant === "ema" ? 1 - mu : 1;
  for (const g of gradients) {
    buffer = mix([mu, buffer], [share, g]);
    const u = nesterov ? mix([mu, buffer], [share, g]) : buffer;
    const factor =
      adjust === "original" ? Math.sqrt(Math.max(1, rows / cols)) : 0.2 * Math.sqrt(Math.max(rows, cols));
    p = mix([1 - lr * weightDecay, p], [-lr * factor, plainNewtonSchulz(u, "clamp")]);
  }
  return p;
}

describe("Muon", () => {
  const variants: Omit<MuonGroup, "parameters">[] = [
    { lr: 0.02, weightDecay: 0.1 },
    { lr: 0.02, nesterov: false },
    { lr: 0.02, variant: "sum" },
    { lr: 0.001, weightDecay: 0.1, adjust: "match_rms_adamw" },
  ];
  test.each(variants)("ten steps of several matrices, two of one shape: %j", (group) => {
    const engine = testEngine();
    const shapes: [number, number][] = [
      [12, 5],
      [12, 5],
      [4, 9],
    ];
    const parameters = shapes.map((shape, i) => randomParameter(engine, `w${i}`, shape, i));
    const starts = parameters.map((p, i) => toRows(p.readFloats(), shapes[i]!));
    const gradients = parameters.map((p, i) =>
      Array.from({ length: 10 }, (_, t) => randomValues(p.size, `g${i}.${t}`)),
    );
    const muon = createMuon([{ parameters, ...group }]);
    for (let t = 0; t < 10; t++) {
      for (const [i, p] of parameters.entries()) setGradient(p, gradients[i]![t]!);
      engine.scope(() => muon.step());
    }
    for (const [i, p] of parameters.entries()) {
      const expected = plainMuon(
        starts[i]!,
        gradients[i]!.map((g) => toRows(g, shapes[i]!)),
        group,
      );
      expect(worst(p.readFloats(), expected.flat())).toBeLessThan(1e-5);
    }
  });

  test("a weight stored [in, out] is scaled by out / in", () => {
    const engine = testEngine();
    const step = (layout: "out-in" | "in-out") => {
      const p = engine.parameter([2, 8], "w").write(new Float32Array(16));
      setGradient(p, randomValues(16, "g"));
      engine.scope(() => createMuon([{ parameters: [p], lr: 1, layout }]).step());
      return p.readFloats();
    };
    expect(
      worst(
        step("in-out"),
        step("out-in").map((x) => 2 * x),
      ),
    ).toBeLessThan(1e-6);
  });

  test("no memory is left behind", () => {
    const engine = testEngine();
    const p = randomParameter(engine, "w", [8, 8]);
    const muon = createMuon([{ parameters: [p], lr: 0.1 }]);
    setGradient(p, randomValues(64, "g"));
    const before = engine.backend.memory().bytes;
    for (let i = 0; i < 3; i++) muon.step();
    expect(engine.backend.memory().bytes).toBe(before);
  });
});
