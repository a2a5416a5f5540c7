/** @file What every objective does with batches: deals those of a loader as micro-batches, and looks at those of a validation one
 *  by one. */

import type { BatchLoader } from "../../data/index.js";
import type { LanguageModel } from "../../models/index.js";
import { nextTurn } from "../../platform/turn.js";
import type { Dealer, MicroBatch } from "../microBatch.js";

/** `loader`'s batches as micro-batches. */
export function dealerOf<Batch, State>(
  loader: BatchLoader<Batch, State>,
  microBatch: (b: Batch) => MicroBatch,
): Dealer {
  return {
    next: () => microBatch(loader.next()),
    epochs: loader.epochs,
    state: loader.state,
    // What a checkpoint holds is what `state` gave; the loader refuses that of another run.
    restore: (state) => loader.restore(state as State),
  };
}

/** Loss and perplexity over all targets of `batches`. `natsOf`: the losses of a batch's targets summed; it runs without gradients,
 *  and what it makes is released. Throws what `signal` says if it is aborted between batches. */
export async function sumOfBatches<Batch extends { readonly targetCount: number }>(
  { engine }: Pick<LanguageModel, "engine">,
  batches: Iterable<Batch>,
  natsOf: (b: Batch) => number,
  signal: AbortSignal | undefined,
): Promise<{ readonly loss: number; readonly perplexity: number; readonly tokens: number }> {
  let [nats, tokens] = [0, 0];
  for (const b of batches) {
    if (b.targetCount === 0) continue;
    nats += engine.noGrad(() => engine.scope(() => natsOf(b)));
    tokens += b.targetCount;
    await nextTurn();
    signal?.throwIfAborted();
  }
  const loss = nats / tokens;
  return { loss, perplexity: Math.exp(loss), tokens };
}
