/** @file Sizes that kernels hold in 32 bits because they are, or are divided as, whole numbers of i32 tensors: places of keys
 *  in attention ranges, rows that are sorted by their ids, indices of a row. All others are held in 64 bits by the native
 *  kernels (WebAssembly's memory ends at 4 GiB), and places in memory everywhere are doubles, exact up to 2⁵³. */

import { UserError } from "../platform/errors.js";

/** Throws UserError `too-large` where `what` are more than 32 bits can count. */
export function countable(what: string, count: number): void {
  if (count < 2 ** 31) return;
  throw new UserError({
    code: "too-large",
    message: `${what} are more than can be counted`,
    found: count,
    expected: "less than 2^31",
    fix: "make the batch or the context smaller",
  });
}
