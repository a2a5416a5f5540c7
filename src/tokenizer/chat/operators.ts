/** @file Operators on values, as Python's. */

import { add, contains } from "./filters.js";
import {
  asText,
  compare,
  equal,
  fail,
  numberOf,
  PythonFloat,
  truth,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

export function unary(operator: string, value: Value): Value {
  if (operator === "not") return !truth(value);
  const number = numberOf(value) ?? fail(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const result = operator === "-" ? -number : number;
  return value instanceof PythonFloat ? new PythonFloat(result) : result;
}

export function calculate(operator: string, a: Value, b: Value): Value {
  switch (operator) {
    case "+":
      return add(a, b);
    case "~":
      return asText(a) + asText(b);
    case "==":
      return equal(a, b);
    case "!=":
      return !equal(a, b);
    case "<":
      return compare(a, b) < 0;
    case "<=":
      return compare(a, b) <= 0;
    case ">":
      return compare(a, b) > 0;
    case ">=":
      return compare(a, b) >= 0;
    case "in":
      return contains(b, a);
    case "not in":
      return !contains(b, a);
    default:
      return arithmetic(operator, a, b);
  }
}

const LONGEST_REPEAT = 1_000_000;

function arithmetic(operator: string, a: Value, b: Value): Value {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (operator === "*" && y !== undefined && (typeof a === "string" || Array.isArray(a))) {
    const times = Math.max(0, y);
    if (times * a.length > LONGEST_REPEAT) return fail("repeats too much");
    return typeof a === "string" ? a.repeat(times) : Array.from({ length: times }, () => a).flat();
  }
  if (x === undefined || y === undefined) {
    for (const value of [a, b]) if (value instanceof Undefined) return fail(`${value.name} is undefined`);
    return fail(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
  }
  const float = a instanceof PythonFloat || b instanceof PythonFloat;
  if (y === 0 && ["/", "//", "%"].includes(operator)) return fail("division by zero");
  if (operator === "/") return new PythonFloat(x / y);
  const results: Readonly<Record<string, number>> = {
    "-": x - y,
    "*": x * y,
    "//": Math.floor(x / y),
    "%": x - y * Math.floor(x / y),
    "**": x ** y,
  };
  const result = results[operator] ?? fail(`the operator ${operator} is not supported`);
  return float || !Number.isInteger(result) ? new PythonFloat(result) : result;
}
