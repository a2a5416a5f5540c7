/** @file The browser's side of files.ts: a page has no disk, so files are held in memory, put there by `putFile` (after a
 *  fetch, say). The same names with the same errors, as far as models, tokenizers and the kernels need them. */

import { UserError } from "../errors.js";
import type { AtomicWriter, RangedFile } from "../files.js";

/** As a disk, one for all. */
const files = new Map<string, Uint8Array>();

const parts = (path: string): string[] => {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return kept;
};
export const resolvePath = (...paths: string[]): string => `/${parts(paths.join("/")).join("/")}`;
export const joinPath = resolvePath;
export const baseName = (path: string, end = ""): string => {
  const name = parts(path).at(-1) ?? "";
  return end !== "" && name.endsWith(end) ? name.slice(0, -end.length) : name;
};
export const directoryOf = (path: string): string => `/${parts(path).slice(0, -1).join("/")}`;
export const extensionOf = (path: string): string => /[^.]+(\.[^.]*)$/.exec(baseName(path))?.[1] ?? "";
export const realPath = resolvePath;

export function putFile(file: string, bytes: Uint8Array): void {
  files.set(resolvePath(file), bytes);
}

const below = (folder: string): string[] => {
  const start = folder === "/" ? "/" : `${resolvePath(folder)}/`;
  return [...files.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
};
export const exists = (file: string): boolean => files.has(resolvePath(file)) || isDirectory(file);
export const isDirectory = (file: string): boolean => below(file).length > 0;
export const listFolder = (folder: string): string[] =>
  [...new Set(below(folder).map((name) => name.split("/")[0]!))].sort();

export function readBytes(file: string): Uint8Array {
  const bytes = files.get(resolvePath(file));
  if (bytes === undefined)
    throw new UserError({ code: "file-missing", file, message: "does not exist", fix: "fetch it first" });
  return bytes;
}
export const fileSize = (file: string): number => readBytes(file).length;
export const readText = (file: string): string => new TextDecoder().decode(readBytes(file).slice());

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const message = `is not valid JSON (${(cause as Error).message})`;
    throw new UserError({ code: "invalid-json", file, message, cause });
  }
}

export function openRanged(file: string): RangedFile {
  const bytes = readBytes(file);
  return {
    size: bytes.length,
    read(position, into) {
      if (position + into.length > bytes.length)
        throw new UserError({
          code: "file-truncated",
          file,
          message: "ends too early",
          found: `${bytes.length} bytes`,
          expected: `at least ${position + into.length}`,
        });
      into.set(bytes.subarray(position, position + into.length));
    },
    close() {},
  };
}

let temporaryFolders = 0;
export const temporaryFolder = (prefix: string): string => `/tmp/${prefix}${temporaryFolders++}`;
export function makeFolder(_folder: string): void {}
export function writeAtomic(file: string, data: string | Uint8Array): void {
  putFile(file, typeof data === "string" ? new TextEncoder().encode(data) : data.slice());
}
export function remove(file: string): void {
  const path = resolvePath(file);
  for (const name of [...files.keys()]) if (name === path || name.startsWith(`${path}/`)) files.delete(name);
}

export function openAtomic(file: string): AtomicWriter {
  let bytes = new Uint8Array(0);
  const writeAt = (position: number, data: Uint8Array): void => {
    if (position + data.length > bytes.length) {
      const longer = new Uint8Array(position + data.length);
      longer.set(bytes);
      bytes = longer;
    }
    bytes.set(data, position);
  };
  return {
    write: (data) => writeAt(bytes.length, data),
    writeAt,
    commit: () => putFile(file, bytes),
    abort() {},
  };
}
