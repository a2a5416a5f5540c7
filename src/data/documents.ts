/** @file Documents from files: .txt, .md and .jsonl, plain or with .gz, streamed, so that data larger than memory works.
 *  What was read, replaced and skipped is counted; nothing disappears in silence. */

import { UserError } from "../platform/errors.js";
import { baseName } from "../platform/files.js";
import { jsonlDocuments } from "./jsonl.js";
import { listSources, type SourceFile, type TextFormat } from "./sources.js";
import { countedText } from "./sourceText.js";
import { textDocuments } from "./textFile.js";
import { textSize } from "./textSize.js";

export interface TextDocument {
  /** Unique in what one reader reads: the record's own `id`, or file and place. */
  readonly id: string;
  readonly text: string;
  readonly source: { readonly file: string; readonly line?: number };
}

export interface ReadOptions {
  /** Key of the text in JSON lines; "text" by default. */
  readonly textKey?: string;
  /** Where a .txt file is cut into documents, e.g. "\n\n\n". By default at `<|endoftext|>`, where it occurs; `null`
   *  never cuts. */
  readonly separator?: string | null;
  /** Refuse what is otherwise replaced or skipped and counted: invalid UTF-8, lines that do not parse. */
  readonly strict?: boolean;
  /** `"lf"` (default) turns CR LF and CR into LF; `"keep"` leaves them. */
  readonly newlines?: "lf" | "keep";
  /** Read every file as this, whatever its name says. */
  readonly format?: TextFormat;
}

/** What any reader counts. */
export interface SourceStatistics {
  files: number;
  /** Bytes that were not UTF-8 (or lone surrogates in JSON) and became U+FFFD. */
  invalidBytes: number;
  /** What was left out (lines, documents, pairs, files), by reason. */
  skipped: Record<string, number>;
  /** The first few of them, `file:line: reason`. */
  skippedFirst: string[];
}

export interface ReadStatistics extends SourceStatistics {
  documents: number;
  /** UTF-8 bytes and code points of the documents' texts. */
  bytes: number;
  characters: number;
}

/** Documents that may be iterated again and again; `statistics` are those of the latest pass. */
export interface DocumentReader extends Iterable<TextDocument> {
  readonly files: readonly SourceFile[];
  readonly statistics: ReadStatistics;
}

/** Where the readers of the formats report. */
export interface ReadContext {
  readonly file: string;
  readonly options: ReadOptions;
  skip(reason: string, line?: number): void;
  invalid(count: number): void;
}

const EXAMPLES = 5;

/**
 * Documents of files and folders (walked in code-unit order). Iterating throws `UserError`: `file-missing`,
 * `file-empty`, `file-binary`, `file-not-utf8`, `gzip-invalid`, `text-key-missing`, `no-documents`, and with `strict`
 * `invalid-utf8` and `invalid-json`.
 */
export function readDocuments(paths: string | readonly string[], options: ReadOptions = {}): DocumentReader {
  const { files, skipped } = listSources(paths, options.format);
  let statistics = noStatistics();
  return {
    files,
    get statistics() {
      return statistics;
    },
    *[Symbol.iterator]() {
      statistics = noStatistics();
      const mine = statistics;
      for (const { file, reason } of skipped) skip(mine, file, reason);
      for (const source of files) {
        mine.files++;
        yield* readSource(source, options, mine);
      }
      if (mine.documents === 0) throw nothingFound(files, mine);
    },
  };
}

function noStatistics(): ReadStatistics {
  return { ...nothingRead(), documents: 0, bytes: 0, characters: 0 };
}

export function nothingRead(): SourceStatistics {
  return { files: 0, invalidBytes: 0, skipped: {}, skippedFirst: [] };
}

/** Where the reader of a file's format reports: into `statistics`. */
export function contextOf<Options extends { readonly strict?: boolean }>(
  { file }: SourceFile<string>,
  options: Options,
  statistics: SourceStatistics,
) {
  return {
    file,
    options,
    skip: (reason: string, line?: number) =>
      skip(statistics, line === undefined ? file : `${file}:${line}`, reason),
    invalid(count: number) {
      statistics.invalidBytes += count;
    },
  };
}

/** Counts what is left out, and keeps the first few places. */
function skip(statistics: SourceStatistics, place: string, reason: string): void {
  statistics.skipped[reason] = (statistics.skipped[reason] ?? 0) + 1;
  if (statistics.skippedFirst.length < EXAMPLES) statistics.skippedFirst.push(`${place}: ${reason}`);
}

function nothingFound(files: readonly SourceFile[], statistics: ReadStatistics): UserError {
  return new UserError({
    code: "no-documents",
    file: files
      .map((f) => f.file)
      .slice(0, 3)
      .join(", "),
    message: "holds no document",
    found: statistics.skippedFirst.length > 0 ? statistics.skippedFirst : "only white space",
    fix: "name files that hold text",
  });
}

function* readSource(
  source: SourceFile,
  options: ReadOptions,
  statistics: ReadStatistics,
): Generator<TextDocument> {
  const { file } = source;
  const context: ReadContext = contextOf(source, options, statistics);
  const text = countedText(source, options.strict === true, context.invalid);
  const documents =
    source.format === "jsonl" ? jsonlDocuments(text, context) : textDocuments(text, source.format, context);
  for (const { id, text: body, line } of documents) {
    const size = textSize(body);
    statistics.documents++;
    statistics.bytes += size.bytes;
    statistics.characters += size.characters;
    yield {
      id: id ?? `${baseName(file)}:${line ?? 1}`,
      text: body,
      source: line === undefined ? { file } : { file, line },
    };
  }
}
