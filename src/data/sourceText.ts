/** @file The text of a source, streamed: decompressed, checked for being text, decoded. */

import { UserError } from "../platform/errors.js";
import { readChunks } from "../platform/files.js";
import { gunzipChunks } from "../platform/gunzip.js";
import { refuseBinary, type SourceFile } from "./sources.js";
import { decodeUtf8 } from "./utf8.js";

/** `onInvalid` is told how many bytes that are not UTF-8 became U+FFFD and where the first is in the file; it may throw.
 *  Throws UserError `file-binary`, `gzip-invalid`. */
export function sourceText(
  source: SourceFile<string>,
  onInvalid: (count: number, position: number) => void,
): Generator<string> {
  return decodeUtf8(textBytes(source), onInvalid);
}

/** What is not UTF-8 is counted, or with `strict` refused: `invalid-utf8`. */
export function countedText(
  source: SourceFile<string>,
  strict: boolean,
  invalid: (count: number) => void,
): Generator<string> {
  return sourceText(source, (count, position) => {
    if (strict)
      throw invalidUtf8(
        source.file,
        position,
        "convert the file, or read it without `strict` (invalid bytes become U+FFFD and are counted)",
      );
    invalid(count);
  });
}

export function invalidUtf8(file: string, position: number, fix: string): UserError {
  return new UserError({
    code: "invalid-utf8",
    file,
    at: `byte ${position}`,
    message: "is not valid UTF-8",
    fix,
  });
}

/** The bytes of a source, decompressed; a NUL byte anywhere means that it is not text. */
function* textBytes(source: SourceFile<string>): Generator<Uint8Array> {
  const raw = readChunks(source.file);
  let at = 0;
  for (const chunk of source.gzip ? gunzipChunks(raw, source.file) : raw) {
    if (at === 0 && source.gzip) refuseBinary(source.file, chunk, false);
    const nul = chunk.indexOf(0);
    if (nul >= 0) {
      throw new UserError({
        code: "file-binary",
        file: source.file,
        at: `byte ${at + nul}`,
        message: "is not text",
        found: "a NUL byte",
        expected: "UTF-8 text",
        fix: "extract its text first",
      });
    }
    at += chunk.length;
    yield chunk;
  }
}
