/** @file Whether backtracking through a pattern may take very long: exponentially, where a repeat without end holds
 *  another choice or repeat; by the square of the text, where something that may fail follows a repeat without end. */

import type { Node } from "./syntax.js";

export type Risk = "none" | "long texts" | "any text";

export function riskOf(root: Node): Risk {
  if (some(root, (node) => endless(node) && some(node.part, branches))) return "any text";
  return some(root, followed) ? "long texts" : "none";
}

const endless = (node: Node): node is Node & { kind: "repeat" } =>
  node.kind === "repeat" && node.max === Infinity;

/** May match in more than one way. */
const branches = (node: Node): boolean =>
  node.kind === "choice" || (node.kind === "repeat" && node.min !== node.max);

/** A sequence in which an endless repeat is not the last part. */
function followed(node: Node): boolean {
  if (node.kind !== "sequence") return false;
  return node.parts.slice(0, -1).some((part) => some(part, endless));
}

function some(node: Node, test: (node: Node) => boolean): boolean {
  if (test(node)) return true;
  if ("parts" in node) return node.parts.some((part) => some(part, test));
  return "part" in node && some(node.part, test);
}
