/** @file The village's stories as files: JSON lines with their records, plain text, or both. */

import { joinPath, openAtomic } from "../../platform/files.js";
import { END_OF_TEXT } from "../textFile.js";
import { generateStories, VILLAGE_VERSION } from "./stories.js";

export interface WriteVillageOptions {
  readonly folder: string;
  /** Bytes of story text. */
  readonly bytes: number;
  readonly seed: number;
  /** `"jsonl"` (default): `stories.jsonl`, `{id, text, record}` a line; `"txt"`: `stories.txt`, with end-of-text lines. */
  readonly formats?: readonly ("jsonl" | "txt")[];
  readonly onProgress?: (done: { stories: number; bytes: number }) => void;
}

/** Writes the files, each whole or not at all; returns what was written. Same options, same bytes. */
export function writeVillage(options: WriteVillageOptions): {
  files: string[];
  stories: number;
  bytes: number;
} {
  const formats = options.formats ?? ["jsonl"];
  const files = formats.map((format) => joinPath(options.folder, `stories.${format}`));
  const writers = files.map(openAtomic);
  const encoder = new TextEncoder();
  const buffers = files.map(() => "");
  let stories = 0;
  let bytes = 0;
  const flush = () => {
    writers.forEach((writer, i) => {
      writer.write(encoder.encode(buffers[i]));
      buffers[i] = "";
    });
    options.onProgress?.({ stories, bytes });
  };
  try {
    for (const { text, record } of generateStories({ seed: options.seed, bytes: options.bytes })) {
      stories++;
      bytes += text.length;
      formats.forEach((format, i) => {
        buffers[i] +=
          format === "jsonl"
            ? `${JSON.stringify({ id: record.id, text, record })}\n`
            : `${text}\n${END_OF_TEXT}\n`;
      });
      if (stories % 1000 === 0) flush();
    }
    flush();
    for (const writer of writers) writer.commit();
  } catch (error) {
    for (const writer of writers) writer.abort();
    throw error;
  }
  return { files, stories, bytes };
}

/** Identifies the stories of these options, for caches of what is made of them. */
export function villageKey(options: { readonly bytes: number; readonly seed: number }): string {
  return `village-${VILLAGE_VERSION}-${options.seed}-${options.bytes}`;
}
