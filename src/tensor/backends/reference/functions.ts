/** @file The scalar functions behind `unary`, `gated` and the activation of a matrix product, with their derivatives, in
 *  float64. NaN gives NaN everywhere, relu included.
 *
 *  gelu(x) = x·Φ(x) (Hendrycks & Gimpel 2016); gelu_tanh(x) = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)));
 *  quick_gelu(x) = x·σ(1.702·x); silu(x) = x·σ(x) (Elfwing et al. 2017); relu2(x) = max(x, 0)² (So et al. 2021). */

import type { Binary, Unary } from "../../backend.js";

/** Chebyshev coefficients, on t = 2/(2 + x) from 0 to 1, of log(erfc(x)/t) + x², found with 50 digits at 40 nodes. */
const ERFC = [
  -1.3026537197817094, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.6242900046470256e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.273651222931836e-10,
  9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
  -1.5230282014571041e-15, -9.457494571291254e-17, 1.210237189224273e-16, -2.816663087746774e-17,
];

/** Complementary error function, to about 1e-15 of its value for x ≥ 0 (Clenshaw's recurrence). */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 28) return 0;
  const t = 2 / (2 + x);
  const u = 4 * t - 2;
  let d = 0;
  let dd = 0;
  for (let j = ERFC.length - 1; j > 0; j--) [d, dd] = [u * d - dd + ERFC[j]!, d];
  return t * Math.exp(-x * x + 0.5 * (ERFC[0]! + u * d) - dd);
}

/** Φ, the normal distribution function, exact in both tails. */
const normalCdf = (x: number) => 0.5 * erfc(-x * Math.SQRT1_2);
const normalDensity = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
export const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

const ROOT = Math.sqrt(2 / Math.PI);
const geluInner = (x: number) => ROOT * (x + 0.044715 * x * x * x);

/** ½·(1 + tanh(u)) = σ(2u), without cancellation. */
const geluTanh = (x: number) => x * sigmoid(2 * geluInner(x));

function geluTanhSlope(x: number): number {
  const gate = sigmoid(2 * geluInner(x));
  return gate + x * gate * (1 - gate) * 2 * ROOT * (1 + 3 * 0.044715 * x * x);
}

function siluSlope(x: number, steepness: number): number {
  const gate = sigmoid(steepness * x);
  return gate + steepness * x * gate * (1 - gate);
}

export const unaryFunctions: Readonly<Record<Unary, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x * normalCdf(x),
  gelu_tanh: geluTanh,
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  silu: (x) => x * sigmoid(x),
  tanh: Math.tanh,
  sigmoid,
  relu2: (x) => (x < 0 ? 0 : x * x),
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  abs: Math.abs,
};

/** Derivatives by the input. At the kinks of relu and abs: 0. */
export const unaryDerivatives: Readonly<Record<Unary, (x: number) => number>> = {
  relu: (x) => (x > 0 ? 1 : 0),
  gelu: (x) => normalCdf(x) + x * normalDensity(x),
  gelu_tanh: geluTanhSlope,
  quick_gelu: (x) => siluSlope(x, 1.702),
  silu: (x) => siluSlope(x, 1),
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  sigmoid: (x) => sigmoid(x) * sigmoid(-x),
  relu2: (x) => (x > 0 ? 2 * x : 0),
  neg: () => -1,
  exp: Math.exp,
  log: (x) => 1 / x,
  sqrt: (x) => 0.5 / Math.sqrt(x),
  rsqrt: (x) => -0.5 / (x * Math.sqrt(x)),
  square: (x) => 2 * x,
  reciprocal: (x) => -1 / (x * x),
  abs: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
};

export const binaryFunctions: Readonly<Record<Binary, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
};
