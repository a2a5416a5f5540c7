/** @file Arrays of JavaScript for numbers of tensors. */

import { UserError } from "../../platform/errors.js";
import { arrays, bytesOf, type DType, type TypedArray } from "../dtype.js";

/** `length` zeros. Throws UserError `out-of-memory` where there is no room, or where JavaScript's arrays are not that long. */
export function arrayOf(dtype: DType, length: number): TypedArray {
  try {
    return new arrays[dtype](length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError({
      code: "out-of-memory",
      message: "JavaScript has no room for an array of this length",
      found: `${length} numbers (${((length * bytesOf(dtype)) / 2 ** 30).toFixed(2)} GiB)`,
      fix: "make the batch, the context or the model smaller, or read the tensor in parts",
      cause: error,
    });
  }
}
