/** @file The ways in which sacrebleu cuts a segment into tokens before counting (Post 2018, "A call for clarity in reporting BLEU
 *  scores"): a score means nothing without the name of its tokenizer.
 *    13a: the NIST script mteval-v13a · intl: every punctuation mark and symbol of Unicode apart, but between digits ·
 *    zh: Chinese characters apart, the rest as 13a · char: characters · none: as it is. */

export const BLEU_TOKENIZERS = ["13a", "intl", "zh", "char", "none"] as const;
export type BleuTokenizer = (typeof BLEU_TOKENIZERS)[number];

/** The segment with its tokens between single spaces (char: each character, spaces too). */
export function bleuTokenize(segment: string, tokenizer: BleuTokenizer): string {
  switch (tokenizer) {
    case "13a":
      return punctuation(unescaped(segment));
    case "intl":
      return international(segment);
    case "zh":
      return punctuation(chineseApart(segment));
    case "char":
      return [...segment].join(" ");
    case "none":
      return segment;
  }
}

/** Markup and line ends as mteval-v13a undoes them. */
function unescaped(segment: string): string {
  return withoutEntities(segment.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " "));
}

export function withoutEntities(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
}

/** ASCII punctuation apart; period and comma only where no digit stands on that side, a hyphen behind a digit. */
function punctuation(segment: string): string {
  return words(pointsApart(marksApart(` ${segment} `))).join(" ");
}

/** ASCII punctuation but apostrophe, comma, hyphen and period between spaces. */
export function marksApart(text: string): string {
  return text.replace(/[{-~[-` -&(-+:-@/]/g, " $& ");
}

export function pointsApart(text: string): string {
  return text
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
}

function international(segment: string): string {
  return words(
    segment
      .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
      .replace(/(\p{P})(\P{N})/gu, " $1 $2")
      .replace(/\p{S}/gu, " $& "),
  ).join(" ");
}

/** What sacrebleu counts as Chinese: ideographs and radicals, and the marks and letters set as wide as they are. It means the
 *  ideographs beyond U+FFFF too, but spells them so that U+2001 to U+2A6D (quotation marks, dashes, arrows, …) and U+2F81 to
 *  U+2FA1 are meant instead: kept here, since a score is compared with its scores. */
const CHINESE: readonly (readonly [number, number])[] = [
  [0x3400, 0x4db5],
  [0x4e00, 0x9fa5],
  [0x9fa6, 0x9fbb],
  [0xf900, 0xfa2d],
  [0xfa30, 0xfa6a],
  [0xfa70, 0xfad9],
  [0x2001, 0x2a6d],
  [0x2f81, 0x2fa1],
  [0xff00, 0xffef],
  [0x2e80, 0x2eff],
  [0x3000, 0x303f],
  [0x31c0, 0x31ef],
  [0x2f00, 0x2fdf],
  [0x2ff0, 0x2fff],
  [0x3100, 0x312f],
  [0x31a0, 0x31bf],
  [0xfe10, 0xfe1f],
  [0xfe30, 0xfe4f],
  [0x2600, 0x26ff],
  [0x2700, 0x27bf],
  [0x3200, 0x32ff],
  [0x3300, 0x33ff],
];

function chineseApart(segment: string): string {
  return [...segment.trim()]
    .map((c) => {
      const code = c.codePointAt(0)!;
      return CHINESE.some(([from, to]) => code >= from && code <= to) ? ` ${c} ` : c;
    })
    .join("");
}

/** Between white space. */
export function words(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === "" ? [] : trimmed.split(/\s+/u);
}
