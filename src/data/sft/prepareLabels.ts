/** @file Texts with labels made ready for training a classifier: encoded, their labels as classes or numbers, counted; and refused
 *  where a class would be learned from nothing or asked for without having been learned. */

import { nearest, UserError } from "../../platform/errors.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { hash64 } from "../hash.js";
import type { Example, LabelExample } from "./examples.js";
import { errorAt, type Place } from "./row.js";
import { createTally, type Tally } from "./tally.js";

/** One class for each text; any number of them; or a number. */
export type LabelKind = "single" | "multi" | "regression";

/** Names of the classes in order of their ids: those of numbers by value, others by their code units. `names`: the order, if one is
 *  wanted. Throws UserError `class-empty`, `label-unknown`, `one-class`, `wrong-examples`. */
export function classNames(examples: Iterable<Example>, names?: readonly string[]): string[] {
  const found = new Map<string, Place>();
  for (const example of examples)
    for (const label of checkedKind(example).labels) if (!found.has(label)) found.set(label, example.place);
  for (const [label, place] of found)
    if (names !== undefined && !names.includes(label)) throw unknownLabel(label, names, place);
  const empty = names?.find((name) => !found.has(name));
  if (empty !== undefined)
    throw new UserError({
      code: "class-empty",
      at: "labels",
      message: "a class has no example in the training data",
      found: empty,
      expected: [...found.keys()],
      fix: "add examples of it, or leave it out",
    });
  if (found.size < 2)
    throw new UserError({
      code: "one-class",
      at: "labels",
      message: "there is nothing to tell apart",
      found: [...found.keys()],
      expected: "at least two labels",
      fix: "name the column of the labels, or add examples of another",
    });
  if (names !== undefined) return [...names];
  const labels = [...found.keys()];
  const numbers = labels.every((label) => label !== "" && Number.isFinite(Number(label)));
  return labels.sort((a, b) => (numbers ? Number(a) - Number(b) : a < b ? -1 : 1));
}

export interface PrepareLabelsOptions {
  readonly tokenizer: Tokenizer;
  readonly kind: LabelKind;
  /** `classNames` of the training examples; not for regression. */
  readonly names?: readonly string[] | undefined;
  /** Tokens, those that the tokenizer puts in included. Default: none is cut. */
  readonly maxLength?: number | undefined;
}

export interface LabelledText {
  readonly ids: Int32Array;
  /** 0 for the text, 1 for its pair. */
  readonly typeIds: Int32Array;
  /** `"single"`: the class; `"multi"`: 0 or 1 for each class; `"regression"`: the number. */
  readonly target: number | readonly number[];
  readonly place: Place;
}

export interface LabelSurvey {
  readonly examples: number;
  readonly tokens: number;
  readonly longest: number;
  /** By class; of "multi" an example counts for each of its classes. Empty for regression. */
  readonly classes: Readonly<Record<string, number>>;
  readonly truncated: Tally;
  /** With a text that an earlier one has, and of these with other labels. */
  readonly repeated: Tally;
  readonly contradicting: Tally;
}

/** Throws UserError with file and line: `label-unknown`, `label-count` (not one), `label-number`, `wrong-examples`. */
export function prepareLabels(
  examples: Iterable<Example>,
  options: PrepareLabelsOptions,
): { texts: LabelledText[]; survey: LabelSurvey } {
  const { tokenizer, maxLength } = options;
  const ids = new Map(options.names?.map((name, id) => [name, id]));
  const counts = new Map([...ids.keys()].map((name) => [name, 0]));
  const [truncated, repeated, contradicting] = [createTally(), createTally(), createTally()];
  const seen = new Map<string, string>();
  const texts: LabelledText[] = [];
  let [tokens, longest] = [0, 0];
  for (const given of examples) {
    const example = checkedKind(given);
    const { text, pair, labels, place } = example;
    const target = targetOf(example, ids, options);
    const encoding = tokenizer.encoding(text, {
      pair,
      truncation: maxLength === undefined ? null : { maxLength },
      padding: null,
    });
    if (encoding.overflowing.length > 0) truncated.add(place);
    const key = hash64(`${text}\u0000${pair ?? ""}`).join();
    const said = labels.toSorted().join("\u0000");
    if (seen.has(key)) {
      repeated.add(place);
      if (seen.get(key) !== said) contradicting.add(place);
    } else seen.set(key, said);
    if (options.kind !== "regression") for (const label of labels) counts.set(label, counts.get(label)! + 1);
    tokens += encoding.ids.length;
    longest = Math.max(longest, encoding.ids.length);
    texts.push({ ids: encoding.ids, typeIds: encoding.typeIds, target, place });
  }
  const classes = Object.fromEntries(counts);
  return {
    texts,
    survey: { examples: texts.length, tokens, longest, classes, truncated, repeated, contradicting },
  };
}

function targetOf(
  { labels, place }: LabelExample,
  ids: ReadonlyMap<string, number>,
  { kind, names = [] }: PrepareLabelsOptions,
): number | readonly number[] {
  if (kind !== "multi" && labels.length !== 1)
    throw errorAt(place, {
      code: "label-count",
      message: "has not one label",
      found: labels,
      expected: "one",
      fix: "mend the row, or let a text have any number of labels (multi)",
    });
  if (kind === "regression") {
    const number = Number(labels[0]);
    if (labels[0] !== "" && Number.isFinite(number)) return number;
    throw errorAt(place, {
      code: "label-number",
      message: "has a label that is no number",
      found: labels[0],
      expected: "a number",
      fix: "mend the row, or take labels for classes (single)",
    });
  }
  const unknown = labels.find((label) => !ids.has(label));
  if (unknown !== undefined) throw unknownLabel(unknown, names, place);
  if (kind === "single") return ids.get(labels[0]!)!;
  return names.map((name) => Number(labels.includes(name)));
}

function checkedKind(example: Example): LabelExample {
  if (example.kind === "label") return example;
  throw errorAt(example.place, {
    code: "wrong-examples",
    message: "has no label",
    found: example.kind,
    expected: "a text and its label",
    fix: "choose the task that such examples are for, or name the columns",
  });
}

export function unknownLabel(label: string, names: readonly string[], place: Place): UserError {
  const near = nearest(label, names);
  return errorAt(place, {
    code: "label-unknown",
    message: "has a label that training lacks",
    found: label,
    expected: names,
    fix:
      near === undefined
        ? "add examples of it to the training data, or mend the row"
        : `did you mean ${JSON.stringify(near)}?`,
  });
}
