/** @file JSON lines: an object a line, its text under one key. */

import { nearest, UserError } from "../platform/errors.js";
import type { ReadContext } from "./documents.js";
import { cutAt, MAX_TEXT, unixNewlines } from "./lines.js";

/** Documents of one file. A line that does not parse, is no object, or whose text is no string or blank, is skipped and
 *  counted; an object without the key is the user's mistake: `text-key-missing`. */
export function* jsonlDocuments(
  chunks: Iterable<string>,
  { file, options, skip, invalid }: ReadContext,
): Generator<{ id?: string; text: string; line: number }> {
  const key = options.textKey ?? "text";
  const refuse = (reason: string, line: number) => {
    if (options.strict === true) {
      throw new UserError({
        code: "invalid-json",
        file,
        at: `line ${line}`,
        message: reason,
        expected: `a JSON object with a string under ${JSON.stringify(key)}`,
        fix: "mend the line, or read without `strict` (such lines are skipped and counted)",
      });
    }
    skip(reason, line);
  };
  for (const { text: line, line: number } of cutAt(chunks, "\n", file, MAX_TEXT)) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      refuse("does not parse as JSON", number);
      continue;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuse("is JSON, but no object", number);
      continue;
    }
    const record = value as Record<string, unknown>;
    if (!Object.hasOwn(record, key)) throw missingKey(record, key, file, number);
    const body = record[key];
    if (typeof body !== "string") refuse("its text is no string", number);
    else if (body.trim() === "") skip("blank text", number);
    else {
      const text = wellFormed(body, options.newlines === "keep", invalid);
      const id = record.id;
      yield typeof id === "string" || typeof id === "number"
        ? { id: String(id), text, line: number }
        : { text, line: number };
    }
  }
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

function missingKey(record: Record<string, unknown>, key: string, file: string, line: number): UserError {
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
        : `name the key that holds the text, perhaps ${JSON.stringify(candidate)} (textKey, --text-key)`,
  });
}
