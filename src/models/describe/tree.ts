/** @file The parameters of a model as a tree of modules, equal layers drawn once: what `cygnet inspect model` prints. Made of the
 *  table alone, so that nothing is allocated, whatever the size. */

import { sizeOf } from "../../tensor/index.js";
import { allRows, type ParameterTable } from "../family.js";

export interface ModelNode {
  /** Last part of the name; "0 … 95" for layers that are alike. */
  readonly name: string;
  /** Of a tensor. */
  readonly shape?: readonly number[];
  /** How many alike this node stands for. */
  readonly count: number;
  /** Of one of them. */
  readonly parameters: number;
  readonly children: readonly ModelNode[];
}

interface Branch {
  shape?: readonly number[];
  readonly children: Map<string, Branch>;
}

export function modelTree(table: ParameterTable): readonly ModelNode[] {
  const root: Branch = { children: new Map() };
  for (const [name, shape] of allRows(table)) {
    let at = root;
    for (const part of name.split(".")) {
      const next = at.children.get(part) ?? { children: new Map() };
      at.children.set(part, next);
      at = next;
    }
    at.shape = shape;
  }
  return nodesOf(root);
}

function nodesOf(branch: Branch): ModelNode[] {
  const nodes: ModelNode[] = [];
  let before = "";
  for (const [name, child] of branch.children) {
    const children = nodesOf(child);
    const own = child.shape === undefined ? 0 : sizeOf(child.shape);
    const node: ModelNode = {
      name,
      count: 1,
      parameters: children.reduce((sum, c) => sum + c.count * c.parameters, own),
      children,
      ...(child.shape === undefined ? {} : { shape: child.shape }),
    };
    const likeness = /^\d+$/.test(name) ? JSON.stringify([child.shape, children]) : "";
    const last = nodes.at(-1);
    if (likeness !== "" && likeness === before && last !== undefined) {
      const first = last.name.split(" ")[0]!;
      nodes[nodes.length - 1] = { ...last, name: `${first} … ${name}`, count: last.count + 1 };
    } else nodes.push(node);
    before = likeness;
  }
  return nodes;
}
