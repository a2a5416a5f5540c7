/** @file The tree as JavaScript's regular expression (flag `v`). Atomic groups and possessive repeats, which JavaScript
 *  lacks, become a look-ahead that captures, and a reference to what it caught: nothing goes back into it. */

import { WORD } from "./properties.js";
import type { Anchor, Node } from "./syntax.js";

const ANCHORS: Readonly<Record<Anchor, string>> = {
  // At the very end no line begins, even behind a line break.
  lineStart: String.raw`(?:(?<![\p{Any}])|(?<=\n)(?=[\p{Any}]))`,
  lineEnd: String.raw`(?![^\n])`,
  start: String.raw`(?<![\p{Any}])`,
  end: String.raw`(?![\p{Any}])`,
  lastLineEnd: String.raw`(?=\n?(?![\p{Any}]))`,
  wordEdge: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  notWordEdge: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
};

export function toJavaScript(root: Node): string {
  let atomics = 0;
  const referenced = new Set<number>();
  const note = (node: Node): void => {
    if (node.kind === "reference") referenced.add(node.index);
    if ("parts" in node) node.parts.forEach(note);
    if ("part" in node) note(node.part);
  };
  note(root);
  const atomic = (inner: string): string => {
    const name = `a${atomics++}`;
    return `(?:(?=(?<${name}>${inner}))\\k<${name}>)`;
  };
  const write = (node: Node): string => {
    switch (node.kind) {
      case "set":
        return node.set;
      case "sequence":
        return node.parts
          .map((part) => (part.kind === "choice" ? `(?:${write(part)})` : write(part)))
          .join("");
      case "choice":
        return node.parts.map(write).join("|");
      case "capture":
        return referenced.has(node.index)
          ? `(?<g${node.index}>${write(node.part)})`
          : `(?:${write(node.part)})`;
      case "atomic":
        return atomic(write(node.part));
      case "look":
        return `(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}${write(node.part)})`;
      case "reference":
        return `\\k<g${node.index}>`;
      case "anchor":
        return ANCHORS[node.anchor];
      case "repeat": {
        const inner = node.part.kind === "set" ? write(node.part) : `(?:${write(node.part)})`;
        const repeated = `${inner}${count(node.min, node.max)}`;
        if (node.mode === "possessive") return atomic(repeated);
        return node.mode === "lazy" ? `${repeated}?` : repeated;
      }
    }
  };
  return write(root);
}

function count(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  return min === 0 && max === 1 ? "?" : min === max ? `{${min}}` : `{${min},${max}}`;
}
