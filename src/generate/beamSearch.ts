/** @file Beam search, the choices of Hugging Face's `generate` made exactly: each step keeps the best
 *  max(2, 1 + end tokens)·beams continuations of a row's beams by summed log-probability; those that end and are among the
 *  best `beams` become finished, with score Σ log p / length^penalty (length: generated tokens, the end token included);
 *  the best that do not end go on. At the length limit the running beams compete as finished.
 *
 *  A row stops once all its beams are finished and: `earlyStopping` true: at once; false: when the best running score over
 *  its present length^penalty is no better than the worst finished one; "never": with penalty > 0 the same at the longest
 *  possible length, else as false. Processors act on log-probabilities. */

import { nextTurn } from "../platform/turn.js";
import { type Continuable, type Decoding, startDecoding } from "./decoding.js";
import { logSumExp } from "./processors/distribution.js";
import { type LogitsProcessor, type ProcessorOptions, processorChain } from "./processors/index.js";

export interface BeamOptions extends ProcessorOptions {
  readonly numBeams: number;
  readonly maxTokens: number;
  /** Default the model's. */
  readonly eosTokenIds?: readonly number[] | undefined;
  /** Default 1. */
  readonly lengthPenalty?: number | undefined;
  /** Default false. */
  readonly earlyStopping?: boolean | "never" | undefined;
  /** Default 1; at most `numBeams`. */
  readonly numReturnSequences?: number | undefined;
  /** With it, processors see prompts padded on the left with this token, as in a batch of Hugging Face's. */
  readonly padTokenId?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Beam {
  /** Generated tokens, the end token included. */
  readonly ids: Int32Array;
  readonly score: number;
}

/** The best sequences of each prompt, best first. */
export async function beamSearch(
  model: Continuable,
  prompts: readonly Int32Array[],
  options: BeamOptions,
): Promise<Beam[][]> {
  const { numBeams } = options;
  const longest = Math.max(...prompts.map((p) => p.length));
  const maxTokens = Math.min(options.maxTokens, model.contextLength - longest);
  const decoding = startDecoding(model, prompts, {
    capacity: longest + maxTokens,
    maxRows: prompts.length * numBeams,
  });
  try {
    decoding.select(prompts.flatMap((_, r) => new Array<number>(numBeams).fill(r)));
    const rows = prompts.map((prompt) =>
      startRow(model, paddedTo(prompt, longest, options.padTokenId), maxTokens, options),
    );
    for (let step = 1; ; step++) {
      for (const [r, row] of rows.entries()) advanceRow(row, scoresOf(decoding, r * numBeams), step);
      if (step === maxTokens || rows.every((row) => row.done)) break;
      decoding.select(rows.flatMap((row, r) => row.running.map((beam) => r * numBeams + beam.parent)));
      decoding.step(Int32Array.from(rows.flatMap((row) => row.running.map((beam) => beam.last))));
      await nextTurn();
      options.signal?.throwIfAborted();
    }
    return rows.map((row) =>
      row.finished
        .slice(0, options.numReturnSequences ?? 1)
        .map(({ history, score }) => ({ ids: history.slice(row.prompt.ids.length), score })),
    );
  } finally {
    decoding.dispose();
  }
}

interface PaddedPrompt {
  readonly ids: Int32Array;
  readonly padding: number;
}

interface Hypothesis {
  /** Prompt (as processors see it) and generated ids. */
  readonly history: Int32Array;
  readonly score: number;
  readonly complete: boolean;
}

interface Running {
  readonly history: Int32Array;
  readonly score: number;
  /** Which of the row's beams it continues, and by what. */
  readonly parent: number;
  readonly last: number;
}

interface Row {
  readonly prompt: PaddedPrompt;
  readonly maxTokens: number;
  readonly options: BeamOptions;
  readonly eos: ReadonlySet<number>;
  readonly chain: readonly LogitsProcessor[];
  running: Running[];
  /** Always `numBeams`, best first; places not yet filled are not `complete`. */
  finished: Hypothesis[];
  /** The finished ones can no longer be bettered. */
  settled: boolean;
  done: boolean;
}

/** Stands for "no score": such a place loses against every real one. */
const NONE = -1e9;

function paddedTo(prompt: Int32Array, length: number, pad: number | undefined): PaddedPrompt {
  if (pad === undefined) return { ids: prompt, padding: 0 };
  const padding = length - prompt.length;
  const ids = new Int32Array(length).fill(pad);
  ids.set(prompt, padding);
  return { ids, padding };
}

function startRow(model: Continuable, prompt: PaddedPrompt, maxTokens: number, options: BeamOptions): Row {
  const eosTokenIds = options.eosTokenIds ?? model.eosTokenIds;
  const beams = Array.from({ length: options.numBeams });
  const promptLength = prompt.ids.length;
  return {
    prompt,
    maxTokens,
    options,
    eos: new Set(eosTokenIds),
    chain: processorChain(options, {
      promptLength,
      maxLength: promptLength + maxTokens,
      eosTokenIds,
      sampling: false,
    }),
    // All beams are the same at first, so only one of them counts.
    running: beams.map((_, i) => ({ history: prompt.ids, score: i === 0 ? 0 : NONE, parent: i, last: 0 })),
    finished: beams.map(() => ({ history: prompt.ids, score: NONE, complete: false })),
    settled: false,
    done: false,
  };
}

/** Logits of a row's beams, from row `first` of the batch on. */
function scoresOf(decoding: Decoding, first: number): (beam: number) => Float32Array {
  const { vocabSize, logits } = decoding;
  return (beam) => logits.subarray((first + beam) * vocabSize, (first + beam + 1) * vocabSize);
}

function advanceRow(row: Row, logitsOf: (beam: number) => Float32Array, step: number): void {
  if (row.done) return;
  const { numBeams, lengthPenalty = 1, earlyStopping = false } = row.options;
  const candidates = bestContinuations(row, logitsOf);
  const ends = candidates.map((c) => step === row.maxTokens || row.eos.has(c.last));
  row.running = candidates.filter((_, i) => !ends[i]).slice(0, numBeams);

  const full = earlyStopping === true && row.finished.every((h) => h.complete);
  if (!full && !row.settled) {
    const ended = candidates.filter((_, i) => ends[i] && i < numBeams);
    const fresh = ended.map(({ history, score }) => ({
      history,
      score: score / step ** lengthPenalty,
      complete: true,
    }));
    row.finished = [...row.finished, ...fresh].sort((a, b) => b.score - a.score).slice(0, numBeams);
  }
  row.settled ||= !mayImprove(row, step);
  row.done = row.settled || (earlyStopping === true && row.finished.every((h) => h.complete));
}

/** The best continuations over all beams of a row, best first, each with its history. */
function bestContinuations(row: Row, logitsOf: (beam: number) => Float32Array): Running[] {
  const { numBeams } = row.options;
  const count = Math.max(2, 1 + row.eos.size) * numBeams;
  const best: { score: number; parent: number; last: number }[] = [];
  for (const [parent, { history, score }] of row.running.entries()) {
    const scores = logProbabilities(logitsOf(parent));
    for (const process of row.chain)
      process(scores, { ids: history, length: history.length, padding: row.prompt.padding });
    for (let id = 0; id < scores.length; id++) {
      const total = score + scores[id]!;
      if (best.length < count || total > best[count - 1]!.score)
        insert(best, { score: total, parent, last: id }, count);
    }
  }
  return best.map((c) => ({ ...c, history: Int32Array.from([...row.running[c.parent]!.history, c.last]) }));
}

function insert<T extends { score: number }>(best: T[], item: T, count: number): void {
  let at = best.length;
  while (at > 0 && best[at - 1]!.score < item.score) at--;
  best.splice(at, 0, item);
  if (best.length > count) best.pop();
}

function logProbabilities(logits: Float32Array): Float32Array {
  const total = logSumExp(logits);
  return logits.map((x) => x - total);
}

/** Whether a running beam could still become better than the worst finished one. */
function mayImprove(row: Row, step: number): boolean {
  const { lengthPenalty = 1, earlyStopping = false } = row.options;
  const best = row.running[0];
  if (best === undefined) return false;
  const length = earlyStopping === "never" && lengthPenalty > 0 ? row.maxTokens : step;
  const worst = Math.min(...row.finished.map((h) => (h.complete ? h.score : NONE)));
  return best.score / length ** lengthPenalty > worst;
}
