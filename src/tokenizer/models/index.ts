/** @file All models of tokenizer.json, with their vocabulary. */

import { z } from "zod";
import {
  asArray,
  asId,
  asObject,
  describe,
  inside,
  type JsonObject,
  type Place,
  refuse,
} from "../files/check.js";
import { count, flag, type Maker, made, makeComponent } from "../files/component.js";
import { type Merges, readMerges } from "../files/readMerges.js";
import { readVocabulary, type Vocabulary } from "../files/vocabulary.js";
import { createMergeTable } from "./bpe/mergeTable.js";
import { textBpe } from "./bpe/textBpe.js";
import { cached, lazy, type Model } from "./model.js";
import { unigram } from "./unigram/unigram.js";
import { wordLevel } from "./wordlevel/wordLevel.js";
import { wordPiece } from "./wordpiece/wordPiece.js";

export interface ReadModel {
  readonly model: Model;
  readonly vocabulary: Vocabulary;
  /** Of BPE without a prefix of what goes on. */
  readonly merges?: Merges | undefined;
  /** The model that never gives these tokens, where the model itself might. */
  readonly withoutSpecial?: ((special: ReadonlySet<string>) => Model) | undefined;
}

const Bpe = z.object({
  dropout: z.number().min(0).max(1).nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: flag(false),
  byte_fallback: flag(false),
  ignore_merges: flag(false),
  vocab: z.unknown(),
  merges: z.unknown(),
});

const MAKERS: Readonly<Record<string, Maker<ReadModel>>> = {
  BPE: made(Bpe, (f, place) => {
    const vocabulary = readVocabulary(f.vocab, inside(place, "vocab"));
    const prefix = f.continuing_subword_prefix ?? "";
    const merges = readMerges(f.merges, vocabulary, inside(place, "merges"), prefix);
    const dropout = f.dropout ?? 0;
    if (dropout > 0 && dropout < 1)
      refuse(
        inside(place, "dropout"),
        "unsupported-model",
        "would make encoding random",
        dropout,
        "null, 0 or 1",
        "set dropout to null: it belongs to training",
      );
    const unknown = f.unk_token == null ? undefined : unkId(f.unk_token, vocabulary, place);
    const model = lazy(() =>
      cached(
        textBpe({
          ids: vocabulary.ids,
          merges: createMergeTable(merges.pairs, merges.result, new Int32Array(256).fill(-1)),
          unkId: unknown,
          fuseUnk: f.fuse_unk,
          byteFallback: f.byte_fallback,
          continuingPrefix: prefix,
          endOfWordSuffix: f.end_of_word_suffix ?? "",
          ignoreMerges: f.ignore_merges && dropout === 0,
          neverMerge: dropout === 1,
        }),
      ),
    );
    return { model, vocabulary, merges: prefix === "" ? merges : undefined };
  }),
  WordPiece: made(
    z.object({
      unk_token: z.string().default("[UNK]"),
      continuing_subword_prefix: z.string().default("##"),
      max_input_chars_per_word: count.default(100),
      vocab: z.unknown(),
    }),
    (f, place) => {
      const vocabulary = readVocabulary(f.vocab, inside(place, "vocab"));
      const model = wordPiece({
        ids: vocabulary.ids,
        unkId: unkId(f.unk_token, vocabulary, place),
        continuingPrefix: f.continuing_subword_prefix,
        maxInputChars: f.max_input_chars_per_word,
      });
      return { model: cached(model), vocabulary };
    },
  ),
  WordLevel: made(z.object({ unk_token: z.string().default("<unk>"), vocab: z.unknown() }), (f, place) => {
    const vocabulary = readVocabulary(f.vocab, inside(place, "vocab"));
    return { model: wordLevel(vocabulary.ids, f.unk_token), vocabulary };
  }),
  Unigram: made(
    z.object({ unk_id: count.nullish(), byte_fallback: flag(false), vocab: z.unknown() }),
    (f, place) => {
      const pieces = readPieces(f.vocab, inside(place, "vocab"));
      if (f.unk_id != null && f.unk_id >= pieces.length)
        refuse(
          inside(place, "unk_id"),
          "unknown-token-missing",
          "is not in the vocabulary",
          f.unk_id,
          `an id below ${pieces.length}`,
          "name the id of the unknown token",
        );
      const vocabulary = {
        ids: new Map(pieces.map(([piece], id) => [piece, id])),
        tokens: pieces.map(([piece]) => piece),
        far: new Map<number, string>(),
      };
      const options = { pieces, unkId: f.unk_id ?? undefined, byteFallback: f.byte_fallback };
      return {
        get model() {
          return cached(unigram(options));
        },
        withoutSpecial: (special) => cached(unigram({ ...options, special })),
        vocabulary,
      };
    },
  ),
};

export function makeModel(value: unknown, place: Place): ReadModel {
  const json: JsonObject = asObject(value, place);
  // Files before 2021 do not name the type.
  if (json.type === undefined && "merges" in json) return MAKERS.BPE!(json, place);
  return makeComponent("model", MAKERS, json, place);
}

function unkId(token: string, vocabulary: Vocabulary, place: Place): number {
  return (
    vocabulary.ids.get(token) ??
    refuse(
      inside(place, "unk_token"),
      "unknown-token-missing",
      "is not in the vocabulary",
      token,
      "a token of model.vocab",
      "add it to the vocabulary, or name another",
    )
  );
}

function readPieces(value: unknown, place: Place): [string, number][] {
  const seen = new Map<string, number>();
  return asArray(value, place).map((entry, id) => {
    const here = inside(place, id);
    const [piece, score] = asArray(entry, here);
    if (typeof piece !== "string" || typeof score !== "number" || (entry as unknown[]).length !== 2)
      return refuse(
        here,
        "malformed-tokenizer",
        "is no piece with its score",
        describe(entry),
        '["piece", -1.5]',
      );
    const other = seen.get(piece);
    if (other !== undefined)
      refuse(
        here,
        "duplicate-token",
        "stands twice in the vocabulary",
        piece,
        `once (also at ${other})`,
        "remove one",
      );
    seen.set(piece, asId(id, here));
    return [piece, score];
  });
}
