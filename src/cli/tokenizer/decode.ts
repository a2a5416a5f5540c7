/** @file `cygnet tokenizer decode`: ids to text, as they come. */

import { z } from "zod";
import { UserError } from "../../platform/errors.js";
import { readText } from "../../platform/files.js";
import { loadTokenizer } from "../../tokenizer/index.js";
import { command } from "../command.js";
import { inputOf } from "../io.js";
import { tokenizerField } from "./source.js";

const DecodeSchema = z.strictObject({
  tokenizer: tokenizerField,
  ids: z
    .array(z.string())
    .optional()
    .describe("ids, apart by spaces or commas; by default they are read from standard input, as they come"),
  file: z.string().optional().describe("file of ids"),
  skipSpecial: z.boolean().default(false).describe("leave special tokens out"),
  json: z.boolean().default(false).describe("one JSON object with text and tokens"),
});

export const decodeCommand = command({
  name: "decode",
  summary: "ids to text",
  schema: DecodeSchema,
  positional: [
    { key: "tokenizer", required: true },
    { key: "ids", several: true },
  ],
  examples: [
    "cygnet tokenizer decode runs/village 464 3290 318",
    'cygnet tokenizer encode runs/village "the fox" | cygnet tokenizer decode runs/village',
  ],
  async run(given, io) {
    const { tokenizer: place, ids, file, skipSpecial, json } = DecodeSchema.parse(given);
    if (ids !== undefined && file !== undefined)
      throw new UserError({ code: "usage", message: "ids and a file were given", fix: "give one of them" });
    const tokenizer = loadTokenizer(place);
    const pieces = ids !== undefined ? [ids.join(" ")] : file !== undefined ? [readText(file)] : inputOf(io);
    const options = { skipSpecialTokens: skipSpecial };
    if (json) {
      const all: number[] = [];
      for await (const id of idsIn(pieces)) all.push(id);
      const tokens = all.map((id) => tokenizer.idToToken(id) ?? null);
      io.out.write(`${JSON.stringify({ text: tokenizer.decode(all, options), ids: all, tokens })}\n`);
      return;
    }
    const stream = tokenizer.streamDecoder(options);
    let waiting = "";
    for await (const id of idsIn(pieces)) {
      waiting += stream.push(id);
      if (waiting.length < 4096 && !io.out.isTerminal) continue;
      io.out.write(waiting);
      waiting = "";
    }
    io.out.write(`${waiting}${stream.end()}${io.out.isTerminal ? "\n" : ""}`);
  },
});

/** Whole numbers in a text that comes in pieces, apart by anything that a list of numbers has between them. */
export async function* idsIn(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<number> {
  let rest = "";
  for await (const piece of pieces) {
    const words = (rest + piece).split(/[\s,;[\]()]+/);
    rest = words.pop()!;
    for (const word of words) if (word !== "") yield toId(word);
  }
  if (rest !== "") yield toId(rest);
}

function toId(word: string): number {
  if (/^\d{1,10}$/.test(word)) return Number(word);
  throw new UserError({
    code: "value-invalid",
    at: "ids",
    message: "is no id",
    found: word,
    expected: "a whole number of at least 0",
  });
}
