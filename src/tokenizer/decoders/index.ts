/** @file All decoders of tokenizer.json. A sequence is a list of them. */

import { z } from "zod";
import { inside, type Place } from "../files/check.js";
import {
  Character,
  count,
  flag,
  type Maker,
  made,
  makeComponent,
  PatternJson,
  readPattern,
} from "../files/component.js";
import { MetaspaceJson } from "../pretokenizers/index.js";
import { createTextStream, type Decoder, type TextStream } from "./decoder.js";
import { bpeDecoder, byteFallbackDecoder, byteLevelDecoder, fuseDecoder, spacesBetween } from "./joining.js";
import { ctcDecoder, metaspaceDecoder, replaceDecoder, stripDecoder, wordPieceDecoder } from "./simple.js";

const MAKERS: Readonly<Record<string, Maker<readonly Decoder[]>>> = {
  ByteLevel: () => [byteLevelDecoder()],
  WordPiece: made(z.object({ prefix: z.string().default("##"), cleanup: flag(true) }), (f) => [
    wordPieceDecoder(f.prefix, f.cleanup),
  ]),
  Metaspace: made(MetaspaceJson, (f) => [metaspaceDecoder(f.replacement, f.scheme)]),
  BPEDecoder: made(z.object({ suffix: z.string().default("</w>") }), (f) => [bpeDecoder(f.suffix)]),
  CTC: made(
    z.object({
      pad_token: z.string().default("<pad>"),
      word_delimiter_token: z.string().default("|"),
      cleanup: flag(true),
    }),
    (f) => [ctcDecoder(f.pad_token, f.word_delimiter_token, f.cleanup)],
  ),
  Strip: made(z.object({ content: Character, start: count, stop: count }), (f) => [
    stripDecoder(f.content, f.start, f.stop),
  ]),
  Fuse: () => [fuseDecoder()],
  ByteFallback: () => [byteFallbackDecoder()],
  Replace: made(z.object({ pattern: PatternJson, content: z.string() }), (f, place) => [
    replaceDecoder(
      readPattern(f.pattern, place),
      f.content,
      "String" in f.pattern ? f.pattern.String : undefined,
    ),
  ]),
  Sequence: made(z.object({ decoders: z.array(z.unknown()) }), (f, place) =>
    f.decoders.flatMap((json, i) => makeDecoders(json, inside(inside(place, "decoders"), i))),
  ),
};

function makeDecoders(json: unknown, place: Place): readonly Decoder[] {
  return makeComponent("decoder", MAKERS, json, place);
}

export interface TokenDecoder {
  decode(tokens: readonly string[]): string;
  stream(): TextStream;
  /** The first decoder reads GPT-2's letters. */
  readonly readsByteLetters: boolean;
}

/** `null`: the tokens joined by spaces. */
export function makeTokenDecoder(json: unknown, place: Place): TokenDecoder {
  const none = json === null || json === undefined;
  const decoders = none ? [spacesBetween()] : makeDecoders(json, place);
  return {
    decode: (tokens) => decoders.reduce((so, decoder) => decoder.decode(so), [...tokens]).join(""),
    stream: () => createTextStream(decoders),
    readsByteLetters: !none && (json as { type?: unknown }).type === "ByteLevel",
  };
}
