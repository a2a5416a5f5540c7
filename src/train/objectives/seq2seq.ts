/** @file A text into another (Vaswani et al. 2017): pairs, the decoder reading the target it should write (teacher forcing),
 *  batches of like lengths, label smoothing. Validation is the loss without smoothing, and BLEU and chrF of what is written:
 *  greedily on the way and for a part, by beam search over all of it at the end. */

import {
  createPairLoader,
  createPairValidation,
  openPairs,
  type PairBatch,
  type PairFiles,
  readPairs,
  sourcesKey,
  splitOf,
  type TextPair,
  type TokenPairs,
  writePairs,
} from "../../data/index.js";
import { corpusBleu, corpusChrf } from "../../evaluate/metrics/index.js";
import { text2text } from "../../generate/text2text.js";
import { createSeq2SeqModel, type Seq2SeqModel } from "../../models/index.js";
import { UserError } from "../../platform/errors.js";
import { joinPath, makeFolder } from "../../platform/files.js";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/index.js";
import type { PretrainRecipe } from "../config/index.js";
import type { Listener } from "../events.js";
import { seq2seqFlops } from "../flops.js";
import { learnPairTokenizer } from "../learnTokenizer.js";
import type { EvaluationResult, Measured } from "../measures.js";
import type { MicroBatch } from "../microBatch.js";
import { modelConfig } from "../modelConfig.js";
import { bytesOf, keepTokenizer, type PreparedFile, prepared } from "../prepare.js";
import { modelShape } from "../presets.js";
import { dealerOf, sumOfBatches } from "./batches.js";
import type { Objective } from "./objective.js";

/** The paper's. */
const LABEL_SMOOTHING = 0.1;
const BEAMS = 4;
const EVALUATION_BATCH = 32;
/** Pairs whose translation is measured on the way, and shown as a sample. */
const TRANSLATED = 100;
const SHOWN = 4;

export const seq2seq: Objective = {
  async prepare(recipe, folder, emit, signal) {
    const text = await prepared(folder, () => preparePairs(recipe, folder, emit, signal));
    const { tokenizer, tokenizerHash } = text;
    const { bos, eos, padId } = endsOf(tokenizer, recipe.tokenizer);
    const shape = modelShape(recipe);
    const { context } = shape;
    const config = modelConfig(shape, { ...tokenizer, eosId: eos, bosId: bos, padId });
    const open = (split: "train" | "validation") =>
      openPairs(joinPath(folder, "shards"), split, { tokenizerHash, vocabSize: tokenizer.vocabSize });
    const [train, validation] = [open("train"), open("validation")];
    // A model that has not learned to end would write for ever.
    const maxTokens = Math.min(context, 2 * longestTarget(validation));
    const rows = { maxSource: context, maxTarget: context, padId, eosId: eos, tooLong: "truncate" } as const;
    const smoothing = recipe.labelSmoothing ?? LABEL_SMOOTHING;
    return {
      ...text,
      trainTokens: train.sourceTokens + train.targetTokens,
      validationTokens: validation.sourceTokens + validation.targetTokens,
      rowTokens: Math.max(1, Math.round(train.targetTokens / train.pairs)),
      begin(engine, microBatch) {
        const model = createSeq2SeqModel({ config, engine, seed: recipe.seed });
        const loader = createPairLoader({ ...rows, pairs: train, batch: microBatch, seed: recipe.seed });
        const translator = text2text(model, tokenizer);
        const pairsOf = (count: number) => spelt(validation, Math.min(count, validation.pairs), tokenizer);
        return {
          model,
          layers: model.decoderLayers,
          flopsPerToken: seq2seqFlops(
            model,
            train.sourceTokens / train.pairs,
            train.targetTokens / train.pairs,
          ),
          dealer: dealerOf(loader, (b) => pairMicroBatch(model, b, smoothing)),
          async evaluate(part, stop) {
            const looks = createPairValidation({
              ...rows,
              pairs: validation,
              batch: EVALUATION_BATCH,
              ...(part === undefined ? {} : { maxPairs: countFor(validation, part.tokens) }),
            });
            const loss = await evaluatePairs(model, looks.batches(), stop);
            const measured = pairsOf(part === undefined ? validation.pairs : TRANSLATED);
            const written = await translator.generate(measured.sources, {
              numBeams: part === undefined ? BEAMS : 1,
              maxTokens,
              temperature: 0,
            });
            return { ...loss, ...measureTexts(written, measured.targets) };
          },
          async sample() {
            const { sources, targets } = pairsOf(SHOWN);
            const written = await translator.generate(sources, { temperature: 0, maxTokens });
            return sources.map((source, i) => `${source}\n  → ${written[i]}\n  (${targets[i]})`).join("\n\n");
          },
          generationConfig: { num_beams: BEAMS, max_new_tokens: context },
        };
      },
      close() {
        train.close();
        validation.close();
      },
    };
  },
};

/** What an encoder-decoder's tokenizer must have. Throws UserError `tokenizer-unfit`. */
export function endsOf(tokenizer: Tokenizer, file: string | undefined) {
  const { eosId: eos, padId = eos } = tokenizer;
  if (eos === undefined || padId === undefined)
    throw new UserError({
      code: "tokenizer-unfit",
      ...(file === undefined ? {} : { file }),
      message: "has no token that ends a text",
      fix: "give a tokenizer with an eos_token, or leave --tokenizer out to learn one",
    });
  return { bos: tokenizer.bosId ?? padId, eos, padId };
}

async function preparePairs(
  recipe: PretrainRecipe,
  folder: string,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<PreparedFile> {
  makeFolder(folder);
  const pairs = readPairs(pairFiles(recipe), { strict: recipe.strict });
  const apart = validationFiles(recipe);
  const validation = apart === undefined ? undefined : readPairs(apart, { strict: recipe.strict });
  const fraction = validation === undefined ? recipe.validationFraction : 0;
  const files = [...pairs.files, ...(validation?.files ?? [])];
  const bytes = bytesOf(pairs.files);
  const tokenizer =
    recipe.tokenizer === undefined
      ? await learnPairTokenizer(sides(pairs, fraction), bytes, recipe, emit, { sentinels: false, signal })
      : loadTokenizer(recipe.tokenizer);
  const { eos } = endsOf(tokenizer, recipe.tokenizer);
  const tokenizerHash = keepTokenizer(tokenizer, folder);
  const stage = { type: "stage", stage: "shards", message: "cutting the pairs into tokens" } as const;
  emit(stage);
  const written = await writePairs({
    pairs,
    ...(validation === undefined ? { validationFraction: fraction } : { validation }),
    encode: (text) => [...tokenizer.encode(text), eos],
    vocabSize: tokenizer.vocabSize,
    tokenizerHash,
    folder: joinPath(folder, "shards"),
    onProgress: (done) => emit({ ...stage, share: Math.min(1, done.bytes / Math.max(1, bytes)) }),
    ...(signal === undefined ? {} : { signal }),
  });
  for (const reader of validation === undefined ? [pairs] : [pairs, validation]) tellPairs(reader, emit);
  if (written.empty > 0)
    emit({ type: "note", message: `left out, a side without a token: ${written.empty}` });
  return {
    format: "cygnet-data/1",
    tokenizerHash,
    sources: files.map((f) => ({ file: f.file, bytes: f.size })),
    sourcesKey: sourcesKey(files),
  };
}

/** Both sides of the pairs that will be trained on. */
function* sides(pairs: Iterable<TextPair>, validationFraction: number): Generator<string> {
  for (const { source, target } of pairs) {
    if (splitOf({ text: source }, validationFraction) !== "train") continue;
    yield source;
    yield target;
  }
}

/** What was odd about the pairs, counted. */
function tellPairs({ statistics }: ReturnType<typeof readPairs>, emit: Listener): void {
  for (const [reason, count] of Object.entries(statistics.skipped))
    emit({ type: "note", message: `left out, ${reason}: ${count} (${statistics.skippedFirst[0]})` });
  if (statistics.invalidBytes > 0)
    emit({ type: "note", message: `${statistics.invalidBytes} bytes were not UTF-8 and became U+FFFD` });
}

function pairFiles(recipe: PretrainRecipe): PairFiles {
  const { source, target, data } = recipe;
  if (data !== undefined) return filesOf(data, recipe);
  return { format: "lines", ...both("source", source, "target", target) };
}

function validationFiles(recipe: PretrainRecipe): PairFiles | undefined {
  const { validationSource, validationTarget, validation } = recipe;
  if (validation !== undefined) return filesOf(validation, recipe);
  if (validationSource === undefined && validationTarget === undefined) return undefined;
  const found = both("validationSource", validationSource, "validationTarget", validationTarget);
  return { format: "lines", ...found };
}

function filesOf(files: string | readonly string[], { sourceKey, targetKey }: PretrainRecipe): PairFiles {
  const list = typeof files === "string" ? [files] : files;
  if (!list.some((f) => JSON_LINES.test(f)))
    return {
      format: "tsv",
      files,
      ...(sourceKey === undefined ? {} : { sourceColumn: sourceKey }),
      ...(targetKey === undefined ? {} : { targetColumn: targetKey }),
    };
  return {
    format: "jsonl",
    files,
    ...(sourceKey === undefined ? {} : { sourceKey }),
    ...(targetKey === undefined ? {} : { targetKey }),
  };
}

const JSON_LINES = /\.(?:jsonl|ndjson)(?:\.gz)?$/;

function both(
  sourceName: string,
  source: string | undefined,
  targetName: string,
  target: string | undefined,
) {
  if (source !== undefined && target !== undefined) return { source, target };
  throw new UserError({
    code: "pairs-missing",
    at: `${sourceName} and ${targetName}`,
    message: "belong together",
    found: source ?? target ?? "neither",
    fix: "give both files, or --data with one file of pairs (.tsv, or .jsonl with --source-key and --target-key)",
  });
}

export function pairMicroBatch(model: Seq2SeqModel, b: PairBatch, smoothing: number): MicroBatch {
  return {
    targets: b.targetCount,
    loss(normaliser, options) {
      const { loss } = model.loss(read(model, b, options), b.labels, normaliser, smoothing);
      return { total: loss, reported: loss };
    },
  };
}

/** The decoder's hidden states where it reads what it should have written. */
function read(model: Seq2SeqModel, b: PairBatch, options: Parameters<Seq2SeqModel["encode"]>[1]) {
  const { batch } = b.source;
  const encoded = model.encode(b.source, options);
  const target = { inputIds: model.shiftRight(b.labels, batch), batch, seq: b.targetSeq };
  // The decoder's layers all need the source: their inputs alone are not enough to compute them again.
  return model.decode(target, encoded, { ...options, recompute: false });
}

/** Without label smoothing. */
export function evaluatePairs(
  model: Seq2SeqModel,
  batches: Iterable<PairBatch>,
  signal: AbortSignal | undefined,
): Promise<EvaluationResult> {
  const natsOf = (b: PairBatch) => model.loss(read(model, b, {}), b.labels, 1).loss.item();
  return sumOfBatches(model, batches, natsOf, signal);
}

/** Pairs of so many target tokens. */
function countFor(pairs: TokenPairs, tokens: number): number {
  let [count, sum] = [0, 0];
  while (count < pairs.pairs && sum < tokens) sum += pairs.targetLength(count++);
  return Math.max(1, count);
}

function longestTarget(pairs: TokenPairs): number {
  let longest = 0;
  for (let i = 0; i < pairs.pairs; i++) longest = Math.max(longest, pairs.targetLength(i));
  return longest;
}

/** The first pairs as texts. */
function spelt(pairs: TokenPairs, count: number, tokenizer: Tokenizer) {
  const read = Array.from({ length: count }, (_, i) => pairs.read(i));
  const spell = (ids: Int32Array) => tokenizer.decode(ids, { skipSpecialTokens: true });
  return { sources: read.map((p) => spell(p.source)), targets: read.map((p) => spell(p.target)) };
}

function measureTexts(written: readonly string[], targets: readonly string[]): Measured {
  return { bleu: corpusBleu(written, [targets]).score, chrf: corpusChrf(written, [targets]) };
}
