/** @file The ids of several documents in one array. */

import { createIdBuffer, type IdBuffer, takeIds } from "./idBuffer.js";

export interface EncodedBatch {
  readonly ids: Int32Array;
  /** Where each document's ids end. */
  readonly ends: Int32Array;
}

/** The room for ids is used again by the next batch, unless it got large. */
export function createBatchEncoder(
  encode: (text: string, out: IdBuffer) => void,
): (documents: readonly string[]) => EncodedBatch {
  let out = createIdBuffer(1 << 17);
  return (documents) => {
    out.length = 0;
    const ends = new Int32Array(documents.length);
    for (let i = 0; i < documents.length; i++) {
      encode(documents[i]!, out);
      ends[i] = out.length;
    }
    const ids = takeIds(out);
    if (out.ids.length > 1 << 20) out = createIdBuffer(1 << 17);
    return { ids, ends };
  };
}
