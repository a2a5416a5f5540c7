/** @file What a benchmark yields: one line a comparison, ours and the peer's on the same work in the same run. */

export interface Outcome {
  /** Such as "train/gpt-12m/fp32/2-threads". */
  readonly name: string;
  readonly ours: number;
  /** NaN where there is no peer to run (said in `note`). */
  readonly peer: number;
  /** Above 1 is better for us. */
  readonly ratio: number;
  readonly unit: string;
  readonly note?: string;
  readonly verdicts?: readonly Verdict[];
  /** The row of a table, by the column's heading; default: ours, peer, ratio, note. */
  readonly cells?: Readonly<Record<string, string>>;
}

/** What was asked for, such as "≥ 1.00 of the faster peer", and whether it is so; null where it cannot be judged here. */
export interface Verdict {
  readonly bar: string;
  readonly met: boolean | null;
}

export interface BenchOptions {
  readonly quick: boolean;
  /** Only comparisons whose name contains this (where a benchmark can leave the others out). */
  readonly filter?: string | undefined;
}

export type Bench = (options: BenchOptions) => AsyncIterable<Outcome>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
