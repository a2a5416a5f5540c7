/** @file Validation loss: nats summed over every target token once, then the measures made of the sum. Bits a byte and a
 *  character do not depend on the tokenizer, so runs with different vocabularies can be compared. */

import type { Validation } from "../data/index.js";
import type { CausalModel } from "../models/index.js";
import { nextTurn } from "../platform/turn.js";

export interface EvaluationResult {
  /** Nats a token. */
  readonly loss: number;
  readonly perplexity: number;
  readonly bitsPerByte: number;
  readonly bitsPerCharacter: number;
  readonly tokens: number;
}

/** Throws what `signal` says if it is aborted between batches. */
export async function evaluateLoss(
  model: CausalModel,
  validation: Validation,
  signal?: AbortSignal,
): Promise<EvaluationResult> {
  const { engine } = model;
  let nats = 0;
  let tokens = 0;
  for (const b of validation.batches()) {
    if (b.targetCount === 0) continue;
    nats += engine.noGrad(() =>
      engine.scope(() => {
        const hidden = model.hidden({
          inputIds: b.inputs,
          batch: b.batch,
          seq: b.context,
          documentStarts: b.documentStarts,
        });
        return model.loss(hidden, b.targets, 1).loss.item();
      }),
    );
    tokens += b.targetCount;
    await nextTurn();
    signal?.throwIfAborted();
  }
  const loss = nats / tokens;
  const bits = nats / Math.LN2;
  return {
    loss,
    perplexity: Math.exp(loss),
    bitsPerByte: bits / validation.bytes,
    bitsPerCharacter: bits / validation.characters,
    tokens,
  };
}
