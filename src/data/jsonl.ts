/** @file JSON lines: an object a line, its text under one key. */

import { nearest, UserError } from "../platform/errors.js";
import type { ReadContext } from "./documents.js";
import { cutAt, MAX_TEXT, unixNewlines } from "./lines.js";

/** Documents of one file. A line that does not parse, is no object, or whose text is no string or blank, is skipped and
 *  counted; an object without the key is the user's mistake: `text-key-missing`. */
export function* jsonlDocuments(
  chunks: Iterable<string>,
  context: ReadContext,
): Generator<{ id?: string; text: string; line: number }> {
  const { skip } = context;
  const key = context.options.textKey ?? "text";
  for (const { record, line } of jsonlRecords(chunks, context, [key])) {
    const text = recordText(record, key, line, context, [key]);
    if (text === undefined) continue;
    if (text.trim() === "") skip("blank text", line);
    else {
      const id = idOf(record);
      yield id === undefined ? { text, line } : { id, text, line };
    }
  }
}

/** A record's own `id`, if it has one. */
export function idOf({ id }: Record<string, unknown>): string | undefined {
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

/** The objects of one file. A line that does not parse or is no object is skipped and counted (with `strict`: refused).
 *  `keys` are those that hold text, for the message. */
export function* jsonlRecords(
  chunks: Iterable<string>,
  context: ReadContext,
  keys: readonly string[],
): Generator<{ record: Record<string, unknown>; line: number }> {
  for (const { text, line } of cutAt(chunks, "\n", context.file, MAX_TEXT)) {
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      refuse("does not parse as JSON", line, context, keys);
      continue;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuse("is JSON, but no object", line, context, keys);
      continue;
    }
    yield { record: value as Record<string, unknown>, line };
  }
}

/** The text under `key` of a record; undefined, and skipped, where that is no string. Throws `text-key-missing`. */
export function recordText(
  record: Record<string, unknown>,
  key: string,
  line: number,
  context: ReadContext,
  keys: readonly string[],
): string | undefined {
  const { file, options, invalid } = context;
  if (!Object.hasOwn(record, key)) throw missingKey(record, key, file, line, keys.length === 1);
  const body = record[key];
  if (typeof body === "string") return wellFormed(body, options.newlines === "keep", invalid);
  refuse(keys.length === 1 ? "its text is no string" : `its ${key} is no string`, line, context, keys);
  return undefined;
}

function refuse(reason: string, line: number, context: ReadContext, keys: readonly string[]): void {
  if (context.options.strict === true) {
    throw new UserError({
      code: "invalid-json",
      file: context.file,
      at: `line ${line}`,
      message: reason,
      expected: `a JSON object with a string under ${keys.map((k) => JSON.stringify(k)).join(" and ")}`,
      fix: "mend the line, or read without `strict` (such lines are skipped and counted)",
    });
  }
  context.skip(reason, line);
}

/** JSON can spell half of a surrogate pair, which no UTF-8 can hold. */
function wellFormed(body: string, keepNewlines: boolean, invalid: (count: number) => void): string {
  let text = body;
  if (/\p{Surrogate}/u.test(text)) {
    text = text.replace(/\p{Surrogate}/gu, () => {
      invalid(1);
      return "\ufffd";
    });
  }
  if (keepNewlines || !text.includes("\r")) return text;
  return [...unixNewlines([text])].join("");
}

function missingKey(
  record: Record<string, unknown>,
  key: string,
  file: string,
  line: number,
  alone: boolean,
): UserError {
  const keys = Object.keys(record);
  const candidate = nearest(key, keys) ?? keys.find((k) => typeof record[k] === "string");
  return new UserError({
    code: "text-key-missing",
    file,
    at: `line ${line}`,
    message: `has no key ${JSON.stringify(key)}`,
    found: keys,
    fix:
      candidate === undefined
        ? "name the key that holds the text"
        : `name the key that holds the text, perhaps ${JSON.stringify(candidate)} (${alone ? "textKey, --text-key" : "sourceKey, targetKey"})`,
  });
}
