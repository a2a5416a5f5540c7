/** @file Pairs of texts from files, for models that read one and write the other (translation, summaries): two files whose
 *  lines belong together, columns of a .tsv, or JSON lines; plain or with .gz, streamed. What was read, replaced and left
 *  out is counted. */

import { UserError } from "../platform/errors.js";
import { baseName, exists, isDirectory } from "../platform/files.js";
import { contextOf, nothingRead, type ReadContext, type SourceStatistics } from "./documents.js";
import { alignedLines, columnPairs, type RawPair, recordPairs } from "./pairFormats.js";
import { listSources, type SourceFile } from "./sources.js";
import { type TextSize, textSize } from "./textSize.js";

export interface TextPair {
  /** The record's own `id`, or file and line. */
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

/** Where pairs lie. Several files are read one after another. */
export type PairFiles =
  | {
      /** Line n of a source file belongs to line n of the target file in the same place of the list. */
      readonly format: "lines";
      readonly source: string | readonly string[];
      readonly target: string | readonly string[];
    }
  | {
      /** A pair a line, columns set apart by tabs; what other columns hold is not read. No quotes. */
      readonly format: "tsv";
      readonly files: string | readonly string[];
      /** Counted from 1, or as the first line of each file names them; 1 and 2 by default. */
      readonly sourceColumn?: number | string;
      readonly targetColumn?: number | string;
    }
  | {
      /** An object a line. */
      readonly format: "jsonl";
      readonly files: string | readonly string[];
      /** "source" and "target" by default. `translation.en` is `en` inside `translation`. */
      readonly sourceKey?: string;
      readonly targetKey?: string;
    };

export interface PairReadOptions {
  /** Refuse what is otherwise replaced or left out and counted: invalid UTF-8, lines that hold no pair. */
  readonly strict?: boolean;
}

export interface PairStatistics extends SourceStatistics {
  pairs: number;
  source: TextSize;
  target: TextSize;
}

/** Pairs that may be iterated again and again; `statistics` are those of the latest pass. */
export interface PairReader extends Iterable<TextPair> {
  readonly files: readonly SourceFile[];
  readonly statistics: PairStatistics;
}

/**
 * Pairs without white space at their ends, in order; one with an empty side is left out and counted. Iterating throws
 * `UserError`: `pairs-misaligned` (other numbers of lines; at the end, so hold back what was read till then),
 * `column-missing`, `text-key-missing`, `no-pairs`, and those of `readDocuments`.
 */
export function readPairs(pairs: PairFiles, options: PairReadOptions = {}): PairReader {
  const parts = partsOf(pairs);
  const files = parts.flat();
  let statistics = noStatistics();
  return {
    files,
    get statistics() {
      return statistics;
    },
    *[Symbol.iterator]() {
      statistics = noStatistics();
      const mine = statistics;
      for (const part of parts) {
        mine.files += part.length;
        const [context, other] = part.map((source) => contextOf(source, options, mine));
        yield* counted(rawPairs(pairs, part, [context!, other ?? context!]), context!, mine);
      }
      if (mine.pairs === 0) {
        throw new UserError({
          code: "no-pairs",
          file: files.map((f) => f.file).join(", "),
          message: "holds no pair of source and target",
          found: mine.skippedFirst.length > 0 ? mine.skippedFirst : "no lines",
          fix: "name files that hold both, line by line",
        });
      }
    },
  };
}

function rawPairs(
  pairs: PairFiles,
  part: readonly SourceFile[],
  contexts: readonly [ReadContext, ReadContext],
): Generator<RawPair> {
  const [context] = contexts;
  if (pairs.format === "lines") return alignedLines(part, contexts);
  if (pairs.format === "tsv")
    return columnPairs(part[0]!, context, [pairs.sourceColumn ?? 1, pairs.targetColumn ?? 2]);
  return recordPairs(part[0]!, context, [pairs.sourceKey ?? "source", pairs.targetKey ?? "target"]);
}

function* counted(raw: Iterable<RawPair>, context: ReadContext, mine: PairStatistics): Generator<TextPair> {
  for (const { id, line, ...sides } of raw) {
    const source = sides.source.trim();
    const target = sides.target.trim();
    if (source === "" || target === "") {
      const which = source !== "" ? "empty target" : target !== "" ? "empty source" : "both sides empty";
      context.skip(which, line);
      continue;
    }
    mine.pairs++;
    grow(mine.source, source);
    grow(mine.target, target);
    yield { id: id ?? `${baseName(context.file)}:${line}`, source, target };
  }
}

/** A file, or two whose lines belong together, at a time. */
function partsOf(pairs: PairFiles): SourceFile[][] {
  if (pairs.format !== "lines") return listOf(pairs.files).map((file) => [sourceFile(file)]);
  const [sources, targets] = [listOf(pairs.source), listOf(pairs.target)];
  if (sources.length !== targets.length) {
    throw new UserError({
      code: "pairs-misaligned",
      at: "source, target",
      message: "are not as many files on either side",
      found: `${sources.length} of sources, ${targets.length} of targets`,
      expected: "a file of targets for each of sources",
      fix: "name the files in pairs",
    });
  }
  return sources.map((file, i) => [sourceFile(file), sourceFile(targets[i]!)]);
}

function listOf(files: string | readonly string[]): readonly string[] {
  return typeof files === "string" ? [files] : files;
}

function sourceFile(file: string): SourceFile {
  if (exists(file) && isDirectory(file)) {
    throw new UserError({
      code: "file-expected",
      file,
      message: "is a folder",
      expected: "a file of pairs",
      fix: "name the files themselves",
    });
  }
  return listSources(file, "txt").files[0]!;
}

function noStatistics(): PairStatistics {
  const none = () => ({ bytes: 0, characters: 0 });
  return { ...nothingRead(), pairs: 0, source: none(), target: none() };
}

function grow(size: TextSize, text: string): void {
  const { bytes, characters } = textSize(text);
  size.bytes += bytes;
  size.characters += characters;
}
