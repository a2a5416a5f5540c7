/** @file Counting in a thread: batches of documents come in, words go out. */

import type { Serve } from "../../platform/threads.js";
import { type CutSpec, createDocumentCounter } from "./counters.js";
import { writeShard } from "./spill.js";
import { createWordMap } from "./wordMap.js";
import type { WordTable } from "./words.js";

export interface CountStart {
  readonly cut: CutSpec;
  /** Bytes of this thread's table. */
  readonly memory: number;
  /** For what does not fit. */
  readonly folder: string;
  /** Which thread this is. */
  readonly thread: number;
}

/** A batch to count, or the question for what was counted. */
export type CountRequest = readonly string[] | "finish";

export interface CountReply {
  /** Distinct words in the table at present. */
  readonly words: number;
  /** Only when finished. */
  readonly table?: WordTable;
  readonly shards?: readonly string[];
}

export const serve: Serve<CountStart, CountRequest, CountReply> = async ({ cut, memory, folder, thread }) => {
  const shards: string[] = [];
  const map = createWordMap(memory, (table) => {
    shards.push(writeShard(folder, `${thread}-${shards.length}`, table));
  });
  const count = await createDocumentCounter(cut, map);
  return (request) => {
    if (request !== "finish") {
      for (const document of request) count(document);
      return { reply: { words: map.size } };
    }
    const table = map.take();
    const transfer = [table.bytes, table.starts, table.counts].map(({ buffer }) => buffer as ArrayBuffer);
    return { reply: { words: table.counts.length, table, shards }, transfer };
  };
};
