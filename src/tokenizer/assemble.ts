/** @file A tokenizer from its parts: what happens to plain text, the bytes of each token, the added tokens, the roles. */

import { UserError } from "../platform/errors.js";
import { createSegmenters } from "./addedTokens.js";
import { createTokenBytes, joinTokens } from "./decoders/tokenBytes.js";
import { createUtf8Decoder, createUtf8Stream } from "./decoders/utf8Stream.js";
import type { IdBuffer } from "./idBuffer.js";
import { createIdBuffer, pushId, takeIds } from "./idBuffer.js";
import type { AddedToken, DecodeOptions, Tokenizer, TokenRoles } from "./tokenizer.js";

export interface TokenizerParts {
  /** Spelling of each id in the file's form; undefined where the vocabulary has a hole. */
  readonly tokens: ReadonlyArray<string | undefined>;
  /** What each id stands for in the text. */
  readonly bytes: ReadonlyArray<Uint8Array | undefined>;
  readonly added: readonly AddedToken[];
  readonly roles: TokenRoles;
  /** Appends the ids of text in which no added token is looked for. */
  readonly encodeText: (text: string, out: IdBuffer) => void;
  /** Bytes of `id` where they depend on the id before it (SentencePiece's space after BOS). */
  readonly bytesAfter?: ((id: number, previous: number | undefined) => Uint8Array | undefined) | undefined;
  readonly definition?: object | undefined;
}

export function assembleTokenizer(parts: TokenizerParts): Tokenizer {
  const { tokens, added, roles, encodeText } = parts;
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (token !== undefined) ids.set(token, id);
  });
  const specials = new Map(added.filter((t) => t.special).map((t) => [t.content, t.id]));
  const roleId = (spelling: string | undefined) => (spelling === undefined ? undefined : ids.get(spelling));
  const segmenterFor = createSegmenters(added);
  const encodeInto: Tokenizer["encodeInto"] = (text, out, options) => {
    for (const segment of segmenterFor(options?.special)(text)) {
      if (typeof segment === "number") pushId(out, segment);
      else encodeText(segment, out);
    }
  };
  const scratch = createIdBuffer();
  const decoding = createDecoding(parts, new Set(specials.values()));
  return {
    vocabSize: tokens.length,
    addedTokens: added,
    specialTokens: specials,
    roles,
    bosId: roleId(roles.bos),
    eosId: roleId(roles.eos),
    padId: roleId(roles.pad),
    unkId: roleId(roles.unk),
    encode(text, options) {
      scratch.length = 0;
      encodeInto(text, scratch, options);
      const result = takeIds(scratch);
      if (scratch.ids.length > 1 << 20) scratch.ids = new Int32Array(1024);
      return result;
    },
    encodeInto,
    ...decoding,
    tokenToId: (token) => ids.get(token),
    idToToken: (id) => tokens[id],
    definition: parts.definition,
  };
}

function createDecoding(
  parts: TokenizerParts,
  special: ReadonlySet<number>,
): Pick<Tokenizer, "decode" | "streamDecoder" | "tokenBytes"> {
  const table = createTokenBytes(parts.bytes);
  const decodeUtf8 = createUtf8Decoder();
  const check = (id: number): number => {
    if (parts.tokens[id] !== undefined) return id;
    throw new UserError({
      code: "unknown-token-id",
      message: "the vocabulary has no token with this id",
      found: id,
      expected: `an id below ${parts.tokens.length}`,
      fix: "use the tokenizer that belongs to the model",
    });
  };
  const one = (id: number, previous: number | undefined): Uint8Array =>
    parts.bytesAfter?.(id, previous) ?? table.bytes.subarray(table.offsets[id]!, table.offsets[id + 1]!);
  const streamDecoder = (options?: DecodeOptions) => {
    const stream = createUtf8Stream();
    let previous: number | undefined;
    return {
      push(id: number) {
        check(id);
        const before = previous;
        previous = id;
        return options?.skipSpecialTokens && special.has(id) ? "" : stream.push(one(id, before));
      },
      end: () => stream.end(),
    };
  };
  return {
    decode(ids, options) {
      if (parts.bytesAfter !== undefined) {
        const stream = streamDecoder(options);
        let text = "";
        for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
        return text + stream.end();
      }
      const kept: number[] = [];
      for (let i = 0; i < ids.length; i++) {
        const id = check(ids[i]!);
        if (!(options?.skipSpecialTokens && special.has(id))) kept.push(id);
      }
      return decodeUtf8(joinTokens(table, kept));
    },
    streamDecoder,
    tokenBytes: (id) => one(check(id), undefined).slice(),
  };
}
