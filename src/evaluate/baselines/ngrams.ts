/** @file n-grams of a text, as scikit-learn's CountVectorizer takes them:
 *    word      runs of two or more letters, digits and underscores, n of them with a space between
 *    char      n characters, white space among them
 *    char-wb   n characters within a word, which has a space at each end */

export interface NgramOptions {
  /** Default `"word"`. */
  readonly analyzer?: "word" | "char" | "char-wb" | undefined;
  /** Shortest and longest n. Default [1, 1]. */
  readonly range?: readonly [least: number, most: number] | undefined;
  /** Default true. */
  readonly lowercase?: boolean | undefined;
}

export function ngramsOf(text: string, options: NgramOptions = {}): string[] {
  const { analyzer = "word", range = [1, 1], lowercase = true } = options;
  const given = lowercase ? text.toLowerCase() : text;
  if (analyzer === "word") return runs(wordsOf(given), range, " ");
  if (analyzer === "char") return runs([...given.replace(/\s\s+/gu, " ")], range, "");
  return given
    .split(/\s+/u)
    .filter((word) => word !== "")
    .flatMap((word) => withinWord([..." ", ...word, ..." "], range));
}

export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
}

function runs(
  items: readonly string[],
  [least, most]: readonly [number, number],
  separator: string,
): string[] {
  const found: string[] = [];
  for (let n = least; n <= Math.min(most, items.length); n++)
    for (let i = 0; i + n <= items.length; i++)
      found.push(n === 1 ? items[i]! : items.slice(i, i + n).join(separator));
  return found;
}

/** A word shorter than n counts once, whole, and for no longer n. */
function withinWord(letters: readonly string[], [least, most]: readonly [number, number]): string[] {
  const found: string[] = [];
  for (let n = least; n <= most; n++) {
    found.push(letters.slice(0, n).join(""));
    for (let i = 1; i + n <= letters.length; i++) found.push(letters.slice(i, i + n).join(""));
    if (n >= letters.length) break;
  }
  return found;
}
