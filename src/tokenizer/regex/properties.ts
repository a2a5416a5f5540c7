/** @file Classes of characters by name as Oniguruma knows them (`\s`, `\w`, `\p{…}`, `[:alpha:]`), as JavaScript's. */

export const SPACE = String.raw`\p{White_Space}`;
/** Letters, marks, numbers (² and ½ too) and connectors; not the zero-width joiner, which JavaScript's and Rust's have. */
export const WORD = String.raw`\p{Alphabetic}\p{M}\p{N}\p{Pc}`;
export const DIGIT = String.raw`\p{Nd}`;
export const HEX = "0-9a-fA-F";

/** Names in brackets, `[:alpha:]`, and in `\p{…}`; the content of a class. */
const POSIX: Readonly<Record<string, string>> = {
  alnum: String.raw`\p{Alphabetic}\p{Nd}`,
  alpha: String.raw`\p{Alphabetic}`,
  ascii: String.raw`\u{0}-\u{7f}`,
  blank: String.raw`\p{Zs}\t`,
  cntrl: String.raw`\p{Cc}`,
  digit: DIGIT,
  graph: String.raw`[\P{White_Space}--[\p{Cc}\p{Cn}\p{Cs}]]`,
  lower: String.raw`\p{Lowercase}`,
  print: String.raw`[\P{White_Space}--[\p{Cc}\p{Cn}\p{Cs}]]\p{Zs}`,
  punct: String.raw`\p{P}\$\+<=>\^\u{60}\u{7c}\u{7e}`,
  space: SPACE,
  upper: String.raw`\p{Uppercase}`,
  xdigit: HEX,
  word: WORD,
};

export const posixClass = (name: string): string | undefined =>
  Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;

/** The content of a class for `\p{name}`, undefined for an unknown name. Upper and lower case, spaces, hyphens and
 *  underscores in names do not matter. */
export function propertyClass(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, "");
  if (plain === "any") return String.raw`\p{Any}`;
  if (plain === "assigned") return String.raw`\P{Cn}`;
  const posix = posixClass(plain);
  if (posix !== undefined) return posix;
  if (!/^[A-Za-z0-9 _-]+$/.test(name)) return undefined;
  const spellings = new Set([name, titleCase(name), name.toUpperCase(), name.replace(/[\s-]/g, "_")]);
  for (const spelling of spellings)
    for (const form of [spelling, `Script=${spelling}`]) {
      const source = `\\p{${form}}`;
      try {
        new RegExp(`[${source}]`, "u");
        return source;
      } catch {
        // Not a name that JavaScript has.
      }
    }
  return undefined;
}

const titleCase = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s-]/g, "_")
    .replace(/(^|_)[a-z]/g, (letter) => letter.toUpperCase());
