/** @file What every loader of training batches is: batches for ever, and a place in them that can be saved and found again. */

import { UserError } from "../platform/errors.js";

export interface BatchLoader<Batch, State> {
  next(): Batch;
  /** Passes over the data begun so far, with the fraction of the current one: 2.25 is a quarter into the third. */
  epochs(): number;
  /** JSON. What `restore` needs to go on with the next batch. */
  state(): State;
  /** Throws `UserError` `loader-mismatch` for a state of other data or settings. */
  restore(state: State): void;
}

/** Throws `loader-mismatch` at the first of `keys` in which a saved state differs from this loader's own. */
export function refuseOtherRun<State>(
  state: State,
  mine: State,
  keys: readonly (keyof State & string)[],
): void {
  for (const key of keys) {
    if (state[key] === mine[key]) continue;
    throw new UserError({
      code: "loader-mismatch",
      at: key,
      message: "the saved place in the data belongs to another run",
      found: state[key],
      expected: mine[key],
      fix: "resume with the same data and recipe, or start a new run",
    });
  }
}
