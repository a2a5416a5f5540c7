/** @file `cygnet tokenizer train`: text in, a tokenizer out. */

import { z } from "zod";
import {
  expandPatterns,
  type ReadOptions,
  type ReadStatistics,
  readDocuments,
  splitOf,
  textSize,
} from "../../data/index.js";
import { UserError } from "../../platform/errors.js";
import { exists, joinPath } from "../../platform/files.js";
import { describeMachine } from "../../platform/machine.js";
import { onStop, SIGNAL_EXIT } from "../../platform/signals.js";
import {
  saveTokenizer,
  type Tokenizer,
  type TrainTokenizerProgress,
  trainBpe,
  trainTokenizer,
} from "../../tokenizer/index.js";
import {
  MODELS,
  NORMALIZERS,
  normalizerJson,
  PRE_TOKENIZERS,
  PRESETS,
  type Preset,
  preTokenizerJson,
} from "../../tokenizer/training/presets.js";
import { command } from "../command.js";
import type { Io } from "../io.js";
import { StoppedError } from "../program.js";
import { amount, duration } from "../views/format.js";
import { progressLine } from "../views/progressLine.js";
import { unknownIdOf } from "./source.js";

const TrainSchema = z.strictObject({
  data: z
    .array(z.string())
    .describe("files, folders or patterns such as 'books/**/*.txt' (.txt, .md, .jsonl, with .gz too)"),
  out: z.string().describe("folder for tokenizer.json and tokenizer_config.json"),
  model: z.enum(MODELS).default("bpe").describe("kind of tokenizer; bpe is byte-level, as GPT's"),
  vocabSize: z.int().positive().default(8192).describe("tokens in all"),
  specialTokens: z
    .array(z.string())
    .optional()
    .describe("further special tokens, behind those that the kind has (<|endoftext|>; <unk> <s> </s>; …)"),
  normalizer: z.enum(NORMALIZERS).optional().describe("by default what the kind has"),
  preTokenizer: z
    .enum(PRE_TOKENIZERS)
    .optional()
    .describe("how text is cut into words; by default as the kind does"),
  minFrequency: z
    .int()
    .min(0)
    .optional()
    .describe("a pair or word that occurs less often is not learned (2; 0)"),
  workers: z.int().positive().max(256).optional().describe("threads; by default one a core, 4 at most"),
  memory: z
    .number()
    .positive()
    .default(1024)
    .describe("megabytes for the words; what does not fit goes to disk"),
  textKey: z.string().default("text").describe("key of the text in JSON lines"),
  separator: z.string().optional().describe("what parts the documents of a .txt file (<|endoftext|>)"),
  strict: z.boolean().default(false).describe("refuse invalid UTF-8 and lines that do not parse"),
  heldOut: z.number().min(0).max(0.5).default(0.01).describe("part of the documents kept back to measure on"),
  force: z.boolean().default(false).describe("replace a tokenizer that is in the folder"),
  json: z.boolean().default(false).describe("the summary as JSON"),
});

type Settings = z.output<typeof TrainSchema>;

/** Characters of held-out text that are kept. */
const MOST_HELD_OUT = 4_000_000;

export const trainCommand = command({
  name: "train",
  summary: "train a tokenizer from text",
  schema: TrainSchema,
  positional: [{ key: "data", required: true, several: true }],
  groups: {
    Kind: ["model", "vocabSize", "specialTokens", "normalizer", "preTokenizer", "minFrequency"],
    Text: ["textKey", "separator", "strict", "heldOut"],
    Machine: ["workers", "memory"],
  },
  examples: [
    "cygnet tokenizer train books/ --vocab-size 32768 --out tokenizers/books",
    "cygnet tokenizer train 'data/**/*.jsonl' --text-key content --model unigram --out tokenizers/unigram",
  ],
  async run(given, io) {
    const settings = TrainSchema.parse(given);
    refuseExisting(settings);
    const controller = new AbortController();
    const quiet = onStop((signal) => controller.abort(new StoppedError(SIGNAL_EXIT[signal])));
    const progress = progressLine(io.err);
    const started = performance.now();
    try {
      const corpus = openCorpus(settings);
      const tokenizer = await train(settings, corpus, progress.show, controller.signal);
      progress.clear();
      saveTokenizer(tokenizer, settings.out);
      report(settings, tokenizer, corpus, performance.now() - started, io);
    } finally {
      progress.clear();
      quiet();
    }
  },
});

interface Corpus {
  /** Documents to train on. */
  readonly documents: Iterable<string>;
  readonly heldOut: string[];
  /** The beginning of what was trained on, for corpora too small to keep anything back. */
  readonly beginning: string[];
  readonly statistics: () => ReadStatistics;
}

function openCorpus(settings: Settings): Corpus {
  const { textKey, separator, strict } = settings;
  const options: ReadOptions = { textKey, strict, ...(separator === undefined ? {} : { separator }) };
  const reader = readDocuments(expandPatterns(settings.data), options);
  const heldOut: string[] = [];
  const beginning: string[] = [];
  let [kept, begun] = [0, 0];
  function* documents() {
    for (const document of reader) {
      if (kept < MOST_HELD_OUT && splitOf(document, settings.heldOut) === "validation") {
        heldOut.push(document.text);
        kept += document.text.length;
        continue;
      }
      if (begun < MOST_HELD_OUT / 4) {
        beginning.push(document.text.slice(0, MOST_HELD_OUT / 4));
        begun += document.text.length;
      }
      yield document.text;
    }
  }
  return { documents: documents(), heldOut, beginning, statistics: () => reader.statistics };
}

async function train(
  settings: Settings,
  { documents }: Corpus,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<Tokenizer> {
  const preset: Preset = PRESETS[settings.model];
  const { normalizer = preset.normalizer, preTokenizer = preset.preTokenizer, vocabSize } = settings;
  checkKind(settings, preTokenizer);
  const common = {
    documents,
    vocabSize,
    specialTokens: [...preset.specialTokens, ...(settings.specialTokens ?? [])],
    minFrequency: settings.minFrequency ?? preset.minFrequency,
    roles: preset.roles,
    workers: settings.workers ?? Math.min(4, describeMachine().cores),
    memory: settings.memory * 2 ** 20,
    signal,
    onProgress: (progress: TrainTokenizerProgress) => show(progressText(progress)),
  };
  if (settings.model === "bpe" && normalizer === "none")
    return trainBpe({ ...common, pattern: preTokenizer as "gpt2" | "gpt4", ifCorpusTooSmall: "shrink" });
  return trainTokenizer({
    ...common,
    model: preset.model,
    unkToken: preset.unkToken,
    normalizer: normalizerJson(normalizer),
    preTokenizer: preTokenizerJson(preTokenizer),
    decoder: preset.decoder,
    postProcessor: preset.postProcessor,
  });
}

/** Only byte-level BPE works on the letters of bytes, which gpt2 and gpt4 give. */
function checkKind({ model, vocabSize }: Settings, preTokenizer: string): void {
  const bytes = preTokenizer === "gpt2" || preTokenizer === "gpt4";
  if (bytes !== (model === "bpe"))
    throw new UserError({
      code: "usage",
      at: "--pre-tokenizer",
      message: `does not go with --model ${model}`,
      found: preTokenizer,
      expected: model === "bpe" ? "gpt4 or gpt2" : "metaspace, bert or whitespace",
      fix: "leave it out for what the kind has",
    });
  const least =
    PRESETS[model].specialTokens.length + (model === "bpe" || model === "byte-fallback" ? 256 : 1);
  if (vocabSize < least)
    throw new UserError({
      code: "value-invalid",
      at: "--vocab-size",
      message: "has no room for the special tokens and the letters",
      found: vocabSize,
      expected: `at least ${least}`,
    });
}

function progressText(progress: TrainTokenizerProgress): string {
  switch (progress.phase) {
    case "count":
      return `reading: ${amount(progress.documents)} documents, ${amount(progress.characters)} characters, ${amount(progress.words)} words`;
    case "merge":
      return `learning: ${amount(progress.merges)} of ${amount(progress.wanted)} merges`;
    case "prune":
      return `learning: ${amount(progress.pieces)} pieces, wanted ${amount(progress.wanted)}`;
  }
}

function refuseExisting({ out, force }: Settings): void {
  const file = joinPath(out, "tokenizer.json");
  if (force || !exists(file)) return;
  throw new UserError({
    code: "folder-not-empty",
    file,
    message: "is there already",
    fix: "choose another --out, or replace it with --force",
  });
}

function report(settings: Settings, tokenizer: Tokenizer, corpus: Corpus, ms: number, io: Io): void {
  const { documents, bytes, invalidBytes, skipped } = corpus.statistics();
  const measured = corpus.heldOut.length > 0 ? corpus.heldOut : corpus.beginning;
  const quality = bytesPerToken(tokenizer, measured);
  const heldOut = corpus.heldOut.length > 0;
  for (const [reason, count] of Object.entries(skipped)) io.err.write(`skipped ${count}: ${reason}\n`);
  if (invalidBytes > 0) io.err.write(`${invalidBytes} bytes were no UTF-8 and became U+FFFD\n`);
  if (settings.json) {
    const summary = {
      out: settings.out,
      model: settings.model,
      vocab_size: tokenizer.vocabSize,
      wanted: settings.vocabSize,
      documents,
      bytes,
      seconds: ms / 1000,
      held_out_documents: corpus.heldOut.length,
      bytes_per_token: quality.bytesPerToken,
      measured_on: heldOut ? "held-out" : "training",
      unknown: quality.unknown,
    };
    io.out.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const few =
    tokenizer.vocabSize < settings.vocabSize
      ? ` of ${amount(settings.vocabSize)}: the text gives no more`
      : "";
  const unknown = quality.unknown > 0 ? `, ${(100 * quality.unknown).toFixed(2)} % unknown` : "";
  const on = heldOut
    ? `${amount(corpus.heldOut.length)} documents kept back`
    : "the training text: too few documents to keep any back";
  io.out.write(
    [
      `tokenizer      ${joinPath(settings.out, "tokenizer.json")}`,
      `tokens         ${amount(tokenizer.vocabSize)}${few}`,
      `text           ${amount(documents)} documents, ${amount(bytes)} bytes, ${duration(ms)}`,
      `bytes a token  ${quality.bytesPerToken.toFixed(2)}${unknown} (on ${on})`,
      "",
      `Look at it: cygnet tokenizer inspect ${settings.out} "Some text"\n`,
    ].join("\n"),
  );
}

function bytesPerToken(
  tokenizer: Tokenizer,
  texts: readonly string[],
): { bytesPerToken: number; unknown: number } {
  const unknownId = unknownIdOf(tokenizer);
  let [bytes, tokens, unknown] = [0, 0, 0];
  for (const text of texts) {
    const ids = tokenizer.encode(text);
    bytes += textSize(text).bytes;
    tokens += ids.length;
    if (unknownId !== undefined) for (const id of ids) if (id === unknownId) unknown++;
  }
  return { bytesPerToken: tokens === 0 ? 0 : bytes / tokens, unknown: tokens === 0 ? 0 : unknown / tokens };
}
