/** @file CoNLL's columns (Tjong Kim Sang & De Meulder 2003): a word a line, its tag in the last column, a blank line behind a
 *  sentence. Columns are parted by tabs where the line has one, else by spaces. */

import { cutAt, MAX_TEXT } from "../../lines.js";
import { isTag } from "../ner/tags.js";
import { errorAt, type Row } from "../row.js";

export interface ConllOptions {
  /** Columns from 1, or from the end: −1. Default: words 1, tags −1. */
  readonly word?: number | undefined;
  readonly tag?: number | undefined;
}

/** Sentences as rows of `words` and `tags`. `-DOCSTART-` lines are left out, and lines that begin with `#` and end in no tag.
 *  Throws UserError `conll-columns`, `tag-invalid`. */
export function* conllSentences(
  chunks: Iterable<string>,
  file: string,
  options: ConllOptions = {},
): Generator<Row> {
  let [words, tags]: [string[], string[]] = [[], []];
  let began = 1;
  let width: number | undefined;
  for (const { text, line } of cutAt(chunks, "\n", file, MAX_TEXT)) {
    if (text.trim() === "") {
      if (words.length > 0) yield { columns: { words, tags }, line: began };
      [words, tags] = [[], []];
      continue;
    }
    const columns = columnsOf(text);
    if (columns[0] === "-DOCSTART-") continue;
    const place = { file, line };
    const [word, tag] = [columns.at(indexOf(options.word ?? 1)), columns.at(indexOf(options.tag ?? -1))];
    if (text.startsWith("#") && (tag === undefined || !isTag(tag))) continue;
    if (columns.length < 2 || columns.length !== (width ?? columns.length) || !word || !tag)
      throw errorAt(place, {
        code: "conll-columns",
        message: "has not the columns of the lines before it",
        found: columns,
        expected: `${width ?? "at least 2"} columns, a word and its tag among them`,
        fix: "mend the line; sentences are parted by a blank line",
      });
    if (!isTag(tag))
      throw errorAt(place, {
        code: "tag-invalid",
        message: "is no tag of an entity",
        found: tag,
        expected: "O, or a position and a type, such as B-PER",
        fix: "mend the tag, or name the column that holds the tags",
      });
    width = columns.length;
    if (words.length === 0) began = line;
    words.push(word);
    tags.push(tag);
  }
  if (words.length > 0) yield { columns: { words, tags }, line: began };
}

function columnsOf(text: string): string[] {
  if (text.includes("\t")) return text.replace(/\r$/, "").split("\t");
  return text.replace(/^[ \r]+|[ \r]+$/g, "").split(/ +/);
}

const indexOf = (column: number) => (column > 0 ? column - 1 : column);
