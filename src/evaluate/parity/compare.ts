/** @file Comparing what was computed with what is expected, keeping the number that is nearest to its limit. */

import type { CheckResult, Worst } from "./kinds/kind.js";

export interface Comparison {
  /** |actual − expected| ≤ limit at every element, where `where` (cyclically per `per` elements) is not 0. */
  arrays(
    name: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    limit: number,
    where?: Where,
  ): void;
  number(name: string, actual: number, expected: number, limit: number): void;
  /** Something that is right or wrong. */
  that(name: string, right: boolean, why: string): void;
  result(): CheckResult;
}

/** Element i is compared iff mask[index(i)] ≠ 0. */
export interface Where {
  readonly mask: ArrayLike<number>;
  index(element: number): number;
}

/** For less precise arithmetic: `looser` multiplies every limit, and `spread` is a share of (greatest − smallest expected)
 *  that is always allowed. */
export function createComparison(check: string, looser = 1, spread = 0): Comparison {
  let worst: Worst | undefined;
  let why: string | undefined;
  const meet = (next: Worst) => {
    const badness = (w: Worst) => (Number.isNaN(w.error) ? Number.POSITIVE_INFINITY : w.error / w.limit);
    if (worst === undefined || badness(next) > badness(worst)) worst = next;
  };
  const comparison: Comparison = {
    arrays(name, actual, expected, limit, where) {
      if (actual.length !== expected.length)
        return comparison.that(
          name,
          false,
          `${name} has ${actual.length} numbers, ${expected.length} are expected`,
        );
      let error = 0;
      let size = 0;
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = 0; i < actual.length; i++) {
        if (where !== undefined && where.mask[where.index(i)] === 0) continue;
        const difference = Object.is(actual[i], expected[i]) ? 0 : Math.abs(actual[i]! - expected[i]!);
        if (!(difference <= error) && !Number.isNaN(error)) error = difference; // NaN comes in and stays
        if (Math.abs(expected[i]!) > size) size = Math.abs(expected[i]!);
        if (!Number.isFinite(expected[i])) continue;
        least = Math.min(least, expected[i]!);
        most = Math.max(most, expected[i]!);
      }
      const allowed = Math.max(limit * looser, spread > 0 && most > least ? spread * (most - least) : 0);
      meet({ name, error, limit: allowed, ...(size > 0 ? { relative: error / size } : {}) });
    },
    number: (name, actual, expected, limit) => comparison.arrays(name, [actual], [expected], limit),
    that(_name, right, reason) {
      if (!right) why ??= reason;
    },
    result() {
      const within = worst === undefined || worst.error <= worst.limit;
      const base = { check, status: why === undefined && within ? "ok" : "fail" } as const;
      return { ...base, ...(worst === undefined ? {} : { worst }), ...(why === undefined ? {} : { why }) };
    },
  };
  return comparison;
}
