/** @file The sequences of an encoder's batch: a row's real tokens, or, in packed rows, a document each. */

import { gatherRows, matmul, mul, reshape, type Tensor } from "../tensor/index.js";
import type { EncoderInput } from "./encoderModel.js";

/** Tokens from … to − 1 of the batch counted through, batch·seq. */
export interface Sequence {
  readonly from: number;
  readonly to: number;
}

/** Throws where a row has no real token. */
export function sequencesOf(input: EncoderInput): Sequence[] {
  const { batch, seq, attentionMask: mask, documentStarts } = input;
  const sequences: Sequence[] = [];
  for (let b = 0; b < batch; b++) {
    let from = b * seq;
    let end = from + seq;
    if (mask !== undefined) {
      while (from < end && mask[from] === 0) from++;
      while (end > from && mask[end - 1] === 0) end--;
    }
    if (end === from) throw new Error(`row ${b} of the batch holds no token`);
    for (let i = from + 1; documentStarts !== undefined && i < end; i++) {
      if (documentStarts[i] === documentStarts[i - 1]) continue;
      sequences.push({ from, to: i });
      from = i;
    }
    sequences.push({ from, to: end });
  }
  return sequences;
}

/** hidden [batch, seq, dim] → a vector a sequence [sequences, dim]: of its first or last token, or the mean of all. */
export function poolSequences(
  hidden: Tensor,
  input: EncoderInput,
  pooling: "first" | "last" | "mean",
): Tensor {
  const sequences = sequencesOf(input);
  if (pooling === "mean") return meanOf(hidden, sequences);
  return gatherRows(
    hidden,
    Int32Array.from(sequences, ({ from, to }) => (pooling === "first" ? from : to - 1)),
  );
}

/** By a product with ones, which bf16 holds exactly; divided afterwards. */
function meanOf(hidden: Tensor, sequences: readonly Sequence[]): Tensor {
  const { engine, rows, columns } = hidden;
  const ones = new Float32Array(sequences.length * rows);
  const shares = new Float32Array(sequences.length * columns);
  sequences.forEach(({ from, to }, s) => {
    ones.fill(1, s * rows + from, s * rows + to);
    shares.fill(1 / (to - from), s * columns, (s + 1) * columns);
  });
  const sums = matmul(engine.tensor(ones, [sequences.length, rows]), reshape(hidden, [rows, columns]));
  return mul(sums, engine.tensor(shares, sums.shape));
}
