/** @file Memory that is given back and filled again: what a layer computed cheaply from what is held anyway (a norm's output,
 *  an activation's, a gated product) need not be held until the backward. An operation says so when it records itself, by
 *  giving the call that writes its output again, to the same bits.
 *
 *    forward    computed, used; at the end of the layer (`engine.layer`) its memory is given back
 *    backward   the first who asks for the tensor's `storage` makes the tape write it again; given back after its last user
 *
 *  Whoever asks always gets the values: only the time depends on when the memory was given back. Views share one memory and
 *  so one fate. Chen et al. 2016 call the general idea sublinear memory; what is made again here costs one pass over
 *  memory. For whole layers see checkpoint.ts. */

import type { Operand, Storage } from "./backend.js";
import type { Tensor } from "./tensor.js";

/** Says how the values of `t` are written again. `write` may ask for other tensors, which must still be there in the backward. */
export function rebuildable(t: Tensor, write: (into: Operand) => void): void {
  t.shared.rebuild = write;
  t.engine.noteRebuildable(t);
}

/** An operation that changes the memory of `t` in place does so again whenever that is written again. */
export function changedInPlace(t: Tensor, change: (place: Operand) => void): void {
  const { rebuild } = t.shared;
  if (rebuild === undefined) return;
  t.shared.rebuild = (into) => {
    rebuild(into);
    change(into);
  };
}

/** Gives the memory back, if the values can be made again. */
export function evict(t: Tensor): void {
  const { shared } = t;
  if (shared.rebuild === undefined || shared.storage === null || t.disposed) return;
  t.engine.backend.release(shared.storage);
  shared.storage = null;
}

/** The values again, in new memory. */
export function restore(t: Tensor): Storage {
  const { shared } = t;
  const storage = t.engine.backend.allocate(t.dtype, shared.length);
  shared.rebuild!({ storage, offset: 0 });
  shared.storage = storage;
  return storage;
}

/** Runs fn, which uses the values of `t`: memory that these did not have before is given back after. For weights that are
 *  held in another form (fourBit/), which are written out for as long as somebody uses them. */
export function borrow<T>(t: Tensor, fn: () => T): T {
  if (t.shared.storage !== null) return fn();
  try {
    return fn();
  } finally {
    evict(t);
  }
}

/** From now on the memory stays: what its values could be made of may go before it does. */
export function pin(t: Tensor): void {
  if (t.shared.storage === null) restore(t);
  t.shared.rebuild = undefined;
}
