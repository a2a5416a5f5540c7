/** @file The checks of models. */

import type { CheckType } from "../kind.js";
import { backwardChecks } from "./backward.js";
import { embeddingChecks } from "./embeddings.js";
import { fileChecks } from "./files.js";
import { forwardChecks } from "./forward.js";

export const modelChecks: readonly CheckType[] = [
  ...forwardChecks,
  ...backwardChecks,
  embeddingChecks,
  ...fileChecks,
];
