/** @file Cases about metrics. */

import type { CaseKind } from "../kind.js";
import { classificationKind } from "./classification.js";
import { passAtKKind } from "./passAtK.js";
import { sacrebleuKind } from "./sacrebleu.js";
import { seqevalKind } from "./seqeval.js";

export const metricKinds: readonly CaseKind[] = [sacrebleuKind, seqevalKind, classificationKind, passAtKKind];
