/** @file CSV and TSV as rows of named columns. The first line names the columns where it holds a name that means something
 *  here, or one asked for; else columns are called by their numbers, from "1". */

import { nearest, UserError } from "../../../platform/errors.js";
import { errorAt, type Row } from "../row.js";
import { type Cells, delimitedCells } from "./delimited.js";

export interface TableOptions {
  /** Default: a tab for TSV; for CSV the comma, or the semicolon or tab where the first line has that and no comma. */
  readonly delimiter?: string | undefined;
  /** Whether cells may stand in quotation marks. Default: true for CSV, false for TSV. */
  readonly quotes?: boolean | undefined;
  /** Whether the first line names the columns. Default: where one of its cells is in `names`. */
  readonly header?: boolean | undefined;
}

/** `names`: lower-cased names of columns that mean something. Throws UserError `csv-quotes`, `csv-columns`, `option-invalid`. */
export function* tableRows(
  chunks: Iterable<string>,
  file: string,
  kind: "csv" | "tsv",
  names: ReadonlySet<string>,
  options: TableOptions = {},
): Generator<Row> {
  const { header, quotes = kind === "csv" } = options;
  if (
    options.delimiter !== undefined &&
    (options.delimiter.length !== 1 || /["\r\n]/.test(options.delimiter))
  )
    throw new UserError({
      code: "option-invalid",
      at: "delimiter",
      message: "cannot part cells",
      found: options.delimiter,
      expected: "one character, no quotation mark and no line end",
    });
  const [first, all] = peek(chunks);
  const delimiter = options.delimiter ?? (kind === "tsv" ? "\t" : likelyDelimiter(first));
  let columns: readonly string[] | undefined;
  for (const row of delimitedCells(all, file, { delimiter, quotes })) {
    if (columns === undefined) {
      const cells = row.cells.map((cell) => cell.trim());
      const named = header ?? cells.some((name) => names.has(name.toLowerCase()));
      columns = named ? checkedHeader(row, cells, file) : row.cells.map((_, i) => String(i + 1));
      if (named) continue;
    }
    if (row.cells.length !== columns.length) throw unequal(row, columns, { file, delimiter, quotes });
    yield { columns: Object.fromEntries(columns.map((name, i) => [name, row.cells[i]])), line: row.line };
  }
}

function checkedHeader({ line }: Cells, names: string[], file: string): string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names;
  throw errorAt(
    { file, line },
    {
      code: "csv-columns",
      message: "names a column twice",
      found: twice,
      fix: "rename one, or say that the first line is none of names (header: false)",
    },
  );
}

function unequal(
  { cells, line }: Cells,
  columns: readonly string[],
  { file, delimiter, quotes }: { file: string; delimiter: string; quotes: boolean },
): UserError {
  return errorAt(
    { file, line },
    {
      code: "csv-columns",
      message: "has another number of cells than the lines before it",
      found: cells.length,
      expected: `${columns.length} (${columns.join(", ")}), parted by ${JSON.stringify(delimiter)}`,
      fix: quotes
        ? "put a cell that holds the delimiter in quotation marks, or say what parts cells (delimiter)"
        : "take the delimiter out of the cell, or say that cells may stand in quotation marks (quotes)",
    },
  );
}

/** The text up to the first line end, as far as the first chunk has it, and all chunks. */
function peek(chunks: Iterable<string>): [first: string, all: Iterable<string>] {
  const iterator = chunks[Symbol.iterator]();
  const start = iterator.next();
  const head = start.done ? "" : start.value;
  return [
    head.split(/[\r\n]/, 1)[0] ?? "",
    (function* () {
      try {
        yield head;
        for (let next = iterator.next(); !next.done; next = iterator.next()) yield next.value;
      } finally {
        iterator.return?.(); // closes the file where nobody reads on
      }
    })(),
  ];
}

function likelyDelimiter(line: string): string {
  if (line.includes(",")) return ",";
  return [";", "\t"].find((c) => line.includes(c)) ?? ",";
}

/** A column that was asked for by name and is not there. */
export function missingColumn(row: Row, file: string, asked: string, role: string): UserError {
  const columns = Object.keys(row.columns);
  const near = nearest(asked, columns);
  return errorAt(
    { file, line: row.line },
    {
      code: "column-missing",
      message: `has no column ${JSON.stringify(asked)} for the ${role}`,
      found: columns,
      fix: near === undefined ? "name one of these" : `did you mean ${JSON.stringify(near)}?`,
    },
  );
}
