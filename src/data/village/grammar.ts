/** @file The village's grammar: articles, reference and phrases with choices.
 *
 *  A phrase is text with choices `[a|b|c]`, which may be nested and empty, and slots `{key.form}`. Forms of a person: the
 *  name (at the first mention with an introduction), or `he him his himself s the a kind`; `~ ~him ~his` are a pronoun where it is clear whom it means (the
 *  only person in this paragraph with that pronoun) and otherwise the name. Forms of a thing: the bare noun, or
 *  `a the full afull thefull it them is was has its`. Forms of a place: the name, or `at to`. */

import type { Random } from "../random.js";

export interface Person {
  readonly type: "person";
  readonly name: string;
  /** "girl", "rabbit", "baker". */
  readonly kind: string;
  readonly female: boolean;
  readonly animal: boolean;
  readonly traits: readonly string[];
  /** How the story first speaks of the person: "her friend Max", "Nell the baker". */
  readonly intro: string;
}

export interface Thing {
  readonly type: "thing";
  readonly noun: string;
  readonly adjective: string;
  /** "one kite", "two boots", "some soup". */
  readonly number: "one" | "many" | "mass";
}

export interface Place {
  readonly type: "place";
  readonly name: string;
  readonly at: string;
  readonly to: string;
}

export type Value = Person | Thing | Place | string;
export type Vars = Readonly<Record<string, Value>>;

/** A or an, by sound as far as these stories need it. */
export function article(phrase: string): string {
  return /^(?:[aeiou]|hour|honest)/i.test(phrase) && !/^(?:us[eu]|uni|one\b|eu)/i.test(phrase) ? "an" : "a";
}

export function withArticle(phrase: string): string {
  return `${article(phrase)} ${phrase}`;
}

export function thing(noun: string, adjective = "", number: Thing["number"] = "one"): Thing {
  return { type: "thing", noun, adjective, number };
}

/** "a, b and c". */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** As in titles: a capital for every word but the small ones within. */
export function titleCase(text: string): string {
  return text.replace(/(^|\s)([a-z]+)/g, (all, space: string, word: string) =>
    space !== "" && /^(?:an?|the|of|to|for|and|in|at|with|about)$/.test(word)
      ? all
      : space + word.charAt(0).toUpperCase() + word.slice(1),
  );
}

type Node =
  | string
  | { readonly choices: readonly (readonly Node[])[] }
  | { readonly key: string; readonly form: string };
export type Phrase = readonly Node[];

/** Parses a phrase; throws on an unbalanced bracket. */
export function parsePhrase(source: string): Phrase {
  let at = 0;
  const sequence = (depth: number): Node[] => {
    const nodes: Node[] = [];
    while (at < source.length) {
      const rest = /[[\]|{]/g;
      rest.lastIndex = at;
      const next = rest.exec(source)?.index ?? source.length;
      if (next > at) nodes.push(source.slice(at, next));
      at = next;
      const mark = source[at];
      if (mark === undefined) break;
      if (mark === "{") {
        const end = source.indexOf("}", at);
        if (end < 0) throw new Error(`no } in: ${source}`);
        const [key, form] = source.slice(at + 1, end).split(".");
        nodes.push({ key: key!, form: form ?? "" });
        at = end + 1;
      } else if (mark === "[") {
        at++;
        const choices = [sequence(depth + 1)];
        while (source[at] === "|") {
          at++;
          choices.push(sequence(depth + 1));
        }
        if (source[at] !== "]") throw new Error(`no ] in: ${source}`);
        at++;
        nodes.push({ choices });
      } else if (depth > 0) return nodes;
      else throw new Error(`stray ${mark} in: ${source}`);
    }
    return nodes;
  };
  return sequence(0);
}

/** What has been said so far, as far as reference goes. */
export interface Focus {
  /** Whom a pronoun means just now. */
  she: Person | undefined;
  he: Person | undefined;
  /** Who was named last, or spoken of as subject. */
  last: Person | undefined;
  /** Everybody spoken of in this paragraph. */
  readonly around: Set<Person>;
  /** Inside quotation marks. */
  quoted: boolean;
  /** Persons who have been introduced, in order; undefined where nobody needs it. */
  readonly known: Set<Person> | undefined;
}

/** A phrase that begins with the person spoken of last mostly goes on with a pronoun. */
export function renderSentence(phrase: Phrase, vars: Vars, random: Random, focus: Focus): string {
  const first = phrase[0];
  if (first === undefined || typeof first === "string" || "choices" in first || first.form !== "")
    return renderPhrase(phrase, vars, random, focus);
  const who = vars[first.key];
  const same =
    typeof who === "object" &&
    who.type === "person" &&
    focus.last === who &&
    focus[who.female ? "she" : "he"] === who;
  return renderPhrase(
    same ? [{ key: first.key, form: "~" }, ...phrase.slice(1)] : phrase,
    vars,
    random,
    focus,
  );
}

export function renderPhrase(phrase: Phrase, vars: Vars, random: Random, focus: Focus): string {
  let text = "";
  for (const node of phrase) {
    if (typeof node === "string") {
      for (let at = node.indexOf('"'); at >= 0; at = node.indexOf('"', at + 1)) focus.quoted = !focus.quoted;
      text += node;
    } else if ("choices" in node)
      text += renderPhrase(node.choices[random.below(node.choices.length)]!, vars, random, focus);
    else text += slot(node.key, node.form, vars, random, focus);
  }
  return text;
}

function slot(key: string, form: string, vars: Vars, random: Random, focus: Focus): string {
  const value = vars[key];
  if (value === undefined) throw new Error(`no value for {${key}}`);
  if (typeof value === "string") {
    if (form === "") return value;
    if (form === "a") return withArticle(value);
    throw new Error(`no form {${key}.${form}}`);
  }
  if (value.type === "thing") return thingForm(value, form, key);
  if (value.type === "person") return personForm(value, form, key, random, focus);
  if (form === "") return value.name;
  if (form === "at" || form === "to") return value[form];
  throw new Error(`no form {${key}.${form}}`);
}

function thingForm({ noun, adjective, number }: Thing, form: string, key: string): string {
  const full = adjective === "" ? noun : `${adjective} ${noun}`;
  const many = number === "many";
  switch (form) {
    case "":
      return noun;
    case "a":
      return number === "one" ? withArticle(noun) : `some ${noun}`;
    case "the":
      return `the ${noun}`;
    case "full":
      return full;
    case "afull":
      return number === "one" ? withArticle(full) : `some ${full}`;
    case "thefull":
      return `the ${full}`;
    case "it":
      return many ? "they" : "it";
    case "them":
      return many ? "them" : "it";
    case "is":
      return many ? "are" : "is";
    case "was":
      return many ? "were" : "was";
    case "has":
      return many ? "have" : "has";
    case "its":
      return many ? "their" : "its";
    case "this":
      return many ? "these" : "this";
    default:
      throw new Error(`no form {${key}.${form}}`);
  }
}

/** Whether nobody else in this paragraph goes by the same pronoun. */
function unrivalled(who: Person, focus: Focus): boolean {
  for (const other of focus.around) if (other !== who && other.female === who.female) return false;
  return true;
}

function personForm(who: Person, form: string, key: string, random: Random, focus: Focus): string {
  const pronoun = who.female ? "she" : "he";
  const meant = <T>(text: T): T => {
    focus[pronoun] = who;
    focus.last = who;
    return text;
  };
  /** The name, or at the first mention the introduction. A "her friend Max" is no introduction within speech. */
  const name = (text: string) => {
    if (focus.known === undefined || focus.known.has(who)) return meant(text);
    if (focus.quoted && who.intro.includes("friend")) return meant(text);
    focus.known.add(who);
    return meant(text.replace(who.name, who.intro));
  };
  const clear = () => focus[pronoun] === who && unrivalled(who, focus) && random.below(10) < 7;
  focus.around.add(who);
  switch (form) {
    case "":
      return name(who.name);
    case "s":
      return name(`${who.name}'s`);
    case "the":
      return meant(`the ${who.kind}`);
    case "a":
      return meant(withArticle(who.kind));
    case "kind":
      return who.kind;
    case "he":
      return focus.quoted ? pronoun : meant(pronoun);
    case "him":
      return who.female ? "her" : "him";
    case "his":
      return who.female ? "her" : "his";
    case "himself":
      return who.female ? "herself" : "himself";
    case "~":
      return clear() ? (who.female ? "she" : "he") : name(who.name);
    case "~him":
      return clear() ? (who.female ? "her" : "him") : name(who.name);
    case "~his":
      return clear() ? (who.female ? "her" : "his") : name(`${who.name}'s`);
    default:
      throw new Error(`no form {${key}.${form}}`);
  }
}

/** Capitals at the beginnings of sentences: the first letter, after `. ! ?` and a space, after an opening quotation
 *  mark, and after a closing one that follows a full stop. */
export function capitals(text: string): string {
  let result = "";
  let from = 0;
  let quoted = false;
  let start = true;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) {
      quoted = !quoted;
      if (quoted || text[i - 1] === ".") start = true;
    } else if (c === 46 || c === 33 || c === 63) start = text[i + 1] === " ";
    else if (start && c !== 32) {
      start = false;
      if (c >= 97 && c <= 122) {
        result += text.slice(from, i) + text[i]!.toUpperCase();
        from = i + 1;
      }
    }
  }
  return result + text.slice(from);
}
