/** @file Decoders that look at neighbours: bytes that make characters, all as one, suffixes that are spaces but at the end. */

import { tokenToBytes } from "../text/byteAlphabet.js";
import type { Decoder } from "./decoder.js";
import { createUtf8Stream } from "./utf8Stream.js";

const utf8 = new TextEncoder();

/** A token of GPT-2's letters as its bytes; one with any other character is plain text, all of it. */
const bytesOf = (token: string): Uint8Array => tokenToBytes(token) ?? utf8.encode(token);

export function byteLevelDecoder(): Decoder {
  return {
    joins: true,
    decode(tokens) {
      const stream = createUtf8Stream();
      return [tokens.map((token) => stream.push(bytesOf(token))).join("") + stream.end()];
    },
    tokens: () => {
      const stream = createUtf8Stream();
      return {
        push: (token, give) => give(stream.push(bytesOf(token))),
        end: (give) => give(stream.end()),
      };
    },
  };
}

export function fuseDecoder(): Decoder {
  const through = () => ({ push: (text: string, give: (text: string) => void) => give(text), end() {} });
  return { joins: true, decode: (tokens) => [tokens.join("")], tokens: through, parts: through };
}

const byteOf = (token: string): number | undefined => {
  const found = /^<0x([0-9a-fA-F]{2}|\+[0-9a-fA-F])>$/.exec(token);
  return found === null ? undefined : Number.parseInt(found[1]!, 16);
};

/** A run of byte tokens as text; if it is not UTF-8, one U+FFFD a byte. What a run is cannot be said before it ends. */
export function byteFallbackDecoder(): Decoder {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const flush = (bytes: number[], give: (text: string) => void): void => {
    if (bytes.length === 0) return;
    try {
      give(strict.decode(Uint8Array.from(bytes)));
    } catch {
      for (const _ of bytes) give("\ufffd");
    }
    bytes.length = 0;
  };
  const stage = () => {
    const bytes: number[] = [];
    return {
      push(token: string, give: (text: string) => void) {
        const byte = byteOf(token);
        if (byte !== undefined) {
          bytes.push(byte);
          return;
        }
        flush(bytes, give);
        give(token);
      },
      end: (give: (text: string) => void) => flush(bytes, give),
    };
  };
  return {
    tokens: stage,
    decode(tokens) {
      const out: string[] = [];
      const { push, end } = stage();
      for (const token of tokens) push(token, (text) => void out.push(text));
      end((text) => void out.push(text));
      return out;
    },
  };
}

/** The suffix of a word becomes a space, but in the last token nothing. */
export function bpeDecoder(suffix: string): Decoder {
  const inner = (token: string) => token.replaceAll(suffix, " ");
  const last = (token: string) => token.replaceAll(suffix, "");
  return {
    decode: (tokens) => tokens.map((token, i) => (i === tokens.length - 1 ? last : inner)(token)),
    tokens: () => {
      let waiting: string | undefined;
      return {
        push(token, give) {
          if (waiting !== undefined) give(inner(waiting));
          waiting = token;
        },
        end(give) {
          if (waiting !== undefined) give(last(waiting));
        },
      };
    },
    // What both readings of a token begin with is certain at once.
    lastTokens: () => {
      let waiting: { inner: string; last: string } | undefined;
      return {
        push(token, give) {
          if (waiting !== undefined) give(waiting.inner);
          const readings = [inner(token), last(token)] as const;
          let common = 0;
          while (common < readings[1].length && readings[0][common] === readings[1][common]) common++;
          give(readings[1].slice(0, common));
          waiting = { inner: readings[0].slice(common), last: readings[1].slice(common) };
        },
        end(give) {
          if (waiting !== undefined) give(waiting.last);
        },
      };
    },
  };
}

/** No decoder: the tokens with a space between. */
export function spacesBetween(): Decoder {
  return {
    decode: (tokens) => [tokens.join(" ")],
    tokens: () => {
      let first = true;
      return {
        push(token, give) {
          give(first ? token : ` ${token}`);
          first = false;
        },
        end() {},
      };
    },
  };
}
