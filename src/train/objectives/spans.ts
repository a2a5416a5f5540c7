/** @file Span corruption (T5): windows of plain text with spans taken out, which the decoder writes. Windows are as long as
 *  sources of `context` tokens need, so nothing is padded. */

import {
  corruptSpans,
  createRandom,
  createSpanLoader,
  createSpanValidation,
  spanLengths,
} from "../../data/index.js";
import { text2text } from "../../generate/text2text.js";
import { createSeq2SeqModel } from "../../models/index.js";
import { UserError } from "../../platform/errors.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { seq2seqFlops } from "../flops.js";
import { learnPairTokenizer, trainingTexts } from "../learnTokenizer.js";
import { modelConfig } from "../modelConfig.js";
import { bytesOf, prepareText } from "../prepare.js";
import { modelShape } from "../presets.js";
import { dealerOf } from "./batches.js";
import type { Objective } from "./objective.js";
import { endsOf, evaluatePairs, pairMicroBatch } from "./seq2seq.js";

export const spans: Objective = {
  async prepare(recipe, folder, emit, signal) {
    const text = await prepareText(
      recipe,
      folder,
      {
        learn: (from, tell, stop) =>
          learnPairTokenizer(trainingTexts(from), bytesOf(from.documents.files), recipe, tell, {
            sentinels: true,
            signal: stop,
          }),
        endId: (t) => endsOf(t, recipe.tokenizer).eos,
      },
      emit,
      signal,
    );
    const { tokenizer, train, validation } = text;
    const { bos, eos, padId } = endsOf(tokenizer, recipe.tokenizer);
    const shape = modelShape(recipe);
    const corruption = {
      noiseDensity: recipe.maskProbability,
      meanSpanLength: recipe.spanLength,
      eosId: eos,
      sentinels: sentinelsOf(tokenizer, recipe.tokenizer),
    };
    const rows = { inputLength: shape.context, corruption };
    const { pieceLength, targetLength } = spanLengths(shape.context, corruption);
    const config = modelConfig(shape, { ...tokenizer, eosId: eos, bosId: bos, padId });
    return {
      ...text,
      trainTokens: train.tokens,
      validationTokens: validation.tokens,
      rowTokens: targetLength,
      begin(engine, microBatch) {
        const model = createSeq2SeqModel({ config, engine, seed: recipe.seed });
        const loader = createSpanLoader({ ...rows, shards: train, batch: microBatch, seed: recipe.seed });
        const writer = text2text(model, tokenizer);
        return {
          model,
          layers: model.decoderLayers,
          flopsPerToken: seq2seqFlops(model, shape.context, targetLength),
          dealer: dealerOf(loader, (b) => pairMicroBatch(model, b, recipe.labelSmoothing ?? 0)),
          evaluate(part, stop) {
            const looks = createSpanValidation({
              ...rows,
              shards: validation,
              batch: microBatch,
              ...(part === undefined ? {} : { maxRows: Math.ceil(part.tokens / targetLength) }),
            });
            return evaluatePairs(model, looks.batches(), stop);
          },
          async sample() {
            const ids = new Int32Array(Math.min(pieceLength, SAMPLE_TOKENS, validation.tokens));
            validation.read(0, ids.length, ids);
            const { source, target } = corruptSpans(ids, corruption, createRandom(recipe.seed));
            const spell = (of: Int32Array) => tokenizer.decode(of.slice(0, -1));
            const [written] = await writer.generateFromIds([source], {
              temperature: 0,
              maxTokens: target.length,
            });
            return `${spell(source)}\n  → ${written}\n  (${spell(target)})`;
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

const SAMPLE_TOKENS = 48;

function sentinelsOf(tokenizer: Tokenizer, file: string | undefined): number[] {
  const ids: number[] = [];
  for (let id = tokenizer.tokenToId("<extra_id_0>"); id !== undefined; ) {
    ids.push(id);
    id = tokenizer.tokenToId(`<extra_id_${ids.length}>`);
  }
  if (ids.length > 0) return ids;
  throw new UserError({
    code: "tokenizer-unfit",
    ...(file === undefined ? {} : { file }),
    message: "has no sentinels to stand for spans",
    expected: "<extra_id_0>, <extra_id_1>, …",
    fix: "give a tokenizer of T5's kind, or leave --tokenizer out to learn one",
  });
}
