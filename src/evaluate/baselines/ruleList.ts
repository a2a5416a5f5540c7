/** @file A list of rules, "if the text has this, it is that, else …" (Rivest 1987, "Learning decision lists"), learned greedily: the
 *  condition next in the list is the one that is surest of its class among the texts no earlier rule took, by Laplace's
 *  (right + 1) / (taken + classes) (Clark & Boswell 1991). Anybody can read it, and disagree. */

import type { TextClassifier } from "./classifier.js";
import { wordsOf } from "./ngrams.js";
import { TEXT_SIGNS, type TextSign, textSigns } from "./textSigns.js";

/** A word, or a sign of at least so much. */
export type Condition = { readonly word: string } | { readonly sign: TextSign; readonly atLeast: number };

export interface Rule {
  readonly condition: Condition;
  readonly class: number;
  /** Texts of the training data that came to the rule and met it, and those of them it was right about. */
  readonly taken: number;
  readonly right: number;
}

export interface RuleList extends TextClassifier {
  readonly rules: readonly Rule[];
  /** For texts that meet no rule. */
  readonly otherwise: number;
}

export interface RuleListOptions {
  /** Default 50. */
  readonly maxRules?: number | undefined;
  /** Texts that a rule must take. Default 3. */
  readonly minTaken?: number | undefined;
}

/** Where signs are cut into "has it" and "has it not": quantiles of their values in the training texts. */
const QUANTILES = [0.5, 0.75, 0.9, 0.97];

export function learnRules(
  texts: readonly string[],
  labels: ArrayLike<number>,
  classes: number,
  options: RuleListOptions = {},
): RuleList {
  const { maxRules = 50, minTaken = 3 } = options;
  const { conditions, met, meeting } = collectConditions(texts, minTaken);
  const counts = conditions.map(() => new Int32Array(classes));
  texts.forEach((_, i) => {
    for (const condition of met[i]!) counts[condition]![labels[i]!]!++;
  });
  const left = new Int32Array(classes);
  for (let i = 0; i < texts.length; i++) left[labels[i]!]!++;
  const gone = new Uint8Array(texts.length);
  const rules: Rule[] = [];
  while (rules.length < maxRules) {
    const best = surest(counts, minTaken);
    // No surer than guessing the commonest class of those left.
    if (best === undefined || best.sureness <= laplace(Math.max(...left), sum(left), classes)) break;
    rules.push({
      condition: conditions[best.condition]!,
      class: best.class,
      taken: best.taken,
      right: best.right,
    });
    for (const i of meeting[best.condition]!) {
      if (gone[i] === 1) continue;
      gone[i] = 1;
      left[labels[i]!]!--;
      for (const condition of met[i]!) counts[condition]![labels[i]!]!--;
    }
  }
  const commonest =
    sum(left) > 0 ? left : Int32Array.from(left, (_, c) => Array.from(labels).filter((l) => l === c).length);
  const otherwise = commonest.indexOf(Math.max(...commonest));
  return {
    rules,
    otherwise,
    predict(text) {
      const [words, signs] = [new Set(wordsOf(text.toLowerCase())), textSigns(text)];
      return rules.find(({ condition }) => meets(condition, words, signs))?.class ?? otherwise;
    },
  };
}

/** As a person would write it. */
export function describeRule({ condition, class: c, right, taken }: Rule, names: readonly string[]): string {
  const said =
    "word" in condition ? `"${condition.word}"` : `${condition.sign} ≥ ${condition.atLeast.toPrecision(3)}`;
  return `if it has ${said}: ${names[c]} (${right} of ${taken})`;
}

function meets(condition: Condition, words: ReadonlySet<string>, signs: Float64Array): boolean {
  if ("word" in condition) return words.has(condition.word);
  return signs[TEXT_SIGNS.indexOf(condition.sign)]! >= condition.atLeast;
}

/** All conditions that enough texts meet; which each text meets, and which texts meet each. */
function collectConditions(texts: readonly string[], minTaken: number) {
  const words = texts.map((text) => new Set(wordsOf(text.toLowerCase())));
  const signs = texts.map(textSigns);
  const having = new Map<string, number[]>();
  words.forEach((set, i) => {
    for (const word of set) {
      const list = having.get(word);
      if (list === undefined) having.set(word, [i]);
      else list.push(i);
    }
  });
  const ofWords = [...having]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, list]) => ({ condition: { word } as Condition, list }));
  const ofSigns = TEXT_SIGNS.flatMap((sign, s) => {
    const sorted = signs.map((row) => row[s]!).sort((a, b) => a - b);
    const cuts = QUANTILES.map((q) => sorted[Math.floor(q * (sorted.length - 1))]!).filter(
      (cut) => cut > sorted[0]!,
    );
    return [...new Set(cuts)].map((atLeast) => ({
      condition: { sign, atLeast } as Condition,
      list: signs.flatMap((row, i) => (row[s]! >= atLeast ? [i] : [])),
    }));
  });
  const kept = [...ofWords, ...ofSigns].filter(({ list }) => list.length >= minTaken);
  const met: number[][] = texts.map(() => []);
  kept.forEach(({ list }, condition) => {
    for (const i of list) met[i]!.push(condition);
  });
  return { conditions: kept.map((k) => k.condition), met, meeting: kept.map((k) => k.list) };
}

function surest(counts: readonly Int32Array[], minTaken: number) {
  let best: { condition: number; class: number; taken: number; right: number; sureness: number } | undefined;
  counts.forEach((row, condition) => {
    const taken = sum(row);
    if (taken < minTaken) return;
    const right = Math.max(...row);
    const sureness = laplace(right, taken, row.length);
    if (best === undefined || sureness > best.sureness || (sureness === best.sureness && taken > best.taken))
      best = { condition, class: row.indexOf(right), taken, right, sureness };
  });
  return best;
}

function laplace(right: number, taken: number, classes: number): number {
  return (right + 1) / (taken + classes);
}

function sum(values: Int32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
