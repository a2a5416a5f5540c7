/** @file Files, as everything above `platform` sees them: reading whole, by range and by chunk; writing beside and
 *  renaming, so that a crash leaves the old file or the new one and never half of one. */

import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "./errors.js";

export const joinPath = path.join;
export const resolvePath = path.resolve;
export const baseName = path.basename;
export const directoryOf = path.dirname;
export const relativePath = path.relative;
export const extensionOf = path.extname;

export function exists(file: string): boolean {
  return fs.existsSync(file);
}

export function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The path with links resolved, so that a folder linked into itself is seen. */
export function realPath(file: string): string {
  return guard(file, () => fs.realpathSync(file));
}

export function fileSize(file: string): number {
  return guard(file, () => fs.statSync(file).size);
}

/** Names in a folder, sorted by code unit, so that the order is the same on every machine. */
export function listFolder(folder: string): string[] {
  return guard(folder, () => fs.readdirSync(folder).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
}

export function readBytes(file: string): Uint8Array {
  return guard(file, () => {
    const buffer = fs.readFileSync(file);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  });
}

export function readText(file: string): string {
  return guard(file, () => fs.readFileSync(file, "utf8"));
}

export function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError({
      code: "invalid-json",
      file,
      message: `is not valid JSON (${(cause as Error).message})`,
      cause,
    });
  }
}

export function gunzip(bytes: Uint8Array): Uint8Array {
  return gunzipSync(bytes);
}

/** A file opened for reads at given places. */
export interface RangedFile {
  readonly size: number;
  /** Fills `into` from `position` on; throws if the file ends before. */
  read(position: number, into: Uint8Array): void;
  close(): void;
}

export function openRanged(file: string): RangedFile {
  return guard(file, () => {
    const fd = fs.openSync(file, "r");
    const size = fs.fstatSync(fd).size;
    return {
      size,
      read(position, into) {
        let done = 0;
        while (done < into.length) {
          const n = fs.readSync(fd, into, done, into.length - done, position + done);
          if (n === 0) {
            throw new UserError({
              code: "file-truncated",
              file,
              message: "ends too early",
              found: `${size} bytes`,
              expected: `at least ${position + into.length}`,
            });
          }
          done += n;
        }
      },
      close: () => fs.closeSync(fd),
    };
  });
}

/** Chunks of a file, in order, `chunkBytes` each but the last. The same buffer is never handed out twice. */
export function* readChunks(file: string, chunkBytes = 1 << 20): Generator<Uint8Array> {
  const ranged = openRanged(file);
  try {
    for (let at = 0; at < ranged.size; at += chunkBytes) {
      const chunk = new Uint8Array(Math.min(chunkBytes, ranged.size - at));
      ranged.read(at, chunk);
      yield chunk;
    }
  } finally {
    ranged.close();
  }
}

export function makeFolder(folder: string): void {
  guard(folder, () => fs.mkdirSync(folder, { recursive: true }));
}

/** A new folder of its own for files that nobody keeps; whoever asks removes it. */
export function temporaryFolder(prefix: string): string {
  return fs.mkdtempSync(path.join(tmpdir(), prefix));
}

export function remove(file: string): void {
  guard(file, () => fs.rmSync(file, { recursive: true, force: true }));
}

export function rename(from: string, to: string): void {
  guard(to, () => fs.renameSync(from, to));
}

/** A file written beside its final place; `commit` flushes it to disk and renames it there, `abort` removes it. */
export interface AtomicWriter {
  write(bytes: Uint8Array): void;
  /** Overwrites bytes already written, for headers that are known last. */
  writeAt(position: number, bytes: Uint8Array): void;
  commit(): void;
  abort(): void;
}

export function openAtomic(file: string): AtomicWriter {
  makeFolder(path.dirname(path.resolve(file)));
  const beside = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  const fd = guard(file, () => fs.openSync(beside, "wx"));
  let open = true;
  const close = () => {
    if (open) fs.closeSync(fd);
    open = false;
  };
  const abort = () => {
    close();
    fs.rmSync(beside, { force: true });
  };
  const put = (bytes: Uint8Array, position: number | null) =>
    guard(file, () => {
      try {
        let done = 0;
        while (done < bytes.length) {
          done += fs.writeSync(
            fd,
            bytes,
            done,
            bytes.length - done,
            position === null ? null : position + done,
          );
        }
      } catch (error) {
        abort();
        throw error;
      }
    });
  return {
    write: (bytes) => put(bytes, null),
    writeAt: (position, bytes) => put(bytes, position),
    commit() {
      guard(file, () => {
        try {
          fs.fsyncSync(fd);
          close();
          fs.renameSync(beside, file);
        } catch (error) {
          abort();
          throw error;
        }
      });
    },
    abort,
  };
}

export function writeAtomic(file: string, data: string | Uint8Array): void {
  const writer = openAtomic(file);
  writer.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
  writer.commit();
}

/** Appends a line and flushes it: for logs that must survive a kill. */
export function appendLine(file: string, line: string): void {
  guard(file, () => fs.appendFileSync(file, `${line}\n`));
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Streaming SHA-256. */
export function sha256Stream(): { update(bytes: Uint8Array): void; digest(): string } {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

const REASONS: Record<string, [code: string, message: string, fix: string]> = {
  ENOENT: ["file-missing", "does not exist", "check the path"],
  EACCES: [
    "file-forbidden",
    "may not be read or written by this user",
    "change its permissions or choose another place",
  ],
  EISDIR: ["file-is-folder", "is a folder", "name a file in it"],
  ENOTDIR: ["folder-is-file", "is a file where a folder is needed", "name a folder"],
  ENOSPC: [
    "disk-full",
    "could not be written: the disk is full",
    "free some space and resume; what was there before is unharmed",
  ],
  EDQUOT: [
    "disk-full",
    "could not be written: the quota is used up",
    "free some space and resume; what was there before is unharmed",
  ],
  EFBIG: [
    "disk-full",
    "could not be written: larger than the system's limit for a file",
    "raise the limit (ulimit -f) and resume",
  ],
  EROFS: ["file-forbidden", "lies on a read-only file system", "choose another place"],
};

/** Runs `action`, turning the system's errors about `file` into errors a user can act on. */
export function guard<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = REASONS[(error as { code?: string }).code ?? ""];
    if (reason === undefined) throw error;
    throw new UserError({ code: reason[0], file, message: reason[1], fix: reason[2], cause: error });
  }
}
