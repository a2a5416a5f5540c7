/** @file What a backslash means, outside and inside a class. */

import { type Flags, literal, type Reader } from "./parse.js";
import { DIGIT, HEX, propertyClass, SPACE, WORD } from "./properties.js";
import type { Anchor, Node } from "./syntax.js";

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const ANCHORS: Readonly<Record<string, Anchor>> = {
  A: "start",
  z: "end",
  Z: "lastLineEnd",
  b: "wordEdge",
  B: "notWordEdge",
};
const LINE_BREAK: Node = {
  kind: "atomic",
  part: {
    kind: "choice",
    parts: [
      {
        kind: "sequence",
        parts: [
          { kind: "set", set: "[\\r]" },
          { kind: "set", set: "[\\n]" },
        ],
      },
      { kind: "set", set: "[\\u{a}-\\u{d}\\u{85}\\u{2028}\\u{2029}]" },
    ],
  },
};

export interface Escapes {
  /** The group of `\1` or `\k<name>`, if that is what stands here. */
  reference(groups: ReadonlyMap<string, number>): number | undefined;
  atom(): Node;
  /** Content of a class for `\d`, `\p{…}` and the like; undefined if a single character stands here. */
  classContent(): string | undefined;
  /** The character that stands here. */
  codePoint(): number;
}

export function createEscapes(reader: Reader, flags: Flags): Escapes {
  const { pattern } = reader;
  const match = (regex: RegExp): RegExpExecArray | null => {
    const found = regex.exec(pattern.slice(reader.at));
    if (found !== null) reader.at += found[0].length;
    return found;
  };
  const escapes: Escapes = {
    reference(groups) {
      const found = match(/^\\(?:([1-9])|k<(?:([1-9]\d*)|([A-Za-z_]\w*))>)/);
      if (found === null) return undefined;
      if (found[3] === undefined) return Number(found[1] ?? found[2]);
      return groups.get(found[3]) ?? reader.fail(`there is no group ${found[3]}`);
    },
    atom() {
      const next = pattern[reader.at + 1];
      if (next === undefined) return reader.fail("end pattern at escape");
      if (Object.hasOwn(ANCHORS, next)) {
        reader.at += 2;
        return { kind: "anchor", anchor: ANCHORS[next]! };
      }
      if (next === "R") {
        reader.at += 2;
        return LINE_BREAK;
      }
      const content = escapes.classContent();
      if (content !== undefined) return { kind: "set", set: `[${content}]` };
      return literal(reader, flags, escapes.codePoint());
    },
    classContent() {
      const found = match(/^\\(?:([sSdDwWhH])|([pP])\{(\^?)([^}]*)\})/);
      if (found === null) return undefined;
      if (found[1] !== undefined) {
        const content = { s: SPACE, d: DIGIT, w: WORD, h: HEX }[found[1].toLowerCase()]!;
        return found[1] < "a" ? `[^${content}]` : `[${content}]`;
      }
      const content =
        propertyClass(found[4]!) ??
        reader.fail(`invalid character property name {${found[4]}}`, reader.at - found[0].length);
      return (found[2] === "P") !== (found[3] === "^") ? `[^${content}]` : `[${content}]`;
    },
    codePoint: () => codePointOf(reader, match),
  };
  return escapes;
}

function codePointOf(reader: Reader, match: (regex: RegExp) => RegExpExecArray | null): number {
  const number = match(/^\\(?:x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|(0[0-7]{0,2}))/);
  if (number !== null) {
    const code =
      number[4] === undefined
        ? Number.parseInt((number[1] ?? number[2] ?? number[3])!, 16)
        : Number.parseInt(number[4], 8);
    return code <= 0x10ffff ? code : reader.fail("too big wide character value");
  }
  const at = reader.at;
  const code = reader.pattern.codePointAt(at + 1);
  if (code === undefined) return reader.fail("end pattern at escape");
  const character = String.fromCodePoint(code);
  if (Object.hasOwn(CONTROLS, character)) {
    reader.at += 2;
    return CONTROLS[character]!;
  }
  // A letter that Oniguruma gives a meaning that is not known here must not pass for itself.
  if (/[A-Za-z0-9]/.test(character)) return reader.fail(`\\${character} is not supported`, at);
  reader.at += 1 + character.length;
  return code;
}
