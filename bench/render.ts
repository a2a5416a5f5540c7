/** @file Outcomes as lines of text and as tables in Markdown. */

import type { Outcome, Verdict } from "./outcome.js";

export function textLine(o: Outcome): string {
  const note = o.note ? `  (${o.note})` : "";
  const line = `${o.name.padEnd(44)} ours ${shortNumber(o.ours).padStart(9)}  peer ${shortNumber(o.peer).padStart(9)} ${o.unit.padEnd(12)} ratio ${fixed(o.ratio)}${note}`;
  const verdicts = (o.verdicts ?? []).map((v) => `\n    ${verdictWord(v).padEnd(10)} ${v.bar}`);
  return line + verdicts.join("");
}

/** Rows under one another are one table as long as their columns agree. */
export function createMarkdown(): (o: Outcome) => string {
  let before = "";
  return (o) => {
    const row = { name: o.name, ...(o.cells ?? plainCells(o)) };
    const heading = tableRow(Object.keys(row));
    const line = tableRow(Object.values(row));
    if (heading === before) return line;
    before = heading;
    return `\n${heading}\n${tableRow(Object.keys(row).map((_, i) => (i === 0 ? "---" : "---:")))}\n${line}`;
  };
}

export function shortNumber(x: number): string {
  return Number.isNaN(x) ? "–" : x >= 100 ? x.toFixed(0) : x.toPrecision(4);
}

export const fixed = (x: number, digits = 2): string => (Number.isFinite(x) ? x.toFixed(digits) : "–");
export const percent = (x: number): string => (Number.isFinite(x) ? `${(100 * x).toFixed(0)} %` : "–");
export const verdictWord = (v: Verdict): string => (v.met === null ? "not judged" : v.met ? "met" : "missed");

function plainCells(o: Outcome): Record<string, string> {
  return {
    ours: `${shortNumber(o.ours)} ${o.unit}`,
    peer: shortNumber(o.peer),
    ratio: fixed(o.ratio),
    note: o.note ?? "",
  };
}

const tableRow = (cells: readonly string[]) =>
  `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
