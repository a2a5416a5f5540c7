/** @file Checks of type `generate`, on decoders and on encoder-decoders (which continue their start token): greedy decoding with processors and end tokens, beam search with
 *  scores, and the raw logits of each step. Prompts are padded on the left and processors see the padding, as in the
 *  library; after the first end token nothing is compared. */

import { chooseBest } from "../../../generate/choose.js";
import { beamSearch, type Continuable, conditioned, startDecoding } from "../../../generate/index.js";
import {
  type ProcessorOptions,
  processorChain,
  type SequenceBias,
} from "../../../generate/processors/index.js";
import type { Seq2SeqModel } from "../../../models/index.js";
import type { Comparison } from "../compare.js";
import {
  type CaseContext,
  CaseError,
  type CaseTensor,
  type CheckJson,
  type CheckResult,
  type CheckType,
  NotHere,
} from "./kind.js";
import { type Inputs, readInputs } from "./models/inputs.js";
import { activationLimit, comparisonFor, numberIn } from "./models/limits.js";
import { isSeq2Seq, seq2seqModelOf } from "./models/seq2seqTask.js";
import { causalModelOf } from "./models/task.js";

/** A check's `args`, as the file spells them. */
type GenerateArgs = Readonly<Record<string, unknown>>;

interface GeneratedRows {
  /** New tokens of each row, the end token included. */
  readonly sequences: readonly Int32Array[];
  /** Of beams. */
  readonly scores?: readonly number[];
  /** Raw logits, one row a step that the row took. */
  readonly stepLogits?: readonly (readonly Float32Array[])[];
}

export const generateChecks: CheckType = { types: ["generate"], fp32Only: true, run };

async function run(check: CheckJson, context: CaseContext): Promise<CheckResult> {
  const inputs = readInputs(check, context);
  const args = (check.args ?? {}) as GenerateArgs;
  const seq2seq = isSeq2Seq(context);
  const found = seq2seq
    ? await runConditioned(seq2seqModelOf(context), inputs, args)
    : await runGenerate(causalModelOf(context), unpadded(inputs), args);
  const expect = (check.expect ?? {}) as Record<string, unknown>;
  const c = comparisonFor(check, context);
  const eos = [(check.args as GenerateArgs).eos_token_id ?? []].flat() as number[];
  compareSequences(c, found.sequences, context.tensor(expect.sequences), seq2seq ? 1 : inputs.seq, eos);
  if (expect.sequences_scores !== undefined) {
    const limit = Math.max(1e-4, 10 * numberIn(check.noise, "sequences_scores"));
    const scores = context.tensor(expect.sequences_scores).floats();
    c.arrays("sequences_scores", found.scores ?? [], scores, limit);
  }
  if (expect.step_logits !== undefined)
    compareSteps(
      c,
      found.stepLogits ?? [],
      context.tensor(expect.step_logits),
      activationLimit(check, "step_logits"),
    );
  return c.result();
}

/** Rows up to and including the first end token; a row without one must be as long as what is expected. */
function compareSequences(
  c: Comparison,
  found: readonly Int32Array[],
  expected: CaseTensor,
  prompt: number,
  eos: readonly number[],
): void {
  const [rows, columns] = expected.shape as [number, number];
  const ids = expected.ints();
  c.that("sequences", found.length === rows, `${found.length} sequences, ${rows} are expected`);
  for (const [r, row] of found.entries()) {
    const wanted = ids.slice(r * columns + prompt, (r + 1) * columns);
    const end = wanted.findIndex((id) => eos.includes(id));
    const whole = end === -1 ? wanted : wanted.slice(0, end + 1);
    const same = row.length === whole.length && row.every((id, i) => id === whole[i]);
    c.that("sequences", same, `row ${r} is ${row.join(" ")}, expected ${whole.join(" ")}`);
  }
}

function compareSteps(
  c: Comparison,
  found: readonly (readonly Float32Array[])[],
  expected: CaseTensor,
  limit: number,
): void {
  const [, steps, vocab] = expected.shape as [number, number, number];
  const logits = expected.floats();
  for (const [r, row] of found.entries()) {
    for (const [s, scores] of row.entries()) {
      const at = (r * steps + s) * vocab;
      c.arrays(`step_logits of row ${r}, step ${s}`, scores, logits.subarray(at, at + vocab), limit);
    }
  }
}

/** The real tokens of left-padded rows. */
function unpadded({ inputIds, attentionMask, batch, seq }: Inputs): Int32Array[] {
  return Array.from({ length: batch }, (_, r) =>
    inputIds.slice(r * seq, (r + 1) * seq).filter((_, i) => attentionMask?.[r * seq + i] !== 0),
  );
}

async function runConditioned(
  model: Seq2SeqModel,
  { inputIds, batch, seq, attentionMask }: Inputs,
  args: GenerateArgs,
): Promise<GeneratedRows> {
  const { engine } = model;
  const source = { inputIds, batch, seq, attentionMask };
  const encoded = engine.noGrad(() => model.encode(source));
  try {
    const start = number(args, "decoder_start_token_id", model.decoderStartTokenId ?? Number.NaN);
    const prompts = Array.from({ length: batch }, () => Int32Array.of(start));
    return await runGenerate(conditioned(model, encoded), prompts, args);
  } finally {
    encoded.hidden.dispose();
  }
}

async function runGenerate(
  model: Continuable,
  prompts: readonly Int32Array[],
  args: GenerateArgs,
): Promise<GeneratedRows> {
  const options = optionsOf(args);
  if (number(args, "num_beams", 1) === 1) return greedy(model, prompts, options);
  const beams = await beamSearch(model, prompts, {
    ...options,
    numBeams: number(args, "num_beams", 1),
    lengthPenalty: number(args, "length_penalty", 1),
    earlyStopping: (args.early_stopping ?? false) as boolean | "never",
    numReturnSequences: number(args, "num_return_sequences", 1),
  });
  return { sequences: beams.flat().map((b) => b.ids), scores: beams.flat().map((b) => b.score) };
}

type Options = ProcessorOptions & {
  readonly maxTokens: number;
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number;
};

function number(args: GenerateArgs, key: string, otherwise: number): number {
  const value = args[key] ?? otherwise;
  if (typeof value !== "number") throw new CaseError(`args.${key} is no number`);
  return value;
}

const KNOWN = new Set(
  "pad_token_id decoder_start_token_id max_new_tokens do_sample eos_token_id repetition_penalty no_repeat_ngram_size num_beams length_penalty early_stopping num_return_sequences min_length min_new_tokens bad_words_ids sequence_bias suppress_tokens begin_suppress_tokens forced_bos_token_id forced_eos_token_id remove_invalid_values renormalize_logits exponential_decay_length_penalty".split(
    " ",
  ),
);

function optionsOf(args: GenerateArgs): Options {
  for (const key of Object.keys(args))
    if (!KNOWN.has(key)) throw new NotHere(`the setting ${key} is not known here`);
  if (args.do_sample === true) throw new CaseError("a check that samples cannot be reproduced");
  const get = <T>(key: string) => (args[key] ?? undefined) as T | undefined;
  return {
    maxTokens: number(args, "max_new_tokens", 20),
    eosTokenIds: [get<number | number[]>("eos_token_id") ?? []].flat(),
    padTokenId: number(args, "pad_token_id", 0),
    repetitionPenalty: get("repetition_penalty"),
    noRepeatNgramSize: get("no_repeat_ngram_size"),
    minLength: get("min_length"),
    minNewTokens: get("min_new_tokens"),
    badWordsIds: get<number[][]>("bad_words_ids"),
    sequenceBias: get<SequenceBias>("sequence_bias"),
    suppressTokens: get<number[]>("suppress_tokens"),
    beginSuppressTokens: get<number[]>("begin_suppress_tokens"),
    forcedBosTokenId: get("forced_bos_token_id"),
    forcedEosTokenId: get<number | number[]>("forced_eos_token_id"),
    removeInvalidValues: get("remove_invalid_values"),
    renormalizeLogits: get("renormalize_logits"),
    exponentialDecayLengthPenalty: get<[number, number]>("exponential_decay_length_penalty"),
  };
}

function greedy(model: Continuable, prompts: readonly Int32Array[], options: Options): GeneratedRows {
  const { maxTokens, eosTokenIds, padTokenId } = options;
  const longest = Math.max(...prompts.map((p) => p.length));
  const chain = processorChain(options, {
    promptLength: longest,
    maxLength: longest + maxTokens,
    eosTokenIds,
    sampling: false,
  });
  const rows = prompts.map((prompt) => {
    const ids = new Int32Array(longest + maxTokens).fill(padTokenId);
    ids.set(prompt, longest - prompt.length);
    return {
      ids,
      padding: longest - prompt.length,
      length: longest,
      done: false,
      logits: [] as Float32Array[],
    };
  });
  const decoding = startDecoding(model, prompts, { capacity: longest + maxTokens });
  try {
    for (let step = 1; step <= maxTokens; step++) {
      for (const [r, row] of rows.entries()) {
        if (row.done) continue;
        const scores = decoding.logits.subarray(r * decoding.vocabSize, (r + 1) * decoding.vocabSize);
        row.logits.push(scores.slice());
        for (const process of chain) process(scores, row);
        const id = chooseBest(scores);
        row.ids[row.length++] = id;
        row.done = eosTokenIds.includes(id);
      }
      if (rows.every((row) => row.done) || step === maxTokens) break;
      decoding.step(Int32Array.from(rows, (row) => row.ids[longest + step - 1]!));
    }
  } finally {
    decoding.dispose();
  }
  return {
    sequences: rows.map((row) => row.ids.slice(longest, row.length)),
    stepLogits: rows.map((row) => row.logits),
  };
}
