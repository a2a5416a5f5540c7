/** @file A text, or two, and its label. Labels are names, also where they are written as numbers or truths; a list holds any
 *  number of them. */

import { type Format, invalid, textOf } from "./format.js";
import { TEXT_NAMES } from "./text.js";

export const labelsFormat: Format = {
  name: "labels",
  required: {
    text: [...TEXT_NAMES, "text1", "sentence1"],
    label: [
      "label",
      "labels",
      "category",
      "class",
      "target",
      "intent",
      "sentiment",
      "emotion",
      "topic",
      "score",
    ],
  },
  optional: { pair: ["text2", "sentence2"] },
  fits: ({ label }) => !Array.isArray(label) || label.every(isName),
  read({ text, pair, label }, place, { labelSeparator: separator }) {
    const body = textOf(text, "text", place);
    if (body.trim() === "") return undefined;
    const cut = separator !== undefined && typeof label === "string" ? label.split(separator) : label;
    const given: readonly unknown[] = Array.isArray(cut) ? cut : [cut];
    const bad = given.findIndex((name) => !isName(name));
    if (bad >= 0) throw invalid(place, "label", given[bad], "a name or a number, or a list of them");
    const labels = given.map((name) => String(name).trim());
    // A list may hold nothing; a cell that is empty is a label forgotten.
    const several = Array.isArray(label) || separator !== undefined;
    const named = several ? labels.filter((name) => name !== "") : labels;
    if (named.includes("")) throw invalid(place, "label", label, "a label");
    const second = pair === undefined ? {} : { pair: textOf(pair, "pair", place) };
    return { kind: "label", text: body, ...second, labels: [...new Set(named)], place };
  },
};

function isName(value: unknown): boolean {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}
