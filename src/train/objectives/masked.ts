/** @file Masked words (BERT): a row is [CLS], a window of the text, [SEP]; some tokens are masked anew each time the row is
 *  dealt, and the model says what stood there. Validation masks the same tokens every time, so that two looks can be
 *  compared, and beside its accuracy stands what the frequencies of the tokens alone would reach. */

import {
  createMaskedLoader,
  createMaskedValidation,
  createRandom,
  type MaskedBatch,
  type MaskedLoaderState,
  maskTokens,
  type TokenStream,
} from "../../data/index.js";
import { createEncoder, type EncoderInput, type EncoderModel } from "../../models/index.js";
import { UserError } from "../../platform/errors.js";
import { nextTurn } from "../../platform/turn.js";
import { gatherRows } from "../../tensor/index.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { encoderFlops } from "../flops.js";
import { learnEncoderTokenizer } from "../learnTokenizer.js";
import type { EvaluationResult } from "../measures.js";
import type { MicroBatch } from "../microBatch.js";
import { modelConfig } from "../modelConfig.js";
import { prepareText, usesDocuments } from "../prepare.js";
import { modelShape } from "../presets.js";
import type { Objective } from "./objective.js";
import { type UnigramBaseline, unigramBaseline } from "./unigram.js";

export const masked: Objective = {
  async prepare(recipe, folder, emit, signal) {
    const wanted = {
      learn: learnEncoderTokenizer,
      endId: (t: Tokenizer) => specials(t, recipe.tokenizer).sep,
    };
    const text = await prepareText(recipe, folder, wanted, emit, signal);
    const { tokenizer, train, validation } = text;
    const ids = specials(tokenizer, recipe.tokenizer);
    const shape = modelShape(recipe);
    const { context } = shape;
    const config = modelConfig(shape, { ...tokenizer, ...ids });
    const { isSpecial, continues } = tokenTables(tokenizer);
    const rows = {
      context,
      clsId: ids.cls,
      sepId: ids.sep,
      padId: ids.padId,
      mode: recipe.packing,
      documentStarts: recipe.packing === "stream" && usesDocuments(recipe, train),
      masking: {
        probability: recipe.maskProbability,
        maskId: ids.mask,
        vocabSize: tokenizer.vocabSize,
        special: isSpecial,
        ...(recipe.wholeWord ? { continues } : {}),
      },
    };
    const baseline = unigramBaseline(train, isSpecial);
    return {
      ...text,
      trainTokens: train.tokens,
      validationTokens: validation.tokens,
      rowTokens: context,
      begin(engine, microBatch) {
        const model = createEncoder({ config, engine, seed: recipe.seed, head: "masked" });
        const loader = createMaskedLoader({ ...rows, shards: train, batch: microBatch, seed: recipe.seed });
        return {
          model,
          layers: model.layers,
          flopsPerToken: encoderFlops(model, context, recipe.maskProbability),
          dealer: {
            next: () => maskedBatch(model, loader.next()),
            epochs: loader.epochs,
            state: loader.state,
            restore: (state) => loader.restore(state as MaskedLoaderState),
          },
          evaluate(part, stop) {
            const looks = createMaskedValidation({
              ...rows,
              shards: validation,
              batch: microBatch,
              ...(part === undefined ? {} : { maxRows: Math.ceil(part.tokens / context) }),
            });
            return evaluateMasked(model, looks.batches(), baseline, stop);
          },
          async sample(seed) {
            const read = aRow(validation, Math.min(SAMPLE_TOKENS, context - 2), ids, seed);
            const { count, ...masked } = maskTokens(read, rows.masking, createRandom(seed, 14));
            const batch = { kind: "masked", batch: 1, context: read.length, targetCount: count } as const;
            return sampleMasked(model, tokenizer, { ...batch, ...masked });
          },
          generationConfig: {},
        };
      },
      close() {
        train.close();
        validation.close();
      },
    };
  },
};

interface Specials {
  readonly cls: number;
  readonly sep: number;
  readonly mask: number;
  readonly padId: number;
}

/** BERT's special tokens, or RoBERTa's. */
function specials(tokenizer: Tokenizer, file: string | undefined): Specials {
  const find = (...spellings: string[]): number => {
    for (const spelling of spellings) {
      const id = tokenizer.tokenToId(spelling);
      if (id !== undefined) return id;
    }
    throw new UserError({
      code: "tokenizer-unfit",
      ...(file === undefined ? {} : { file }),
      message: "has no token for masked words",
      expected: spellings,
      fix: "give a tokenizer of BERT's kind, or leave --tokenizer out to learn one",
    });
  };
  return {
    cls: find("[CLS]", "<s>"),
    sep: find("[SEP]", "</s>"),
    mask: find("[MASK]", "<mask>"),
    padId: find("[PAD]", "<pad>"),
  };
}

/** Which ids are special, and which go on with the word before them: ## of WordPiece; of a byte-level or SentencePiece
 *  vocabulary those without a leading space. */
function tokenTables(tokenizer: Tokenizer): { isSpecial: Uint8Array; continues: Uint8Array } {
  const isSpecial = new Uint8Array(tokenizer.vocabSize);
  for (const id of tokenizer.specialTokens.values()) isSpecial[id] = 1;
  const spelt = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id) ?? "");
  const wordPiece = spelt.some((s) => s.startsWith("##"));
  const continues = Uint8Array.from(spelt, (s, id) =>
    isSpecial[id] === 1 ? 0 : Number(wordPiece ? s.startsWith("##") : !/^[Ġ▁ ]/.test(s)),
  );
  return { isSpecial, continues };
}

export function maskedBatch(model: EncoderModel, b: MaskedBatch): MicroBatch {
  return {
    targets: b.targetCount,
    loss(normaliser, options) {
      const input = inputOf(b);
      const hidden = model.hidden(input, options);
      const loss = model.loss(hidden, input, { labels: b.labels }, normaliser, options);
      return { total: loss, reported: loss };
    },
  };
}

function inputOf(b: MaskedBatch): EncoderInput {
  const { inputIds, batch, context: seq, attentionMask, documentStarts } = b;
  return { inputIds, batch, seq, attentionMask, documentStarts };
}

async function evaluateMasked(
  model: EncoderModel,
  looks: Iterable<MaskedBatch>,
  baseline: UnigramBaseline,
  signal: AbortSignal | undefined,
): Promise<EvaluationResult> {
  const { engine } = model;
  let [nats, tokens, right, frequent, unigramNats] = [0, 0, 0, 0, 0];
  for (const b of looks) {
    if (b.targetCount === 0) continue;
    engine.noGrad(() =>
      engine.scope(() => {
        const input = inputOf(b);
        const hidden = model.hidden(input);
        nats += model.loss(hidden, input, { labels: b.labels }, 1).item();
        const { places, best } = guesses(model, hidden, b);
        places.forEach((place, i) => {
          const label = b.labels[place]!;
          if (best[i] === label) right++;
          if (label === baseline.mostFrequent) frequent++;
          unigramNats += baseline.nats(label);
        });
      }),
    );
    tokens += b.targetCount;
    await nextTurn();
    signal?.throwIfAborted();
  }
  return {
    loss: nats / tokens,
    perplexity: Math.exp(nats / tokens),
    tokens,
    accuracy: right / tokens,
    unigramAccuracy: frequent / tokens,
    unigramLoss: unigramNats / tokens,
  };
}

/** For each place that asks for a token, the one with the highest score. */
function guesses(
  model: EncoderModel,
  hidden: ReturnType<EncoderModel["hidden"]>,
  b: MaskedBatch,
): { places: Int32Array; best: Int32Array } {
  const places = Int32Array.from(b.labels.keys()).filter((i) => b.labels[i]! >= 0);
  const scores = model.logits(gatherRows(hidden, places), inputOf(b)).readFloats();
  const { vocabSize } = model;
  const best = new Int32Array(places.length);
  for (let p = 0; p < places.length; p++) {
    const row = scores.subarray(p * vocabSize, (p + 1) * vocabSize);
    let at = 0;
    for (let v = 1; v < vocabSize; v++) if (row[v]! > row[at]!) at = v;
    best[p] = at;
  }
  return { places, best };
}

/** [CLS], some of the validation text at a place that the seed draws, [SEP]. */
function aRow(validation: TokenStream, room: number, { cls, sep }: Specials, seed: number): Int32Array {
  const length = Math.min(room, validation.tokens);
  const row = new Int32Array(length + 2);
  row[0] = cls;
  validation.read(createRandom(seed, 13).below(validation.tokens - length + 1), length, row, 1);
  row[length + 1] = sep;
  return row;
}

const SAMPLE_TOKENS = 60;

/** The text with what the model says in place of the masks: "the [fox] saw a [red → dog] hen". */
function sampleMasked(model: EncoderModel, tokenizer: Tokenizer, rows: MaskedBatch): string {
  const { engine } = model;
  const { places, best } = engine.noGrad(() =>
    engine.scope(() => guesses(model, model.hidden(inputOf(rows)), rows)),
  );
  const said = new Map([...places].map((place, i) => [place, best[i]!]));
  const spell = (id: number) => (tokenizer.idToToken(id) ?? "").replace(/^##|^[Ġ▁]/, "");
  const pieces: string[] = [];
  rows.inputIds.slice(1, -1).forEach((id, i) => {
    const truth = rows.labels[i + 1]! >= 0 ? rows.labels[i + 1]! : id;
    const guess = said.get(i + 1);
    const shown =
      guess === undefined
        ? spell(truth)
        : guess === truth
          ? `[${spell(guess)}]`
          : `[${spell(guess)}, not ${spell(truth)}]`;
    const joined = (tokenizer.idToToken(truth) ?? "").startsWith("##");
    pieces.push(joined || i === 0 ? shown : ` ${shown}`);
  });
  return pieces.join("");
}
