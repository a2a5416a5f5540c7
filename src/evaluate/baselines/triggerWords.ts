/** @file Words that speak for a class: where no one has listed them, those whose presence goes with the class most, by χ² of
 *  (has the word, is of the class) (Yang & Pedersen 1997). */

import { wordsOf } from "./ngrams.js";

/** Class → words, lower case. */
export type TriggerWords = readonly (readonly string[])[];

/** At most `each` words for every class, of those that at least `minDocuments` texts have; the best first. */
export function chooseTriggerWords(
  texts: readonly string[],
  labels: ArrayLike<number>,
  classes: number,
  each = 25,
  minDocuments = 3,
): string[][] {
  const counts = new Map<string, Float64Array>();
  const ofClass = new Float64Array(classes);
  texts.forEach((text, i) => {
    ofClass[labels[i]!]!++;
    for (const word of new Set(wordsOf(text.toLowerCase()))) {
      const row = counts.get(word) ?? new Float64Array(classes);
      row[labels[i]!]!++;
      counts.set(word, row);
    }
  });
  const known = [...counts].flatMap(([word, row]) => {
    const total = row.reduce((a, b) => a + b, 0);
    return total >= minDocuments ? [{ word, row, total }] : [];
  });
  return Array.from({ length: classes }, (_, c) =>
    known
      .map(({ word, row, total }) => ({ word, score: chiSquare(row[c]!, total, ofClass[c]!, texts.length) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1))
      .slice(0, each)
      .map(({ word }) => word),
  );
}

/** 0 where the word speaks against the class. */
function chiSquare(both: number, word: number, inClass: number, texts: number): number {
  const [wordOnly, classOnly] = [word - both, inClass - both];
  const neither = texts - both - wordOnly - classOnly;
  const difference = both * neither - wordOnly * classOnly;
  if (difference <= 0) return 0;
  const margins = word * inClass * (texts - word) * (texts - inClass);
  return margins === 0 ? 0 : (texts * difference ** 2) / margins;
}

/** How many different words of each class a text has. */
export function countTriggers(text: string, triggers: TriggerWords): Float64Array {
  const words = new Set(wordsOf(text.toLowerCase()));
  return Float64Array.from(triggers, (list) => list.filter((word) => words.has(word)).length);
}
