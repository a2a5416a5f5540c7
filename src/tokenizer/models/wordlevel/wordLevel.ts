/** @file A word is a token, or the unknown token. */

import { UserError } from "../../../platform/errors.js";
import type { Model } from "../model.js";

export function wordLevel(ids: ReadonlyMap<string, number>, unkToken: string): Model {
  const unk = ids.get(unkToken);
  return {
    tokenize(piece, sink) {
      const id = ids.get(piece);
      if (id !== undefined) sink.add(id, 0, piece.length);
      else if (unk !== undefined) sink.add(unk, 0, piece.length);
      else refusePiece(piece, `a word of the vocabulary (which has no ${JSON.stringify(unkToken)})`);
    },
  };
}

export function refusePiece(piece: string, expected: string): never {
  throw new UserError({
    code: "text-outside-vocabulary",
    message: "the vocabulary cannot spell a piece of the text",
    found: piece,
    expected,
    fix: "use a tokenizer with an unknown token, or one trained on such text",
  });
}
