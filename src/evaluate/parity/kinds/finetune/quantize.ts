/** @file Cases of kind `quantize-4bit`: weights in four bits, codes, scales and the numbers that they stand for. */

import {
  CODEBOOKS,
  createFourBitTables,
  dynamicMap,
  FOUR_BIT_TYPES,
  holdInFourBits,
  quantise4,
} from "../../../../tensor/index.js";
import { type CaseContext, type CaseKind, type CheckResult, NotHere } from "../kind.js";
import { checked, comparisonOf, expectedOf } from "./area.js";

interface Expected {
  readonly id: string;
  readonly quant_type: string;
  readonly blocksize: number;
  readonly double_quant: boolean;
  readonly nested_offset?: number;
  readonly nested_blocksize?: number;
}

export const quantize4Kind: CaseKind = {
  name: "quantize-4bit",
  matches: ({ kind, area }) => area === "finetune" && kind === "quantize-4bit",
  *run(context) {
    const { cases } = expectedOf(context) as { cases: readonly Expected[] };
    yield* checked(...cases.map((expected) => [expected.id, () => weight(context, expected)] as const));
  },
};

/** One rounding of a mean of numbers below 1. */
const OFFSET_LIMIT = 6e-8;

function weight(context: CaseContext, expected: Expected): CheckResult {
  const { id, blocksize: block, double_quant: double } = expected;
  const type = FOUR_BIT_TYPES.find((t) => t === expected.quant_type);
  if (type === undefined) throw new NotHere(`there is no ${expected.quant_type} here`);
  const c = comparisonOf(context, id);
  const of = (name: string) => context.tensor(`${id}.${name}`);
  const exact = (name: string, found: ArrayLike<number>, want: ArrayLike<number>) =>
    c.arrays(name, found, want, Number.MIN_VALUE);
  const values = of("weight").floats();
  const { codes, scales } = quantise4(values, { type, block, double });
  exact("quant_map", CODEBOOKS[type], of("quant_map").floats());
  exact("packed", codes, of("packed").numbers());
  if (!(scales instanceof Float32Array)) {
    exact("nested_quant_map", dynamicMap(), of("nested_quant_map").floats());
    exact("absmax_code", scales.codes, of("absmax_code").numbers());
    c.arrays("nested_absmax", scales.scales, of("nested_absmax").floats(), OFFSET_LIMIT);
    c.number("nested_offset", scales.offset, expected.nested_offset!, OFFSET_LIMIT);
  } else exact("absmax", scales, of("absmax").floats());
  const engine = context.engine();
  engine.scope(() => {
    const tables = createFourBitTables(engine, type);
    const held = engine.parameter(of("weight").shape, id).write(values);
    holdInFourBits(held, tables, { block, double });
    // With nested scales as exact as their offset is.
    c.arrays(
      "dequantized",
      held.readFloats(),
      of("dequantized").floats(),
      double ? OFFSET_LIMIT : Number.MIN_VALUE,
    );
    held.dispose();
    tables.dispose();
  });
  return c.result();
}
