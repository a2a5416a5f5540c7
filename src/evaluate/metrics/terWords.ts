/** @file Words of a segment as Tercom's normaliser makes them (Snover et al. 2006), the way sacrebleu does it. */

import { marksApart, pointsApart, withoutEntities, words } from "./bleuTokenizers.js";

export interface TerWordOptions {
  /** Default false: lower-cased. */
  readonly caseSensitive?: boolean;
  /** Punctuation apart, entities undone. Default false. */
  readonly normalized?: boolean;
  /** Without punctuation. Default false. */
  readonly noPunct?: boolean;
  /** With `normalized`, Chinese characters and punctuation apart too; with `noPunct`, without such punctuation. Default false. */
  readonly asianSupport?: boolean;
}

export function terWords(segment: string, options: TerWordOptions = {}): string[] {
  let text = options.caseSensitive ? segment : segment.toLowerCase();
  if (options.normalized) {
    text = western(text.trimEnd());
    if (options.asianSupport)
      for (const apart of [...ASIAN_LETTERS, ...ASIAN_PUNCTUATION]) text = text.replace(apart, " $& ");
  }
  if (options.noPunct) {
    text = text.replace(/[.,?:;!"()]/g, "");
    if (options.asianSupport) for (const mark of ASIAN_PUNCTUATION) text = text.replace(mark, "");
  }
  return words(text);
}

function western(text: string): string {
  const joined = withoutEntities(text.replaceAll("\n-", "").replaceAll("\n", " "));
  return pointsApart(marksApart(` ${joined} `).replaceAll("'s ", " 's "));
}

/** One after another, as sacrebleu does it: the ranges overlap, since it spells U+32FF as U+3F22; and it never parts
 *  Japanese syllables, since its patterns for them want a text that begins with one, and every text begins with a space. */
const ASIAN_LETTERS: readonly RegExp[] = [
  /[\u4e00-\u9fff\u3400-\u4dbf]/g,
  /[\u31c0-\u31ef\u2e80-\u2eff]/g,
  /[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/g,
  /[\u3200-\u3f22]/g,
];

const ASIAN_PUNCTUATION: readonly RegExp[] = [
  /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/g,
  /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g,
];
