/** @file Which files a reader is to read: paths given, folders walked in a fixed order, formats told by extension,
 *  and a look at the first bytes so that a picture or an archive is refused as such. */

import { UserError } from "../platform/errors.js";
import {
  baseName,
  exists,
  fileSize,
  isDirectory,
  joinPath,
  listFolder,
  readChunks,
  realPath,
  sha256Stream,
} from "../platform/files.js";

export type TextFormat = "txt" | "md" | "jsonl";

export interface SourceFile<Format extends string = TextFormat> {
  readonly file: string;
  readonly format: Format;
  readonly gzip: boolean;
  /** Bytes on disk. */
  readonly size: number;
}

export interface SourceList<Format extends string = TextFormat> {
  readonly files: readonly SourceFile<Format>[];
  /** Files met in folders that hold nothing this reader knows, with the reason. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

const EXTENSIONS: Record<string, TextFormat> = {
  txt: "txt",
  text: "txt",
  md: "md",
  markdown: "md",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** Files below `paths`, each path's in code-unit order. A file named outright must exist, have a known extension (or be
 *  read as `format`) and not be empty; in a folder, others are skipped and listed. Throws `UserError`. */
export function listSources(paths: string | readonly string[], format?: TextFormat): SourceList {
  return listFiles(paths, EXTENSIONS, format);
}

/** The same for other kinds of files: `extensions` (lower case, no dot) → format. */
export function listFiles<Format extends string>(
  paths: string | readonly string[],
  extensions: Readonly<Record<string, Format>>,
  format?: Format,
): SourceList<Format> {
  const kinds = [...new Set(Object.values(extensions))].map((kind) => `.${kind}`).join(", ");
  const files: SourceFile<Format>[] = [];
  const skipped: { file: string; reason: string }[] = [];
  const seen = new Set<string>();
  const given = typeof paths === "string" ? [paths] : paths;
  if (given.length === 0) {
    throw new UserError({
      code: "no-documents",
      message: "no file or folder of text was named",
      fix: "name one, as in --data stories/",
    });
  }
  for (const path of given) {
    if (!exists(path)) {
      throw new UserError({
        code: "file-missing",
        file: path,
        message: "does not exist",
        fix: "check the path",
      });
    }
    if (isDirectory(path)) walk(path);
    else add(path, true);
  }
  if (files.length === 0) {
    throw new UserError({
      code: "no-documents",
      file: given.join(", "),
      message: "holds no text",
      found:
        skipped.length === 0
          ? "no files"
          : skipped.slice(0, 3).map((s) => `${baseName(s.file)} (${s.reason})`),
      expected: `files ending in ${kinds} or one of these with .gz`,
      fix: "name another folder, or convert the files",
    });
  }
  return { files, skipped };

  function walk(folder: string): void {
    const real = realPath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const name of listFolder(folder)) {
      if (name.startsWith(".")) continue;
      const path = joinPath(folder, name);
      if (!exists(path)) skipped.push({ file: path, reason: "a link that leads nowhere" });
      else if (isDirectory(path)) walk(path);
      else add(path, false);
    }
  }

  function add(file: string, named: boolean): void {
    const match = /\.([a-z]+)(\.gz)?$/i.exec(baseName(file));
    const gzip = match?.[2] !== undefined || match?.[1]?.toLowerCase() === "gz";
    const known = format ?? extensions[match?.[1]?.toLowerCase() ?? ""];
    const size = fileSize(file);
    if (known === undefined && !named) {
      skipped.push({ file, reason: "unknown kind of file" });
      return;
    }
    if (size === 0) {
      if (!named) {
        skipped.push({ file, reason: "empty" });
        return;
      }
      throw new UserError({
        code: "file-empty",
        file,
        message: "is empty",
        fix: "name a file that holds text",
      });
    }
    if (seen.has(realPath(file))) return; // one file, named twice or linked
    seen.add(realPath(file));
    if (known === undefined) {
      refuseBinary(file, firstBytes(file), false);
      throw new UserError({
        code: "unknown-format",
        file,
        message: "is of a kind that the reader does not know by its name",
        expected: `${kinds}, or one of these with .gz`,
        fix: "rename it, or say its format",
      });
    }
    refuseBinary(file, firstBytes(file), gzip);
    files.push({ file, format: known, gzip, size });
  }
}

function firstBytes(file: string): Uint8Array {
  for (const chunk of readChunks(file, 4096)) return chunk;
  return new Uint8Array(0);
}

const MAGIC: readonly [string, readonly number[]][] = [
  ["a PDF", [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ["a PNG picture", [0x89, 0x50, 0x4e, 0x47]],
  ["a JPEG picture", [0xff, 0xd8, 0xff]],
  ["a ZIP archive (or .docx, .epub, .xlsx)", [0x50, 0x4b, 0x03, 0x04]],
  ["a gzip file", [0x1f, 0x8b]],
  ["a Zstandard file", [0x28, 0xb5, 0x2f, 0xfd]],
  ["a bzip2 file", [0x42, 0x5a, 0x68, 0x39]],
  ["an xz file", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["a 7-zip archive", [0x37, 0x7a, 0xbc, 0xaf]],
  ["a Parquet file", [0x50, 0x41, 0x52, 0x31]],
  ["a GGUF model", [0x47, 0x47, 0x55, 0x46]],
  ["an executable", [0x7f, 0x45, 0x4c, 0x46]],
  ["text in UTF-16", [0xff, 0xfe]],
  ["text in UTF-16", [0xfe, 0xff]],
];

/** Throws `file-binary` if `bytes`, the beginning of a file, are not the beginning of text (or of a gzip file). */
export function refuseBinary(file: string, bytes: Uint8Array, gzip: boolean): void {
  const kind = MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0];
  if (gzip) {
    if (kind === "a gzip file") return;
    throw new UserError({
      code: "gzip-invalid",
      file,
      message: "is not a gzip file",
      found: kind ?? "other bytes",
      fix: "rename it without .gz, or compress it",
    });
  }
  if (kind === "text in UTF-16") {
    throw new UserError({
      code: "file-not-utf8",
      file,
      message: "is text in UTF-16",
      expected: "UTF-8",
      fix: `convert it: iconv -f UTF-16 -t UTF-8`,
    });
  }
  if (kind !== undefined || bytes.includes(0)) {
    throw new UserError({
      code: "file-binary",
      file,
      message: "is not text",
      found: kind ?? "NUL bytes",
      expected: "UTF-8 text",
      fix: kind === "a gzip file" ? "name it .txt.gz or .jsonl.gz" : "extract its text first",
    });
  }
}

/** A key that changes when any file's name, size or contents do: for caches of what was made of them. */
export function sourcesKey(files: readonly SourceFile[]): string {
  const all = sha256Stream();
  const encoder = new TextEncoder();
  for (const source of files) {
    const one = sha256Stream();
    for (const chunk of readChunks(source.file)) one.update(chunk);
    all.update(encoder.encode(`${source.format} ${baseName(source.file)} ${source.size} ${one.digest()}\n`));
  }
  return all.digest();
}
