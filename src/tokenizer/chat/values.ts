/** @file Python's values as a template sees them, and how Python writes them: `True`, `None`, `1.0`, `['a', "b'c"]`. */

/** A number that Python calls a float: `1.0`, not `1`. JavaScript does not tell them apart, so it is wrapped; whoever
 *  gives messages or tools may do so, too. */
export class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** What a name stands for that nobody set. */
export class Undefined {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Tuple extends Array<Value> {}

export class Namespace {
  readonly values = new Map<string, Value>();
}

export interface Keywords {
  readonly [name: string]: Value;
}

export type Callable = (args: readonly Value[], keywords: Keywords) => Value;

export type Value =
  | string
  | number
  | boolean
  | null
  | PythonFloat
  | Undefined
  | Namespace
  | Callable
  | Value[]
  | Map<Value, Value>;

export class TemplateFault extends Error {}

export const fail = (message: string): never => {
  throw new TemplateFault(message);
};

/** From JavaScript: plain objects become dictionaries, numbers that are not whole floats. */
export function fromJavaScript(value: unknown): Value {
  if (value === undefined) return null;
  if (typeof value === "number") return Number.isInteger(value) ? value : new PythonFloat(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (value instanceof PythonFloat) return value;
  if (Array.isArray(value)) return value.map(fromJavaScript);
  if (typeof value === "object")
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJavaScript(item)]));
  return fail(`a value of type ${typeof value} cannot be used in a template`);
}

export function typeName(value: Value): string {
  if (typeof value === "string") return "str";
  if (typeof value === "number") return "int";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "function") return "function";
  if (value === null) return "NoneType";
  if (value instanceof PythonFloat) return "float";
  if (value instanceof Map) return "dict";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Undefined) return "Undefined";
  return Array.isArray(value) ? "list" : "Namespace";
}

export function truth(value: Value): boolean {
  if (value instanceof Undefined || value === null) return false;
  if (value instanceof PythonFloat) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return typeof value === "object" || typeof value === "function" || Boolean(value);
}

/** `str(value)`. */
export function asText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Undefined) return "";
  return repr(value);
}

export function repr(value: Value): string {
  if (typeof value === "string") return reprString(value);
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (value instanceof PythonFloat) return reprFloat(value.value);
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Tuple) return `(${value.map(repr).join(", ")}${value.length === 1 ? "," : ""})`;
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${repr(k)}: ${repr(v)}`).join(", ")}}`;
  return `<${typeName(value)}>`;
}

function reprString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
  const escaped = text.replace(/[\\'"\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (c) => {
    if (c === "'" || c === '"') return c === quote ? `\\${c}` : c;
    const code = c.codePointAt(0)!;
    const hex = code.toString(16);
    return (
      named[c] ??
      (code < 256
        ? `\\x${hex.padStart(2, "0")}`
        : code < 65536
          ? `\\u${hex.padStart(4, "0")}`
          : `\\U${hex.padStart(8, "0")}`)
    );
  });
  return quote + escaped + quote;
}

function reprFloat(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return x.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  const text = Object.is(x, -0) ? "-0" : String(x);
  return text.includes(".") ? text : `${text}.0`;
}

export interface JsonStyle {
  readonly indent?: number | undefined;
  readonly separators?: readonly [item: string, key: string] | undefined;
  readonly sortKeys?: boolean | undefined;
  readonly ensureAscii?: boolean | undefined;
}

/** `json.dumps(value)` as transformers calls it. */
export function toJson(value: Value, style: JsonStyle = {}, depth = 0): string {
  const [comma, colon] = style.separators ?? [style.indent === undefined ? ", " : ",", ": "];
  const line = (level: number) => (style.indent === undefined ? "" : `\n${" ".repeat(style.indent * level)}`);
  const wrap = (open: string, items: readonly string[], close: string): string =>
    items.length === 0
      ? open + close
      : open + line(depth + 1) + items.join(comma + line(depth + 1)) + line(depth) + close;
  const text = (s: string): string => {
    const json = JSON.stringify(s);
    return style.ensureAscii
      ? json.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
      : json;
  };
  if (typeof value === "string") return text(value);
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || value instanceof PythonFloat) return repr(value);
  if (Array.isArray(value))
    return wrap(
      "[",
      Array.from(value, (item) => toJson(item, style, depth + 1)),
      "]",
    );
  if (!(value instanceof Map)) return fail(`Object of type ${typeName(value)} is not JSON serializable`);
  const entries = [...value].map(([key, item]) => [keyText(key), item] as const);
  if (style.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return wrap(
    "{",
    entries.map(([key, item]) => text(key) + colon + toJson(item, style, depth + 1)),
    "}",
  );
}

const keyText = (key: Value): string => (typeof key === "string" ? key : toJson(key));

export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  return value instanceof PythonFloat ? value.value : undefined;
}

export function equal(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  if (Array.isArray(a) && Array.isArray(b))
    return (
      a.length === b.length && a instanceof Tuple === b instanceof Tuple && a.every((v, i) => equal(v, b[i]!))
    );
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([k, v]) => b.has(k) && equal(v, b.get(k)!));
  if (a instanceof Undefined && b instanceof Undefined) return true;
  return a === b;
}

/** Below 0: a comes first. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = equal(a[i]!, b[i]!) ? 0 : compare(a[i]!, b[i]!);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  return fail(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** What a loop goes over. */
export function items(value: Value): Value[] {
  if (Array.isArray(value)) return [...value];
  if (value instanceof Map) return [...value.keys()];
  if (typeof value === "string") return [...value];
  if (value instanceof Undefined) return [];
  return fail(`'${typeName(value)}' object is not iterable`);
}
