/** @file Evaluation: metrics of texts against references. (What compares with the field's libraries is `parity/`.) */

export * from "./metrics/index.js";
