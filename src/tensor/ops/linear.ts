/** @file The linear layer y = act(x·W + b) + residual, one kernel call: bias, activation and residual are applied while a
 *  tile of the product is hot. With dropout a second call, in place: y = act(x·W + b) ⊙ m + residual (dropout.ts).
 *  x [..., in]; W [out, in] (layout "out-in", as torch.nn.Linear) or [in, out] ("in-out", as GPT-2's Conv1D); b [out];
 *  residual and y [..., out].
 *  Backward, with dz = dy ⊙ act'(z): dx = dz·Wᵀ; dW = xᵀ·dz; db = Σ_rows dz; dResidual = dy; with dropout dy ⊙ m stands
 *  for dy in all but the last. Saves z only if there is an activation; y is then computed from z again where the backward of
 *  what follows needs it.
 *
 *  With compute bf16 y is stored in bf16, unless it joins the residual stream, which is f32. An activation is then a call of
 *  its own, of the z that was rounded to bf16: so y is the same whether z is kept, thrown away or y computed from it anew.
 *
 *  Weights of low rank beside W (`lowRank`) are added to the product in f32, before it is rounded and before the activation;
 *  what adapts W (adapter.ts) may ask for them. */

import type { Activation } from "../backend.js";
import type { DropoutMask } from "../dropoutMask.js";
import type { DType } from "../dtype.js";
import { borrow } from "../rebuild.js";
import { record, recording } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import {
  addLowRank,
  type LowRank,
  lowRankGradients,
  lowRankInputGradients,
  lowRankInputs,
} from "./lowRank.js";

export interface LinearOptions {
  readonly bias?: Tensor | undefined;
  readonly activation?: Activation | undefined;
  readonly residual?: Tensor | undefined;
  /** Before the residual is added. */
  readonly dropout?: DropoutMask | undefined;
  /** How the weight is stored; default "out-in". */
  readonly layout?: "out-in" | "in-out";
  /** Type of y; default the engine's for activations, f32 with a residual. */
  readonly dtype?: Extract<DType, "f32">;
  /** Precision of the products; default the engine's. */
  readonly compute?: "fp32";
  /** Other weights beside W, products of two thin matrices. */
  readonly lowRank?: readonly LowRank[];
}

export function linear(x: Tensor, weight: Tensor, options: LinearOptions = {}): Tensor {
  const adapted = weight.adapter?.linear;
  return adapted === undefined ? plainLinear(x, weight, options) : adapted(x, weight, options);
}

/** The same whatever adapts the weight. */
export function plainLinear(x: Tensor, weight: Tensor, options: LinearOptions = {}): Tensor {
  const { bias, activation, dropout: mask, layout = "out-in", lowRank = [] } = options;
  const residual = options.residual && cast(options.residual, "f32");
  const { engine } = x;
  const { backend } = engine;
  const { compute = engine.compute } = options;
  const outIn = layout === "out-in";
  const [n, k] = outIn ? [weight.shape[0]!, weight.shape[1]!] : [weight.shape[1]!, weight.shape[0]!];
  if (x.columns !== k)
    throw new Error(
      `linear: x [${x.shape}] does not fit the weight ${weight.name ?? ""} [${weight.shape}] (${layout})`,
    );
  const m = x.rows;
  const inputs = [
    x,
    weight,
    ...(bias ? [bias] : []),
    ...(residual ? [residual] : []),
    ...lowRankInputs(lowRank),
  ];
  const save = activation !== undefined && recording(inputs);
  const dtype = residual ? "f32" : (options.dtype ?? engine.activations);
  const y = engine.empty([...x.shape.slice(0, -1), n], dtype);
  const z = save ? engine.empty(y.shape, dtype) : undefined;
  const more = lowRank.length > 0;
  const apart = activation !== undefined && (dtype === "bf16" || more);
  const rounded = apart && z ? z : y;
  const c = more && dtype === "bf16" ? engine.empty(y.shape) : rounded;
  // What is dropped is dropped before the residual comes.
  const epilogue = apart
    ? { bias }
    : { bias, activation, preactivation: z, residual: mask === undefined ? residual : undefined };
  const packed = compute === engine.compute ? engine.packedWeight(weight, n, k, outIn) : null;
  if (packed !== null) backend.matmulPacked({ a: x, b: packed, c, m, lda: k, ldc: n, ...epilogue });
  else
    borrow(weight, () =>
      backend.matmul({
        a: x,
        b: weight,
        c,
        m,
        n,
        k,
        transB: outIn,
        lda: k,
        ldb: weight.columns,
        ldc: n,
        compute,
        ...epilogue,
      }),
    );
  const hs = addLowRank(lowRank, x, c, compute);
  if (c !== rounded) {
    backend.copy(c, rounded, c.size);
    c.dispose();
  }
  const length = y.size;
  if (apart) backend.unary({ op: activation, x: rounded, y, length });
  if (mask !== undefined) backend.dropout({ x: y, residual, y, length, mask });
  else if (apart && residual) backend.axpby({ alpha: 1, x: residual, beta: 1, y, length });

  return record(
    "linear",
    inputs,
    y,
    (g, dy) => {
      const masked = mask === undefined ? dy : throughMask(mask, dy, residual !== undefined);
      const shared = masked === dy && residual !== undefined;
      const dz = activation === undefined ? masked : throughActivation(activation, z!, masked, shared);
      if (masked !== dy && masked !== dz) masked.dispose();
      const dw = g.sink(weight);
      if (dw) {
        const [a, b, rows, cols] = outIn ? [dz, x, n, k] : [x, dz, k, n];
        backend.matmul({
          a,
          b,
          c: dw.target,
          m: rows,
          n: cols,
          k: m,
          transA: true,
          lda: rows,
          ldb: cols,
          ldc: cols,
          accumulate: dw.accumulate,
          compute,
        });
      }
      const db = bias && g.sink(bias);
      if (db) backend.sumRows({ x: dz, y: db.target, rows: m, cols: n, ld: n, accumulate: db.accumulate });
      const dhs = lowRankGradients(lowRank, x, hs, dz, g, compute);
      g.done(x); // before there is a gradient of its size
      const dx = g.sink(x, true, 1 + lowRank.length);
      if (dx) {
        borrow(weight, () =>
          backend.matmul({
            a: dz,
            b: weight,
            c: dx.target,
            m,
            n: k,
            k: n,
            transB: !outIn,
            lda: n,
            ldb: weight.columns,
            ldc: k,
            accumulate: dx.accumulate,
            compute,
          }),
        );
      }
      lowRankInputGradients(lowRank, x, dhs, g, compute);
      if (residual) g.pass(residual, dy);
      if (dz !== dy) dz.dispose();
    },
    z ? [z, ...hs] : hs,
    z && !residual
      ? (into) => {
          backend.unary({ op: activation!, x: z, y: into, length });
          if (mask !== undefined) backend.dropout({ x: into, y: into, length, mask });
        }
      : undefined,
  );
}

/** dy ⊙ m, in dy's own memory where nobody else needs that. */
function throughMask(mask: DropoutMask, dy: Tensor, shared: boolean): Tensor {
  const { engine, size: length } = dy;
  const y = shared || dy.shared.references > 1 ? engine.empty(dy.shape, dy.dtype) : dy;
  engine.backend.dropout({ x: dy, y, length, mask });
  return y;
}

/** dz = dy ⊙ act'(z), in dy's own memory where nobody else needs that; z is released. */
function throughActivation(op: Activation, z: Tensor, dy: Tensor, shared: boolean): Tensor {
  const { engine, size: length } = z;
  const dz = shared || dy.shared.references > 1 ? engine.empty(z.shape, z.dtype) : dy;
  engine.backend.unaryBackward({ op, x: z, dy, dx: dz, length, accumulate: false });
  z.dispose();
  return dz;
}
