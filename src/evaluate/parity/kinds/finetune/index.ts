/** @file Cases about fine-tuning: adapters, bases in four bits, frozen parameters, classifiers, examples prepared. */

import type { CaseKind } from "../kind.js";
import { adapterKind } from "./adapter.js";
import { adapterCombinationKind } from "./adapterCombination.js";
import { adapterInitKind } from "./adapterInit.js";
import { sequenceClassificationKind, tokenClassificationKind } from "./classification.js";
import { fullFinetuneKind } from "./fullFinetune.js";
import { packingKind } from "./packing.js";
import { qloraKind } from "./qlora.js";
import { quantize4Kind } from "./quantize.js";
import { sftDatasetKind } from "./sftDataset.js";

export const finetuneKinds: readonly CaseKind[] = [
  adapterKind,
  adapterInitKind,
  adapterCombinationKind,
  fullFinetuneKind,
  quantize4Kind,
  qloraKind,
  sequenceClassificationKind,
  tokenClassificationKind,
  sftDatasetKind,
  packingKind,
];
