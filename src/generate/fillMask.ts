/** @file The words that a masked language model puts behind a mask: for each mask of a text the likeliest tokens. */

import { UserError } from "../platform/errors.js";
import { gatherRows, softmax } from "../tensor/index.js";
import { type OpenEncoderOptions, openEncoder } from "./encoderPlace.js";

export interface MaskFill {
  readonly id: number;
  /** As the vocabulary spells it (`##ing`, `Ġthe`). */
  readonly token: string;
  readonly probability: number;
  /** The text with this token in the mask's place, other masks left; special tokens not shown. */
  readonly text: string;
}

export interface MaskFiller {
  /** The mask's spelling, such as `[MASK]`. */
  readonly mask: string;
  /** For each mask, in order, the `top` likeliest tokens (default 5), best first. Throws UserError where there is no mask, or
   *  the text is longer than the model's context. */
  fillMask(text: string, options?: { readonly top?: number | undefined }): MaskFill[][];
  dispose(): void;
}

/** Throws UserError as `loadEncoder` does, and where the model has no head for words or the tokenizer no mask. */
export function loadMaskFiller(folder: string, options: OpenEncoderOptions = {}): MaskFiller {
  const { model, tokenizer, engine, dispose } = openEncoder(folder, "masked", options);
  const fail = (message: string, fix: string): never => {
    dispose();
    throw new UserError({ code: "no-mask", file: folder, message, fix });
  };
  if (model.head !== "masked" && model.head !== "pretraining")
    fail(`holds a model with the head ${JSON.stringify(model.head)}`, "name a masked language model");
  const mask =
    tokenizer.config?.specialTokens.mask ??
    ["[MASK]", "<mask>"].find((spelling) => tokenizer.tokenToId(spelling) !== undefined) ??
    fail("has a tokenizer without a mask", "name a masked language model");
  const maskId = tokenizer.tokenToId(mask)!;

  const fillMask: MaskFiller["fillMask"] = (text, { top = 5 } = {}) => {
    const { ids } = tokenizer.encoding(text, { special: [mask], truncation: null, padding: null });
    const places = Int32Array.from(ids.keys()).filter((i) => ids[i] === maskId);
    if (places.length === 0)
      throw new UserError({
        code: "no-mask",
        message: "the text has no mask",
        found: text,
        expected: `${mask} where a word is wanted`,
      });
    const input = { inputIds: ids, batch: 1, seq: ids.length };
    const probabilities = engine.noGrad(() =>
      engine.scope(() => softmax(model.logits(gatherRows(model.hidden(input), places), input)).readFloats()),
    );
    return [...places].map((place, row) => {
      const of = probabilities.subarray(row * model.vocabSize, (row + 1) * model.vocabSize);
      return likeliest(of, top).map((id) => {
        const filled = ids.map((other, i) => (i === place ? id : other));
        const kept = filled.filter((other, i) => other === maskId || i === place || !isPutIn(other));
        return {
          id,
          token: tokenizer.idToToken(id) ?? "",
          probability: of[id]!,
          text: tokenizer.decode(kept),
        };
      });
    });
  };
  const specials = new Set(tokenizer.specialTokens.values());
  const isPutIn = (id: number) => specials.has(id);
  return { mask, fillMask, dispose };
}

function likeliest(probabilities: Float32Array, count: number): number[] {
  const order = Array.from(probabilities.keys());
  return order.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b).slice(0, count);
}
