/** @file Translation edit rate (Snover et al. 2006) as sacrebleu defines it:
 *    TER = 100 · Σ edits / Σ average length of the references,
 *  edits: the fewest over the references of insertions, deletions, substitutions and shifts of a run of words, one each.
 *  Shifts are searched greedily, the one that lowers the edit distance most first (`terShift.ts`). */

import { terShifts } from "./terShift.js";
import { type TerWordOptions, terWords } from "./terWords.js";

export interface TerScore {
  /** 0 for the reference itself; may exceed 100. */
  readonly score: number;
  readonly edits: number;
  /** Words, the average over the references. */
  readonly referenceLength: number;
}

/** `references`: one or more streams, each with a segment for every hypothesis. Throws where lengths differ. */
export function corpusTer(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: TerWordOptions = {},
): TerScore {
  if (references.length === 0 || references.some((stream) => stream.length !== hypotheses.length))
    throw new Error("corpusTer: as many references as hypotheses, please");
  let [edits, referenceLength] = [0, 0];
  hypotheses.forEach((hypothesis, i) => {
    const mine = terWords(hypothesis, options);
    const others = references.map((stream) => terWords(stream[i]!, options));
    edits += Math.min(...others.map((other) => terEdits(mine, other)));
    referenceLength += others.reduce((sum, other) => sum + other.length, 0) / others.length;
  });
  const rate = referenceLength > 0 ? edits / referenceLength : edits > 0 ? 1 : 0;
  return { score: 100 * rate, edits, referenceLength };
}

/** What a published score must be quoted with. */
export function terSignature(references: number, options: TerWordOptions = {}): string {
  const yes = (flag: boolean | undefined) => (flag ? "yes" : "no");
  return `nrefs:${references}|case:${options.caseSensitive ? "mixed" : "lc"}|tok:tercom|norm:${yes(options.normalized)}|punct:${yes(!options.noPunct)}|asian:${yes(options.asianSupport)}`;
}

/** Shifts and the edits that remain behind them; without a reference, every word is one too many. */
function terEdits(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length;
  const { shifts, distance } = terShifts(hypothesis, reference);
  return shifts + distance;
}
