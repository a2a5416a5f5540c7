/** @file `cygnet tokenizer compare`: bytes a token of several tokenizers by kind of text. */

import { z } from "zod";
import { type ReadOptions, readDocuments, textSize } from "../../data/index.js";
import { isUserError, UserError } from "../../platform/errors.js";
import { baseName, exists } from "../../platform/files.js";
import { wantsColour } from "../../platform/terminal.js";
import { createIdBuffer, loadTokenizer, type Tokenizer } from "../../tokenizer/index.js";
import { command } from "../command.js";
import { amount } from "../views/format.js";
import { drawTable } from "../views/table.js";
import { builtInSamples, type Sample } from "./samples.js";
import { unknownIdOf } from "./source.js";

const CompareSchema = z.strictObject({
  tokenizers: z.array(z.string()).describe("folders of tokenizers or models, or files of vocabularies"),
  text: z
    .array(z.string())
    .optional()
    .describe(
      "kinds of text: files or folders, each as PATH or NAME=PATH; by default short samples of six kinds",
    ),
  textKey: z.string().default("text").describe("key of the text in JSON lines"),
  sample: z.number().positive().default(4).describe("megabytes read of each kind at most"),
  json: z.boolean().default(false).describe("one JSON object a tokenizer instead of a table"),
});

type Settings = z.output<typeof CompareSchema>;

export const compareCommand = command({
  name: "compare",
  summary: "bytes a token of several tokenizers, by kind of text",
  schema: CompareSchema,
  positional: [{ key: "tokenizers", required: true, several: true }],
  examples: [
    "cygnet tokenizer compare runs/a runs/b",
    "cygnet tokenizer compare runs/a model/ --text prose=books/ code=src.jsonl --json",
  ],
  run(given, io) {
    const settings = CompareSchema.parse(given);
    const loaded = settings.tokenizers.map((place) => ({ place, tokenizer: loadTokenizer(place) }));
    const samples =
      settings.text === undefined ? builtInSamples() : settings.text.map((t) => readKind(t, settings));
    const results = loaded.map(({ place, tokenizer }) => measure(place, tokenizer, samples));
    if (settings.json) for (const result of results) io.out.write(`${JSON.stringify(result)}\n`);
    else io.out.write(draw(results, samples, wantsColour(io.out)));
    return Promise.resolve();
  },
});

/** NAME=PATH, unless a file of that whole name is there. */
function readKind(text: string, { textKey, sample }: Settings): Sample {
  const at = text.indexOf("=");
  const named = at > 0 && !exists(text);
  const [kind, path] = named ? [text.slice(0, at), text.slice(at + 1)] : [baseName(text), text];
  const options: ReadOptions = {
    textKey,
    newlines: "keep",
    ...(isKnown(path) ? {} : { format: "txt" as const }),
  };
  const texts: string[] = [];
  let room = sample * 1e6;
  for (const { text: document } of readDocuments(path, options)) {
    texts.push(document.slice(0, room));
    room -= document.length;
    if (room <= 0) break;
  }
  return { kind, texts };
}

/** Files of code and the like are read as text; in a folder the reader's own kinds. */
const isKnown = (path: string) =>
  !/\.\w+$/.test(path) || /\.(txt|text|md|markdown|jsonl|ndjson)(\.gz)?$/i.test(path);

/** Time that a kind is encoded for, to tell the speed. */
const SECONDS_A_KIND = 0.02;
/** Part of unknown tokens above which few tokens are no merit. */
const HONEST = 0.01;

interface Measured {
  readonly bytes: number;
  readonly tokens: number;
  readonly bytesPerToken: number;
  /** Part of the tokens. */
  readonly unknown: number;
}

interface Result {
  readonly tokenizer: string;
  readonly vocabSize: number;
  /** By kind; null where the vocabulary cannot spell the text. */
  readonly kinds: Readonly<Record<string, Measured | null>>;
  /** Bytes a second over all kinds, one thread, after a first pass. */
  readonly bytesPerSecond: number | null;
}

function measure(place: string, tokenizer: Tokenizer, samples: readonly Sample[]): Result {
  const kinds: Record<string, Measured | null> = {};
  let bytes = 0;
  let seconds = 0;
  for (const { kind, texts } of samples) {
    if (Object.hasOwn(kinds, kind))
      throw new UserError({
        code: "usage",
        at: "--text",
        message: "two kinds have one name",
        found: kind,
        fix: "name them, as in prose=books/",
      });
    const measured = measureKind(tokenizer, texts);
    kinds[kind] = measured;
    if (measured === null) continue;
    const start = performance.now();
    let passes = 0;
    // Short samples again and again: one pass would be a matter of microseconds.
    for (; passes === 0 || performance.now() - start < SECONDS_A_KIND * 1000; passes++)
      encodeAll(tokenizer, texts);
    seconds += (performance.now() - start) / 1000 / passes;
    bytes += measured.bytes;
  }
  const bytesPerSecond = seconds > 0 ? bytes / seconds : null;
  return { tokenizer: place, vocabSize: tokenizer.vocabSize, kinds, bytesPerSecond };
}

function measureKind(tokenizer: Tokenizer, texts: readonly string[]): Measured | null {
  const unknownId = unknownIdOf(tokenizer);
  try {
    const ids = encodeAll(tokenizer, texts);
    const bytes = texts.reduce((sum, text) => sum + textSize(text).bytes, 0);
    const unknown = unknownId === undefined ? 0 : ids.filter((id) => id === unknownId).length;
    return {
      bytes,
      tokens: ids.length,
      bytesPerToken: bytes / ids.length,
      unknown: ids.length === 0 ? 0 : unknown / ids.length,
    };
  } catch (error) {
    if (isUserError(error)) return null;
    throw error;
  }
}

function encodeAll(tokenizer: Tokenizer, texts: readonly string[]): Int32Array {
  const out = createIdBuffer(1 << 16);
  for (const text of texts) tokenizer.encodeInto(text, out);
  return out.ids.subarray(0, out.length);
}

function draw(results: readonly Result[], samples: readonly Sample[], colour: boolean): string {
  const kinds = samples.map(({ kind }) => kind);
  const best = new Map(kinds.map((kind) => [kind, Math.max(...results.map((r) => honest(r.kinds[kind])))]));
  const someUnknown = results.some((r) => Object.values(r.kinds).some((k) => (k?.unknown ?? 0) > 0));
  const cell = (result: Result, kind: string): string => {
    const measured = result.kinds[kind];
    if (!measured) return "–";
    const text = measured.bytesPerToken.toFixed(2);
    const strong = results.length > 1 && measured.bytesPerToken === best.get(kind);
    return strong && colour ? `\x1b[1;32m${text}\x1b[0m` : text;
  };
  const rows = [
    ["bytes a token", "ids", ...kinds, ...(someUnknown ? ["unknown"] : []), "MB/s"],
    ...results.map((result) => [
      result.tokenizer,
      amount(result.vocabSize),
      ...kinds.map((kind) => cell(result, kind)),
      ...(someUnknown ? [unknownShare(result)] : []),
      result.bytesPerSecond === null ? "–" : (result.bytesPerSecond / 1e6).toFixed(1),
    ]),
  ];
  const missing = results.some((r) => Object.values(r.kinds).includes(null));
  const note = missing ? "– the vocabulary cannot spell the text\n" : "";
  const small = samples.reduce((sum, s) => sum + s.texts.join("").length, 0) < 100_000;
  const size = small ? "(small samples: give --text for figures to rely on)\n" : "";
  return `${drawTable(rows)}${note}${size}`;
}

const honest = (m: Measured | null | undefined) => (m && m.unknown <= HONEST ? m.bytesPerToken : 0);

/** The worst kind: "12.3 % (Chinese)". */
function unknownShare(result: Result): string {
  let [worst, share] = ["", 0];
  for (const [kind, measured] of Object.entries(result.kinds))
    if ((measured?.unknown ?? 0) > share) [worst, share] = [kind, measured!.unknown];
  return share === 0 ? "0 %" : `${(100 * share).toFixed(1)} % (${worst})`;
}
