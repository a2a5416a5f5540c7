/** @file From ids back to text, whole or as they come: by the bytes of each token where that is all there is to it, else
 *  by the decoders. */

import type { TokenDecoder } from "./decoders/index.js";
import { createTokenBytes, joinTokens } from "./decoders/tokenBytes.js";
import { unknownTokenId } from "./decoders/unknownTokenId.js";
import { createUtf8Decoder, createUtf8Stream } from "./decoders/utf8Stream.js";
import { tokenAt, type Vocabulary } from "./files/vocabulary.js";
import type { Tokenizer } from "./tokenizer.js";

export type Decoding = Pick<Tokenizer, "decode" | "streamDecoder" | "tokenBytes">;

interface Known {
  readonly vocabulary: Pick<Vocabulary, "tokens" | "far">;
  /** Ids that `skipSpecialTokens` leaves out. */
  readonly special: ReadonlySet<number>;
}

/** Throws for an id that the vocabulary does not have. */
function checked({ vocabulary }: Known, id: number): string {
  const token = tokenAt(vocabulary, id);
  if (token !== undefined) return token;
  throw unknownTokenId(id, vocabulary.tokens.length);
}

export interface ByteDecodingParts extends Known {
  /** What each id stands for in the text. */
  readonly bytes: ReadonlyArray<Uint8Array | undefined>;
  /** Bytes of `id` where they depend on the id before it (SentencePiece's space after BOS). */
  readonly bytesAfter?: ((id: number, previous: number | undefined) => Uint8Array | undefined) | undefined;
}

export function byteDecoding(parts: ByteDecodingParts): Decoding {
  const { special, bytesAfter } = parts;
  const table = createTokenBytes(parts.bytes);
  const decodeUtf8 = createUtf8Decoder();
  const one = (id: number, previous: number | undefined): Uint8Array =>
    bytesAfter?.(id, previous) ?? table.bytes.subarray(table.offsets[id]!, table.offsets[id + 1]!);
  const streamDecoder: Tokenizer["streamDecoder"] = (options) => {
    const stream = createUtf8Stream();
    let previous: number | undefined;
    return {
      push(id) {
        checked(parts, id);
        const before = previous;
        previous = id;
        return options?.skipSpecialTokens && special.has(id) ? "" : stream.push(one(id, before));
      },
      end: () => stream.end(),
    };
  };
  return {
    decode(ids, options) {
      if (bytesAfter !== undefined) {
        const stream = streamDecoder(options);
        let text = "";
        for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
        return text + stream.end();
      }
      const kept: number[] = [];
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        checked(parts, id);
        if (!(options?.skipSpecialTokens && special.has(id))) kept.push(id);
      }
      return decodeUtf8(joinTokens(table, kept));
    },
    streamDecoder,
    tokenBytes(id) {
      checked(parts, id);
      return one(id, undefined).slice();
    },
  };
}

export interface TokenDecodingParts extends Known {
  readonly decoder: TokenDecoder;
  /** What an id is spelt as for the decoder, where that is not the vocabulary's spelling. */
  spellingOf(id: number): string | undefined;
}

export function tokenDecoding(parts: TokenDecodingParts): Decoding {
  const { special, decoder } = parts;
  const utf8 = new TextEncoder();
  const spelling = (id: number): string => {
    const token = checked(parts, id);
    return parts.spellingOf(id) ?? token;
  };
  return {
    decode(ids, options) {
      const tokens: string[] = [];
      for (let i = 0; i < ids.length; i++) {
        const token = spelling(ids[i]!);
        if (!(options?.skipSpecialTokens && special.has(ids[i]!))) tokens.push(token);
      }
      return decoder.decode(tokens);
    },
    streamDecoder(options) {
      const stream = decoder.stream();
      return {
        push(id) {
          const token = spelling(id);
          return options?.skipSpecialTokens && special.has(id) ? "" : stream.push(token);
        },
        end: () => stream.end(),
      };
    },
    tokenBytes(id) {
      const token = spelling(id);
      const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
      if (byte !== null && decoder.decode([token]) !== token)
        return Uint8Array.of(Number.parseInt(byte[1]!, 16));
      // Behind another token, so that nothing is dropped or put for being the first.
      const before = decoder.decode(["x"]);
      const both = decoder.decode(["x", token]);
      return utf8.encode(both.startsWith(before) ? both.slice(before.length) : decoder.decode([token]));
    },
  };
}
