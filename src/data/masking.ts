/** @file BERT's masked words (Devlin et al. 2018, section 3.1 and appendix A.1): some of a row's tokens are chosen as
 *  targets; of these most become [MASK], some another token, some stay, so that a model may trust no token it reads.
 *
 *  - Tokens: each ordinary token is chosen with `probability`, independently, as transformers'
 *    DataCollatorForLanguageModeling does; a row in which chance chose none gets one.
 *  - Whole words (`continues`): the row's words in random order are chosen whole until
 *    max(1, round(probability · ordinary tokens)) tokens are; a word longer than what is left of that is passed over (BERT's
 *    create_pretraining_data.py). Where no word is short enough, the first is taken.
 *
 *  What a chosen token becomes is drawn for each token by itself, in whole words too, as in both of these. */

import { NO_TARGET } from "./batch.js";
import { optionInvalid } from "./optionInvalid.js";
import { type Random, shuffle } from "./random.js";

export interface MaskingOptions {
  /** Share of the ordinary tokens that are chosen, above 0 to 1; 0.15 by default. */
  readonly probability?: number;
  readonly maskId: number;
  readonly vocabSize: number;
  /** [vocabSize] 1 for ids that are never chosen, nor put in another's place: [CLS], [SEP], padding, [MASK] itself. */
  readonly special: Uint8Array;
  /** [vocabSize] 1 for ids that go on with the word of the token before: WordPiece's ##, a byte-level token without a
   *  leading space. Chooses whole words. */
  readonly continues?: Uint8Array;
  /** Share of the chosen that become [MASK], 0.8 by default. */
  readonly maskShare?: number;
  /** Share of the chosen that become a random ordinary token, 0.1 by default; the rest stay. */
  readonly randomShare?: number;
}

export interface MaskedTokens {
  /** [seq] what the model reads. */
  readonly inputIds: Int32Array;
  /** [seq] the token that was there, where chosen; −100 elsewhere. */
  readonly labels: Int32Array;
  /** Tokens chosen: 0 only where the row has no ordinary token. */
  readonly count: number;
}

/** Throws `UserError` `option-invalid` for shares that are none and tables of another length than the vocabulary. */
export function checkMasking(options: MaskingOptions): void {
  const { probability = 0.15, maskShare = 0.8, randomShare = 0.1, vocabSize, maskId } = options;
  if (!(probability > 0 && probability <= 1))
    throw optionInvalid("probability", probability, "a number above 0, at most 1");
  if (!(maskShare >= 0 && randomShare >= 0 && maskShare + randomShare <= 1 + 1e-9))
    throw optionInvalid("maskShare, randomShare", [maskShare, randomShare], "shares that sum to at most 1");
  if (!(Number.isSafeInteger(maskId) && maskId >= 0 && maskId < vocabSize))
    throw optionInvalid("maskId", maskId, `a token below ${vocabSize}`);
  for (const table of ["special", "continues"] as const) {
    const length = options[table]?.length;
    if (length !== undefined && length !== vocabSize)
      throw optionInvalid(table, `${length} entries`, `one for each of ${vocabSize} tokens`);
  }
}

/** Masks one row, `ids` [seq], which stays as it is. Nothing but `random` decides. */
export function maskTokens(ids: ArrayLike<number>, options: MaskingOptions, random: Random): MaskedTokens {
  const {
    probability = 0.15,
    maskId,
    vocabSize,
    special,
    continues,
    maskShare = 0.8,
    randomShare = 0.1,
  } = options;
  const inputIds = Int32Array.from(ids);
  const labels = new Int32Array(ids.length).fill(NO_TARGET);
  const ordinary: number[] = [];
  inputIds.forEach((id, i) => {
    if (special[id] !== 1) ordinary.push(i);
  });
  const chosen =
    continues === undefined
      ? chooseTokens(ordinary, probability, random)
      : chooseWords(inputIds, ordinary, continues, probability, random);
  for (const i of chosen) {
    labels[i] = inputIds[i]!;
    const fate = random.uniform();
    if (fate < maskShare) inputIds[i] = maskId;
    else if (fate < maskShare + randomShare) {
      // Ends: a token that was chosen is ordinary itself.
      do inputIds[i] = random.below(vocabSize);
      while (special[inputIds[i]!] === 1);
    }
  }
  return { inputIds, labels, count: chosen.length };
}

function chooseTokens(ordinary: readonly number[], probability: number, random: Random): number[] {
  const chosen = ordinary.filter(() => random.uniform() < probability);
  if (chosen.length === 0 && ordinary.length > 0) chosen.push(ordinary[random.below(ordinary.length)]!);
  return chosen;
}

function chooseWords(
  ids: Int32Array,
  ordinary: readonly number[],
  continues: Uint8Array,
  probability: number,
  random: Random,
): number[] {
  const words: number[][] = [];
  let before = -2;
  for (const i of ordinary) {
    if (i === before + 1 && continues[ids[i]!] === 1) words.at(-1)!.push(i);
    else words.push([i]);
    before = i;
  }
  const budget = Math.max(1, Math.round(probability * ordinary.length));
  shuffle(words, random);
  const chosen: number[] = [];
  for (const word of words) {
    if (chosen.length + word.length <= budget) chosen.push(...word);
    if (chosen.length === budget) break;
  }
  if (chosen.length === 0 && words.length > 0) chosen.push(...words[0]!);
  return chosen.sort((a, b) => a - b);
}
