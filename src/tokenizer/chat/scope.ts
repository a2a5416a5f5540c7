/** @file Nodes of a parsed template, and the scopes that its names live in. */

import type { Value } from "./values.js";

/** A node of the grammar, as its parser makes it. */
export interface AstNode {
  readonly type: string;
}
export type Fields = Readonly<Record<string, unknown>> & AstNode;

export class Scope {
  readonly values = new Map<string, Value>();
  readonly parent: Scope | undefined;
  constructor(parent?: Scope) {
    this.parent = parent;
  }
  get(name: string): Value | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

export const nameOf = (node: unknown): string => String((node as { value: unknown }).value);
