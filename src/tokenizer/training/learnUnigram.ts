/** @file Learning a Unigram vocabulary (Kudo 2018), as Hugging Face's UnigramTrainer: from many pieces to few. Rounds of
 *  expectation and maximisation, then the pieces whose loss would cost the likelihood least go, until little more than
 *  the wanted number is left. Scores are digamma(count) - digamma(all counts): a prior that favours few pieces. */

import type { Pauses } from "./pauses.js";
import { createUnigramLattice, type UnigramLattice } from "./unigramLattice.js";
import { unigramSeeds } from "./unigramSeeds.js";

export interface UnigramSettings {
  readonly vocabSize: number;
  readonly specialTokens: readonly string[];
  /** Put in front if it is not among the special tokens. */
  readonly unkToken: string | undefined;
  readonly initialAlphabet: readonly string[];
  readonly shrinkingFactor: number;
  readonly maxPieceLength: number;
  readonly subIterations: number;
  readonly seedSize: number;
  readonly pauses?: Pauses | undefined;
  readonly onRound?: ((pieces: number, wanted: number) => void) | undefined;
}

type Piece = readonly [piece: string, score: number];

/** Words between two looks at the clock. */
const ROUND = 256;
const UNKNOWN_PENALTY = 10;
const LEAST_EXPECTED = 0.5;
const PENALTY_STEP = 0.0001;
/** Stands first while training, whatever the unknown token is called later. */
const UNKNOWN: Piece = ["<UNK>", Number.NaN];

export interface UnigramVocabulary {
  readonly pieces: Piece[];
  readonly unkId: number | undefined;
}

/** Distinct words and how often each occurs; the sums are taken in this order. */
export type CountedStrings = ReadonlyArray<readonly [word: string, count: number]>;

export async function learnUnigram(
  counts: CountedStrings,
  settings: UnigramSettings,
): Promise<UnigramVocabulary> {
  const { vocabSize, subIterations, onRound } = settings;
  const seeds = unigramSeeds(counts, settings.maxPieceLength, settings.seedSize);
  let pieces: Piece[] = [UNKNOWN, ...seeds.map(({ piece, score }) => [piece, score] as const)];
  const wanted = Math.floor((vocabSize * 11) / 10);
  for (;;) {
    for (let i = 0; i < subIterations; i++)
      pieces = maximise(pieces, await expect(latticeOf(pieces), pieces.length, counts, settings.pauses));
    onRound?.(pieces.length, wanted);
    if (pieces.length <= wanted) break;
    const before = pieces.length;
    pieces = prune(pieces, counts, Math.max(wanted, Math.floor(pieces.length * settings.shrinkingFactor)));
    if (pieces.length === before && subIterations === 0) break;
  }
  return finish(pieces, counts, settings);
}

function lowestScore(pieces: readonly Piece[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [, score] of pieces.slice(1)) least = Math.min(least, score);
  return least;
}

function latticeOf(pieces: readonly Piece[]): UnigramLattice {
  return createUnigramLattice(pieces, lowestScore(pieces) - UNKNOWN_PENALTY);
}

async function expect(
  lattice: UnigramLattice,
  size: number,
  counts: CountedStrings,
  pauses: Pauses | undefined,
): Promise<Float64Array> {
  const expected = new Float64Array(size);
  for (let w = 0; w < counts.length; w++) {
    lattice.expect(counts[w]![0], counts[w]![1], expected);
    if (w % ROUND === 0 && pauses?.due()) await pauses.take();
  }
  return expected;
}

function maximise(pieces: readonly Piece[], expected: Float64Array): Piece[] {
  const kept = pieces.flatMap(([piece], i): Piece[] =>
    i > 0 && expected[i]! >= LEAST_EXPECTED ? [[piece, expected[i]!]] : [],
  );
  const logSum = digamma(kept.reduce((sum, [, count]) => sum + count, 0));
  return [UNKNOWN, ...kept.map(([piece, count]) => [piece, digamma(count) - logSum] as const)];
}

/** ψ(x), by recurrence and then by its asymptotic series about x - 1/2. */
export function digamma(x: number): number {
  let result = 0;
  let y = x;
  for (; y < 7; y++) result -= 1 / y;
  y -= 1 / 2;
  const y2 = 1 / (y * y);
  const y4 = y2 * y2;
  return result + Math.log(y) + y2 / 24 - (7 / 960) * y4 + (31 / 8064) * y4 * y2 - (127 / 30720) * y4 * y4;
}

/** Keeps `size` pieces, or more where they cannot go: first those without an alternative, then by loss. */
function prune(pieces: readonly Piece[], counts: CountedStrings, size: number): Piece[] {
  const lattice = latticeOf(pieces);
  const { keep, alternatives } = findAlternatives(pieces, lattice);
  const frequency = new Float64Array(pieces.length);
  const inWords = new Float64Array(pieces.length);
  let words = 0;
  for (const [word, count] of counts) {
    words += count;
    for (const id of lattice.best(word)) {
      frequency[id]! += count;
      inWords[id]! += count;
    }
  }
  const sum = frequency.reduce((a, b) => a + b, 0);
  const logSum = Math.log(sum);
  const kept: Piece[] = [UNKNOWN];
  const candidates: { id: number; loss: number }[] = [];
  for (let id = 1; id < pieces.length; id++) {
    const alternative = alternatives[id];
    if (frequency[id] === 0 && !keep[id]) continue;
    if (alternative === undefined) kept.push(pieces[id]!);
    else if (inWords[id] !== 0) {
      const logProbability = Math.log(frequency[id]!) - logSum;
      // The library counts all pieces here, not those of the alternative.
      const logSumAlternative = Math.log(sum + frequency[id]! * (pieces.length - 1));
      let logAlternative = 0;
      for (const n of alternative)
        logAlternative += Math.log(frequency[n]! + frequency[id]!) - logSumAlternative;
      candidates.push({ id, loss: (inWords[id]! / words) * (logProbability - logAlternative) });
    }
  }
  candidates.sort((a, b) => b.loss - a.loss);
  for (const { id } of candidates) {
    if (kept.length === size) break;
    kept.push(pieces[id]!);
  }
  return kept;
}

/** How each piece would be spelt without itself; undefined where there is no other way, or it is not its own best. */
function findAlternatives(pieces: readonly Piece[], lattice: UnigramLattice) {
  const keep = new Array<boolean>(pieces.length).fill(true);
  const alternatives = new Array<number[] | undefined>(pieces.length);
  keep[0] = false;
  for (let id = 1; id < pieces.length; id++) {
    const [best, second] = lattice.twoBest(pieces[id]![0]);
    if (second === undefined) continue;
    if (best!.length >= 2) keep[id] = false;
    else alternatives[id] = second;
  }
  return { keep, alternatives };
}

/** All characters first, then the pieces in order until the size is reached; sorted by score behind the special tokens. */
function finish(
  pieces: readonly Piece[],
  counts: CountedStrings,
  settings: UnigramSettings,
): UnigramVocabulary {
  const { specialTokens, unkToken } = settings;
  const at = unkToken === undefined ? -1 : specialTokens.indexOf(unkToken);
  const addUnk = unkToken !== undefined && at < 0;
  const special = addUnk ? [unkToken, ...specialTokens] : specialTokens;
  const room = settings.vocabSize - special.length;
  const scores = new Map(pieces.slice(1).map(([piece, score]) => [piece, score]));
  const lowest = lowestScore(pieces);
  const chosen = new Map<string, number>();
  let penalty = 0;
  for (const character of requiredCharacters(counts, settings.initialAlphabet)) {
    const score = scores.get(character);
    chosen.set(character, score ?? lowest + penalty);
    if (score === undefined) penalty += PENALTY_STEP;
  }
  for (const [piece, score] of scores) {
    if (chosen.size >= room) break;
    if (!chosen.has(piece)) chosen.set(piece, score);
  }
  const sorted = [...chosen].sort(([, a], [, b]) => b - a);
  return {
    pieces: [...special.map((token) => [token, 0] as const), ...sorted],
    unkId: unkToken === undefined ? undefined : Math.max(0, at),
  };
}

/** In order of code point: the library's order is another in every process. */
function requiredCharacters(counts: CountedStrings, initial: readonly string[]): string[] {
  const characters = new Set<string>();
  for (const [word] of counts) for (const character of word) characters.add(character);
  for (const text of initial) if (text !== "") characters.add(String.fromCodePoint(text.codePointAt(0)!));
  return [...characters].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
}
