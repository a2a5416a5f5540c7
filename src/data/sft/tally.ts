/** @file How often something was met, and where first. */

import type { Place } from "./row.js";

export interface Tally {
  readonly count: number;
  /** file:line of the first few. */
  readonly first: readonly string[];
}

const FIRST = 5;

export function createTally(): Tally & { add(place: Place): void } {
  const first: string[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    first,
    add({ file, line }) {
      if (++count <= FIRST) first.push(`${file}:${line}`);
    },
  };
}
