/** @file A story being told: sentences gathered into paragraphs, pronouns resolved, capitals set. */

import type { Random } from "../random.js";
import {
  capitals,
  type Focus,
  type Person,
  type Phrase,
  parsePhrase,
  renderPhrase,
  renderSentence,
  type Vars,
} from "./grammar.js";

/** Phrases parsed so far; one for all stories of a generator. */
export type PhraseCache = Map<string, Phrase>;

export interface Teller {
  /** One of the phrases, as a sentence or several. */
  say(...phrases: readonly string[]): void;
  /** `say`, with a chance that grows with the story's length (0 to 1). */
  maybe(chance: number, ...phrases: readonly string[]): void;
  /** A new paragraph. */
  paragraph(): void;
  /** A phrase without place in the story: no pronoun is resolved by what was said. */
  plain(phrase: string): string;
  text(): string;
  /** Everybody named so far, in order. */
  people(): readonly Person[];
}

export function createTeller(random: Random, vars: Vars, cache: PhraseCache): Teller {
  const paragraphs: string[] = [];
  let current = "";
  const known = new Set<Person>();
  const fresh = (of: Set<Person> | undefined): Focus => ({
    she: undefined,
    he: undefined,
    last: undefined,
    around: new Set(),
    quoted: false,
    known: of,
  });
  let focus = fresh(known);
  const parse = (source: string) => {
    let phrase = cache.get(source);
    if (phrase === undefined) {
      phrase = parsePhrase(source);
      cache.set(source, phrase);
    }
    return phrase;
  };
  const paragraph = () => {
    if (current !== "") paragraphs.push(current);
    current = "";
    focus = fresh(known);
  };
  const say = (...phrases: readonly string[]) => {
    const text = capitals(renderSentence(parse(phrases[random.below(phrases.length)]!), vars, random, focus));
    if (text !== "") current += current === "" ? text : ` ${text}`;
  };
  return {
    say,
    maybe(chance, ...phrases) {
      if (random.uniform() < chance) say(...phrases);
    },
    paragraph,
    plain: (phrase) => renderPhrase(parse(phrase), vars, random, fresh(undefined)),
    text() {
      paragraph();
      return paragraphs.join("\n\n");
    },
    people: () => [...known],
  };
}
