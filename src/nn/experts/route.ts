/** @file Which experts see which tokens (Shazeer et al. 2017): each row takes the `chosen` experts of the largest router logits,
 *  weighed by softmax. Weights are the softmax over all experts (Qwen 3), or that divided by the sum of the chosen (Mixtral),
 *  which is the softmax over the chosen logits alone (gpt-oss).
 *  The choice is made on the host; gradients go through the weights. */

import { embedding, reshape, softmax, type Tensor } from "../../tensor/index.js";

/** All pairs of a row and one of its experts, sorted by expert, those of one expert by row. */
export interface Routing {
  readonly experts: number;
  /** Pairs of expert e: begin[e] … begin[e + 1]. */
  readonly begin: readonly number[];
  /** Row of each pair, i32. */
  readonly rows: Tensor;
  /** Weight of each pair, [pairs, 1]. */
  readonly weights: Tensor;
}

export interface RouteOptions {
  /** Experts a row. */
  readonly chosen: number;
  /** Weights of a row sum to 1. */
  readonly normalise: boolean;
}

/** logits f32 [rows, experts]. */
export function route(logits: Tensor, { chosen, normalise }: RouteOptions): Routing {
  const { engine, rows, columns: experts } = logits;
  const picks = chooseExperts(logits, chosen);
  const begin = new Array<number>(experts + 1).fill(0);
  for (const e of picks) begin[e + 1]!++;
  for (let e = 0; e < experts; e++) begin[e + 1]! += begin[e]!;
  const next = begin.slice();
  const order = new Int32Array(picks.length); // the pair's place in `picks`
  picks.forEach((e, i) => {
    order[next[e]!++] = i;
  });
  const rowOf = order.map((i) => Math.floor(i / chosen));
  const among = (x: Tensor, ids: Int32Array) => embedding(reshape(x, [x.size, 1]), engine.tensor(ids));
  const cell = (i: number) => Math.floor(i / chosen) * experts + picks[i]!;
  const weights = normalise
    ? among(
        softmax(
          reshape(
            among(
              logits,
              picks.map((_, i) => cell(i)),
            ),
            [rows, chosen],
          ),
        ),
        order,
      )
    : among(softmax(logits), order.map(cell));
  return { experts, begin, rows: engine.tensor(rowOf), weights };
}

/** The largest of each row, largest first, of equals the first: [rows · chosen]. */
export function chooseExperts(logits: Tensor, chosen: number): Int32Array {
  const { rows, columns: experts } = logits;
  const values = logits.readFloats();
  const picks = new Int32Array(rows * chosen);
  const best = new Int32Array(chosen);
  for (let r = 0; r < rows; r++) {
    let count = 0;
    for (let e = 0; e < experts; e++) {
      const value = values[r * experts + e]!;
      let at = count;
      while (at > 0 && value > values[r * experts + best[at - 1]!]!) at--;
      if (at === chosen) continue;
      if (count < chosen) count++;
      best.copyWithin(at + 1, at, count - 1);
      best[at] = e;
    }
    picks.set(best, r * chosen);
  }
  return picks;
}
