/** @file One token a Unicode character, as in nanoGPT's character-level runs. A character that the vocabulary lacks is the
 *  unknown token where there is one, and otherwise refused with its place. */

import { UserError } from "../../../platform/errors.js";
import type { IdBuffer } from "../../idBuffer.js";
import { reserveIds } from "../../idBuffer.js";

/** `idOf` maps a code point to its id. */
export function createCharacterModel(idOf: ReadonlyMap<number, number>, unkId: number | undefined) {
  let highest = 0;
  for (const codePoint of idOf.keys()) highest = Math.max(highest, codePoint);
  const table = new Int32Array(highest + 1).fill(-1);
  for (const [codePoint, id] of idOf) table[codePoint] = id;
  return (text: string, out: IdBuffer): void => {
    reserveIds(out, text.length);
    const ids = out.ids;
    let n = out.length;
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      const id = codePoint <= highest ? table[codePoint]! : -1;
      if (id < 0 && unkId === undefined) refuseCharacter(text, i);
      ids[n++] = id >= 0 ? id : unkId!;
      if (codePoint > 0xffff) i++;
    }
    out.length = n;
  };
}

function refuseCharacter(text: string, at: number): never {
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const before = text.slice(0, at).split("\n");
  throw new UserError({
    code: "text-outside-vocabulary",
    at: `line ${before.length}, column ${before.at(-1)!.length + 1}`,
    message: "the text has a character that the vocabulary lacks",
    found: `${character} (U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")})`,
    expected: "characters that were in the training text",
    fix: "train the tokenizer on text that has it, or remove it from this text",
  });
}
