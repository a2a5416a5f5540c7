/** @file BOS or EOS twice in a row: a template wrote it and something else put it there again. No model was trained so, and
 *  the loss shows nothing of it, so training refuses. */

import { UserError } from "../../platform/errors.js";
import type { Tokenizer } from "../tokenizer.js";

/** Throws UserError `doubled-token`. For ids of one text or conversation, before padding. */
export function refuseDoubled(
  ids: ArrayLike<number>,
  tokenizer: Pick<Tokenizer, "bosId" | "eosId" | "idToToken">,
): void {
  for (let i = 1; i < ids.length; i++) {
    const id = ids[i]!;
    if (id !== ids[i - 1] || (id !== tokenizer.bosId && id !== tokenizer.eosId)) continue;
    const role = id === tokenizer.bosId ? "beginning" : "end";
    throw new UserError({
      code: "doubled-token",
      at: `tokens ${i - 1} and ${i}`,
      message: `the token of the ${role} of a text stands there twice`,
      found: `${tokenizer.idToToken(id)}${tokenizer.idToToken(id)}`,
      expected: "once",
      fix: "let the chat template write it or the post-processor, not both, and keep it out of the messages",
    });
  }
}
