/** @file Cases of kind `train`: a corpus, a trainer's settings, and the vocabulary that Hugging Face's library learns. */

import { exists, joinPath, readJson, readText, sha256 } from "../../../../platform/files.js";
import { type ModelTraining, type Tokenizer, trainTokenizer } from "../../../../tokenizer/index.js";
import { type CaseContext, CaseError, type CaseKind, type CheckResult, NotHere } from "../kind.js";
import type { Row } from "../rows.js";
import { createDifferences } from "./rows.js";

interface Trainer {
  vocab_size: number;
  min_frequency?: number;
  special_tokens?: string[];
  initial_alphabet?: string[];
  limit_alphabet?: number;
  max_token_length?: number;
  continuing_subword_prefix?: string;
  end_of_word_suffix?: string;
  unk_token?: string | null;
  shrinking_factor?: number;
  max_piece_length?: number;
  n_sub_iterations?: number;
  seed_size?: number;
}

export const trainKind: CaseKind = {
  name: "train",
  matches: (json) => json.kind === "train",
  async *run(context) {
    const { json } = context;
    const trainer = json.trainer as Trainer;
    const model = json.model as { unk_token?: string | null };
    const tokenizer = await trainTokenizer({
      documents: documentsOf(corpusOf(context), json.feed),
      model: trainingOf(String(json.trainer_class), trainer),
      vocabSize: trainer.vocab_size,
      minFrequency: trainer.min_frequency,
      specialTokens: trainer.special_tokens,
      unkToken: (json.trainer_class === "UnigramTrainer" ? trainer.unk_token : model.unk_token) ?? undefined,
      normalizer: json.normalizer as object | null,
      preTokenizer: json.pre_tokenizer as object | null,
    });
    if (json.compare === "hash") yield compareHashes(tokenizer, json.expected as Row);
    else {
      const expected = (readJson(context.path(json.expected)) as { model: Row }).model;
      if (json.compare === "unigram") yield* compareUnigram(tokenizer, expected, context);
      else yield* compareExact(tokenizer, expected);
    }
  },
};

/** Beside the case, in the folder of corpora, or in shared/data. */
function corpusOf(context: CaseContext): string {
  const name = String(context.json.corpus);
  if (/^(\.\.\/\.\.\/corpora\/)?[\w.-]+$/.test(name)) return readText(joinPath(context.folder, name));
  if (!/^shared\/data\/[\w./-]+$/.test(name) || name.includes(".."))
    throw new CaseError(`case.json names the corpus ${name}`);
  const file = joinPath(context.folder, "../../../../..", name);
  if (!exists(file)) throw new NotHere(`${file} is not there`);
  return readText(file);
}

function documentsOf(text: string, feed: unknown): string[] {
  if (feed === "lines") return text.split("\n");
  if (feed === "lines_keepends") return text.split(/(?<=\n)/).filter((line) => line !== "");
  return feed === "paragraphs" ? text.split("\n\n") : [text];
}

function trainingOf(trainerClass: string, t: Trainer): ModelTraining {
  if (trainerClass === "WordLevelTrainer") return { type: "WordLevel" };
  if (trainerClass === "UnigramTrainer")
    return {
      type: "Unigram",
      initialAlphabet: t.initial_alphabet,
      shrinkingFactor: t.shrinking_factor,
      maxPieceLength: t.max_piece_length,
      subIterations: t.n_sub_iterations,
      seedSize: t.seed_size,
    };
  return {
    type: trainerClass === "WordPieceTrainer" ? "WordPiece" : "BPE",
    initialAlphabet: t.initial_alphabet,
    limitAlphabet: t.limit_alphabet,
    maxTokenLength: t.max_token_length,
    continuingPrefix: t.continuing_subword_prefix,
    endOfWordSuffix: t.end_of_word_suffix,
  };
}

type Learned = { vocab: Record<string, number>; merges?: [string, string][] };
const modelOf = (tokenizer: Tokenizer) => (tokenizer.definition as { model: unknown }).model as Learned;
const byId = (vocab: object) => Object.entries(vocab as Record<string, number>).sort(([, a], [, b]) => a - b);

function* compareExact(tokenizer: Tokenizer, expected: Row): Iterable<CheckResult> {
  const own = modelOf(tokenizer);
  const vocabulary = createDifferences();
  vocabulary.same("vocab", byId(own.vocab), byId(expected.vocab as object));
  yield vocabulary.result("vocab");
  if (expected.merges === undefined) return;
  const merges = createDifferences();
  merges.same("merges", own.merges, expected.merges);
  yield merges.result("merges");
}

function compareHashes(tokenizer: Tokenizer, expected: Row): CheckResult {
  const own = modelOf(tokenizer);
  const d = createDifferences();
  const merges = (own.merges ?? []).map(([left, right]) => `${left} ${right}`);
  const first = expected.first_merges as string[];
  const last = expected.last_merges as string[];
  d.same("first merges", merges.slice(0, first.length), first);
  d.same("last merges", merges.slice(-last.length), last);
  const spelt = byId(own.vocab).map(([token]) => token);
  d.same("vocab_sha256", sha256(`${spelt.join("\n")}\n`), expected.vocab_sha256);
  d.same("merges_sha256", sha256(`${merges.join("\n")}\n`), expected.merges_sha256);
  return d.result("vocab and merges");
}

function* compareUnigram(tokenizer: Tokenizer, expected: Row, context: CaseContext): Iterable<CheckResult> {
  const own = new Map(modelOf(tokenizer).vocab as unknown as [string, number][]);
  const theirs = new Map(expected.vocab as [string, number][]);
  const sets = createDifferences();
  const missing = [...theirs.keys()].filter((piece) => !own.has(piece));
  const extra = [...own.keys()].filter((piece) => !theirs.has(piece));
  sets.that(
    missing.length + extra.length === 0,
    `lacks ${JSON.stringify(missing.slice(0, 20))}, has ${JSON.stringify(extra.slice(0, 20))} more (${missing.length}, ${extra.length})`,
  );
  yield sets.result("pieces");
  const tolerance = context.json.tolerance as { score_abs: number; penalised_score_abs: number };
  const penalised = new Set(context.json.penalised_characters as string[]);
  const scores = createDifferences();
  for (const [piece, score] of theirs) {
    const limit = penalised.has(piece) ? tolerance.penalised_score_abs : tolerance.score_abs;
    const off = Math.abs((own.get(piece) ?? Number.NaN) - score);
    scores.that(off <= limit, `the score of ${JSON.stringify(piece)} is off by ${off}`);
  }
  yield scores.result("scores");
}
