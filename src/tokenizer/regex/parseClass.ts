/** @file A class of characters in brackets: ranges, nested classes, intersections (`&&`), POSIX names, negation. The
 *  result is a class of JavaScript's `v` dialect. */

import { type Flags, hex, type Reader } from "./parse.js";
import { createEscapes } from "./parseEscape.js";
import { posixClass } from "./properties.js";

export function createClassParser(reader: Reader, flags: Flags): { parse(): string } {
  const { pattern } = reader;
  const escapes = createEscapes(reader, flags);

  /** At "["; returns the class with its brackets. */
  const parse = (): string => {
    const opened = reader.at++;
    const negated = pattern[reader.at] === "^";
    if (negated) reader.at++;
    const operands: string[] = [];
    let items = "";
    let first = true;
    for (;;) {
      const c = pattern[reader.at];
      if (c === undefined) reader.fail("premature end of char-class", opened);
      if (c === "]" && !(first && pattern.includes("]", reader.at + 1))) break;
      first = false;
      if (pattern.startsWith("&&", reader.at)) {
        reader.at += 2;
        operands.push(items);
        items = "";
      } else items += item();
    }
    reader.at++;
    if (items === "" && operands.length === 0) reader.fail("empty char-class", opened);
    operands.push(items);
    const content = operands.length === 1 ? fold(items) : operands.map((o) => `[${fold(o)}]`).join("&&");
    return negated ? `[^${content}]` : `[${content}]`;
  };

  const item = (): string => {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(pattern.slice(reader.at, reader.at + 20));
    if (posix !== null) {
      const content = posixClass(posix[2]!) ?? reader.fail(`there is no class [:${posix[2]}:]`);
      reader.at += posix[0].length;
      return posix[1] === "^" ? `[^${content}]` : `[${content}]`;
    }
    if (pattern[reader.at] === "[") return parse();
    const content = pattern[reader.at] === "\\" ? escapes.classContent() : undefined;
    if (content !== undefined) return content;
    const start = reader.at;
    const from = character();
    if (
      pattern[reader.at] !== "-" ||
      /^-(?:\]|\[|&&|\\[sSdDwWhHpP])/.test(pattern.slice(reader.at, reader.at + 3))
    )
      return hex(from);
    if (reader.at + 1 >= pattern.length) return hex(from);
    reader.at++;
    const to = character();
    if (to < from) reader.fail("empty range in char class", start);
    return `${hex(from)}-${hex(to)}`;
  };

  const character = (): number => {
    if (pattern[reader.at] === "\\") {
      if (pattern[reader.at + 1] === "b") {
        reader.at += 2;
        return 8;
      }
      return escapes.codePoint();
    }
    const code = pattern.codePointAt(reader.at)!;
    reader.at += code > 0xffff ? 2 : 1;
    return code;
  };

  /** The content with the other cases of its letters, where case does not matter. */
  const fold = (content: string): string => {
    if (!flags.ignoreCase || content === "") return content;
    const has = new RegExp(`^[${content}]`, "v");
    const added = new Set<number>();
    for (const [letter, variants] of reader.variants())
      if (has.test(String.fromCodePoint(letter))) for (const v of variants) added.add(v);
    return content + [...added].map(hex).join("");
  };

  return { parse };
}
