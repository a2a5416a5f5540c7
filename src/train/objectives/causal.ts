/** @file Next words (GPT): each token of a row is predicted from those before it. Validation is nats summed over every target
 *  once; bits a byte and a character do not depend on the tokenizer. */

import { type Batch, createLoader, createValidation, type Validation } from "../../data/index.js";
import { type CausalModel, createModel, type DecoderInput } from "../../models/index.js";
import { add, scale, type Tensor } from "../../tensor/index.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import type { PretrainRecipe } from "../config/index.js";
import { flopsPerToken } from "../flops.js";
import { learnDecoderTokenizer } from "../learnTokenizer.js";
import type { EvaluationResult } from "../measures.js";
import type { MicroBatch } from "../microBatch.js";
import { modelConfig } from "../modelConfig.js";
import { type PreparedText, prepareText, usesDocuments } from "../prepare.js";
import { modelShape } from "../presets.js";
import { samplePrompt, sampleText } from "../sample.js";
import { dealerOf, sumOfBatches } from "./batches.js";
import type { Objective, Part } from "./objective.js";

/** What small models write best with; whoever loads the model may say otherwise. */
const GENERATION = { do_sample: true, temperature: 0.8, top_p: 0.95 };
/** Tokens of a sample at most. */
const SAMPLE_TOKENS = 150;

export const causal: Objective = {
  async prepare(recipe, folder, emit, signal) {
    const wanted = { learn: learnDecoderTokenizer, endId: (t: Tokenizer) => t.eosId };
    const text = await prepareText(recipe, folder, wanted, emit, signal);
    const { tokenizer } = text;
    const shape = modelShape(recipe);
    const { context } = shape;
    const config = modelConfig(shape, tokenizer);
    const prompt = samplePrompt(recipe, tokenizer, text.validation);
    return {
      ...text,
      trainTokens: text.train.tokens,
      validationTokens: text.validation.tokens,
      rowTokens: context,
      begin(engine, microBatch) {
        const model = createModel({ config, engine, seed: recipe.seed });
        const loader = createLoader({
          shards: text.train,
          batch: microBatch,
          context,
          seed: recipe.seed,
          mode: recipe.packing,
          documentStarts: usesDocuments(recipe, text.train),
        });
        return {
          model,
          layers: model.layers,
          flopsPerToken: flopsPerToken(model, context),
          dealer: dealerOf(loader, (b) => causalBatch(model, b)),
          evaluate: (part, stop) =>
            evaluateLoss(model, validationOf(recipe, text, microBatch, context, part), stop),
          sample: (seed) => sampleText(model, tokenizer, { prompt, tokens: SAMPLE_TOKENS, seed }),
          generationConfig: GENERATION,
        };
      },
      close() {
        text.train.close();
        text.validation.close();
      },
    };
  },
};

/** Rows of a decoder that learns the next token of each. */
export function causalBatch(model: CausalModel, b: Batch): MicroBatch {
  return {
    targets: b.targetCount,
    loss(normaliser, options) {
      const { mixture } = model;
      const routerLogits: Tensor[] | undefined = mixture && mixture.balanceWeight > 0 ? [] : undefined;
      const hidden = model.hidden(inputOf(b), { ...options, ...(routerLogits && { routerLogits }) });
      const { loss: reported } = model.loss(hidden, b.targets, normaliser);
      if (mixture === undefined || routerLogits === undefined) return { total: reported, reported };
      // Experts are balanced in each micro-batch, which counts as much as it has targets.
      const weight = (mixture.balanceWeight * b.targetCount) / normaliser;
      return { total: add(reported, scale(mixture.balance(routerLogits), weight)), reported };
    },
  };
}

function inputOf({ inputs: inputIds, batch, context: seq, documentStarts }: Batch): DecoderInput {
  return { inputIds, batch, seq, documentStarts };
}

/** Throws what `signal` says if it is aborted between batches. */
export async function evaluateLoss(
  model: CausalModel,
  validation: Validation,
  signal?: AbortSignal,
): Promise<EvaluationResult> {
  const natsOf = (b: Batch) => model.loss(model.hidden(inputOf(b)), b.targets, 1).loss.item();
  const sum = await sumOfBatches(model, validation.batches(), natsOf, signal);
  const bits = (sum.loss * sum.tokens) / Math.LN2;
  return {
    ...sum,
    bitsPerByte: bits / validation.bytes,
    bitsPerCharacter: bits / validation.characters,
  };
}

/** The first tokens of the validation text, for a look on the way; or all of it, in rows that overlap by half, so that every
 *  token is predicted from at least half a context of what stands before it (as far as its text goes back). */
function validationOf(
  recipe: PretrainRecipe,
  text: PreparedText,
  batch: number,
  context: number,
  part: Part | undefined,
): Validation {
  return createValidation({
    shards: text.validation,
    batch,
    context,
    documentStarts: usesDocuments(recipe, text.validation),
    ...(part === undefined
      ? { stride: Math.max(1, context >> 1) }
      : { maxRows: Math.ceil(part.tokens / context) }),
  });
}
