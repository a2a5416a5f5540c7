/** @file What every tokenizer here can do. Ids are `Int32Array`, the tensors' type for ids, so that they go into a
 *  model or a shard without a copy. `encode` never adds anything: a caller that wants BOS or EOS puts it there itself,
 *  once. `encoding` does what the file says, post-processor and all. */

import type { Encoding } from "./encoding/encoding.js";
import type { Padding } from "./encoding/pad.js";
import type { EncodingInput } from "./encoding/pipeline.js";
import type { Truncation } from "./encoding/truncate.js";
import type { IdBuffer } from "./idBuffer.js";
import type { ByteLevelTables } from "./models/bpe/byteLevelTables.js";

export interface EncodeOptions {
  /** Which special tokens are recognised by their spelling in the text. `"none"` (the default): no special token comes
   *  out of text, so that a user cannot forge one; `"all"`; or the spellings allowed. Added tokens that are not marked
   *  special (`<think>` in some vocabularies) are always recognised. */
  readonly special?: "none" | "all" | readonly string[];
  /** Special tokens whose spelling in the text, where it is not recognised, is an error (`special-token-in-text`). Default
   *  `"none"`. */
  readonly refuse?: "none" | "all" | readonly string[];
}

/** For `encodings`. */
export interface BatchOptions extends EncodeOptions {
  /** What the post-processor puts in. Default true. */
  readonly addSpecialTokens?: boolean | undefined;
  /** Places in the text are counted in UTF-16 units, as JavaScript's strings are, or in code points, as Python's. Default
   *  `"utf16"`. */
  readonly offsets?: "utf16" | "codePoints" | undefined;
  /** Default: what tokenizer.json says; null: none. */
  readonly truncation?: Truncation | null | undefined;
  readonly padding?: Padding | null | undefined;
  /** Places in the text, in UTF-16 units, where no added token is recognised: a user's text that spells one. */
  readonly blocked?: ReadonlySet<number> | undefined;
}

export interface EncodingOptions extends BatchOptions {
  /** A second text. */
  readonly pair?: EncodingInput | undefined;
}

export interface DecodeOptions {
  /** Leave out tokens marked special. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/** Decodes ids as they come. The pieces joined are what `decode` gives for all ids; a piece never ends inside a
 *  character, so it may be empty. */
export interface StreamDecoder {
  push(id: number): string;
  /** What is left: U+FFFD for a character that never got complete, else the empty string. */
  end(): string;
}

/** A token that is matched in the text before anything else looks at it; the fields are those of tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Only between characters that are not word characters. */
  readonly singleWord: boolean;
  /** Takes the white space on its left, on its right. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Matched against the normalised text. */
  readonly normalized: boolean;
}

/** What the folder of a tokenizer says beside tokenizer.json. */
export interface TokenizerConfig {
  /** Of transformers, without `Fast`; the empty string where none is named. */
  readonly className: string;
  readonly modelMaxLength: number | undefined;
  readonly paddingSide: "left" | "right";
  readonly truncationSide: "left" | "right";
  /** transformers closes spaces up before punctuation after decoding. `decode` does not. */
  readonly cleanUpSpaces: boolean;
  /** bos, eos, unk, sep, pad, cls, mask → spelling. */
  readonly specialTokens: Readonly<Record<string, string>>;
  readonly extraSpecialTokens: readonly string[];
  /** By name; `default` is the usual one. */
  readonly chatTemplates: Readonly<Record<string, string>>;
}

/** Spellings of the tokens with a role, as in tokenizer_config.json. */
export interface TokenRoles {
  readonly bos?: string | undefined;
  readonly eos?: string | undefined;
  readonly pad?: string | undefined;
  readonly unk?: string | undefined;
}

export interface Tokenizer {
  /** Highest id + 1: the rows an embedding needs. */
  readonly vocabSize: number;
  readonly addedTokens: readonly AddedToken[];
  /** Spelling → id of the added tokens marked special. */
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly roles: TokenRoles;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly unkId: number | undefined;
  /** The ids of a text; a fresh array. Throws UserError if the vocabulary cannot spell the text. */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /** Appends the ids of a text to `out`: for bulk work, no array a text. */
  encodeInto(text: string, out: IdBuffer, options?: EncodeOptions): void;
  /** Ids with their places in the text, words and masks, as tokenizer.json says. Throws UserError as `encode` does, and
   *  `truncation` where a text cannot be cut as asked. */
  encoding(input: EncodingInput, options?: EncodingOptions): Encoding;
  /** Several, padded to one length. */
  encodings(
    batch: ReadonlyArray<readonly [first: EncodingInput, second?: EncodingInput | undefined]>,
    options?: BatchOptions,
  ): Encoding[];
  /** Invalid UTF-8 becomes U+FFFD. Throws UserError for an id that the vocabulary does not have. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  streamDecoder(options?: DecodeOptions): StreamDecoder;
  /** The bytes that a token stands for. */
  tokenBytes(id: number): Uint8Array;
  /** By the spelling of the file (byte-level: `Ġthe`), including added tokens. */
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** What is written as tokenizer.json; undefined where the vocabulary came from a file that is not one. */
  readonly definition: object | undefined;
  /** Of the folder it was loaded from; undefined where that has no tokenizer_config.json or its like. */
  readonly config: TokenizerConfig | undefined;
  /** What a thread needs to give the ids of `encode`, where that is a few tables; for `encodeMany`. */
  tablesFor?(options: EncodeOptions): ByteLevelTables | undefined;
}
