/** @file Evaluation: metrics. (What compares with the field's libraries is `parity/`.) */

export * from "./metrics/index.js";
