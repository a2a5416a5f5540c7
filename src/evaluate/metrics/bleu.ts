/** @file BLEU (Papineni et al. 2002) as sacrebleu defines it (Post 2018), for a corpus and for a sentence:
 *    BLEU = 100 · BP · exp(Σ_n log p_n / N),  p_n = matches_n / n-grams_n (each n-gram counted at most as often as in one
 *    reference),  BP = min(1, exp(1 − r/c)), c the length of the output, r that of the closest references.
 *  Smoothing of p_n without matches (Chen & Cherry 2014): exp: 1/2, 1/4, … of one match; floor: a constant; add-k: k more
 *  matches and n-grams for n > 1. */

import { type BleuTokenizer, bleuTokenize, words } from "./bleuTokenizers.js";

export interface BleuOptions {
  /** Default "13a". */
  readonly tokenize?: BleuTokenizer;
  /** Default false. */
  readonly lowercase?: boolean;
  /** Default "exp". */
  readonly smoothMethod?: "exp" | "floor" | "add-k" | "none";
  /** Default 0.1 for floor, 1 for add-k. */
  readonly smoothValue?: number;
  /** N; default 4. */
  readonly maxNgramOrder?: number;
  /** Leave out orders longer than the output: for single sentences. Default false. */
  readonly effectiveOrder?: boolean;
}

export interface BleuScore {
  /** 0 to 100. */
  readonly score: number;
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  /** In percent. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Tokens of the output, and of the references closest to it in length. */
  readonly systemLength: number;
  readonly referenceLength: number;
}

/** `references`: one or more streams, each with a segment for every hypothesis. Throws where lengths differ. */
export function corpusBleu(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  const order = options.maxNgramOrder ?? 4;
  if (references.length === 0 || references.some((stream) => stream.length !== hypotheses.length))
    throw new Error(
      `corpusBleu: ${hypotheses.length} hypotheses, references of ${references.map((r) => r.length).join(", ")}`,
    );
  const counts = new Array<number>(order).fill(0);
  const totals = new Array<number>(order).fill(0);
  let [systemLength, referenceLength] = [0, 0];
  hypotheses.forEach((hypothesis, i) => {
    const tokens = tokensOf(hypothesis, options);
    const others = references.map((stream) => tokensOf(stream[i]!, options));
    systemLength += tokens.length;
    referenceLength += closest(
      tokens.length,
      others.map((t) => t.length),
    );
    for (let n = 1; n <= order; n++) {
      totals[n - 1]! += Math.max(0, tokens.length - n + 1);
      counts[n - 1]! += matches(
        ngrams(tokens, n),
        others.map((t) => ngrams(t, n)),
      );
    }
  });
  return scored(counts, totals, systemLength, referenceLength, options);
}

/** One segment; `effectiveOrder` is what one wants here, and the default. */
export function sentenceBleu(
  hypothesis: string,
  references: readonly string[],
  options: BleuOptions = {},
): BleuScore {
  return corpusBleu(
    [hypothesis],
    references.map((r) => [r]),
    { effectiveOrder: true, ...options },
  );
}

/** What a published score must be quoted with. */
export function bleuSignature(references: number, options: BleuOptions = {}): string {
  const { tokenize = "13a", lowercase = false, smoothMethod = "exp", effectiveOrder = false } = options;
  return `nrefs:${references}|case:${lowercase ? "lc" : "mixed"}|eff:${effectiveOrder ? "yes" : "no"}|tok:${tokenize}|smooth:${smoothMethod}`;
}

function tokensOf(segment: string, { tokenize = "13a", lowercase = false }: BleuOptions): string[] {
  return words(bleuTokenize((lowercase ? segment.toLowerCase() : segment).trimEnd(), tokenize));
}

/** The reference's length nearest to `length`, the shorter of two as near. */
function closest(length: number, references: readonly number[]): number {
  return references.reduce((best, r) => {
    const nearer = Math.abs(r - length) - Math.abs(best - length);
    return nearer < 0 || (nearer === 0 && r < best) ? r : best;
  });
}

function ngrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const gram = tokens.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Each n-gram at most as often as in the reference that has most of it. */
function matches(mine: Map<string, number>, references: readonly Map<string, number>[]): number {
  let count = 0;
  for (const [gram, times] of mine)
    count += Math.min(times, Math.max(...references.map((r) => r.get(gram) ?? 0)));
  return count;
}

function scored(
  matched: readonly number[],
  possible: readonly number[],
  systemLength: number,
  referenceLength: number,
  options: BleuOptions,
): BleuScore {
  const { smoothMethod: smooth = "exp", effectiveOrder = false } = options;
  const value = options.smoothValue ?? (smooth === "floor" ? 0.1 : 1);
  const [counts, totals] = [[...matched], [...possible]];
  const order = counts.length;
  const precisions = new Array<number>(order).fill(0);
  const short = systemLength < referenceLength;
  const brevityPenalty = !short ? 1 : systemLength === 0 ? 0 : Math.exp(1 - referenceLength / systemLength);
  const result = (score: number): BleuScore => ({
    score,
    counts,
    totals,
    precisions,
    brevityPenalty,
    systemLength,
    referenceLength,
  });
  if (counts.every((c) => c === 0)) return result(0);
  let used = order;
  let halved = 1;
  for (let n = 0; n < order; n++) {
    if (smooth === "add-k" && n > 0) {
      counts[n]! += value;
      totals[n]! += value;
    }
    if (totals[n] === 0) break;
    if (effectiveOrder) used = n + 1;
    if (counts[n]! > 0) precisions[n] = (100 * counts[n]!) / totals[n]!;
    else if (smooth === "exp") {
      halved *= 2;
      precisions[n] = 100 / (halved * totals[n]!);
    } else if (smooth === "floor") precisions[n] = (100 * value) / totals[n]!;
  }
  const logs = precisions.slice(0, used).reduce((sum, p) => sum + Math.log(p), 0);
  return result(brevityPenalty * Math.exp(logs / used));
}
