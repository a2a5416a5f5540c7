/** @file Long loops that let the rest of the program run: a turn of the event loop now and then, in which a signal may
 *  come to end the work. */

import { nextTurn } from "../../platform/turn.js";

export interface Pauses {
  /** Whether it is time for `take`; cheap enough for every round of a loop that does some work. */
  readonly due: () => boolean;
  /** Lets others run; throws the signal's reason if it has come. */
  readonly take: () => Promise<void>;
}

const EVERY_MS = 50;

export function createPauses(signal: AbortSignal | undefined): Pauses {
  let last = performance.now();
  return {
    due: () => performance.now() - last > EVERY_MS,
    async take() {
      await nextTurn();
      signal?.throwIfAborted();
      last = performance.now();
    },
  };
}
