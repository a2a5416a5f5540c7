/** @file All normalisers of tokenizer.json. */

import { z } from "zod";
import { inside, type Place, refuse } from "../files/check.js";
import { flag, type Maker, made, makeComponent, PatternJson, readPattern } from "../files/component.js";
import { bertNormalizer } from "./bert.js";
import { toByteLetters } from "./byteLevel.js";
import { lowercase } from "./lowercase.js";
import { nmt } from "./nmt.js";
import type { Normalizer } from "./normalizer.js";
import { precompiled } from "./precompiled.js";
import { prepend } from "./prepend.js";
import { replace } from "./replace.js";
import { strip } from "./strip.js";
import { stripAccents } from "./stripAccents.js";
import { type UnicodeForm, unicodeForm } from "./unicodeForm.js";

const plain =
  (normalizer: Normalizer): Maker<Normalizer> =>
  () =>
    normalizer;
const form = (name: UnicodeForm): Maker<Normalizer> => plain(unicodeForm(name));

const MAKERS: Readonly<Record<string, Maker<Normalizer>>> = {
  NFC: form("NFC"),
  NFD: form("NFD"),
  NFKC: form("NFKC"),
  NFKD: form("NFKD"),
  Lowercase: plain(lowercase),
  StripAccents: plain(stripAccents),
  Nmt: plain(nmt),
  ByteLevel: plain(toByteLetters),
  Strip: made(z.object({ strip_left: flag(true), strip_right: flag(true) }), (f) =>
    strip(f.strip_left, f.strip_right),
  ),
  Prepend: made(z.object({ prepend: z.string() }), (f) => prepend(f.prepend)),
  Replace: made(z.object({ pattern: PatternJson, content: z.string() }), (f, place) =>
    replace(readPattern(f.pattern, place), f.content),
  ),
  BertNormalizer: made(
    z.object({
      clean_text: flag(true),
      handle_chinese_chars: flag(true),
      strip_accents: z.boolean().nullable().default(null),
      lowercase: flag(true),
    }),
    (f) =>
      bertNormalizer({
        cleanText: f.clean_text,
        handleChineseChars: f.handle_chinese_chars,
        stripAccents: f.strip_accents,
        lowercase: f.lowercase,
      }),
  ),
  Precompiled: made(z.object({ precompiled_charsmap: z.string() }), (f, place) =>
    readCharsmap(f.precompiled_charsmap, inside(place, "precompiled_charsmap")),
  ),
  Sequence: made(z.object({ normalizers: z.array(z.unknown()) }), (f, place) => {
    const steps = f.normalizers.map((json, i) =>
      makeNormalizer(json, inside(inside(place, "normalizers"), i)),
    );
    return (text) => steps.reduce((so, step) => step(so), text);
  }),
};

export function makeNormalizer(json: unknown, place: Place): Normalizer {
  return makeComponent("normaliser", MAKERS, json, place);
}

function readCharsmap(base64: string, place: Place): Normalizer {
  const normalizer = /^[A-Za-z0-9+/]*={0,2}$/.test(base64)
    ? precompiled(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))
    : undefined;
  return (
    normalizer ??
    refuse(
      place,
      "malformed-tokenizer",
      "holds no rules of SentencePiece",
      `${base64.length} characters`,
      "base64 of a trie and its replacements",
      "get the file again from where it came",
    )
  );
}
