/** @file What every training from documents is told about the stream and how to work through it. None of it changes the
 *  result, `minWordCount` apart. */

import { UserError } from "../../platform/errors.js";

export interface CorpusOptions {
  /** Read once, in order, as fast as they can be counted; may be larger than memory. */
  readonly documents: Iterable<string> | AsyncIterable<string>;
  /** Threads that cut and count. 1, the default: the calling thread does it, with pauses for other events. */
  readonly workers?: number | undefined;
  /** Bytes that the tables of counted words may take, of all workers together, at least 256 KiB a worker; what does not fit is
   *  written to a temporary folder. While a table is written it is there twice. Default 1 GiB. What is learned from are
   *  the distinct words in memory: about 4 bytes a character and, for merges, 12 to 40 more. */
  readonly memory?: number | undefined;
  /** Words that occur fewer times in all documents are left out: an exact rule, for corpora whose distinct words do not fit
   *  in memory. Default 1. */
  readonly minWordCount?: number | undefined;
  /** Ends the training with the signal's reason; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_MEMORY = 2 ** 30;
const MOST_WORKERS = 256;

export interface CorpusSettings {
  readonly workers: number;
  readonly memory: number;
  readonly minWordCount: number;
}

/** Throws UserError `value-invalid`. */
export function corpusSettings(options: CorpusOptions): CorpusSettings {
  const { workers = 1, memory = DEFAULT_MEMORY, minWordCount = 1 } = options;
  const check = (at: string, found: number, good: boolean, expected: string): void => {
    if (!good) throw new UserError({ code: "value-invalid", at, message: "cannot be used", found, expected });
  };
  check(
    "workers",
    workers,
    Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS,
    `a whole number from 1 to ${MOST_WORKERS}`,
  );
  check("memory", memory, memory > 0, "a number of bytes");
  check("minWordCount", minWordCount, minWordCount >= 1, "a number of at least 1");
  return { workers, memory, minWordCount };
}
