/** @file Cases about optimisers and schedules. */

import type { CaseKind } from "../kind.js";
import { clipGradKind } from "./clipGrad.js";
import { decayParametersKind } from "./decayParameters.js";
import { lossKind } from "./losses.js";
import { optimizerKind } from "./optimizer.js";
import { scheduleKind } from "./schedule.js";
import { weightsEmaKind } from "./weightsEma.js";

export const optimKinds: readonly CaseKind[] = [
  optimizerKind,
  clipGradKind,
  scheduleKind,
  decayParametersKind,
  weightsEmaKind,
  lossKind,
];
