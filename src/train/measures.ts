/** @file What a validation measures beside the loss: each with its key in files, its name for people and its digits. Which of
 *  them a run has follows from its objective; what was not measured is absent, not 0. */

export interface Measure {
  /** In metrics.jsonl and cygnet.json. */
  readonly key: string;
  /** "0.8123 bits a byte" */
  readonly name: string;
  readonly digits: number;
}

export const MEASURES = {
  /** Do not depend on the tokenizer, so runs with different vocabularies can be compared. */
  bitsPerByte: { key: "bits_per_byte", name: "bits a byte", digits: 4 },
  bitsPerCharacter: { key: "bits_per_character", name: "bits a character", digits: 4 },
  /** Share of the targets that got the highest score. */
  accuracy: { key: "accuracy", name: "of the targets right", digits: 4 },
  /** The same for always saying the most frequent token of the training text. */
  unigramAccuracy: { key: "unigram_accuracy", name: "right by the most frequent token", digits: 4 },
  /** Loss of a model that knows how frequent each token is, and nothing else. */
  unigramLoss: { key: "unigram_loss", name: "nats by frequencies alone", digits: 4 },
  bleu: { key: "bleu", name: "BLEU", digits: 2 },
  chrf: { key: "chrf", name: "chrF", digits: 2 },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;

export type Measured = { readonly [name in MeasureName]?: number };

export interface EvaluationResult extends Measured {
  /** Nats a target. */
  readonly loss: number;
  readonly perplexity: number;
  /** Targets looked at. */
  readonly tokens: number;
}

/** Those that were measured, in the order above. */
export function measuresOf(result: Measured): (Measure & { readonly value: number })[] {
  return (Object.keys(MEASURES) as MeasureName[]).flatMap((name) => {
    const value = result[name];
    return value === undefined ? [] : [{ ...MEASURES[name], value }];
  });
}

/** Under their keys in files. */
export function measuredKeys(result: Measured): Record<string, number> {
  return Object.fromEntries(measuresOf(result).map(({ key, value }) => [key, value]));
}
