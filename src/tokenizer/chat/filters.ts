/** @file Jinja's filters and tests, those of chat templates. (Jinja, template designer documentation.) */

import { capitalize, replaceText, titleCase } from "./methods.js";
import {
  asText,
  compare,
  equal,
  fail,
  items,
  type JsonStyle,
  type Keywords,
  numberOf,
  PythonFloat,
  repr,
  Tuple,
  toJson,
  truth,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

export interface Runtime {
  attribute(value: Value, name: string): Value;
  applyFilter(name: string, value: Value, args: readonly Value[], keywords: Keywords): Value;
  applyTest(name: string, value: Value, args: readonly Value[]): boolean;
}

type Filter = (value: Value, args: readonly Value[], keywords: Keywords, runtime: Runtime) => Value;

const str = (value: Value): string => asText(value);
const int = (value: Value | undefined, otherwise: number): number =>
  value === undefined || value === null ? otherwise : Math.trunc(numberOf(value) ?? otherwise);

/** `attribute="a.b"` of an item. */
function attributeOf(item: Value, path: Value | undefined, runtime: Runtime): Value {
  if (path === undefined || path === null) return item;
  if (typeof path === "number") return (item as Value[])[path] ?? new Undefined("item");
  return str(path)
    .split(".")
    .reduce<Value>(
      (so, name) =>
        /^\d+$/.test(name) && Array.isArray(so)
          ? (so[Number(name)] ?? new Undefined(name))
          : runtime.attribute(so, name),
      item,
    );
}

const caseless = (value: Value, sensitive: boolean): Value =>
  typeof value === "string" && !sensitive ? value.toLowerCase() : value;

function sorted(value: Value, args: readonly Value[], k: Keywords, runtime: Runtime): Value[] {
  const sensitive = truth(args[1] ?? k.case_sensitive ?? false);
  const key = (item: Value) => caseless(attributeOf(item, args[2] ?? k.attribute, runtime), sensitive);
  const list = items(value).sort((a, b) => compare(key(a), key(b)));
  return truth(args[0] ?? k.reverse ?? false) ? list.reverse() : list;
}

/** select, reject, selectattr, rejectattr. */
const choosing =
  (keep: boolean, byAttribute: boolean): Filter =>
  (value, args, _k, runtime) => {
    const rest = byAttribute ? args.slice(1) : args;
    const test = rest[0] === undefined ? undefined : str(rest[0]);
    return items(value).filter((item) => {
      const subject = byAttribute ? attributeOf(item, args[0], runtime) : item;
      const holds = test === undefined ? truth(subject) : runtime.applyTest(test, subject, rest.slice(1));
      return holds === keep;
    });
  };

function jsonStyle(args: readonly Value[], k: Keywords): JsonStyle {
  const indent = args[0] ?? k.indent;
  const separators = k.separators;
  return {
    indent: indent === undefined || indent === null ? undefined : int(indent, 0),
    separators: Array.isArray(separators) ? [str(separators[0]!), str(separators[1]!)] : undefined,
    sortKeys: truth(k.sort_keys ?? false),
    ensureAscii: truth(k.ensure_ascii ?? false),
  };
}

const escapeHtml = (text: string): string =>
  text.replace(
    /[&<>'"]/g,
    (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" })[c]!,
  );

const extreme =
  (sign: number): Filter =>
  (value, _args, k, runtime) =>
    items(value).reduce<Value | undefined>((best, item) => {
      if (best === undefined) return item;
      const [a, b] = [attributeOf(item, k.attribute, runtime), attributeOf(best, k.attribute, runtime)];
      return sign * compare(caseless(a, false), caseless(b, false)) > 0 ? item : best;
    }, undefined) ?? new Undefined("no item");

function length(value: Value): number {
  if (value instanceof Map) return value.size;
  if (value instanceof Undefined) return 0;
  if (typeof value === "string" || Array.isArray(value)) return items(value).length;
  return fail(`object of type '${typeName(value)}' has no len()`);
}

function truncate(value: Value, args: readonly Value[], k: Keywords): string {
  const most = int(args[0] ?? k.length, 255);
  const killWords = truth(args[1] ?? k.killwords ?? false);
  const end = str(args[2] ?? k.end ?? "...");
  const leeway = int(args[3] ?? k.leeway, 5);
  const all = [...str(value)];
  if (all.length <= most + leeway) return all.join("");
  const cut = all.slice(0, most - [...end].length).join("");
  return (killWords ? cut : cut.replace(/ [^ ]*$/, "")) + end;
}

function indent(value: Value, args: readonly Value[], k: Keywords): string {
  const width = args[0] ?? k.width ?? 4;
  const space = typeof width === "string" ? width : " ".repeat(int(width, 4));
  const first = truth(args[1] ?? k.first ?? false);
  const blank = truth(args[2] ?? k.blank ?? false);
  return str(value)
    .split("\n")
    .map((line, i) => (i === 0 ? (first ? space + line : line) : line !== "" || blank ? space + line : line))
    .join("\n");
}

function toInt(value: Value, args: readonly Value[], k: Keywords): Value {
  const otherwise = args[0] ?? k.default ?? 0;
  const number = numberOf(value);
  if (number !== undefined) return Math.trunc(number);
  const text = str(value).trim().replaceAll("_", "");
  return /^[+-]?\d+$/.test(text)
    ? Number(text)
    : /^[+-]?\d*\.?\d+(e[+-]?\d+)?$/i.test(text)
      ? Math.trunc(Number(text))
      : otherwise;
}

function toFloat(value: Value, args: readonly Value[]): Value {
  const number = numberOf(value) ?? (str(value).trim() === "" ? Number.NaN : Number(str(value)));
  return Number.isNaN(number) ? (args[0] ?? new PythonFloat(0)) : new PythonFloat(number);
}

/** To even where two are as near, as Python rounds. */
function round(value: Value, args: readonly Value[], k: Keywords): Value {
  const factor = 10 ** int(args[0] ?? k.precision, 0);
  const method = str(args[1] ?? k.method ?? "common");
  const x = (numberOf(value) ?? fail(`type ${typeName(value)} doesn't define __round__ method`)) * factor;
  const whole = method === "ceil" ? Math.ceil(x) : method === "floor" ? Math.floor(x) : Math.round(x);
  const even = method === "common" && Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : whole;
  return new PythonFloat(even / factor);
}

function map(value: Value, args: readonly Value[], k: Keywords, runtime: Runtime): Value {
  if (k.attribute === undefined && args.length === 0) return fail("map requires a filter or an attribute");
  return items(value).map((item) => {
    if (k.attribute === undefined) return runtime.applyFilter(str(args[0]!), item, args.slice(1), k);
    const found = attributeOf(item, k.attribute, runtime);
    return found instanceof Undefined && k.default !== undefined ? k.default : found;
  });
}

const filters: Readonly<Record<string, Filter>> = {
  trim: (v, [characters]) =>
    characters === undefined
      ? str(v).replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "")
      : trimOf(str(v), str(characters)),
  upper: (v) => str(v).toUpperCase(),
  lower: (v) => str(v).toLowerCase(),
  title: (v) => titleCase(str(v)),
  capitalize: (v) => capitalize(str(v)),
  replace: (v, [from, to, most], k) =>
    replaceText(
      str(v),
      str(from ?? k.old ?? ""),
      str(to ?? k.new ?? ""),
      most === undefined || most === null ? undefined : int(most, 0),
    ),
  length,
  count: length,
  first: (v) => items(v)[0] ?? new Undefined("first item"),
  last: (v) => items(v).at(-1) ?? new Undefined("last item"),
  reverse: (v) => (typeof v === "string" ? [...v].reverse().join("") : items(v).reverse()),
  e: (v) => escapeHtml(str(v)),
  escape: (v) => escapeHtml(str(v)),
  safe: (v) => v,
  string: (v) => str(v),
  wordcount: (v) => (str(v).match(/[\p{L}\p{N}_]+/gu) ?? []).length,
  indent,
  truncate,
  center: (v, [width]) => {
    const s = [...str(v)];
    const missing = Math.max(0, int(width, 80) - s.length);
    const left = Math.floor(missing / 2) + ((missing % 2) & (int(width, 80) % 2));
    return " ".repeat(left) + s.join("") + " ".repeat(missing - left);
  },
  format: (v, args) => {
    let next = 0;
    return str(v).replace(/%([sdrf%])/g, (_, code: string) => {
      if (code === "%") return "%";
      const value = args[next++] ?? fail("not enough arguments for format string");
      return code === "r"
        ? repr(value)
        : code === "f"
          ? (numberOf(value) ?? 0).toFixed(6)
          : code === "d"
            ? String(int(value, 0))
            : str(value);
    });
  },
  striptags: (v) =>
    str(v)
      .replace(/<[^>]*>/g, "")
      .trim()
      .replace(/\s+/g, " "),
  urlencode: (v) => encodeURIComponent(str(v)),
  sort: sorted,
  join: (v, [separator, attribute], k, r) =>
    items(v)
      .map((item) => str(attributeOf(item, attribute ?? k.attribute, r)))
      .join(str(separator ?? k.d ?? "")),
  sum: (v, [attribute, start], k, r) =>
    items(v).reduce<Value>(
      (sum, item) => add(sum, attributeOf(item, attribute ?? k.attribute, r)),
      start ?? k.start ?? 0,
    ),
  max: extreme(1),
  min: extreme(-1),
  unique: (v, [sensitive], k, r) => {
    const seen: Value[] = [];
    return items(v).filter((item) => {
      const key = caseless(attributeOf(item, k.attribute, r), truth(sensitive ?? k.case_sensitive ?? false));
      return seen.some((s) => equal(s, key)) ? false : seen.push(key) > 0;
    });
  },
  list: (v) => items(v),
  map,
  select: choosing(true, false),
  reject: choosing(false, false),
  selectattr: choosing(true, true),
  rejectattr: choosing(false, true),
  batch: (v, [size, fill]) => {
    const all = items(v);
    const n = Math.max(1, int(size, 1));
    const lists = Array.from({ length: Math.ceil(all.length / n) }, (_, i) => all.slice(i * n, i * n + n));
    const last = lists.at(-1);
    if (fill !== undefined && fill !== null && last) while (last.length < n) last.push(fill);
    return lists;
  },
  random: (v) => items(v)[0] ?? new Undefined("no item"),
  groupby: (v, [attribute], k, r) => {
    const groups: [Value, Value[]][] = [];
    const key = (item: Value) => attributeOf(item, attribute ?? k.attribute, r);
    for (const item of items(v).sort((a, b) => compare(caseless(key(a), false), caseless(key(b), false)))) {
      const last = groups.at(-1);
      if (last !== undefined && equal(last[0], key(item))) last[1].push(item);
      else groups.push([key(item), [item]]);
    }
    return groups.map(([name, list]) => Tuple.of<Value>(name, list) as Tuple);
  },
  dictsort: (v, [sensitive, by, reverse]) => {
    const at = by === "value" ? 1 : 0;
    const key = (pair: Tuple) => caseless(pair[at]!, truth(sensitive ?? false));
    const pairs = pairsOf(v).sort((a, b) => compare(key(a), key(b)));
    return truth(reverse ?? false) ? pairs.reverse() : pairs;
  },
  items: (v) => (v instanceof Undefined ? [] : pairsOf(v)),
  default: orElse,
  d: orElse,
  int: toInt,
  float: toFloat,
  round,
  abs: (v) =>
    v instanceof PythonFloat
      ? new PythonFloat(Math.abs(v.value))
      : Math.abs(numberOf(v) ?? fail(`bad operand type for abs(): '${typeName(v)}'`)),
  tojson: (v, args, k) => toJson(v, jsonStyle(args, k)),
};

function orElse(v: Value, args: readonly Value[], k: Keywords): Value {
  const otherwise = args[0] ?? k.default_value ?? "";
  return v instanceof Undefined || (truth(args[1] ?? k.boolean ?? false) && !truth(v)) ? otherwise : v;
}

function trimOf(text: string, characters: string): string {
  const set = new Set([...characters]);
  const all = [...text];
  while (all.length > 0 && set.has(all[0]!)) all.shift();
  while (all.length > 0 && set.has(all.at(-1)!)) all.pop();
  return all.join("");
}

function pairsOf(v: Value): Tuple[] {
  if (!(v instanceof Map)) return fail(`Can only get item pairs from a mapping, not from '${typeName(v)}'`);
  return [...v].map(([key, value]) => Tuple.of(key, value) as Tuple);
}

/** `a + b` as Python adds. */
export function add(a: Value, b: Value): Value {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined)
    return a instanceof PythonFloat || b instanceof PythonFloat ? new PythonFloat(x + y) : x + y;
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple)
    return a instanceof Tuple ? (Tuple.from([...a, ...b]) as Tuple) : [...a, ...b];
  for (const value of [a, b]) if (value instanceof Undefined) return fail(`${value.name} is undefined`);
  if (typeof a === "string") return fail(`can only concatenate str (not "${typeName(b)}") to str`);
  return fail(`unsupported operand type(s) for +: '${typeName(a)}' and '${typeName(b)}'`);
}

export const filterNamed = (name: string): Filter =>
  Object.hasOwn(filters, name) ? filters[name]! : fail(`No filter named '${name}'.`);

type Test = (value: Value, args: readonly Value[]) => boolean;
const isWhole = (v: Value) => typeof v === "number";
const ordering =
  (holds: (order: number) => boolean): Test =>
  (v, [other]) =>
    holds(compare(v, other!));
const same: Test = (v, [other]) => equal(v, other!);

export function contains(list: Value, item: Value): boolean {
  if (typeof list === "string")
    return typeof item === "string"
      ? list.includes(item)
      : fail(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  if (list instanceof Map) return [...list.keys()].some((key) => equal(key, item));
  return items(list).some((other) => equal(other, item));
}

const tests: Readonly<Record<string, Test>> = {
  defined: (v) => !(v instanceof Undefined),
  undefined: (v) => v instanceof Undefined,
  none: (v) => v === null,
  string: (v) => typeof v === "string",
  number: (v) => numberOf(v) !== undefined,
  integer: isWhole,
  float: (v) => v instanceof PythonFloat,
  boolean: (v) => typeof v === "boolean",
  mapping: (v) => v instanceof Map,
  iterable: (v) => typeof v === "string" || Array.isArray(v) || v instanceof Map || v instanceof Undefined,
  sequence: (v) => typeof v === "string" || Array.isArray(v) || v instanceof Map,
  callable: (v) => typeof v === "function",
  even: (v) => (numberOf(v) ?? 1) % 2 === 0,
  odd: (v) => Math.abs((numberOf(v) ?? 0) % 2) === 1,
  divisibleby: (v, [n]) => (numberOf(v) ?? 1) % (numberOf(n!) ?? 1) === 0,
  in: (v, [list]) => contains(list!, v),
  true: (v) => v === true,
  false: (v) => v === false,
  lower: (v) => str(v) !== str(v).toUpperCase() && str(v) === str(v).toLowerCase(),
  upper: (v) => str(v) !== str(v).toLowerCase() && str(v) === str(v).toUpperCase(),
  sameas: (v, [other]) => v === other,
  eq: same,
  equalto: same,
  "==": same,
  ne: (v, [other]) => !equal(v, other!),
  "!=": (v, [other]) => !equal(v, other!),
  gt: ordering((o) => o > 0),
  greaterthan: ordering((o) => o > 0),
  ">": ordering((o) => o > 0),
  ge: ordering((o) => o >= 0),
  ">=": ordering((o) => o >= 0),
  lt: ordering((o) => o < 0),
  lessthan: ordering((o) => o < 0),
  "<": ordering((o) => o < 0),
  le: ordering((o) => o <= 0),
  "<=": ordering((o) => o <= 0),
};

export const testNamed = (name: string): Test =>
  Object.hasOwn(tests, name) ? tests[name]! : fail(`No test named '${name}'.`);
