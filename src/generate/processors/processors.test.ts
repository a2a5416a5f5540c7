import { expect, it } from "vitest";
import { createRandom } from "../../tensor/random.js";
import {
  badWords,
  encoderNoRepeatNgram,
  encoderRepetitionPenalty,
  epsilonCutoff,
  etaCutoff,
  exponentialDecay,
  forcedBos,
  forcedEos,
  type LogitsProcessor,
  MAX_F32,
  minLength,
  minNewTokens,
  minP,
  noRepeatNgram,
  openaiPenalties,
  processorChain,
  removeInvalid,
  renormalize,
  repetitionPenalty,
  sequenceBias,
  suppressAtBegin,
  suppressTokens,
  temperature,
  topH,
  topK,
  topP,
  typicalP,
} from "./index.js";

const NO = Number.NEGATIVE_INFINITY;
/** Scores with these probabilities. */
const logs = (...p: number[]) => p.map(Math.log);

function apply(
  process: LogitsProcessor,
  scores: readonly number[],
  past: readonly number[] = [],
  padding = 0,
): number[] {
  const row = Float32Array.from(scores);
  process(row, { ids: Int32Array.from(past), length: past.length, padding });
  return [...row];
}
const kept = (process: LogitsProcessor, scores: readonly number[], past: readonly number[] = []) =>
  apply(process, scores, past).flatMap((s, i) => (s === NO ? [] : [i]));

it("temperature divides", () => expect(apply(temperature(0.5), [1, -2, NO])).toEqual([2, -4, NO]));

it("top-k keeps what equals the k-th", () => {
  expect(kept(topK(2), [1, 5, 3, 3, 0])).toEqual([1, 2, 3]);
  expect(kept(topK(9), [1, 5])).toEqual([0, 1]);
  expect(kept(topK(1, 2), [1, 5, 3])).toEqual([1, 2]);
});

it("top-p keeps the token that crosses p", () => {
  const p = logs(0.5, 0.05, 0.3, 0.15);
  expect(kept(topP(0.4), p)).toEqual([0]);
  expect(kept(topP(0.6), p)).toEqual([0, 2]);
  expect(kept(topP(0.9), p)).toEqual([0, 2, 3]);
  expect(kept(topP(0.99), p)).toEqual([0, 1, 2, 3]);
  expect(kept(topP(0.01, 3), p)).toEqual([0, 2, 3]);
  expect(kept(topP(0.5), logs(0.25, 0.25, 0.25, 0.25))).toEqual([0, 1]);
});

it("min-p is relative to the best", () => {
  expect(kept(minP(0.5), logs(0.5, 0.3, 0.2))).toEqual([0, 1]);
  expect(kept(minP(1, 2), logs(0.5, 0.3, 0.2))).toEqual([0, 1]);
});

it("typical keeps what surprises about as much as expected", () => {
  // H = 1.03; surprises 0.69, 1.2, 1.61
  expect(kept(typicalP(0.2), logs(0.5, 0.3, 0.2))).toEqual([1]);
  expect(kept(typicalP(0.6), logs(0.5, 0.3, 0.2))).toEqual([0, 1]);
});

it("epsilon and eta cut by probability", () => {
  expect(kept(epsilonCutoff(0.25), logs(0.5, 0.3, 0.2))).toEqual([0, 1]);
  expect(kept(epsilonCutoff(0.9), logs(0.5, 0.3, 0.2))).toEqual([0]);
  // √0.25·exp(−1.03) = 0.179
  expect(kept(etaCutoff(0.25), logs(0.5, 0.3, 0.2))).toEqual([0, 1, 2]);
  expect(kept(etaCutoff(0.25), logs(0.85, 0.1, 0.05))).toEqual([0]);
});

it("top-h keeps a share of the entropy", () => {
  // terms of H: 0.347, 0.361, 0.322
  expect(kept(topH(0.7), logs(0.5, 0.3, 0.2))).toEqual([0, 1]);
  expect(kept(topH(0.1), logs(0.5, 0.3, 0.2))).toEqual([0]);
});

it("repetition penalty spares the padding and what it is told to ignore", () => {
  expect(apply(repetitionPenalty(2), [4, -4, 1, 8], [0, 1, 1, 3], 1)).toEqual([4, -8, 1, 4]);
  expect(apply(repetitionPenalty(2, 3), [4, -4, 1, 8], [0, 1, 1, 3])).toEqual([4, -4, 1, 4]);
  expect(apply(encoderRepetitionPenalty(2, Int32Array.of(0, 1, 0)), [4, -4, 1], [])).toEqual([8, -2, 1]);
});

it("OpenAI's penalties count generated tokens only", () => {
  expect(apply(openaiPenalties(1, 0.5, 1), [9, 9, 9], [2, 1, 1])).toEqual([9, 6.5, 9]);
});

it("no n-gram comes twice", () => {
  expect(kept(noRepeatNgram(2), [0, 0, 0, 0], [1, 2, 3, 1])).toEqual([0, 1, 3]);
  expect(kept(noRepeatNgram(1), [0, 0, 0, 0], [1, 2])).toEqual([0, 3]);
  expect(kept(noRepeatNgram(3), [0, 0, 0, 0], [1])).toEqual([0, 1, 2, 3]);
  expect(kept(encoderNoRepeatNgram(2, Int32Array.of(1, 3)), [0, 0, 0, 0], [1, 2, 3, 1])).toEqual([0, 1, 2]);
});

it("sequence bias and bad words act on the last token of a sequence", () => {
  const bias = sequenceBias([
    [[0], 1],
    [[2, 1], 3],
    [[1, 2, 0], 4],
    [[0], 1],
  ]);
  expect(apply(bias, [0, 0, 0], [0, 1, 2])).toEqual([6, 3, 0]);
  expect(apply(bias, [0, 0, 0], [1, 2])).toEqual([2, 3, 0]); // longer than the text: ignored, as in the library
  expect(apply(bias, [0, 0, 0], [])).toEqual([2, 0, 0]);
  expect(kept(badWords([[1], [2, 0], [3]], [3]), [0, 0, 0, 0], [0, 2])).toEqual([2, 3]);
});

it("lengths are kept to", () => {
  expect(kept(minLength(3, [1]), [0, 0], [0, 0])).toEqual([0]);
  expect(kept(minLength(2, [1]), [0, 0], [0, 0])).toEqual([0, 1]);
  expect(kept(minNewTokens(1, 2, [1]), [0, 0], [0, 0])).toEqual([0]);
  expect(kept(minNewTokens(1, 1, [1]), [0, 0], [0, 0])).toEqual([0, 1]);
  expect(apply(forcedBos(1), [3, 3], [0])).toEqual([NO, 0]);
  expect(apply(forcedBos(1), [3, 3], [0, 0])).toEqual([3, 3]);
  expect(apply(forcedEos([0], 3), [3, 3], [1, 1])).toEqual([0, NO]);
  expect(apply(forcedEos([0], 3), [3, 3], [1])).toEqual([3, 3]);
  expect(apply(exponentialDecay(1, 2, 1, [1]), [1, -3], [0, 0, 0, 0])).toEqual([1, 6]);
  expect(apply(exponentialDecay(3, 2, 1, [1]), [1, -3], [0, 0, 0, 0])).toEqual([1, -3]);
});

it("tokens are suppressed", () => {
  expect(kept(suppressTokens([1, 7]), [0, 0, 0])).toEqual([0, 2]);
  expect(kept(suppressAtBegin([1], 2), [0, 0], [0, 0])).toEqual([0]);
  expect(kept(suppressAtBegin([1], 1), [0, 0], [0, 0])).toEqual([0, 1]);
});

it("scores become numbers, and log-probabilities", () => {
  expect(apply(removeInvalid, [Number.NaN, Number.POSITIVE_INFINITY, NO, 2])).toEqual([
    0,
    Math.fround(MAX_F32),
    -Math.fround(MAX_F32),
    2,
  ]);
  const row = apply(renormalize, [...logs(2, 6), NO]);
  expect(row[0]).toBeCloseTo(Math.log(0.25), 6);
  expect(row[2]).toBe(NO);
});

it("the chain leaves out what changes nothing, and warps only when sampling", () => {
  const context = { promptLength: 1, maxLength: 9, eosTokenIds: [0], sampling: true };
  expect(
    processorChain({ temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 }, context),
  ).toEqual([]);
  expect(processorChain({ temperature: 0.7, topK: 4, topP: 0.5 }, { ...context, sampling: false })).toEqual(
    [],
  );
  // repetition first (4 → 2), then temperature (→ 4, and 3 → 6)
  const chain = processorChain({ temperature: 0.5, topK: 1, repetitionPenalty: 2 }, context);
  const row = Float32Array.of(4, 3);
  for (const process of chain) process(row, { ids: Int32Array.of(0), length: 1, padding: 0 });
  expect([...row]).toEqual([NO, 6]);
});

it("top-k and top-p agree with a sort on large rows", () => {
  const row = createRandom(5).fillNormal(new Float32Array(20_000), 0, 3);
  const order = [...row.keys()].sort((a, b) => row[b]! - row[a]!);
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  for (const p of [0.3, 0.9, 0.999]) {
    let mass = 0;
    const expected = order.filter((i) => {
      const before = mass;
      mass += Math.exp(row[i]!) / total;
      return before < p;
    });
    expect(new Set(kept(topP(p), [...row]))).toEqual(new Set(expected));
  }
  expect(new Set(kept(topK(777), [...row]))).toEqual(new Set(order.slice(0, 777)));
});
