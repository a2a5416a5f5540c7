/** @file Decoders that look at one token at a time. */

import type { PrependScheme } from "../pretokenizers/metaspace.js";
import type { Pattern } from "../regex/pattern.js";
import { type Decoder, perToken, type Stage } from "./decoder.js";

/** Every match by a text, taken literally. */
export function replaceDecoder(pattern: Pattern, content: string, wanted?: string): Decoder {
  const map = (token: string): string => {
    const matches = pattern.matches(token);
    let text = "";
    let done = 0;
    for (let i = 0; i < matches.length; i += 2) {
      text += token.slice(done, matches[i]) + content;
      done = matches[i + 1]!;
    }
    return text + token.slice(done);
  };
  // Of a single unit no match lies across two parts.
  return wanted?.length === 1 ? { ...perToken(map), parts: () => perToken(map).tokens() } : perToken(map);
}

/** Takes up to `start` and `stop` times a character off the ends of each token. */
export function stripDecoder(content: string, start: number, stop: number): Decoder {
  const map = (token: string): string => {
    const characters = [...token];
    let from = 0;
    while (from < start && characters[from] === content) from++;
    let to = characters.length;
    while (to > from && characters.length - to < stop && characters[to - 1] === content) to--;
    return characters.slice(from, to).join("");
  };
  if (stop > 0) return perToken(map);
  return { ...perToken(map), parts: () => stripStart(content, start) };
}

function stripStart(content: string, start: number): Stage {
  let left = start;
  return {
    push(text, give) {
      let rest = text;
      for (; left > 0 && rest !== ""; left--) {
        if (!rest.startsWith(content)) left = 1;
        else rest = rest.slice(content.length);
      }
      give(rest);
    },
    end() {},
  };
}

/** The sign for a space becomes a space; in the first token it goes, if it was put there. */
export function metaspaceDecoder(replacement: string, scheme: PrependScheme): Decoder {
  return perToken((token, first) => token.replaceAll(replacement, first && scheme !== "never" ? "" : " "));
}

/** A token without the prefix begins a word; `cleanup` closes spaces up before punctuation and contractions. */
export function wordPieceDecoder(prefix: string, cleanup: boolean): Decoder {
  return perToken((token, first) => {
    let text = token;
    if (!first) text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    return cleanup ? cleanUp(text) : text;
  });
}

const CLEANUP = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

export function cleanUp(text: string): string {
  return CLEANUP.reduce((so, [from, to]) => so.replaceAll(from, to), text);
}

/** Runs of one token count once, padding goes, the word delimiter becomes a space. */
export function ctcDecoder(padToken: string, wordDelimiter: string, cleanup: boolean): Decoder {
  const map = (token: string): string => {
    const text = token.replaceAll(padToken, "");
    return cleanup ? cleanUp(text).replaceAll(wordDelimiter, " ") : text;
  };
  return {
    decode: (tokens) =>
      tokens.flatMap((token, i) => (token === tokens[i - 1] ? [] : [map(token)].filter((t) => t !== ""))),
    tokens: () => {
      let previous: string | undefined;
      return {
        push(token, give) {
          if (token === previous) return;
          previous = token;
          const text = map(token);
          if (text !== "") give(text);
        },
        end() {},
      };
    },
  };
}
