/** @file Which of two columns without names is the label, where nobody says: the one with far fewer different values, or of as
 *  many, the far shorter one. Where that does not tell, nothing is guessed. */

import type { Format } from "./formats/format.js";
import type { ColumnNames } from "./formats/index.js";
import type { Row } from "./row.js";

/** Rows looked at. */
const SAMPLE = 1000;

/** The rows, in which unnamed columns ("1", "2") of a table of one or two are called `text` and `label`, if they can be told
 *  apart and `labels` is among the formats. */
export function* nameColumns(
  rows: Iterable<Row>,
  columns: ColumnNames,
  formats: readonly Format[],
): Generator<Row> {
  const held: Row[] = [];
  let names: readonly string[] | undefined;
  const renamed = (row: Row): Row =>
    names === undefined
      ? row
      : {
          line: row.line,
          columns: Object.fromEntries(names.map((name, i) => [name, row.columns[String(i + 1)]])),
        };
  const decide = function* () {
    names = likelyNames(held, columns, formats);
    yield* held.splice(0).map(renamed);
  };
  let decided = false;
  for (const row of rows) {
    if (decided) {
      yield renamed(row);
      continue;
    }
    held.push(row);
    decided = held.length === SAMPLE || !isUnnamed(row);
    if (decided) yield* decide();
  }
  if (!decided) yield* decide();
}

function isUnnamed(row: Row): boolean {
  return Object.keys(row.columns).every((name, i) => name === String(i + 1));
}

function likelyNames(
  sample: readonly Row[],
  columns: ColumnNames,
  formats: readonly Format[],
): readonly string[] | undefined {
  const first = sample[0];
  if (first === undefined || !isUnnamed(first) || Object.keys(columns).length > 0) return undefined;
  const width = Object.keys(first.columns).length;
  const has = (name: string) => formats.some((format) => format.name === name);
  if (width === 1 && has("text")) return ["text"];
  if (width !== 2 || !has("labels")) return undefined;
  const [a, b] = ["1", "2"].map((name) => {
    const cells = sample.map((row) => String(row.columns[name]));
    return { different: new Set(cells).size, length: cells.reduce((sum, cell) => sum + cell.length, 0) };
  }) as [Column, Column];
  if (isLabel(a, b)) return ["label", "text"];
  return isLabel(b, a) ? ["text", "label"] : undefined;
}

interface Column {
  readonly different: number;
  readonly length: number;
}

function isLabel(one: Column, other: Column): boolean {
  if (2 * one.different <= other.different) return true;
  return one.different <= other.different && 3 * one.length <= other.length;
}
