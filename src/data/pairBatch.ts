/** @file Rows of a batch filled from pairs of source and target, each side padded at the right to its longest. */

import { NO_TARGET } from "./batch.js";

export interface TokenPair {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

export interface PairBatch {
  readonly kind: "pairs";
  readonly source: {
    /** [batch, seq] token ids. */
    readonly inputIds: Int32Array;
    /** [batch, seq] 1 = real, 0 = padding. */
    readonly attentionMask: Uint8Array;
    readonly batch: number;
    readonly seq: number;
  };
  /** [batch, targetSeq] token ids, −100 at padding. What the decoder reads is these shifted right. */
  readonly labels: Int32Array;
  readonly targetSeq: number;
  /** Labels that are not −100. */
  readonly targetCount: number;
}

/** `padId` stands in the sources' padding, which nothing attends to. */
export function fillPairs(rows: readonly TokenPair[], padId: number): PairBatch {
  const batch = rows.length;
  const seq = rows.reduce((most, { source }) => Math.max(most, source.length), 0);
  const targetSeq = rows.reduce((most, { target }) => Math.max(most, target.length), 0);
  const inputIds = new Int32Array(batch * seq).fill(padId);
  const attentionMask = new Uint8Array(batch * seq);
  const labels = new Int32Array(batch * targetSeq).fill(NO_TARGET);
  let targetCount = 0;
  rows.forEach(({ source, target }, row) => {
    inputIds.set(source, row * seq);
    attentionMask.fill(1, row * seq, row * seq + source.length);
    labels.set(target, row * targetSeq);
    targetCount += target.length;
  });
  return { kind: "pairs", source: { inputIds, attentionMask, batch, seq }, labels, targetSeq, targetCount };
}
