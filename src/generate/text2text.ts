/** @file A text into another: translation, summaries, whatever an encoder-decoder was trained for. The sources of a batch are
 *  encoded once, padded on the right (which changes no row's bits); then the decoder continues its start token, by beam
 *  search where more than one beam is asked for, else greedily or by drawing.
 *
 *  const model = loadText2Text("models/t5-small");
 *  const [german] = await model.generate(["translate English to German: The house is wonderful."], { numBeams: 4 }); */

import { loadSeq2Seq } from "../models/load.js";
import type { Seq2SeqModel, SourceInput } from "../models/seq2seqModel.js";
import { UserError } from "../platform/errors.js";
import { given } from "../platform/given.js";
import { loadTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { type BeamOptions, beamSearch } from "./beamSearch.js";
import { conditioned } from "./conditioned.js";
import { generationConfig, generationDefaults } from "./defaults.js";
import { type EngineSettings, engineOf } from "./engineSettings.js";
import { generateBatch } from "./generate.js";
import type { GenerateOptions } from "./options.js";

export interface Text2TextOptions extends GenerateOptions {
  /** Default what generation_config.json says, else 1. */
  readonly numBeams?: number | undefined;
  /** With beams: scores are sums of log-probabilities over length^penalty; default 1. */
  readonly lengthPenalty?: number | undefined;
  readonly earlyStopping?: BeamOptions["earlyStopping"];
  /** What the decoder reads first; default the model's. mBART: the language to write. */
  readonly decoderStartTokenId?: number | undefined;
  /** Sources encoded at once; default 16. */
  readonly batchSize?: number | undefined;
}

export interface Text2Text {
  readonly model: Seq2SeqModel;
  readonly tokenizer: Tokenizer;
  readonly defaults: Text2TextOptions;
  /** One text for each, in their order. Throws UserError for a source longer than the model reads. */
  generate(texts: readonly string[], options?: Text2TextOptions): Promise<string[]>;
  /** The same for sources that are token ids already, their end token included: with sentinels, say. */
  generateFromIds(sources: readonly Int32Array[], options?: Text2TextOptions): Promise<string[]>;
  dispose(): void;
}

/** Throws UserError where there is no such model or it is damaged. */
export function loadText2Text(folder: string, options: EngineSettings = {}): Text2Text {
  const { onWarning } = options;
  const engine = engineOf(options);
  try {
    const model = loadSeq2Seq(folder, onWarning === undefined ? { engine } : { engine, onWarning });
    const made = text2text(model, loadTokenizer(folder), defaultsOf(folder));
    return {
      ...made,
      dispose() {
        made.dispose();
        engine.dispose();
      },
    };
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** Of a model in memory, which it owns from then on. */
export function text2text(
  model: Seq2SeqModel,
  tokenizer: Tokenizer,
  defaults: Text2TextOptions = {},
): Text2Text {
  const generateFromIds: Text2Text["generateFromIds"] = async (sources, options = {}) => {
    const settings = { ...defaults, ...given(options) };
    const size = settings.batchSize ?? 16;
    const written: string[] = [];
    for (let from = 0; from < sources.length; from += size)
      written.push(...(await rewrite(model, tokenizer, sources.slice(from, from + size), settings)));
    return written;
  };
  return {
    model,
    tokenizer,
    defaults,
    generate: (texts, options) =>
      generateFromIds(
        texts.map((text) => tokenizer.encoding(text, { truncation: null, padding: null }).ids),
        options,
      ),
    generateFromIds,
    dispose: () => model.dispose(),
  };
}

async function rewrite(
  model: Seq2SeqModel,
  tokenizer: Tokenizer,
  sources: readonly Int32Array[],
  options: Text2TextOptions,
): Promise<string[]> {
  const start = options.decoderStartTokenId ?? model.decoderStartTokenId;
  if (start === undefined)
    throw new UserError({
      code: "decoder-start-missing",
      message: "the model does not say what its decoder reads first",
      fix: "give decoderStartTokenId: for mBART the id of the language to write",
    });
  const { engine } = model;
  const encoded = engine.noGrad(() => model.encode(sourceOf(model, sources)));
  try {
    const decoder = conditioned(model, encoded);
    const prompts = sources.map(() => Int32Array.of(start));
    const maxTokens = Math.min(options.maxTokens ?? 256, model.contextLength - 1);
    if ((options.numBeams ?? 1) > 1) {
      const found = await beamSearch(decoder, prompts, {
        ...options,
        numBeams: options.numBeams!,
        maxTokens,
      });
      return found.map((beams) => tokenizer.decode(beams[0]!.ids, { skipSpecialTokens: true }));
    }
    const made = await generateBatch(decoder, tokenizer, prompts, { temperature: 0, ...options, maxTokens });
    return made.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }));
  } finally {
    encoded.hidden.dispose();
  }
}

/** Padded on the right to one length. */
function sourceOf(model: Seq2SeqModel, rows: readonly Int32Array[]): SourceInput {
  const seq = Math.max(1, ...rows.map((row) => row.length));
  const batch = rows.length;
  const inputIds = new Int32Array(batch * seq).fill(model.padTokenId ?? 0);
  const attentionMask = new Uint8Array(batch * seq);
  for (const [r, row] of rows.entries()) {
    if (row.length === 0)
      throw new UserError({
        code: "prompt-empty",
        at: `text ${r}`,
        message: "is empty, and the tokenizer puts nothing around it",
        fix: "leave it out",
      });
    inputIds.set(row, r * seq);
    attentionMask.fill(1, r * seq, r * seq + row.length);
  }
  return { inputIds, batch, seq, attentionMask };
}

/** What generation_config.json says of beams, beside what it says of any generation. */
function defaultsOf(folder: string): Text2TextOptions {
  const config = generationConfig(folder);
  const number = (key: string) => (typeof config[key] === "number" ? config[key] : undefined);
  const { temperature: _, ...common } = generationDefaults(folder);
  const sampling = config.do_sample === true ? generationDefaults(folder) : common;
  const named = given({
    numBeams: number("num_beams"),
    lengthPenalty: number("length_penalty"),
    earlyStopping: config.early_stopping,
    maxTokens: number("max_new_tokens") ?? number("max_length"),
    decoderStartTokenId: number("decoder_start_token_id"),
    forcedBosTokenId: number("forced_bos_token_id"),
    forcedEosTokenId: config.forced_eos_token_id ?? undefined,
    badWordsIds: config.bad_words_ids ?? undefined,
    padTokenId: number("pad_token_id"),
  });
  return { ...sampling, ...(named as Text2TextOptions) };
}
