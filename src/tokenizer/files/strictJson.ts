/** @file JSON read strictly: UTF-8 without byte order mark, no key twice in an object (JavaScript's parser keeps the last
 *  and says nothing), not nested without end; and what is no JSON at all called by its name. */

import { UserError } from "../../platform/errors.js";
import { readBytes } from "../../platform/files.js";

const DEEPEST = 128;

/** Throws UserError `invalid-json`. */
export function readStrictJson(file: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readBytes(file));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return refuse(file, "is not UTF-8", "UTF-8");
  }
  return parseStrictJson(text, file);
}

export function parseStrictJson(text: string, file: string): unknown {
  if (text.startsWith("\ufeff")) refuse(file, "begins with a byte order mark, which JSON has not", "JSON");
  if (text.startsWith("version https://git-lfs"))
    refuse(file, "is a pointer of Git LFS, not the file itself", "JSON", "run git lfs pull");
  if (/^\s*</.test(text.slice(0, 1000))) refuse(file, "is a web page", "JSON", "download the file itself");
  if (!/\S/.test(text)) refuse(file, "is empty", "JSON");
  checkDepth(text, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(file, `is not valid JSON (${(cause as Error).message.slice(0, 200)})`, "JSON");
  }
  checkKeys(text, file);
  return value;
}

function refuse(file: string, message: string, expected: string, fix?: string): never {
  throw new UserError({
    code: "invalid-json",
    file,
    message,
    expected,
    fix: fix ?? "get the file again from where it came",
  });
}

/** Calls `visit` for each bracket, comma and string outside of strings; of a string also where it ends. */
function scan(text: string, visit: (sign: string, at: number, end: number) => void): void {
  const tokens = /[[\]{}:,]|"(?:[^"\\]|\\.)*"/gs;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text))
    visit(match[0][0]!, match.index, tokens.lastIndex);
}

function checkDepth(text: string, file: string): void {
  let depth = 0;
  const brackets = /[[\]{}"]/g;
  for (let match = brackets.exec(text); match !== null; match = brackets.exec(text)) {
    const sign = match[0];
    if (sign === '"') brackets.lastIndex = stringEnd(text, match.index);
    else if (sign === "[" || sign === "{") {
      if (++depth > DEEPEST) refuse(file, `is nested more than ${DEEPEST} deep`, "a tokenizer");
    } else depth--;
  }
}

/** Behind the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** In valid JSON a string is a key iff an object is open and the sign before is `{` or `,`. */
function checkKeys(text: string, file: string): void {
  const open: (Set<string> | undefined)[] = [];
  let before = "";
  scan(text, (sign, at, end) => {
    if (sign === "{") open.push(new Set());
    else if (sign === "[") open.push(undefined);
    else if (sign === "}" || sign === "]") open.pop();
    else if (sign === '"') {
      const keys = open.at(-1);
      if (keys !== undefined && (before === "{" || before === ",")) {
        const raw = text.slice(at, end);
        const key = raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
        if (keys.has(key))
          refuse(file, `has the key ${JSON.stringify(key)} twice in one object`, "each key once");
        keys.add(key);
      }
    }
    before = sign;
  });
}
