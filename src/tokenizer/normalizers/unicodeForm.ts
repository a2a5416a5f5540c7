/** @file Unicode's normal forms with alignment. JavaScript normalises, but does not say what came from where; so where a
 *  run of text changes, the algorithm is followed by hand: each character decomposed by itself, combining marks put in
 *  order, and for NFC and NFKC composed again. A character that a decomposition adds shares the place of the one before,
 *  one that composition swallows gives up its place. (Unicode Standard Annex 15.) */

import type { AlignedText } from "../text/aligned.js";
import { applyChanges, type Change, createAlignedBuilder } from "../text/alignedBuilder.js";
import type { Normalizer } from "./normalizer.js";

export type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

/** ASCII takes part only by what follows it. */
const RUN = /[\0-\x7f]?[^\0-\x7f]+/g;

export function unicodeForm(form: UnicodeForm): Normalizer {
  const decomposition = form === "NFC" || form === "NFD" ? "NFD" : "NFKD";
  const composes = form === "NFC" || form === "NFKC";
  return (text) => {
    if (text.text.normalize(form) === text.text) return text;
    const builder = createAlignedBuilder(text);
    let done = 0;
    for (const run of text.text.matchAll(RUN)) {
      if (run[0].normalize(form) === run[0]) continue;
      builder.keep(done, run.index);
      const decomposed = decompose(run[0], decomposition);
      const part: AlignedText = { ...text, text: run[0], from: text.from + run.index };
      const changed = applyChanges(part, composes ? compose(decomposed) : decomposed);
      for (let i = 0; i < changed.text.length; i++)
        builder.putRange(changed.text[i]!, changed.starts![i]!, changed.ends![i]!);
      done = run.index + run[0].length;
    }
    builder.keep(done, text.text.length);
    return builder.done();
  };
}

function decompose(run: string, form: "NFD" | "NFKD"): Change[] {
  const changes: Change[] = [];
  for (const character of run) {
    let first = true;
    for (const part of character.normalize(form)) {
      let at = changes.length;
      while (at > 0 && comesBefore(part, changes[at - 1]![0])) at--;
      changes.splice(at, 0, [part, first ? 0 : 1]);
      first = false;
    }
  }
  return changes;
}

/** Combining mark `a`, written behind mark `b`, belongs before it: its class is lower and not 0. */
function comesBefore(a: string, b: string): boolean {
  return !isStarter(a) && !isStarter(b) && a !== b && `${b}${a}`.normalize("NFD") === `${a}${b}`;
}

/** Canonical combining class 0. U+0334 has the lowest class that there is, U+0345 the highest. */
function isStarter(c: string): boolean {
  if (!/\p{M}/u.test(c)) return true;
  return c !== "\u0345" && !moves("\u0345", c) && !moves(c, "\u0334") && c !== "\u0334";
}

const moves = (first: string, second: string): boolean =>
  `${first}${second}`.normalize("NFD") !== `${first}${second}`;

function compose(decomposed: readonly Change[]): Change[] {
  const out: [string, number][] = [];
  let starter = -1;
  let blockedBy: string | undefined; // the last mark kept behind the starter
  for (const [character, change] of decomposed) {
    const ownStarter = isStarter(character);
    if (starter >= 0 && (blockedBy === undefined || (!ownStarter && sameOrder(blockedBy, character)))) {
      const joined = pairOf(out[starter]![0], character);
      if (joined !== undefined && (blockedBy === undefined || !ownStarter)) {
        out[starter]![0] = joined;
        out[starter]![1] += change - 1;
        continue;
      }
    }
    if (ownStarter) {
      starter = out.length;
      blockedBy = undefined;
    } else blockedBy = character;
    out.push([character, change]);
  }
  return out;
}

/** A mark behind `before` is not blocked by it: its class is higher. */
const sameOrder = (before: string, mark: string): boolean => comesBefore(before, mark);

function pairOf(first: string, second: string): string | undefined {
  const joined = `${first}${second}`.normalize("NFC");
  const length = joined.codePointAt(0)! > 0xffff ? 2 : 1;
  return joined.length === length ? joined : undefined;
}
