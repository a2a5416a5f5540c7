/** @file Examples from files as people have them: JSON lines, JSON, CSV, TSV, CoNLL, plain text, each perhaps with .gz; streamed,
 *  so that data larger than memory works. The format is told by the first row of a file, and holds for all of it. */

import { UserError } from "../../platform/errors.js";
import { readDocuments } from "../documents.js";
import { listFiles, type SourceFile, type TextFormat } from "../sources.js";
import { invalidUtf8, sourceText } from "../sourceText.js";
import { type ConllOptions, conllSentences } from "./containers/conll.js";
import { jsonLines } from "./containers/jsonLines.js";
import { jsonValues } from "./containers/jsonValues.js";
import { missingColumn, type TableOptions, tableRows } from "./containers/table.js";
import type { Example } from "./examples.js";
import type { Format, FormatName, FormatOptions } from "./formats/format.js";
import {
  type ColumnNames,
  describeFormat,
  formatsFor,
  knownColumns,
  recognise,
  valuesOf,
} from "./formats/index.js";
import { nameColumns } from "./nameColumns.js";
import { errorAt, type Row } from "./row.js";

export interface ReadExamplesOptions extends FormatOptions {
  /** The formats that make sense: those of a task, or one. Default: all. */
  readonly formats?: readonly FormatName[] | undefined;
  /** What a column is for (`text`, `label`, `prompt`, …) → its name in the file, or its number ("2") where it has none. */
  readonly columns?: ColumnNames | undefined;
  readonly table?: TableOptions | undefined;
  readonly conll?: ConllOptions | undefined;
  /** Where a .txt file is cut into documents; see `readDocuments`. */
  readonly separator?: string | null | undefined;
}

export interface ExampleStatistics {
  files: number;
  examples: number;
  /** Rows without anything in them, left out. */
  empty: number;
  /** file:line of the first few of these. */
  emptyFirst: string[];
  /** Format of each file. */
  formats: Record<string, FormatName>;
}

/** Examples that may be iterated again and again; `statistics` are those of the latest pass. */
export interface ExampleReader extends Iterable<Example> {
  readonly files: readonly SourceFile<string>[];
  readonly statistics: ExampleStatistics;
}

type Container = "jsonl" | "json" | "csv" | "tsv" | "conll" | TextFormat;

const CONTAINERS: Readonly<Record<string, Container>> = {
  jsonl: "jsonl",
  ndjson: "jsonl",
  json: "json",
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  conll: "conll",
  conll2003: "conll",
  iob: "conll",
  iob2: "conll",
  bio: "conll",
  txt: "txt",
  text: "txt",
  md: "md",
  markdown: "md",
};

const FIRST = 5;

/** Files, and folders walked in code-unit order. Throws UserError `option-invalid` and what `listFiles` throws; iterating throws
 *  `format-unknown`, `format-ambiguous`, `formats-mixed`, `column-missing`, `row-invalid`, `invalid-json`, `invalid-utf8`,
 *  `csv-quotes`, `csv-columns`, `conll-columns`, `tag-invalid`, `tool-arguments`, `span-…`, `no-examples`, each with file and line. */
export function readExamples(
  paths: string | readonly string[],
  options: ReadExamplesOptions = {},
): ExampleReader {
  const columns = options.columns ?? {};
  const formats = formatsFor(options.formats, columns);
  const { files } = listFiles(paths, CONTAINERS);
  let statistics = noStatistics();
  return {
    files,
    get statistics() {
      return statistics;
    },
    *[Symbol.iterator]() {
      statistics = noStatistics();
      const mine = statistics;
      for (const source of files) {
        mine.files++;
        yield* readFile(source, { ...options, columns }, formats, mine);
      }
      if (mine.examples === 0) throw nothingFound(files, mine);
    },
  };
}

const noStatistics = (): ExampleStatistics => ({
  files: 0,
  examples: 0,
  empty: 0,
  emptyFirst: [],
  formats: {},
});

function nothingFound(
  files: readonly SourceFile<string>[],
  { empty, emptyFirst }: ExampleStatistics,
): UserError {
  return new UserError({
    code: "no-examples",
    file: files
      .map((f) => f.file)
      .slice(0, 3)
      .join(", "),
    message: "holds no example",
    found: empty > 0 ? `${empty} rows with nothing in them (${emptyFirst.join(", ")})` : "no rows",
    fix: "name files that hold examples",
  });
}

function* readFile(
  source: SourceFile<Container>,
  options: ReadExamplesOptions & { readonly columns: ColumnNames },
  formats: readonly Format[],
  statistics: ExampleStatistics,
): Generator<Example> {
  const { file } = source;
  let format: Format | undefined;
  let { columns } = options;
  for (const row of rowsOf(source, options, formats)) {
    if (format === undefined) {
      columns = checkedColumns(row, columns, file);
      format = recognise(formats, row, columns, file);
      statistics.formats[file] = format.name;
    }
    const values = valuesOf(format, row, columns);
    const place = { file, line: row.line };
    if (values === undefined) throw otherFormat(row, format, formats, columns, file);
    const example = format.read(values, place, options);
    if (example !== undefined) {
      statistics.examples++;
      yield example;
    } else if (++statistics.empty <= FIRST) statistics.emptyFirst.push(`${file}:${row.line}`);
  }
}

/** Throws UserError `column-missing`. */
function checkedColumns(row: Row, columns: ColumnNames, file: string): ColumnNames {
  for (const [role, name] of Object.entries(columns))
    if (!Object.hasOwn(row.columns, name)) throw missingColumn(row, file, name, role);
  return columns;
}

function otherFormat(
  row: Row,
  format: Format,
  formats: readonly Format[],
  columns: ColumnNames,
  file: string,
): UserError {
  const other = formats.find((one) => one !== format && valuesOf(one, row, columns) !== undefined);
  const place = { file, line: row.line };
  if (other === undefined)
    return errorAt(place, {
      code: "row-invalid",
      message: `lacks what the rows before it have`,
      found: Object.keys(row.columns),
      expected: describeFormat(format),
      fix: "mend the row",
    });
  return errorAt(place, {
    code: "formats-mixed",
    message: "is of another format than the rows before it",
    found: describeFormat(other),
    expected: describeFormat(format),
    fix: "put the rows of each format into a file of its own",
  });
}

function* rowsOf(
  source: SourceFile<Container>,
  options: ReadExamplesOptions & { readonly columns: ColumnNames },
  formats: readonly Format[],
): Generator<Row> {
  const { file, format: container } = source;
  const text = () =>
    sourceText(source, (_, position) => {
      throw invalidUtf8(file, position, "convert the file to UTF-8");
    });
  switch (container) {
    case "jsonl":
      return yield* jsonLines(text(), file);
    case "json":
      return yield* jsonValues(text(), file);
    case "csv":
    case "tsv": {
      const names = knownColumns(formats, options.columns);
      // A name asked for is one that the first line has.
      const named = Object.values(options.columns).some((name) => !/^\d+$/.test(name));
      const table = { ...options.table, header: options.table?.header ?? (named ? true : undefined) };
      const rows = tableRows(text(), file, container, names, table);
      return yield* nameColumns(rows, options.columns, formats);
    }
    case "conll":
      return yield* conllSentences(text(), file, options.conll);
    case "txt":
    case "md": {
      const separator = options.separator === undefined ? {} : { separator: options.separator };
      for (const { text: body, source: at } of readDocuments(file, { strict: true, ...separator }))
        yield { columns: { text: body }, line: at.line ?? 1 };
    }
  }
}
