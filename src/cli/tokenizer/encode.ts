/** @file `cygnet tokenizer encode`: text to ids. */

import { z } from "zod";
import { readText } from "../../platform/files.js";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/index.js";
import { command } from "../command.js";
import { type Io, inputOf } from "../io.js";
import { linesOf, readSource, tokenizerField } from "./source.js";

const EncodeSchema = z.strictObject({
  tokenizer: tokenizerField,
  text: z.string().optional().describe("the text; by default it is read from standard input"),
  file: z.string().optional().describe("file whose text is encoded"),
  lines: z.boolean().default(false).describe("every line is a text of its own"),
  special: z.boolean().default(false).describe("the spelling of a special token in the text is that token"),
  addSpecial: z
    .boolean()
    .default(false)
    .describe("with the tokens that the tokenizer puts around a text ([CLS], BOS)"),
  count: z.boolean().default(false).describe("only the number of tokens"),
  json: z.boolean().default(false).describe("one JSON object a text, with ids, tokens and offsets"),
});

type Settings = z.output<typeof EncodeSchema>;

export const encodeCommand = command({
  name: "encode",
  summary: "text to ids",
  schema: EncodeSchema,
  positional: [{ key: "tokenizer", required: true }, { key: "text" }],
  examples: [
    'cygnet tokenizer encode runs/village "Once upon a time"',
    "cygnet tokenizer encode runs/village --file story.txt --json",
    "cat stories.txt | cygnet tokenizer encode runs/village --lines --count",
  ],
  async run(given, io) {
    const settings = EncodeSchema.parse(given);
    const tokenizer = loadTokenizer(settings.tokenizer);
    for await (const text of textsOf(settings, io)) io.out.write(`${show(tokenizer, text, settings)}\n`);
  },
});

async function* textsOf(settings: Settings, io: Io): AsyncGenerator<string> {
  const { text, file, lines } = settings;
  if (!lines || (text !== undefined && file !== undefined)) yield await readSource(settings, io);
  else if (text !== undefined) yield* linesOf([text]);
  else yield* linesOf(file === undefined ? inputOf(io) : [readText(file)]);
}

function show(tokenizer: Tokenizer, text: string, settings: Settings): string {
  const { addSpecial, count, json } = settings;
  const special = settings.special ? "all" : "none";
  if (!json && !addSpecial) {
    const ids = tokenizer.encode(text, { special });
    return count ? String(ids.length) : ids.join(" ");
  }
  const { ids, tokens, offsets } = tokenizer.encoding(text, {
    special,
    addSpecialTokens: addSpecial,
    truncation: null,
    padding: null,
  });
  if (count) return json ? JSON.stringify({ count: ids.length }) : String(ids.length);
  return json ? JSON.stringify({ ids: [...ids], tokens, offsets }) : ids.join(" ");
}
