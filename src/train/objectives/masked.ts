/** @file Masked words (BERT): a row is [CLS], a window of the text, [SEP]; some tokens are masked anew each time the row is
 *  dealt, and the model says what stood there. Validation masks the same tokens every time, so that two looks can be
 *  compared, and beside its accuracy stands what the frequencies of the tokens alone would reach. */

import {
  createMaskedLoader,
  createMaskedValidation,
  createRandom,
  type MaskedBatch,
  maskTokens,
  type TokenStream,
} from "../../data/index.js";
import { createEncoder, type EncoderInput, type EncoderModel } from "../../models/index.js";
import { UserError } from "../../platform/errors.js";
import { crossEntropy, gatherRows, type Tensor } from "../../tensor/index.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { encoderFlops } from "../flops.js";
import { learnEncoderTokenizer } from "../learnTokenizer.js";
import type { EvaluationResult } from "../measures.js";
import type { MicroBatch } from "../microBatch.js";
import { modelConfig } from "../modelConfig.js";
import { prepareText, usesDocuments } from "../prepare.js";
import { modelShape } from "../presets.js";
import { dealerOf, sumOfBatches } from "./batches.js";
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
          dealer: dealerOf(loader, (b) => maskedBatch(model, b)),
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
  let [right, frequent, unigramNats] = [0, 0, 0];
  const sum = await sumOfBatches(
    model,
    looks,
    (b) => {
      const { places, scores } = scoresOf(model, b);
      const labels = places.map((place) => b.labels[place]!);
      bestOf(scores).forEach((best, i) => {
        if (best === labels[i]) right++;
        if (labels[i] === baseline.mostFrequent) frequent++;
        unigramNats += baseline.nats(labels[i]!);
      });
      return crossEntropy(scores, engine.tensor(labels), 1).loss.item();
    },
    signal,
  );
  return {
    ...sum,
    accuracy: right / sum.tokens,
    unigramAccuracy: frequent / sum.tokens,
    unigramLoss: unigramNats / sum.tokens,
  };
}

/** The places that ask for a token, and the scores of all tokens there, [places, vocab]. */
function scoresOf(model: EncoderModel, b: MaskedBatch): { places: Int32Array; scores: Tensor } {
  const input = inputOf(b);
  const places = Int32Array.from(b.labels.keys()).filter((i) => b.labels[i]! >= 0);
  return { places, scores: model.logits(gatherRows(model.hidden(input), places), input) };
}

/** In each row the token with the highest score, the first of several. */
function bestOf(scores: Tensor): Int32Array {
  const values = scores.readFloats();
  const { rows, columns } = scores;
  return Int32Array.from({ length: rows }, (_, r) => {
    const row = values.subarray(r * columns, (r + 1) * columns);
    let best = 0;
    for (let v = 1; v < columns; v++) if (row[v]! > row[best]!) best = v;
    return best;
  });
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
  const said = engine.noGrad(() =>
    engine.scope(() => {
      const { places, scores } = scoresOf(model, rows);
      const best = bestOf(scores);
      return new Map([...places].map((place, i) => [place, best[i]!]));
    }),
  );
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
