/** @file What is said of numbers that are not finite: how many in which operand, where the first is, and from what. */

import type { Region } from "./footprints.js";
import type { Findings } from "./inspect.js";

/** A region and what was found in it; undefined: finite, and overwritten since. */
export interface Looked {
  readonly region: Region;
  readonly found: Findings | undefined;
}

export const wrong = ({ found }: Looked): boolean =>
  found !== undefined && found.nan + found.positive + found.negative > 0;

/** −∞ and no other number that is not finite: a mask's. */
export const infinitiesOnly = ({ found }: Looked): boolean =>
  found !== undefined && found.negative > 0 && found.nan + found.positive === 0;

/** Parameters of kernels that are numbers which computations depend on. */
const FACTORS = [
  "alpha",
  "beta",
  "constant",
  "eps",
  "scale",
  "softcap",
  "gainOffset",
  "gradScale",
  "lr",
  "beta1",
  "beta2",
  "weightDecay",
  "step",
];

/** The message: `kernel` made `output` out of `inputs`, or was given what is wrong already (no output: it was not run). */
export function describe(
  kernel: string,
  params: object,
  output: Looked | undefined,
  inputs: readonly Looked[],
): string {
  const given = inputs.filter(wrong);
  const operation = operationOf(kernel, params);
  const made = output === undefined ? "" : `${countOf(output)} in ${labelOf(output)}${firstOf(output)}`;
  const numbers = Object.entries(params)
    .filter(([key, value]) => FACTORS.includes(key) && typeof value === "number")
    .map(([key, value]) => `${key} ${value}`);
  if (given.length > 0) {
    const list = given.map((l) => `${labelOf(l)} holds ${countOf(l)}${firstOf(l)}`).join("; ");
    return `${operation} was given numbers that are not finite: ${list}${made === "" ? "" : ` (and wrote ${made})`}`;
  }
  const from = [...inputs.map((l) => `${labelOf(l)} ${rangeOf(l)}`), ...numbers].join("; ");
  return `${operation} is the first operation to make numbers that are not finite: ${made}; from ${from}`;
}

function operationOf(kernel: string, params: object): string {
  const { op, activation, log } = params as { op?: string; activation?: string; log?: boolean };
  const words = [kernel, op, log === true ? "log" : undefined].filter((word) => word !== undefined);
  return words.join(" ") + (activation === undefined ? "" : ` with ${activation}`);
}

function labelOf({ region: { name, operand, shape } }: Looked): string {
  const { name: of } = operand as { readonly name?: string };
  const sizes = shape[0] === 1 && shape.length === 3 ? shape.slice(1) : shape;
  return `${name}${of === undefined ? "" : ` (${of})`} [${sizes.join(", ")}]`;
}

function countOf({ found }: Looked): string {
  const { nan, positive, negative, total } = found!;
  const parts = [
    nan > 0 ? `${nan} NaN` : "",
    positive > 0 ? `${positive} ∞` : "",
    negative > 0 ? `${negative} −∞` : "",
  ].filter((part) => part !== "");
  return `${parts.join(" and ")} of ${total}`;
}

function firstOf({ found, region: { shape } }: Looked): string {
  const { first } = found!;
  if (first === undefined) return "";
  const index = shape[0] === 1 && shape.length === 3 ? first.slice(1) : first;
  return `, the first at [${index.join(", ")}]`;
}

function rangeOf({ found }: Looked): string {
  if (found === undefined) return "finite";
  const { least, most } = found;
  const short = (x: number) => String(Number(x.toPrecision(4)));
  return least > most
    ? "empty"
    : least === most
      ? `all ${short(least)}`
      : `from ${short(least)} to ${short(most)}`;
}
