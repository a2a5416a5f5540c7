/** @file Texts as weighted n-grams, as scikit-learn's TfidfVectorizer defines them:
 *    value = tf · idf, then each row divided by its length;  idf = ln((1 + n) / (1 + df)) + 1,
 *  tf: how often the text has the n-gram, or with `sublinear` 1 + ln of that; df: how many of n texts have it. Spärck Jones 1972;
 *  the ones are as if another text had every n-gram once. */

import { type NgramOptions, ngramsOf } from "./ngrams.js";
import { type SparseMatrix, type SparseRow, sparseRow } from "./sparse.js";

export interface TfidfOptions extends NgramOptions {
  /** Default false. */
  readonly sublinear?: boolean | undefined;
  /** Leave out n-grams that fewer texts have. Default 1. */
  readonly minDocuments?: number | undefined;
  /** Keep the most frequent only. Default all. */
  readonly maxFeatures?: number | undefined;
}

export interface Tfidf {
  /** n-gram → column, columns in order of the n-grams' code units. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly idf: Float64Array;
  transform(text: string): SparseRow;
}

export function fitTfidf(texts: readonly string[], options: TfidfOptions = {}): Tfidf {
  const { minDocuments = 1, maxFeatures = Number.POSITIVE_INFINITY } = options;
  const documents = new Map<string, number>();
  const occurrences = new Map<string, number>();
  for (const text of texts) {
    const ngrams = ngramsOf(text, options);
    for (const ngram of ngrams) occurrences.set(ngram, (occurrences.get(ngram) ?? 0) + 1);
    for (const ngram of new Set(ngrams)) documents.set(ngram, (documents.get(ngram) ?? 0) + 1);
  }
  const often = [...documents.keys()].filter((ngram) => documents.get(ngram)! >= minDocuments).sort();
  const kept =
    often.length <= maxFeatures
      ? often
      : often
          .toSorted((a, b) => occurrences.get(b)! - occurrences.get(a)!)
          .slice(0, maxFeatures)
          .sort();
  const vocabulary = new Map(kept.map((ngram, column) => [ngram, column]));
  const idf = Float64Array.from(kept, (n) => Math.log((1 + texts.length) / (1 + documents.get(n)!)) + 1);
  return { vocabulary, idf, transform: (text) => weigh(text, vocabulary, idf, options) };
}

export function tfidfMatrix(tfidf: Tfidf, texts: readonly string[]): SparseMatrix {
  return { columns: tfidf.idf.length, rows: texts.map(tfidf.transform) };
}

function weigh(
  text: string,
  vocabulary: ReadonlyMap<string, number>,
  idf: Float64Array,
  options: TfidfOptions,
): SparseRow {
  const counts = new Map<number, number>();
  for (const ngram of ngramsOf(text, options)) {
    const column = vocabulary.get(ngram);
    if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const { columns, values } = sparseRow(counts);
  const weighed = values.map((tf, i) => (options.sublinear ? 1 + Math.log(tf) : tf) * idf[columns[i]!]!);
  const length = Math.sqrt(weighed.reduce((sum, v) => sum + v * v, 0));
  return { columns, values: length === 0 ? weighed : weighed.map((v) => v / length) };
}
