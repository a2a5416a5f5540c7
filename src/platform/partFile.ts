/** @file A file that comes in parts, over several runs: bytes are added to what is there, and when all have come the file is
 *  flushed and takes its name. Errors of the disk are named by `guard`. */

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { guard, makeFolder } from "./files.js";

export interface PartFile {
  /** Bytes there. */
  readonly size: number;
  append(bytes: Uint8Array): void;
  /** Throws away what is there. */
  restart(): void;
  /** Flushes the file and gives it its name. */
  finish(name: string): void;
  close(): void;
}

export function openPart(file: string): PartFile {
  makeFolder(path.dirname(file));
  const fd = guard(file, () => fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT));
  let size = guard(file, () => fs.fstatSync(fd).size);
  let open = true;
  const close = () => {
    if (open) fs.closeSync(fd);
    open = false;
  };
  return {
    get size() {
      return size;
    },
    append(bytes) {
      guard(file, () => {
        for (let done = 0; done < bytes.length; ) {
          const n = fs.writeSync(fd, bytes, done, bytes.length - done, size);
          done += n;
          size += n;
        }
      });
    },
    restart() {
      guard(file, () => fs.ftruncateSync(fd, 0));
      size = 0;
    },
    finish(name) {
      guard(name, () => {
        fs.fsyncSync(fd);
        close();
        fs.renameSync(file, name);
      });
    },
    close,
  };
}

export interface Digest {
  update(bytes: Uint8Array): void;
  /** Hexadecimal; ends the digest. */
  digest(): string;
}

export function openDigest(algorithm: "sha256" | "sha1"): Digest {
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

/** Bytes that this user may still write where the folder is; undefined where the system does not say. */
export function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** When the file was changed last, in milliseconds; undefined where there is no such file. */
export function modifiedMs(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
