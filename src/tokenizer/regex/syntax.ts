/** @file A regular expression as a tree: what `parse.ts` makes of Oniguruma's dialect. */

export type Node =
  /** One character out of a set; `set` is a class in JavaScript's `v` dialect with its brackets. */
  | { readonly kind: "set"; readonly set: string }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly part: Node;
      readonly min: number;
      /** Infinity: no end. */
      readonly max: number;
      readonly mode: "greedy" | "lazy" | "possessive";
    }
  | { readonly kind: "capture"; readonly part: Node; readonly index: number }
  | { readonly kind: "atomic"; readonly part: Node }
  | { readonly kind: "look"; readonly part: Node; readonly behind: boolean; readonly negated: boolean }
  | { readonly kind: "reference"; readonly index: number }
  | { readonly kind: "anchor"; readonly anchor: Anchor };

export type Anchor = "lineStart" | "lineEnd" | "start" | "end" | "lastLineEnd" | "wordEdge" | "notWordEdge";

export class RegexError extends Error {
  /** Place in the pattern, in UTF-16 units. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}
