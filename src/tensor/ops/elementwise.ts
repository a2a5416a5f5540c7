/** @file Elementwise operations: activations and other functions of one element, sums and products of two tensors (the
 *  second may be shorter and is then repeated, as a row is for each row), gated activations, scaling. Of the type of their
 *  input; two of different types are taken as f32. */

import type { Activation, Binary, Operand, Unary } from "../backend.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { alike } from "./cast.js";

/** y = f(x), f one of `Unary`. Backward: dx = dy·f'(x). */
export function unary(op: Unary, x: Tensor): Tensor {
  const { engine } = x;
  const y = engine.empty(x.shape, x.dtype);
  engine.backend.unary({ op, x, y, length: x.size });
  return record(op, [x], y, (g, dy) => {
    const s = g.sink(x)!;
    engine.backend.unaryBackward({ op, x, dy, dx: s.target, length: x.size, accumulate: s.accumulate });
  });
}

export function activation(op: Activation, x: Tensor): Tensor {
  return unary(op, x);
}

/** y = act(gate)·up: SwiGLU, GeGLU (Shazeer 2020). Equal shapes. y is computed again where the backward needs it. */
export function gated(op: Activation, gateOf: Tensor, upOf: Tensor): Tensor {
  const [gate, up] = alike(gateOf, upOf);
  const { engine } = gate;
  if (String(gate.shape) !== String(up.shape))
    throw new Error(`gated: [${gate.shape}] and [${up.shape}] differ`);
  const sizes = { rows: gate.rows, dim: gate.columns, ldg: gate.columns, ldu: gate.columns };
  const y = engine.empty(gate.shape, gate.dtype);
  const compute = (into: Operand) => engine.backend.gated({ op, gate, up, y: into, ...sizes });
  compute(y);
  return record(
    "gated",
    [gate, up],
    y,
    (g, dy) => {
      const dGate = engine.empty(gate.shape, gate.dtype);
      const dUp = engine.empty(up.shape, up.dtype);
      engine.backend.gatedBackward({ op, gate, up, dy, dGate, dUp, ...sizes });
      g.give(gate, dGate);
      g.give(up, dUp);
    },
    [],
    compute,
  );
}

/** The same where gate and up lie side by side in one tensor [..., 2·dim], as a fused projection gives them. */
export function gatedHalves(op: Activation, x: Tensor): Tensor {
  const { engine } = x;
  const dim = x.columns / 2;
  if (!Number.isInteger(dim)) throw new Error(`gatedHalves of [${x.shape}]`);
  const halves = (of: Tensor) => [of, { storage: of.storage, offset: of.offset + dim }] as const;
  const sizes = { rows: x.rows, dim, ldg: x.columns, ldu: x.columns };
  const y = engine.empty([...x.shape.slice(0, -1), dim], x.dtype);
  const compute = (into: Operand) => {
    const [gate, up] = halves(x);
    engine.backend.gated({ op, gate, up, y: into, ...sizes });
  };
  compute(y);
  return record(
    "gatedHalves",
    [x],
    y,
    (g, dy) => {
      const d = engine.empty(x.shape, x.dtype);
      const [gate, up] = halves(x);
      const [dGate, dUp] = halves(d);
      engine.backend.gatedBackward({ op, gate, up, dy, dGate, dUp, ...sizes });
      g.give(x, d);
    },
    [],
    compute,
  );
}

function binary(op: Binary, a: Tensor, b: Tensor): Tensor {
  if (b.size === 0 ? a.size !== 0 : a.size % b.size !== 0)
    throw new Error(`${op}: [${b.shape}] is not repeated whole in [${a.shape}]`);
  const y = a.engine.empty(a.shape, a.dtype);
  a.engine.backend.binary({ op, a, b, y, length: a.size, bLength: b.size });
  return y;
}

/** d(repeated b): the gradient summed over its repetitions. */
function reduceInto(g: Parameters<Parameters<typeof record>[3]>[0], b: Tensor, db: Tensor): void {
  if (db.size === b.size) {
    g.give(b, db);
    return;
  }
  const cols = b.size;
  const sums = (y: Tensor, accumulate: boolean) =>
    b.engine.backend.sumRows({ x: db, y, rows: db.size / cols, cols, ld: cols, accumulate });
  if (b.dtype === "f32") {
    const s = g.sink(b);
    if (s) sums(s.target, s.accumulate);
  } else {
    const y = b.engine.empty(b.shape); // sums are f32
    sums(y, false);
    g.give(b, y);
  }
  db.dispose();
}

export function add(x: Tensor, y: Tensor): Tensor {
  const [a, b] = alike(x, y);
  return record("add", [a, b], binary("add", a, b), (g, dy) => {
    g.pass(a, dy);
    if (b.requiresGrad) reduceInto(g, b, dy.alias());
  });
}

export function sub(x: Tensor, y: Tensor): Tensor {
  const [a, b] = alike(x, y);
  return record("sub", [a, b], binary("sub", a, b), (g, dy) => {
    g.pass(a, dy);
    if (b.requiresGrad)
      reduceInto(
        g,
        b,
        a.engine.noGrad(() => unary("neg", dy)),
      );
  });
}

export function mul(x: Tensor, y: Tensor): Tensor {
  const [a, b] = alike(x, y);
  return record("mul", [a, b], binary("mul", a, b), (g, dy) => {
    if (a.requiresGrad) g.give(a, binary("mul", dy, b));
    if (b.requiresGrad) reduceInto(g, b, binary("mul", dy, a));
  });
}

export function div(x: Tensor, y: Tensor): Tensor {
  const [a, b] = alike(x, y);
  return record("div", [a, b], binary("div", a, b), (g, dy) => {
    if (a.requiresGrad) g.give(a, binary("div", dy, b));
    if (b.requiresGrad) {
      const t = binary("div", binary("div", binary("mul", dy, a), b), b); // dy·a/b²
      reduceInto(
        g,
        b,
        a.engine.noGrad(() => unary("neg", t)),
      );
    }
  });
}

/** Bounded smoothly: y = cap·tanh(x/cap). Gemma 2's logits. */
export function softcap(x: Tensor, cap: number): Tensor {
  return scale(unary("tanh", scale(x, 1 / cap)), cap);
}

/** y = factor·x + constant. */
export function scale(x: Tensor, factor: number, constant = 0): Tensor {
  const { engine } = x;
  const y = engine.empty(x.shape, x.dtype);
  engine.backend.affine({ x, y, alpha: factor, constant, length: x.size });
  return record("scale", [x], y, (g, dy) => {
    const s = g.sink(x)!;
    engine.backend.axpby({ alpha: factor, x: dy, beta: s.accumulate ? 1 : 0, y: s.target, length: x.size });
  });
}
