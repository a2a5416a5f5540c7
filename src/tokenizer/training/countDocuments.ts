/** @file Counting the words of a stream of documents, here and in threads. Counts are whole numbers, so their sums do not
 *  depend on who counted what; only the order of the words may, and who needs an order sorts them.
 *
 *  The calling thread is one of the workers: it counts from the first document on, while the others start, and whenever
 *  they have enough to do. They are started when the stream turns out long; a short one would be over before they are there.
 *
 *  What bounds the memory: the documents at hand (one, or two batches a thread), and the tables of all threads together
 *  (`memory`); what does not fit goes to shards on disk, which are merged at the end. */

import { requireThreads, startThread, type Thread } from "../../platform/threads.js";
import { nextTurn } from "../../platform/turn.js";
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
  /** Characters that are counted here before threads are started. Default 4 million; 0: all wait for the threads. */
  readonly threadsAfter?: number | undefined;
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

const MODULE = "tokenizer/training/countThread.js";
const THREADS_AFTER = 1 << 22;
const BATCH_CHARACTERS = 1 << 18;
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
        : await countInThreads(settings, spillFolder);
    return await use(counted);
  } finally {
    if (folder !== undefined) removeSpillFolder(folder);
  }
}

/** A table in this thread; `shards`: what went to disk of it. */
function createCounterHere(settings: CountSettings, folder: () => string) {
  const shards: string[] = [];
  const spill = (table: WordTable) => {
    shards.push(writeShard(folder(), `0-${shards.length}`, table));
  };
  const map = createWordMap(settings.memory / settings.workers, spill);
  return { map, shards };
}

async function countHere(settings: CountSettings, folder: () => string): Promise<CountedWords> {
  const { map, shards } = createCounterHere(settings, folder);
  const count = await createDocumentCounter(settings.cut, map);
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

async function countInThreads(settings: CountSettings, folder: () => string): Promise<CountedWords> {
  requireThreads(MODULE);
  const { map, shards } = createCounterHere(settings, folder);
  const count = await createDocumentCounter(settings.cut, map);
  const { threadsAfter = THREADS_AFTER } = settings;
  let helpers: Helper[] = [];
  try {
    const hand = createDealer(settings.signal);
    let batch: string[] = [];
    let characters = 0;
    let before = 0;
    const give = async (full: readonly string[]): Promise<void> => {
      before += characters;
      characters = 0;
      if (helpers.length === 0 && before >= threadsAfter) {
        helpers = startHelpers(settings, folder());
        if (threadsAfter === 0)
          await raceSignal(Promise.allSettled(helpers.map(({ started }) => started)), settings.signal);
      }
      if (hand.toThread(helpers, full)) return;
      for (const document of full) count(document);
      await hand.turn();
    };
    const words = () => helpers.reduce((sum, helper) => sum + helper.words, map.size);
    const seen = await forEachDocument(settings, words, (document) => {
      batch.push(document);
      characters += document.length;
      if (characters < BATCH_CHARACTERS && batch.length < BATCH_DOCUMENTS) return undefined;
      const full = batch;
      batch = [];
      return give(full);
    });
    if (batch.length > 0) await give(batch);
    await hand.drain();
    const replies = await Promise.all(
      helpers.filter(({ used }) => used).map(({ thread }) => thread.ask("finish")),
    );
    return counted(
      seen,
      [map.take(), ...replies.map(({ table }) => table!)],
      [...shards, ...replies.flatMap((reply) => reply.shards!)],
      folder,
    );
  } finally {
    await Promise.all(helpers.map(({ thread }) => thread.stop()));
  }
}

interface Helper {
  readonly thread: Thread<CountRequest, CountReply>;
  readonly started: Promise<unknown>;
  /** It can count, or never will: then asking tells why. */
  ready: boolean;
  /** Batches it has. */
  open: number;
  /** It was given some. */
  used: boolean;
  /** In its table at present. */
  words: number;
}

function startHelpers({ cut, memory, workers }: CountSettings, folder: string): Helper[] {
  return Array.from({ length: workers - 1 }, (_, i) => {
    const start: CountStart = { cut, memory: memory / workers, folder, thread: i + 1 };
    const thread = startThread<CountRequest, CountReply>(MODULE, start);
    const started = thread.ask([]);
    const helper: Helper = { thread, started, ready: false, open: 0, used: false, words: 0 };
    const ready = () => {
      helper.ready = true;
    };
    started.then(ready, ready);
    return helper;
  });
}

/** Gives each batch to the thread that has the fewest, while one has room. */
function createDealer(signal: AbortSignal | undefined) {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = () => {
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
  };
  const ask = (helper: Helper, batch: readonly string[]): void => {
    helper.open++;
    helper.used = true;
    const run: Promise<void> = helper.thread
      .ask(batch)
      .then((reply) => {
        helper.words = reply.words;
      })
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        helper.open--;
        running.delete(run);
      });
    running.add(run);
  };
  return {
    toThread(helpers: readonly Helper[], batch: readonly string[]): boolean {
      check();
      const free = helpers.filter(({ ready, open }) => ready && open < BATCHES_A_THREAD);
      if (free.length === 0) return false;
      ask(
        free.reduce((a, b) => (b.open < a.open ? b : a)),
        batch,
      );
      return true;
    },
    /** In which replies, and the signal, may come. */
    async turn(): Promise<void> {
      await nextTurn();
      check();
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
