/** @file `normalizer` of tokenizer.json: none, or Unicode normal forms. */

import type { Place } from "./check.js";
import { asArray, asObject, describe, inside, refuse } from "./check.js";

/** Undefined where the text stays as it is. */
export type Normalizer = ((text: string) => string) | undefined;

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const;

export function readNormalizer(value: unknown, place: Place): Normalizer {
  if (value === undefined || value === null) return undefined;
  const object = asObject(value, place);
  if (object.type === "Sequence") {
    const here = inside(place, "normalizers");
    const parts = asArray(object.normalizers, here).map((part, i) => readNormalizer(part, inside(here, i)));
    return (text) => parts.reduce((so, part) => part?.(so) ?? so, text);
  }
  const form = FORMS.find((name) => name === object.type);
  if (form !== undefined) return (text) => text.normalize(form);
  return refuse(
    inside(place, "type"),
    "unsupported-normalizer",
    "is a normaliser that is not supported",
    describe(object.type),
    `none, or ${FORMS.join(", ")}`,
    "use a tokenizer of this kind, or train one here",
  );
}
