/** @file Signs that a person would look for in a mail: how loud it is, how it is set, what it links to. Each is a number; none
 *  knows what the text says. */

export const TEXT_SIGNS = [
  "length",
  "words",
  "exclamations",
  "exclamation runs",
  "questions",
  "capitals",
  "shouted words",
  "digits",
  "long numbers",
  "money",
  "links",
  "suspicious links",
  "addresses",
  "first persons",
  "second persons",
] as const;
export type TextSign = (typeof TEXT_SIGNS)[number];

/** Counts as ln(1 + n), shares as they are, in the order of `TEXT_SIGNS`. */
export function textSigns(text: string): Float64Array {
  const letters = count(text, /\p{L}/gu);
  const links = text.match(LINK) ?? [];
  const share = (n: number, of: number) => (of === 0 ? 0 : n / of);
  const signs: Record<TextSign, number> = {
    length: Math.log1p(text.length),
    words: Math.log1p(count(text, /\S+/gu)),
    exclamations: Math.log1p(count(text, /!/g)),
    "exclamation runs": Math.log1p(count(text, /!{2,}/g)),
    questions: Math.log1p(count(text, /\?/g)),
    capitals: share(count(text, /\p{Lu}/gu), letters),
    "shouted words": Math.log1p(count(text, /(?<![\p{L}\p{N}])\p{Lu}{3,}(?![\p{L}\p{N}])/gu)),
    digits: share(count(text, /\p{Nd}/gu), text.length),
    "long numbers": Math.log1p(count(text, /\d{5,}/g)),
    money: Math.log1p(count(text, /\p{Sc}\s*\d|\d\s*\p{Sc}|\b(?:usd|eur|gbp|dollars?|euros?|pounds?)\b/giu)),
    links: Math.log1p(links.length),
    "suspicious links": Math.log1p(links.filter(isSuspicious).length),
    addresses: Math.log1p(count(text, /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}/gu)),
    "first persons": Math.log1p(count(text, /\b(?:i|i'm|i've|me|my|we|our|us)\b/gi)),
    "second persons": Math.log1p(count(text, /\b(?:you|your|yours|u|ur)\b/gi)),
  };
  return Float64Array.from(TEXT_SIGNS, (name) => signs[name]);
}

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"')\]]+/giu;
const SHORTENERS = new Set([
  "bit.ly",
  "tinyurl.com",
  "goo.gl",
  "t.co",
  "ow.ly",
  "is.gd",
  "buff.ly",
  "cutt.ly",
  "rb.gy",
]);
const CHEAP_ENDS =
  /\.(?:xyz|top|click|link|work|loan|win|bid|gq|cf|tk|ml|ga|zip|mov|icu|rest|country|stream)$/;

/** Leads to an address of numbers, behind a shortener, to a name that is written to look like another or costs next to nothing, or
 *  names a user before the host. */
export function isSuspicious(link: string): boolean {
  const match = /^(?:https?:\/\/)?(?:([^/@]*)@)?([^/:?#]+)/i.exec(link);
  const host = (match?.[2] ?? "").toLowerCase();
  return (
    match?.[1] !== undefined ||
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) ||
    SHORTENERS.has(host.replace(/^www\./, "")) ||
    host.startsWith("xn--") ||
    host.includes(".xn--") ||
    /[^\p{ASCII}]/u.test(host) ||
    CHEAP_ENDS.test(host) ||
    host.split(".").length > 4 ||
    (host.match(/-/g)?.length ?? 0) > 2
  );
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
