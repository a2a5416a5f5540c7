/** @file What is checked of every batch before a model sees it. */

import { UserError } from "../platform/errors.js";
import type { Engine } from "../tensor/index.js";
import type { KeyValueCache } from "./cache.js";

type Sized = readonly [values: ArrayLike<number> | undefined, length: number];

/** Throws where an input that is given has another length than the batch needs. */
export function checkLengths(inputs: Readonly<Record<string, Sized>>): void {
  for (const [name, [values, length]] of Object.entries(inputs)) {
    if (values !== undefined && values.length !== length)
      throw new Error(`${name} holds ${values.length} numbers, the batch needs ${length}`);
  }
}

/** Throws UserError where a text is longer than positions allow. */
export function checkContext(tokens: number, contextLength: number, what = "the text"): void {
  if (tokens <= contextLength) return;
  throw new UserError({
    code: "context-exceeded",
    message: `${what} is longer than the model's context`,
    found: tokens,
    expected: `at most ${contextLength} tokens`,
    fix: "shorten the prompt or ask for fewer tokens",
  });
}

/** Throws where a cache is not for this batch. */
export function checkCache(
  cache: KeyValueCache,
  engine: Engine,
  batch: number,
  attentionMask: ArrayLike<number> | undefined,
): void {
  if (engine.gradEnabled) throw new Error("a cache has no gradients: call inside engine.noGrad");
  if (cache.lengths !== undefined && attentionMask !== undefined)
    throw new Error("an attention mask and a cache of rows of different lengths exclude each other");
  if (cache.batch !== batch) throw new Error(`a cache for ${cache.batch} sequences with a batch of ${batch}`);
}

/** Throws UserError where a cache has no room for `tokens`. */
export function checkCapacity(tokens: number, capacity: number): void {
  if (tokens <= capacity) return;
  throw new UserError({
    code: "cache-full",
    message: "the key-value cache is full",
    found: tokens,
    expected: `at most ${capacity} tokens`,
    fix: "make the cache larger",
  });
}

/** Throws UserError where an id is outside the vocabulary. */
export function checkIds(ids: Int32Array, vocabSize: number): void {
  for (const id of ids) {
    if (id < 0 || id >= vocabSize) {
      throw new UserError({
        code: "token-unknown",
        message: "a token id lies outside the model's vocabulary",
        found: id,
        expected: `0 to ${vocabSize - 1}`,
        fix: "use the tokenizer that the model was trained with",
      });
    }
  }
}

/** Throws UserError where a position is none of a table's rows. */
export function checkPositions(positions: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < positions.length; i++) {
    if (positions[i]! < 0 || positions[i]! >= rows)
      throw new UserError({
        code: "position-unknown",
        message: "a position id lies outside the model's table",
        found: positions[i],
        expected: `0 to ${rows - 1}`,
      });
  }
}
