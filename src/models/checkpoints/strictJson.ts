/** @file A JSON reader for headers that others wrote: objects become Maps (so `__proto__` is a key like any other), a key
 *  given twice is an error, integers are bigints (so none is rounded), nesting is bounded. RFC 8259. */

export type Json = null | boolean | string | number | bigint | readonly Json[] | ReadonlyMap<string, Json>;

const DEEPEST = 32;

/** Throws Error with what is wrong and where. */
export function parseStrictJson(text: string): Json {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at character ${at}`);
  };
  const space = () => {
    while (at < text.length && " \t\n\r".includes(text[at]!)) at++;
  };
  const expect = (character: string) => {
    if (text[at] !== character)
      fail(
        at < text.length
          ? `${JSON.stringify(text[at])} where ${JSON.stringify(character)} is due`
          : "the text ends too early",
      );
    at++;
  };
  const scan = (pattern: RegExp, what: string): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? fail(what);
    at += found.length;
    return found;
  };
  const string = (): string => {
    if (text[at] !== '"') fail("a string is due");
    const raw = scan(STRING, "a string that does not end or holds a control character");
    try {
      return JSON.parse(raw) as string;
    } catch {
      return fail("a string with a malformed escape");
    }
  };
  const members = (depth: number): Map<string, Json> => {
    const object = new Map<string, Json>();
    list("}", () => {
      const key = string();
      if (object.has(key)) fail(`the key ${JSON.stringify(key)} appears twice,`);
      space();
      expect(":");
      object.set(key, value(depth));
    });
    return object;
  };
  const list = (end: string, item: () => void) => {
    at++;
    space();
    for (let first = true; text[at] !== end; first = false) {
      if (!first) expect(",");
      space();
      item();
      space();
    }
    at++;
  };
  const value = (depth: number): Json => {
    if (depth > DEEPEST) fail(`nested more than ${DEEPEST} deep`);
    space();
    switch (text[at]) {
      case "{":
        return members(depth + 1);
      case "[": {
        const items: Json[] = [];
        list("]", () => void items.push(value(depth + 1)));
        return items;
      }
      case '"':
        return string();
      case undefined:
        return fail("the text ends too early");
    }
    const word = scan(WORD, `unexpected ${JSON.stringify(text[at])}`);
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    return /^-?\d+$/.test(word) ? BigInt(word) : Number(word);
  };
  const result = value(0);
  space();
  if (at < text.length) fail("something follows the end");
  return result;
}

// JSON.parse refuses the control characters that this lets through.
const STRING = /"(?:[^"\\]|\\.)*"/y;
const WORD = /null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
