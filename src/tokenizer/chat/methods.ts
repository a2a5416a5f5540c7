/** @file Methods of Python's strings and dictionaries that templates call. Those that change a value are refused, as in
 *  Jinja's sandbox. */

import {
  asText,
  type Callable,
  equal,
  fail,
  items,
  numberOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

const MUTATING = new Set(
  "append extend insert remove pop clear update setdefault popitem sort reverse add discard".split(" "),
);

/** Undefined (JavaScript's) if the value has no such method. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (name.startsWith("_"))
    return fail(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`);
  if (typeof value === "string") return Object.hasOwn(STRING, name) ? STRING[name]!(value) : undefined;
  if ((Array.isArray(value) || value instanceof Map) && MUTATING.has(name) && !(value instanceof Tuple))
    return fail(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`);
  if (value instanceof Map) return Object.hasOwn(MAP, name) ? MAP[name]!(value) : undefined;
  if (Array.isArray(value) && name === "index") return ([item]) => value.findIndex((v) => equal(v, item!));
  if (Array.isArray(value) && name === "count")
    return ([item]) => value.filter((v) => equal(v, item!)).length;
  return undefined;
}

const MAP: Readonly<Record<string, (map: Map<Value, Value>) => Callable>> = {
  get:
    (map) =>
    ([key, otherwise]) => {
      const found = map.get(key!);
      return found === undefined ? (otherwise ?? null) : found;
    },
  items: (map) => () => [...map].map(([key, value]) => Tuple.of(key, value) as Tuple),
  keys: (map) => () => [...map.keys()],
  values: (map) => () => [...map.values()],
  copy: (map) => () => new Map(map),
};

const text = (value: Value | undefined, otherwise = ""): string =>
  value === undefined || value === null ? otherwise : asText(value);

const strip =
  (left: boolean, right: boolean) =>
  (s: string): Callable =>
  ([characters]) => {
    const set =
      characters === undefined || characters === null ? undefined : new Set([...asText(characters)]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: white space to Python
    const goes = (c: string) => (set === undefined ? /\p{White_Space}|[\x1c-\x1f]/u.test(c) : set.has(c));
    const all = [...s];
    let from = 0;
    let to = all.length;
    if (left) while (from < to && goes(all[from]!)) from++;
    if (right) while (to > from && goes(all[to - 1]!)) to--;
    return all.slice(from, to).join("");
  };

const limit = (value: Value | undefined): number => {
  const n = value === undefined ? -1 : (numberOf(value) ?? -1);
  return n < 0 ? Number.POSITIVE_INFINITY : n;
};

function splitText(s: string, separator: Value | undefined, most: number, fromRight: boolean): string[] {
  if (separator === undefined || separator === null) {
    const words = s.split(/\p{White_Space}+/u).filter((word) => word !== "");
    if (words.length <= most + 1) return words;
    const rest = new RegExp(`^\\p{White_Space}*(?:\\P{White_Space}+\\p{White_Space}+){${most}}`, "u").exec(
      s,
    )![0];
    return [...words.slice(0, most), s.slice(rest.length).replace(/\p{White_Space}+$/u, "")];
  }
  const parts = s.split(asText(separator));
  if (parts.length <= most + 1) return parts;
  const joined = (list: string[]) => list.join(asText(separator));
  return fromRight
    ? [joined(parts.slice(0, parts.length - most)), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), joined(parts.slice(most))];
}

export const titleCase = (s: string): string =>
  s.replace(/\p{L}+/gu, (word) => {
    const [first, ...rest] = [...word];
    return first!.toUpperCase() + rest.join("").toLowerCase();
  });
export const capitalize = (s: string): string => {
  const [first = "", ...rest] = [...s];
  return first.toUpperCase() + rest.join("").toLowerCase();
};

const affix =
  (test: (s: string, part: string) => boolean) =>
  (s: string): Callable =>
  ([parts]) =>
    (Array.isArray(parts) ? parts : [parts ?? null]).some((part) => test(s, asText(part)));

/** Place in code points. */
const place = (s: string, at: number): number => (at < 0 ? -1 : [...s.slice(0, at)].length);

const STRING: Readonly<Record<string, (s: string) => Callable>> = {
  strip: strip(true, true),
  lstrip: strip(true, false),
  rstrip: strip(false, true),
  split:
    (s) =>
    ([separator, most], k) =>
      splitText(s, separator ?? k.sep, limit(most ?? k.maxsplit), false),
  rsplit:
    (s) =>
    ([separator, most], k) =>
      splitText(s, separator ?? k.sep, limit(most ?? k.maxsplit), true),
  splitlines: (s) => () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ends of lines to Python
    const lines = s.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  },
  startswith: affix((s, part) => s.startsWith(part)),
  endswith: affix((s, part) => s.endsWith(part)),
  upper: (s) => () => s.toUpperCase(),
  lower: (s) => () => s.toLowerCase(),
  title: (s) => () => titleCase(s),
  capitalize: (s) => () => capitalize(s),
  find:
    (s) =>
    ([part]) =>
      place(s, s.indexOf(text(part))),
  rfind:
    (s) =>
    ([part]) =>
      place(s, s.lastIndexOf(text(part))),
  count:
    (s) =>
    ([part]) =>
      s.split(text(part)).length - 1,
  replace:
    (s) =>
    ([from, to, most]) =>
      replaceText(s, text(from), text(to), limit(most)),
  join:
    (s) =>
    ([list]) =>
      items(list ?? null)
        .map((item) =>
          typeof item === "string"
            ? item
            : fail(`sequence item: expected str instance, ${typeName(item)} found`),
        )
        .join(s),
  format: (s) => (args, keywords) => {
    let next = 0;
    return s.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (all, field: string | undefined) => {
      if (field === undefined) return all[0]!;
      const key = field.split(/[:!]/)[0]!;
      const value = key === "" ? args[next++] : /^\d+$/.test(key) ? args[Number(key)] : keywords[key];
      return value === undefined ? fail(`there is no argument for {${field}}`) : asText(value);
    });
  },
  zfill:
    (s) =>
    ([width]) => {
      const sign = /^[+-]/.exec(s)?.[0] ?? "";
      return sign + s.slice(sign.length).padStart((numberOf(width ?? 0) ?? 0) - sign.length, "0");
    },
  isdigit: (s) => () => /^\p{Nd}+$/u.test(s),
  isnumeric: (s) => () => /^\p{N}+$/u.test(s),
  isalpha: (s) => () => /^\p{L}+$/u.test(s),
  isalnum: (s) => () => /^[\p{L}\p{N}]+$/u.test(s),
  isspace: (s) => () => /^\p{White_Space}+$/u.test(s),
  isupper: (s) => () => s !== s.toLowerCase() && s === s.toUpperCase(),
  islower: (s) => () => s !== s.toUpperCase() && s === s.toLowerCase(),
  removeprefix:
    (s) =>
    ([part]) =>
      s.startsWith(text(part)) ? s.slice(text(part).length) : s,
  removesuffix:
    (s) =>
    ([part]) =>
      text(part) !== "" && s.endsWith(text(part)) ? s.slice(0, -text(part).length) : s,
};

export function replaceText(s: string, from: string, to: string, most = Number.POSITIVE_INFINITY): string {
  const parts = s.split(from);
  if (parts.length <= most + 1) return parts.join(to);
  return [...parts.slice(0, most), parts.slice(most).join(from)].join(to);
}

/** What `value.name` or `value["name"]` is where it is no method and no key. */
export function missing(value: Value, name: string): Undefined {
  return new Undefined(`'${typeName(value)} object' has no attribute '${name}'`);
}
