/** @file Evaluation: metrics, and classic baselines. (What compares with the field's libraries is `parity/`.) */

export * from "./baselines/index.js";
export * from "./metrics/index.js";
