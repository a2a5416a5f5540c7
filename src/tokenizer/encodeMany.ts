/** @file The ids of a stream of documents, in the order of the documents, worked out here and in threads. The ids of a
 *  document do not depend on the number of threads.
 *
 *  The calling thread is one of the workers: it encodes from the first document on, whatever the threads that help it need
 *  to start (0.1 s to 0.5 s), and whenever they have enough to do. So threads
 *  are started only when a stream turns out long, and a short one is encoded as if there were none. */

import { UserError } from "../platform/errors.js";
import { requireThreads, startThread, type Thread } from "../platform/threads.js";
import { nextTurn } from "../platform/turn.js";
import { createBatchEncoder, type EncodedBatch } from "./encodeBatch.js";
import type { EncodeStart } from "./encodeThread.js";
import type { EncodeOptions, Tokenizer } from "./tokenizer.js";

export interface EncodeManyOptions extends EncodeOptions {
  /** Threads that encode, the calling one among them, which is busy as far as the stream and its reader let it. 1, the
   *  default: it alone. */
  readonly workers?: number | undefined;
}

/** Threads that have a vocabulary and wait for work. */
export interface EncodePool {
  /** As the function of this name. Several streams may be under way. */
  encodeMany(documents: Documents): AsyncGenerator<Int32Array, void, void>;
  /** Resolves when all threads have the vocabulary; rejects with what kept one from it. */
  ready(): Promise<void>;
  /** Ends the threads; streams under way reject. */
  close(): Promise<void>;
}

type Documents = Iterable<string> | AsyncIterable<string>;

const MODULE = "tokenizer/encodeThread.js";
const BATCH_CHARACTERS = 1 << 18;
/** Asked of a thread at one time. */
const BATCHES_A_THREAD = 2;
/** Held at most, for each worker: a thread is several times slower in its first batches, for which the others do not wait. */
const HELD_A_WORKER = 16;
/** A stream this long pays for the start of threads. UTF-16 units. */
const LONG_STREAM = 1 << 22;

/** Ids of one document after the other. At most 16 batches a worker of about 260,000 characters
 *  are held. Throws UserError
 *  `value-invalid`, `no-tokenizer-json` (a vocabulary that cannot be handed to threads), `threads-unavailable`, and what
 *  `encode` throws. */
export async function* encodeMany(
  tokenizer: Tokenizer,
  documents: Documents,
  { workers = 1, ...options }: EncodeManyOptions = {},
): AsyncGenerator<Int32Array, void, void> {
  const start = checkedStart(tokenizer, workers, options);
  if (start === undefined) {
    if (Symbol.asyncIterator in documents)
      for await (const document of documents) yield tokenizer.encode(document, options);
    else for (const document of documents) yield tokenizer.encode(document, options);
    return;
  }
  let helpers: Helper[] = [];
  const helpersFor = (characters: number) => {
    if (helpers.length === 0 && characters >= LONG_STREAM) helpers = startHelpers(workers - 1, start);
    return helpers;
  };
  try {
    yield* inOrder(encoderHere(tokenizer, options), helpersFor, workers, documents);
  } finally {
    await stopAll(helpers);
  }
}

/** Starts `workers` - 1 threads, for programs that encode many streams. Throws as `encodeMany` does. */
export function createEncodePool(
  tokenizer: Tokenizer,
  { workers = 2, ...options }: EncodeManyOptions = {},
): EncodePool {
  const start = checkedStart(tokenizer, workers, options);
  const helpers = start === undefined ? [] : startHelpers(workers - 1, start);
  return {
    encodeMany: (documents) => inOrder(encoderHere(tokenizer, options), () => helpers, workers, documents),
    async ready() {
      await Promise.all(helpers.map(({ started }) => started));
    },
    close: () => stopAll(helpers),
  };
}

/** What threads are started with; undefined where none is to be. */
function checkedStart(
  tokenizer: Tokenizer,
  workers: number,
  options: EncodeOptions,
): EncodeStart | undefined {
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    throw new UserError({
      code: "value-invalid",
      at: "workers",
      message: "cannot be used",
      found: workers,
      expected: "a whole number from 1 to 256",
    });
  if (workers === 1) return undefined;
  requireThreads(MODULE);
  const tables = tokenizer.tablesFor?.(options);
  if (tables !== undefined) return { tables };
  if (tokenizer.definition === undefined)
    throw new UserError({
      code: "no-tokenizer-json",
      message:
        "this tokenizer was read from a format that is not written as tokenizer.json, so threads cannot have it",
      fix: "use one worker",
    });
  return { definition: tokenizer.definition, options };
}

interface Helper {
  readonly thread: Thread<readonly string[], EncodedBatch>;
  readonly started: Promise<unknown>;
  /** It has the vocabulary, or will not get it: then asking tells why. */
  ready: boolean;
  /** Batches it has. */
  open: number;
}

function startHelpers(count: number, start: EncodeStart): Helper[] {
  return Array.from({ length: count }, () => {
    const thread = startThread<readonly string[], EncodedBatch>(MODULE, start);
    const started = thread.ask([]);
    const helper: Helper = { thread, started, ready: false, open: 0 };
    const ready = () => {
      helper.ready = true;
    };
    started.then(ready, ready);
    return helper;
  });
}

async function stopAll(helpers: readonly Helper[]): Promise<void> {
  await Promise.all(helpers.map(({ thread }) => thread.stop()));
}

function encoderHere(tokenizer: Tokenizer, options: EncodeOptions) {
  return createBatchEncoder((text, out) => tokenizer.encodeInto(text, out, options));
}

interface Entry {
  readonly batch: Promise<EncodedBatch>;
  done: boolean;
}

/** Each batch goes to a thread that has room for it, else it is done here; what is done first waits for its turn. */
async function* inOrder(
  encode: (documents: readonly string[]) => EncodedBatch,
  helpersFor: (characters: number) => readonly Helper[],
  workers: number,
  documents: Documents,
): AsyncGenerator<Int32Array, void, void> {
  const under: Entry[] = [];
  const most = HELD_A_WORKER * workers;
  let characters = 0;
  const oneMore = async (batch: readonly string[]): Promise<void> => {
    for (const document of batch) characters += document.length;
    const helpers = helpersFor(characters);
    const helper = withRoom(helpers);
    under.push(helper === undefined ? here(encode, batch) : there(helper, batch));
    if (helper === undefined && helpers.length > 0) await nextTurn(); // in which replies come
  };
  for await (const batch of batchesOf(documents)) {
    await oneMore(batch);
    while (under.length > 0 && (under[0]!.done || under.length >= most))
      for (const ids of documentsOf(await under.shift()!.batch)) yield ids;
  }
  for (const { batch } of under) for (const ids of documentsOf(await batch)) yield ids;
}

function withRoom(helpers: readonly Helper[]): Helper | undefined {
  let best: Helper | undefined;
  for (const helper of helpers)
    if (helper.ready && helper.open < Math.min(BATCHES_A_THREAD, best?.open ?? BATCHES_A_THREAD))
      best = helper;
  return best;
}

function here(encode: (documents: readonly string[]) => EncodedBatch, documents: readonly string[]): Entry {
  try {
    return { batch: Promise.resolve(encode(documents)), done: true };
  } catch (error) {
    return waiting(Promise.reject(error), true);
  }
}

function there(helper: Helper, documents: readonly string[]): Entry {
  helper.open++;
  const entry = waiting(helper.thread.ask(documents), false);
  const end = () => {
    helper.open--;
    entry.done = true;
  };
  entry.batch.then(end, end);
  return entry;
}

function waiting(batch: Promise<EncodedBatch>, done: boolean): Entry {
  batch.catch(() => {}); // told when its turn comes
  return { batch, done };
}

async function* batchesOf(documents: Documents): AsyncGenerator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  const full = (document: string): boolean => {
    batch.push(document);
    characters += document.length;
    return characters >= BATCH_CHARACTERS || batch.length >= BATCH_CHARACTERS / 16;
  };
  const take = (): string[] => {
    const taken = batch;
    batch = [];
    characters = 0;
    return taken;
  };
  // A stream that is there already is not awaited document by document.
  if (Symbol.asyncIterator in documents) {
    for await (const document of documents) if (full(document)) yield take();
  } else for (const document of documents) if (full(document)) yield take();
  if (batch.length > 0) yield batch;
}

function* documentsOf({ ids, ends }: EncodedBatch): Generator<Int32Array> {
  let from = 0;
  for (const end of ends) {
    yield ids.subarray(from, end);
    from = end;
  }
}
