/** @file What lies in a value: attributes, items, slices, and calling it. */

import { methodOf, missing } from "./methods.js";
import {
  type Callable,
  equal,
  fail,
  Namespace,
  numberOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

export function callable(value: Value): Callable {
  if (typeof value === "function") return value as Callable;
  if (value instanceof Undefined) return fail(`${value.name} is undefined`);
  return fail(`'${typeName(value)}' object is not callable`);
}

/** `object.name`: a method, else a key. */
export function attribute(object: Value, name: string): Value {
  if (object instanceof Undefined) return fail(`${object.name} is undefined`);
  const values = object instanceof Namespace ? object.values : object instanceof Map ? object : undefined;
  const method = object instanceof Namespace ? undefined : methodOf(object, name);
  if (method !== undefined) return method;
  const found = values?.get(name);
  return found === undefined ? missing(object, name) : found;
}

/** `object[key]`: a key, else an attribute. */
export function item(object: Value, key: Value): Value {
  if (object instanceof Undefined) return fail(`${object.name} is undefined`);
  const index = numberOf(key);
  if (object instanceof Map) {
    const exact = object.get(key);
    const found = exact === undefined ? [...object].find(([k]) => equal(k, key))?.[1] : exact;
    if (found !== undefined) return found;
    if (typeof key !== "string") return new Undefined("item");
  } else if ((Array.isArray(object) || typeof object === "string") && index !== undefined) {
    const list = typeof object === "string" ? [...object] : object;
    const found = list[index < 0 ? list.length + index : index];
    return found === undefined ? new Undefined(`${typeName(object)} object has no element ${index}`) : found;
  }
  return typeof key === "string" ? attribute(object, key) : new Undefined("item");
}

export function slice(
  object: Value,
  start: number | undefined,
  stop: number | undefined,
  step: number,
): Value {
  if (!Array.isArray(object) && typeof object !== "string")
    return fail(`'${typeName(object)}' object is not subscriptable`);
  if (step === 0) return fail("slice step cannot be zero");
  const list: Value[] = typeof object === "string" ? [...object] : object;
  const n = list.length;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(high, Math.max(low, at < 0 ? at + n : at));
  const taken: Value[] = [];
  if (step > 0)
    for (let i = clamp(start ?? 0, 0, n); i < clamp(stop ?? n, 0, n); i += step) taken.push(list[i]!);
  else {
    const end = stop === undefined ? -1 : clamp(stop, -1, n - 1);
    for (let i = clamp(start ?? n - 1, -1, n - 1); i > end; i += step) taken.push(list[i]!);
  }
  if (typeof object === "string") return taken.join("");
  return object instanceof Tuple ? (Tuple.from(taken) as Tuple) : taken;
}
