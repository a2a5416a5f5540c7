/** @file The ids of a stream of documents, in the order of the documents, worked out here or in threads. The ids of a
 *  document do not depend on the number of threads. */

import { UserError } from "../platform/errors.js";
import { startThread, type Thread } from "../platform/threads.js";
import type { EncodeReply, EncodeStart } from "./encodeThread.js";
import { createIdBuffer, takeIds } from "./idBuffer.js";
import type { EncodeOptions, Tokenizer } from "./tokenizer.js";

export interface EncodeManyOptions extends EncodeOptions {
  /** Threads that encode. 1, the default: the calling thread does it. */
  readonly workers?: number | undefined;
}

const BATCH_CHARACTERS = 1 << 20;
const BATCHES_A_THREAD = 2;

/** Ids of one document after the other. At most two batches a thread of about a million characters are held. Throws UserError
 *  `value-invalid`, `no-tokenizer-json` (a vocabulary that cannot be handed to threads), and what `encode` throws. */
export async function* encodeMany(
  tokenizer: Tokenizer,
  documents: Iterable<string> | AsyncIterable<string>,
  { workers = 1, ...options }: EncodeManyOptions = {},
): AsyncGenerator<Int32Array, void, void> {
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    throw new UserError({
      code: "value-invalid",
      at: "workers",
      message: "cannot be used",
      found: workers,
      expected: "a whole number from 1 to 256",
    });
  if (workers === 1) {
    for await (const document of documents) yield tokenizer.encode(document, options);
    return;
  }
  if (tokenizer.definition === undefined)
    throw new UserError({
      code: "no-tokenizer-json",
      message:
        "this tokenizer was read from a format that is not written as tokenizer.json, so threads cannot have it",
      fix: "use one worker",
    });
  const start: EncodeStart = { definition: tokenizer.definition, options };
  const threads = Array.from({ length: workers }, () =>
    startThread<readonly string[], EncodeReply>("tokenizer/encodeThread.js", start),
  );
  try {
    yield* inOrder(threads, documents);
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** Batches go round the threads; what is done first waits for its turn. */
async function* inOrder(
  threads: readonly Thread<readonly string[], EncodeReply>[],
  documents: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Int32Array, void, void> {
  const under: Promise<EncodeReply>[] = [];
  let turn = 0;
  const give = (batch: readonly string[]) => {
    const reply = threads[turn++ % threads.length]!.ask(batch);
    reply.catch(() => {}); // told when its turn comes
    under.push(reply);
  };
  for await (const batch of batches(documents)) {
    give(batch);
    if (under.length >= BATCHES_A_THREAD * threads.length) yield* documentsOf(await under.shift()!);
  }
  for (const reply of under) yield* documentsOf(await reply);
}

async function* batches(documents: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for await (const document of documents) {
    batch.push(document);
    characters += document.length;
    if (characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

function* documentsOf({ ids, ends }: EncodeReply): Generator<Int32Array> {
  let from = 0;
  for (const end of ends) {
    yield ids.subarray(from, end);
    from = end;
  }
}

/** Ids of several documents in one array; the thread's part. */
export function encodeBatchIds(
  tokenizer: Tokenizer,
  documents: readonly string[],
  options: EncodeOptions,
): EncodeReply {
  const out = createIdBuffer(1 << 16);
  const ends = new Int32Array(documents.length);
  documents.forEach((document, i) => {
    tokenizer.encodeInto(document, out, options);
    ends[i] = out.length;
  });
  return { ids: takeIds(out), ends };
}
