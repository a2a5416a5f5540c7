/** @file chrF and chrF++ (Popović 2015, 2017) as sacrebleu defines them: an F-score of character n-grams, and with `wordOrder` of
 *  word n-grams too. Precision and recall are averaged over the orders that occur on both sides:
 *    F = 100 · (1 + β²)·P·R / (β²·P + R). */

import { words } from "./bleuTokenizers.js";

export interface ChrfOptions {
  /** Default 6. */
  readonly charOrder?: number;
  /** Default 0; chrF++ is 2. */
  readonly wordOrder?: number;
  /** Default 2: recall counts more. */
  readonly beta?: number;
  readonly lowercase?: boolean;
  /** Count white space too. */
  readonly whitespace?: boolean;
  /** Average the F-scores of all orders, with a tiny number where one does not occur. */
  readonly epsSmoothing?: boolean;
}

/** n-grams of the output, of the reference, and in both, an order. */
type Counts = readonly (readonly [system: number, reference: number, both: number])[];

/** 0 to 100. `references`: streams, of which each segment takes the one with the best score. Throws where lengths differ. */
export function corpusChrf(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: ChrfOptions = {},
): number {
  if (references.length === 0 || references.some((stream) => stream.length !== hypotheses.length))
    throw new Error("corpusChrf: as many references as hypotheses, please");
  const orders = (options.charOrder ?? 6) + (options.wordOrder ?? 0);
  const sums = Array.from({ length: orders }, () => [0, 0, 0] as [number, number, number]);
  hypotheses.forEach((hypothesis, i) => {
    const mine = ngrams(hypothesis, options);
    let best: { score: number; counts: Counts } | undefined;
    for (const stream of references) {
      const counts = compare(mine, ngrams(stream[i]!, options));
      const score = fScore(counts, options);
      if (best === undefined || score > best.score) best = { score, counts };
    }
    best!.counts.forEach((triple, n) => {
      for (const k of [0, 1, 2] as const) sums[n]![k] += triple[k];
    });
  });
  return fScore(sums, options);
}

function ngrams(segment: string, options: ChrfOptions): Map<string, number>[] {
  const { charOrder = 6, wordOrder = 0, lowercase = false, whitespace = false } = options;
  const text = lowercase ? segment.toLowerCase() : segment;
  const characters = [...(whitespace ? text : words(text).join(""))];
  const pieces = words(text).flatMap(withoutPunctuation);
  return [
    ...Array.from({ length: charOrder }, (_, i) => count(characters, i + 1)),
    ...Array.from({ length: wordOrder }, (_, i) => count(pieces, i + 1)),
  ];
}

/** A mark of ASCII punctuation at one end of a word stands apart, the last before the first. */
function withoutPunctuation(word: string): string[] {
  const mark = /[!-/:-@[-`{-~]/;
  if (word.length === 1) return [word];
  if (mark.test(word.at(-1)!)) return [word.slice(0, -1), word.slice(-1)];
  return mark.test(word[0]!) ? [word[0]!, word.slice(1)] : [word];
}

function count(items: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i++) {
    const gram = items.slice(i, i + n).join("\u0000");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function compare(mine: readonly Map<string, number>[], theirs: readonly Map<string, number>[]): Counts {
  return mine.map((grams, n) => {
    const others = theirs[n]!;
    let [system, both] = [0, 0];
    for (const [gram, times] of grams) {
      system += times;
      both += Math.min(times, others.get(gram) ?? 0);
    }
    const reference = [...others.values()].reduce((a, b) => a + b, 0);
    return [others.size === 0 ? 0 : system, reference, both] as const;
  });
}

const TINY = 1e-16;

function fScore(counts: Counts, { beta = 2, epsSmoothing = false }: ChrfOptions): number {
  const factor = beta * beta;
  const f = (p: number, r: number) => ((1 + factor) * p * r) / (factor * p + r);
  let [smoothed, precision, recall, orders] = [0, 0, 0, 0];
  for (const [system, reference, both] of counts) {
    const p = system > 0 ? both / system : TINY;
    const r = reference > 0 ? both / reference : TINY;
    smoothed += factor * p + r > 0 ? f(p, r) : TINY;
    if (system === 0 || reference === 0) continue;
    precision += p;
    recall += r;
    orders++;
  }
  if (epsSmoothing) return (100 * smoothed) / counts.length;
  if (orders === 0 || precision + recall === 0) return 0;
  return 100 * f(precision / orders, recall / orders);
}
