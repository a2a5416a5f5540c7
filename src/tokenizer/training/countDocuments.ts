/** @file Counting the words of a stream of documents, here or in threads. Counts are whole numbers, so their sums do not
 *  depend on who counted what; only the order of the words may, and who needs an order sorts them.
 *
 *  What bounds the memory: the documents at hand (one, or two batches a thread), and the tables of all threads together
 *  (`memory`); what does not fit goes to shards on disk, which are merged at the end. */

import { startThread, type Thread } from "../../platform/threads.js";
import { type CutSpec, createDocumentCounter } from "./counters.js";
import type { CountReply, CountRequest, CountStart } from "./countThread.js";
import { createPauses } from "./pauses.js";
import { createSpillFolder, mergeShards, removeSpillFolder, writeShard } from "./spill.js";
import { createWordMap } from "./wordMap.js";
import { createTableBuilder, forEachWord, type WordTable, type WordVisitor } from "./words.js";

export interface CountSettings {
  readonly documents: Iterable<string> | AsyncIterable<string>;
  readonly cut: CutSpec;
  readonly workers: number;
  /** Bytes. */
  readonly memory: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: { documents: number; characters: number; words: number }) => void;
}

export interface CountedWords {
  readonly documents: number;
  /** UTF-16 units. */
  readonly characters: number;
  /** Each word once, in no order that means something. May be called once. */
  forEach(visit: WordVisitor): void;
}

const BATCH_CHARACTERS = 1 << 19;
const BATCH_DOCUMENTS = 4096;
const BATCHES_A_THREAD = 2;
const REPORT_EVERY = 1000;

/** Hands the words to `use`; shards on disk are there only until it returns or throws. */
export async function withCountedWords<T>(
  settings: CountSettings,
  use: (words: CountedWords) => Promise<T>,
): Promise<T> {
  settings.signal?.throwIfAborted();
  let folder: string | undefined;
  const spillFolder = () => {
    folder ??= createSpillFolder();
    return folder;
  };
  try {
    const counted =
      settings.workers === 1
        ? await countHere(settings, spillFolder)
        : await countInThreads(settings, spillFolder());
    return await use(counted);
  } finally {
    if (folder !== undefined) removeSpillFolder(folder);
  }
}

async function countHere(settings: CountSettings, folder: () => string): Promise<CountedWords> {
  const shards: string[] = [];
  const spill = (table: WordTable) => {
    shards.push(writeShard(folder(), `0-${shards.length}`, table));
  };
  const map = createWordMap(settings.memory, spill);
  const count = createDocumentCounter(settings.cut, map);
  const pauses = createPauses(settings.signal);
  const seen = await forEachDocument(
    settings,
    () => map.size,
    (document) => {
      count(document);
      return pauses.due() ? pauses.take() : undefined;
    },
  );
  const table = map.take();
  return counted(seen, [table], shards, folder);
}

async function countInThreads(settings: CountSettings, folder: string): Promise<CountedWords> {
  const threads: Thread<CountRequest, CountReply>[] = [];
  try {
    const words = new Float64Array(settings.workers);
    for (let i = 0; i < settings.workers; i++) {
      const memory = settings.memory / settings.workers;
      const start: CountStart = { cut: settings.cut, memory, folder, thread: i };
      threads.push(startThread("tokenizer/training/countThread.js", start));
    }
    const hand = createDealer(threads, settings.signal, words);
    let batch: string[] = [];
    let characters = 0;
    const sum = () => words.reduce((a, b) => a + b, 0);
    const seen = await forEachDocument(settings, sum, (document) => {
      batch.push(document);
      characters += document.length;
      if (characters < BATCH_CHARACTERS && batch.length < BATCH_DOCUMENTS) return undefined;
      const full = batch;
      batch = [];
      characters = 0;
      return hand.give(full);
    });
    if (batch.length > 0) await hand.give(batch);
    await hand.drain();
    const replies = await Promise.all(threads.map((thread) => thread.ask("finish")));
    return counted(
      seen,
      replies.map(({ table }) => table!),
      replies.flatMap(({ shards }) => shards!),
      () => folder,
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** Gives each batch to the thread with the fewest; waits while all have enough. */
function createDealer(
  threads: readonly Thread<CountRequest, CountReply>[],
  signal: AbortSignal | undefined,
  words: Float64Array,
) {
  const open = threads.map(() => 0);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = () => {
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
  };
  return {
    async give(batch: readonly string[]): Promise<void> {
      while (Math.min(...open) >= BATCHES_A_THREAD) await raceSignal(Promise.race(running), signal);
      check();
      const i = open.indexOf(Math.min(...open));
      open[i]!++;
      const run: Promise<void> = threads[i]!.ask(batch)
        .then((reply) => {
          words[i] = reply.words;
        })
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          open[i]!--;
          running.delete(run);
        });
      running.add(run);
    },
    async drain(): Promise<void> {
      while (running.size > 0) await raceSignal(Promise.race(running), signal);
      check();
    },
  };
}

function counted(
  seen: { documents: number; characters: number },
  tables: readonly WordTable[],
  shards: readonly string[],
  folder: () => string,
): CountedWords {
  return {
    ...seen,
    forEach(visit) {
      if (shards.length > 0) {
        const last = tables.map((table, i) => writeShard(folder(), `last-${i}`, table));
        mergeShards([...shards, ...last], visit);
        return;
      }
      if (tables.length === 1) forEachWord(tables[0]!, visit);
      else forEachWord(addTables(tables), visit);
    },
  };
}

/** Together they are within the memory that they were given. */
function addTables(tables: readonly WordTable[]): WordTable {
  const map = createWordMap(Number.POSITIVE_INFINITY, () => {});
  for (const { bytes, starts, counts } of tables) {
    const padded = new Uint8Array(bytes.length + 8); // the map reads beyond a word's end
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    for (let w = 0; w < counts.length; w++)
      map.count(padded, view, starts[w]!, starts[w + 1]! - starts[w]!, counts[w]!);
  }
  return map.take();
}

/** Words that occur at least `least` times, in memory. */
export function collectWords(words: CountedWords, least: number): WordTable {
  const builder = createTableBuilder();
  words.forEach((bytes, start, end, count) => {
    if (count >= least) builder.add(bytes, start, end, count);
  });
  return builder.table();
}

/** Calls `take` with each document in turn and awaits what it returns; ends the stream when the signal comes. */
async function forEachDocument(
  settings: CountSettings,
  words: () => number,
  take: (document: string) => Promise<void> | undefined,
): Promise<{ documents: number; characters: number }> {
  const { documents: source, signal, onProgress } = settings;
  let documents = 0;
  let characters = 0;
  const one = (document: string): Promise<void> | undefined => {
    documents++;
    characters += document.length;
    const wait = take(document);
    if (documents % REPORT_EVERY === 0) onProgress({ documents, characters, words: words() });
    return wait;
  };
  if (Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    let over = false;
    try {
      for (;;) {
        const { done, value } = await raceSignal(iterator.next(), signal);
        over = done === true;
        if (over) break;
        await one(value as string);
      }
    } finally {
      // Not awaited: a stream that hangs in `next` would hang here too.
      if (!over) void Promise.resolve(iterator.return?.()).catch(() => {});
    }
  } else
    for (const document of source) {
      const wait = one(document);
      if (wait !== undefined) await wait;
    }
  signal?.throwIfAborted();
  onProgress({ documents, characters, words: words() });
  return { documents, characters };
}

/** The promise, or the signal's reason if it comes first. */
function raceSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
