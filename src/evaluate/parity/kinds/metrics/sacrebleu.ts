/** @file Cases of kind `sacrebleu`: scores of corpora and of sentences, and how segments are cut into tokens. */

import { given } from "../../../../platform/given.js";
import {
  BLEU_TOKENIZERS,
  type BleuOptions,
  bleuSignature,
  bleuTokenize,
  type ChrfOptions,
  corpusBleu,
  corpusChrf,
  corpusTer,
  sentenceBleu,
  type TerWordOptions,
  terSignature,
} from "../../../metrics/index.js";
import { createComparison } from "../../compare.js";
import { CaseError, type CaseKind, type CheckResult } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";

interface Corpus {
  readonly hyps: readonly string[];
  readonly refs: readonly (readonly string[])[];
}

export const sacrebleuKind: CaseKind = {
  name: "sacrebleu",
  matches: (json) => json.kind === "sacrebleu",
  *run(context) {
    const { corpora } = context.json.settings as { corpora: Readonly<Record<string, Corpus>> };
    const limit = Number((context.json.tolerance as { score_abs?: unknown } | undefined)?.score_abs ?? 1e-9);
    const corpusOf = (line: Row): Corpus => {
      const corpus = corpora[String(line.corpus)];
      if (corpus === undefined) throw new CaseError(`there is no corpus ${String(line.corpus)}`);
      return corpus;
    };
    for (const line of rowsOf(context, "corpus.jsonl")) yield ofCorpus(line, corpusOf(line), limit);
    for (const line of rowsOf(context, "sentences.jsonl")) yield ofSentence(line, corpusOf(line), limit);
    for (const [i, line] of rowsOf(context, "tokenizers.jsonl").entries()) yield ofTokenizers(line, i);
  },
};

function ofCorpus(line: Row, { hyps, refs }: Corpus, limit: number): CheckResult {
  const check = `${String(line.corpus)} ${String(line.metric)} ${JSON.stringify(line.config)}`;
  const config = line.config as Readonly<Record<string, never>>;
  const c = createComparison(check);
  if (line.metric === "ter") {
    const options: TerWordOptions = given({
      caseSensitive: config.case_sensitive,
      normalized: config.normalized,
      noPunct: config.no_punct,
      asianSupport: config.asian_support,
    });
    const found = corpusTer(hyps, refs, options);
    c.number("score", found.score, Number(line.score), limit);
    c.number("num_edits", found.edits, Number(line.num_edits), 0);
    c.number("ref_length", found.referenceLength, Number(line.ref_length), limit);
    const signature = terSignature(refs.length, options);
    c.that(
      "signature",
      String(line.signature).startsWith(`${signature}|version`),
      `${signature}, expected ${String(line.signature)}`,
    );
    return c.result();
  }
  if (line.metric === "chrf") {
    const options: ChrfOptions = given({
      charOrder: config.char_order,
      wordOrder: config.word_order,
      beta: config.beta,
      lowercase: config.lowercase,
      whitespace: config.whitespace,
      epsSmoothing: config.eps_smoothing,
    });
    c.number("score", corpusChrf(hyps, refs, options), Number(line.score), limit);
    return c.result();
  }
  const options: BleuOptions = given({
    tokenize: config.tokenize,
    lowercase: config.lowercase,
    smoothMethod: config.smooth_method,
    smoothValue: config.smooth_value,
    maxNgramOrder: config.max_ngram_order,
    effectiveOrder: config.effective_order,
  });
  const found = corpusBleu(hyps, refs, options);
  c.number("score", found.score, Number(line.score), limit);
  c.arrays("counts", found.counts, line.counts as number[], limit);
  c.arrays("totals", found.totals, line.totals as number[], limit);
  c.arrays("precisions", found.precisions, line.precisions as number[], limit);
  c.number("bp", found.brevityPenalty, Number(line.bp), limit);
  c.number("sys_len", found.systemLength, Number(line.sys_len), 0);
  c.number("ref_len", found.referenceLength, Number(line.ref_len), 0);
  const signature = bleuSignature(refs.length, options);
  c.that(
    "signature",
    String(line.signature).startsWith(signature.split("|smooth")[0]!),
    `${signature}, expected ${String(line.signature)}`,
  );
  return c.result();
}

function ofSentence(line: Row, { hyps, refs }: Corpus, limit: number): CheckResult {
  const i = Number(line.index);
  const hypothesis = hyps[i]!;
  const references = refs.map((stream) => stream[i]!);
  // The Chinese corpus was cut as Chinese.
  const tokenize = line.corpus === "zh" ? "zh" : "13a";
  const c = createComparison(`${String(line.corpus)} sentence ${i}`);
  for (const smoothMethod of ["exp", "floor", "add-k", "none"] as const)
    c.number(
      `bleu_effective_${smoothMethod}`,
      sentenceBleu(hypothesis, references, { smoothMethod, tokenize }).score,
      Number(line[`bleu_effective_${smoothMethod}`]),
      limit,
    );
  c.number(
    "bleu_exp",
    sentenceBleu(hypothesis, references, { effectiveOrder: false, tokenize }).score,
    Number(line.bleu_exp),
    limit,
  );
  const streams = references.map((r) => [r]);
  c.number("chrf", corpusChrf([hypothesis], streams), Number(line.chrf), limit);
  c.number("chrf++", corpusChrf([hypothesis], streams, { wordOrder: 2 }), Number(line["chrf++"]), limit);
  const ter = corpusTer([hypothesis], streams);
  c.number("ter", ter.score, Number(line.ter), limit);
  c.number("ter_edits", ter.edits, Number(line.ter_edits), 0);
  c.number("ter_ref_length", ter.referenceLength, Number(line.ter_ref_length), limit);
  return c.result();
}

function ofTokenizers(line: Row, index: number): CheckResult {
  const c = createComparison(`tokens of text ${index}`);
  for (const tokenizer of BLEU_TOKENIZERS) {
    if (line[tokenizer] === undefined) continue;
    const found = bleuTokenize(String(line.text), tokenizer);
    c.that(
      tokenizer,
      found === line[tokenizer],
      `${tokenizer} gives ${JSON.stringify(found)}, expected ${JSON.stringify(line[tokenizer])}`,
    );
    c.number(tokenizer, 0, 0, 1);
  }
  return c.result();
}
