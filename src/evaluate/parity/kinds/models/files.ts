/** @file Checks `load` (a model folder in one of the published forms: its logits) and `read` (one safetensors file: formats,
 *  shapes and exact values). */

import { openSafetensors, type StoredDType, toNumbers } from "../../../../models/index.js";
import { sizeOf } from "../../../../tensor/index.js";
import type { CaseContext, CheckJson, CheckResult, CheckType } from "../kind.js";
import { readInputs } from "./inputs.js";
import { comparisonFor } from "./limits.js";
import { openTask } from "./task.js";

export const fileChecks: readonly CheckType[] = [
  { types: ["load"], run: load },
  { types: ["read"], run: read },
];

function load(check: CheckJson, context: CaseContext): CheckResult {
  const engine = context.engine();
  const task = openTask(context.path(check.model), engine);
  const c = comparisonFor(check, context);
  const expect = check.expect as Record<string, unknown>;
  try {
    const inputs = readInputs(check, context);
    const logits = engine.noGrad(() => engine.scope(() => task.forward(inputs).logits.readFloats()));
    c.arrays("logits", logits, context.tensor(expect.logits).floats(), 2e-5);
    if (typeof expect.sum_of_parameters === "number") {
      const sum = [...task.parameters.values()].reduce(
        (total, p) => total + p.readFloats().reduce((s, x) => s + x, 0),
        0,
      );
      c.number("sum_of_parameters", sum, expect.sum_of_parameters, 1e-6 * Math.abs(expect.sum_of_parameters));
    }
  } finally {
    task.dispose();
  }
  return c.result();
}

const TORCH_NAMES: Readonly<Record<StoredDType, string>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F8_E4M3: "float8_e4m3fn",
  F8_E5M2: "float8_e5m2",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

function read(check: CheckJson, context: CaseContext): CheckResult {
  const file = openSafetensors(context.path(check.file));
  const c = comparisonFor(check, context);
  try {
    const expected = Object.entries(
      check.expect as Record<string, { dtype: string; shape: number[]; values: unknown[] }>,
    );
    c.that(
      "names",
      expected.length === file.tensors.size,
      `${file.tensors.size} tensors, ${expected.length} are expected`,
    );
    for (const [name, { dtype, shape, values }] of expected) {
      const tensor = file.tensors.get(name);
      if (tensor === undefined) {
        c.that(name, false, `there is no tensor ${JSON.stringify(name)}`);
        continue;
      }
      c.that(
        name,
        TORCH_NAMES[tensor.dtype] === dtype,
        `${name} is of ${TORCH_NAMES[tensor.dtype]}, ${dtype} is expected`,
      );
      c.that(
        name,
        String(tensor.shape) === String(shape),
        `${name} has shape [${tensor.shape}], [${shape}] is expected`,
      );
      c.arrays(
        name,
        toNumbers(tensor.dtype, tensor.bytes(0, sizeOf(tensor.shape))),
        values.map(numberOf),
        Number.MIN_VALUE,
      );
    }
  } finally {
    file.close();
  }
  return c.result();
}

/** Infinities and integers beyond 2⁵³ stand as strings. */
function numberOf(value: unknown): number {
  if (value === "inf" || value === "-inf")
    return value === "inf" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return Number(value);
}
