/** @file The published class names of encoders and the heads they carry: `BertForMaskedLM` is "Bert" with the head "masked". */

import { UserError } from "../../platform/errors.js";
import type { EncoderHead } from "../encoderModel.js";

const ENDINGS: readonly [ending: string, head: EncoderHead][] = [
  ["Model", "none"],
  ["ForMaskedLM", "masked"],
  ["ForPreTraining", "pretraining"],
  ["ForSequenceClassification", "sequence"],
  ["ForTokenClassification", "token"],
];

/** Throws UserError for a head that the family never had. */
export function encoderClass(family: string, head: EncoderHead): string {
  if (head === "pretraining" && family !== "Bert")
    throw new UserError({
      code: "head-unknown",
      message: `only BERT was pretrained on next sentences, not ${family}`,
      fix: 'ask for the head "masked"',
    });
  return `${family}${ENDINGS.find(([, h]) => h === head)![0]}`;
}

/** The head that config.json's `architectures` names; "none" where it names nothing. */
export function headOfClass(architectures: readonly string[] | null | undefined): EncoderHead {
  const name = architectures?.[0];
  if (name === undefined) return "none";
  const found = ENDINGS.find(([ending]) => name.endsWith(ending));
  if (found !== undefined) return found[1];
  throw new UserError({
    code: "architecture-unknown",
    at: "architectures",
    message: "names a head that is not here",
    found: name,
    expected: ENDINGS.map(([ending]) => `…${ending}`).join(", "),
    fix: "ask for a head when loading",
  });
}
