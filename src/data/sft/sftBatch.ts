/** @file Rows of segments as a batch: a token's target is the next one of its segment, if that is learned. */

import { type Batch, NO_TARGET } from "../batch.js";
import type { Segment } from "./pack.js";
import type { TokenStore } from "./tokenStore.js";

export interface SftBatchOptions {
  /** Stands behind a row's end, where nothing is learned. */
  readonly padId: number;
  /** Positions a row; default: the longest row's, to the next multiple of `multiple` (default 1). */
  readonly context?: number | undefined;
  readonly multiple?: number | undefined;
  /** Whether the segments of a row are documents that do not see each other (default). Otherwise a row is read as one text, and
   *  the first token of a segment is learned behind the last of the one before it, as TRL's `wrapped` has it. */
  readonly apart?: boolean | undefined;
}

export function sftBatch(
  store: Pick<TokenStore, "example">,
  rows: readonly (readonly Segment[])[],
  options: SftBatchOptions,
): Batch {
  const { padId, multiple = 1, apart = true } = options;
  const lengths = rows.map((row) => row.reduce((sum, { from, to }) => sum + to - from, 0));
  const context = options.context ?? Math.ceil(Math.max(...lengths) / multiple) * multiple;
  const inputs = new Int32Array(rows.length * context).fill(padId);
  const targets = new Int32Array(rows.length * context).fill(NO_TARGET);
  const starts = new Int32Array(rows.length * context);
  let targetCount = 0;
  rows.forEach((row, r) => {
    let at = r * context;
    if (lengths[r]! > context) throw new Error(`sftBatch: ${lengths[r]} tokens in a row of ${context}`);
    for (const { example, from, to } of row) {
      const { ids, trained } = store.example(example);
      inputs.set(ids.subarray(from, to), at);
      const start = apart ? at - r * context : 0;
      for (let i = from; i < to; i++, at++) {
        starts[at] = start;
        const first = i === from && (apart || at % context === 0);
        if (first || trained[i] === 0) continue;
        targets[at - 1] = ids[i]!;
        targetCount++;
      }
    }
    starts.fill(apart ? at - r * context : 0, at, (r + 1) * context);
  });
  const packed = apart && rows.some((row) => row.length > 1);
  return {
    inputs,
    targets,
    ...(packed ? { documentStarts: starts } : {}),
    batch: rows.length,
    context,
    targetCount,
  };
}
