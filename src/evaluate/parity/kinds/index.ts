/** @file All kinds of cases. A new one is a file beside this and a line here. */

import { checkListKind } from "./checks.js";
import { finetuneKinds } from "./finetune/index.js";
import { generateChecks } from "./generate.js";
import type { CaseKind, CheckType } from "./kind.js";
import { metricKinds } from "./metrics/index.js";
import { badFiles } from "./models/badFiles.js";
import { modelChecks } from "./models/index.js";
import { optimKinds } from "./optim/index.js";
import { relativeBucketTables, ropeTables, sinusoidalTables } from "./positions.js";
import { processorChecks } from "./processors.js";
import { sentenceEmbeddings } from "./sentenceEmbedding.js";
import { tokenizerKinds } from "./tokenizers/index.js";

const checkTypes: readonly CheckType[] = [
  ...modelChecks,
  badFiles,
  ropeTables,
  relativeBucketTables,
  sinusoidalTables,
  generateChecks,
  processorChecks,
];

/** The first that matches a case does it. */
export const caseKinds: readonly CaseKind[] = [
  checkListKind(checkTypes),
  ...optimKinds,
  ...finetuneKinds,
  ...metricKinds,
  sentenceEmbeddings,
  ...tokenizerKinds,
];
