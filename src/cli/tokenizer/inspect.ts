/** @file `cygnet tokenizer inspect`: the tokens of a text in colour, a conversation with what would be trained, or, where
 *  no text is given, the vocabulary. */

import { z } from "zod";
import { UserError } from "../../platform/errors.js";
import { wantsColour } from "../../platform/terminal.js";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/index.js";
import { command } from "../command.js";
import type { Io } from "../io.js";
import { drawTable } from "../views/table.js";
import { drawTokens, type ShownToken, tokenLegend, visibleBytes } from "../views/tokenView.js";
import { readChats, renderWithMask } from "./chats.js";
import { readSource, tokenizerField, unknownIdOf } from "./source.js";
import { drawVocabulary, vocabularyFacts } from "./vocabularyFacts.js";

const InspectSchema = z.strictObject({
  tokenizer: tokenizerField,
  text: z
    .string()
    .optional()
    .describe("the text; - reads standard input; without a text the vocabulary is shown"),
  file: z.string().optional().describe("file whose text is shown"),
  chat: z
    .string()
    .optional()
    .describe(
      "file of conversations (JSON or JSON lines with messages): rendered, with what would be trained",
    ),
  limit: z.int().positive().default(3).describe("conversations shown at most"),
  template: z.string().optional().describe("name of one of the tokenizer's chat templates, or a template"),
  generationPrompt: z
    .boolean()
    .default(false)
    .describe("end a conversation with what makes the model answer"),
  special: z.boolean().default(false).describe("the spelling of a special token in the text is that token"),
  addSpecial: z
    .boolean()
    .default(false)
    .describe("with the tokens that the tokenizer puts around a text ([CLS], BOS)"),
  ids: z.boolean().default(false).describe("a line a token, with its id, its place and its bytes"),
  unused: z
    .string()
    .optional()
    .describe("text file: the tokens of the vocabulary that never occur in it are counted"),
  json: z.boolean().default(false).describe("one JSON object instead of a picture"),
});

type Settings = z.output<typeof InspectSchema>;

export const inspectCommand = command({
  name: "inspect",
  summary: "the tokens of a text in colour, a conversation with what is trained, or the vocabulary",
  schema: InspectSchema,
  positional: [{ key: "tokenizer", required: true }, { key: "text" }],
  groups: { Conversations: ["chat", "limit", "template", "generationPrompt"] },
  examples: [
    'cygnet tokenizer inspect runs/village "The fox said: hello!"',
    "cygnet tokenizer inspect model/ --chat chats.jsonl",
    "cygnet tokenizer inspect runs/village",
  ],
  async run(given, io) {
    const settings = InspectSchema.parse(given);
    const { text, file, chat } = settings;
    if ([text, file, chat].filter((source) => source !== undefined).length > 1)
      throw new UserError({
        code: "usage",
        message: "more than one of a text, --file and --chat was given",
        fix: "give one of them",
      });
    const tokenizer = loadTokenizer(settings.tokenizer);
    if (chat !== undefined) return showChats(tokenizer, chat, settings, io);
    if (text === undefined && file === undefined) return showVocabulary(tokenizer, settings, io);
    return showText(
      tokenizer,
      await readSource({ text: text === "-" ? undefined : text, file }, io),
      settings,
      io,
    );
  },
});

interface Placed extends ShownToken {
  readonly start: number;
  readonly end: number;
}

function showText(tokenizer: Tokenizer, text: string, settings: Settings, io: Io): void {
  const { ids, offsets } = tokenizer.encoding(text, {
    special: settings.special ? "all" : "none",
    addSpecialTokens: settings.addSpecial,
    truncation: null,
    padding: null,
  });
  show(tokenizer, place(tokenizer, ids, offsets), settings, io);
}

async function showChats(tokenizer: Tokenizer, file: string, settings: Settings, io: Io): Promise<void> {
  let number = 0;
  for (const chat of readChats(file)) {
    if (++number > settings.limit) break;
    const { ids, offsets, mask, problem } = renderWithMask(tokenizer, chat, settings);
    const tokens = place(tokenizer, ids, offsets).map((token, i) =>
      mask === undefined ? token : { ...token, trained: mask[i] === 1 },
    );
    if (!settings.json) io.out.write(`${number > 1 ? "\n" : ""}conversation ${number}\n`);
    show(tokenizer, tokens, settings, io);
    if (problem !== undefined) io.err.write(`what is trained is not shown: ${problem}\n`);
  }
}

function place(
  tokenizer: Tokenizer,
  ids: Int32Array,
  offsets: ReadonlyArray<readonly [number, number]>,
): Placed[] {
  const specials = new Set(tokenizer.specialTokens.values());
  const unknown = unknownIdOf(tokenizer);
  return Array.from(ids, (id, i) => ({
    id,
    bytes: tokenizer.tokenBytes(id),
    kind: id === unknown ? "unknown" : specials.has(id) ? "special" : "plain",
    start: offsets[i]![0],
    end: offsets[i]![1],
  }));
}

function show(tokenizer: Tokenizer, tokens: readonly Placed[], { json, ids }: Settings, io: Io): void {
  if (json) {
    const rows = tokens.map(({ id, kind, start, end, trained }) => ({
      id,
      token: tokenizer.idToToken(id),
      kind,
      start,
      end,
      ...(trained === undefined ? {} : { trained }),
    }));
    io.out.write(`${JSON.stringify({ tokens: rows })}\n`);
    return;
  }
  const colour = wantsColour(io.out);
  if (ids) io.out.write(drawTable([IDS_HEADING, ...tokens.map((token, i) => idRow(token, i))]));
  else {
    const drawn = drawTokens(tokens, colour);
    io.out.write(drawn.endsWith("\n") || drawn === "" ? drawn : `${drawn}\n`);
  }
  io.out.write(`\n${summary(tokens)}\n`);
  const mask = tokens.some(({ trained }) => trained !== undefined);
  const legend = tokenLegend(colour, mask);
  if (!ids && legend !== "" && (mask || tokens.some(({ kind }) => kind !== "plain")))
    io.out.write(`${legend}\n`);
}

const IDS_HEADING = ["token", "id", "from", "to", ""];

function idRow({ bytes, id, start, end, kind, trained }: Placed, i: number): string[] {
  const marks = [kind === "plain" ? "" : kind, trained === true ? "trained" : ""].filter((m) => m !== "");
  const text = visibleBytes(bytes).replaceAll("\n", "");
  return [`${i} ${text}`, String(id), String(start), String(end), marks.join(", ")];
}

function summary(tokens: readonly Placed[]): string {
  const plain = tokens.filter(({ kind }) => kind !== "special");
  const bytes = plain.reduce((sum, token) => sum + token.bytes.length, 0);
  const count = (kind: ShownToken["kind"]) => tokens.filter((token) => token.kind === kind).length;
  const parts = [`${tokens.length} tokens`];
  if (plain.length > 0) parts.push(`${(bytes / plain.length).toFixed(2)} bytes a token`);
  if (count("special") > 0) parts.push(`${count("special")} special`);
  if (count("unknown") > 0) parts.push(`${count("unknown")} unknown`);
  const trained = tokens.filter((token) => token.trained === true).length;
  if (tokens.some((token) => token.trained !== undefined)) parts.push(`${trained} trained`);
  return parts.join(", ");
}

function showVocabulary(tokenizer: Tokenizer, { json, unused }: Settings, io: Io): void {
  const facts = vocabularyFacts(tokenizer, unused);
  io.out.write(json ? `${JSON.stringify(facts)}\n` : drawVocabulary(facts));
}
