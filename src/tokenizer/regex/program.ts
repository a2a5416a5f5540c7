/** @file The tree as a program for `machine.ts`: one character, two ways to go on, assertions. */

import type { Anchor, Node } from "./syntax.js";

export type Instruction =
  | { readonly op: "set"; readonly has: (codePoint: number) => boolean }
  /** Goes on at `first`; where that fails, at `second`. */
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "anchor"; readonly anchor: Anchor }
  /** A program of its own that must match here (or, negated, must not); an atomic one takes what it matches. */
  | { readonly op: "look"; readonly program: Program; readonly negated: boolean }
  | { readonly op: "atomic"; readonly program: Program }
  | { readonly op: "match" };

export interface Program {
  readonly code: readonly Instruction[];
  /** Reads from right to left. */
  readonly backward: boolean;
}

const LONGEST = 20_000;

export class TooLarge extends Error {}

/** Undefined for a pattern with references, which no bounded machine can match. */
export function compile(root: Node): Program | undefined {
  try {
    return program(root, false);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

function program(root: Node, backward: boolean): Program {
  const code: Instruction[] = [];
  const put = (instruction: Instruction): number => {
    if (code.length >= LONGEST) throw new TooLarge();
    return code.push(instruction) - 1;
  };
  const emit = (node: Node): void => {
    switch (node.kind) {
      case "set":
        put({ op: "set", has: predicate(node.set) });
        break;
      case "sequence":
        for (const part of backward ? node.parts.toReversed() : node.parts) emit(part);
        break;
      case "choice":
        choice(node.parts);
        break;
      case "capture":
        emit(node.part);
        break;
      case "atomic":
        put({ op: "atomic", program: program(node.part, backward) });
        break;
      case "look":
        put({ op: "look", program: program(node.part, node.behind), negated: node.negated });
        break;
      case "anchor":
        put({ op: "anchor", anchor: node.anchor });
        break;
      case "repeat":
        if (node.mode === "possessive")
          put({ op: "atomic", program: program({ ...node, mode: "greedy" }, backward) });
        else repeat(node);
        break;
      case "reference":
        throw new TooLarge();
    }
  };
  const choice = (parts: readonly Node[]): void => {
    const jumps: { op: "jump"; to: number }[] = [];
    parts.forEach((part, i) => {
      if (i === parts.length - 1) {
        emit(part);
        return;
      }
      const split = { op: "split" as const, first: code.length + 1, second: -1 };
      put(split);
      emit(part);
      const jump = { op: "jump" as const, to: -1 };
      put(jump);
      jumps.push(jump);
      split.second = code.length;
    });
    for (const jump of jumps) jump.to = code.length;
  };
  /** `into` and `out` in the order that greedy or lazy wants. */
  const fork = (lazy: boolean): { into(at: number): void; out(at: number): void } => {
    const split = { op: "split" as const, first: -1, second: -1 };
    put(split);
    return {
      into: (at) => {
        split[lazy ? "second" : "first"] = at;
      },
      out: (at) => {
        split[lazy ? "first" : "second"] = at;
      },
    };
  };
  const repeat = (node: Node & { kind: "repeat" }): void => {
    for (let i = 0; i < node.min; i++) emit(node.part);
    const lazy = node.mode === "lazy";
    if (node.max === Infinity) {
      const start = code.length;
      const split = fork(lazy);
      split.into(code.length);
      emit(node.part);
      put({ op: "jump", to: start });
      split.out(code.length);
      return;
    }
    const splits = [];
    for (let i = node.min; i < node.max; i++) {
      const split = fork(lazy);
      split.into(code.length);
      splits.push(split);
      emit(node.part);
    }
    for (const split of splits) split.out(code.length);
  };
  emit(root);
  put({ op: "match" });
  return { code, backward };
}

/** Whether a character is of a class; ASCII by a table, the others remembered. */
function predicate(set: string): (codePoint: number) => boolean {
  const regex = new RegExp(`^${set}$`, "v");
  const ask = (codePoint: number) => regex.test(String.fromCodePoint(codePoint));
  const ascii = Array.from({ length: 128 }, (_, c) => ask(c));
  const known = new Map<number, boolean>();
  return (codePoint) => {
    if (codePoint < 128) return ascii[codePoint]!;
    let has = known.get(codePoint);
    if (has === undefined) {
      has = ask(codePoint);
      if (known.size > 1 << 16) known.clear();
      known.set(codePoint, has);
    }
    return has;
  };
}
