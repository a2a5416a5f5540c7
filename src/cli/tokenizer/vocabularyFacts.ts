/** @file What can be told of a vocabulary without a text: its size, its special tokens, the longest tokens, ids that have
 *  none, tokens that no text gives, bytes to fall back on. */

import { readText } from "../../platform/files.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { amount } from "../views/format.js";
import { drawTable } from "../views/table.js";
import { visible, visibleBytes } from "../views/tokenView.js";
import { modelOf } from "./source.js";

const LONGEST = 10;
const EXAMPLES = 8;

export interface VocabularyFacts {
  readonly model: string;
  /** Highest id + 1. */
  readonly size: number;
  readonly merges: number | null;
  /** Ids below `size` without a token. */
  readonly holes: number;
  readonly special: ReadonlyArray<{
    readonly id: number;
    readonly token: string;
    readonly roles: readonly string[];
  }>;
  readonly added: number;
  readonly chatTemplates: readonly string[];
  /** Tokens by the number of their bytes: [1, 2, 3, …]. */
  readonly byLength: readonly number[];
  readonly longest: ReadonlyArray<{ readonly id: number; readonly text: string; readonly bytes: number }>;
  /** Tokens whose bytes are no whole characters. */
  readonly partial: number;
  /** Tokens whose own text is encoded otherwise; null where that cannot be told (it is for byte-level models). */
  readonly unreachable: { readonly count: number; readonly examples: readonly string[] } | null;
  /** Whether unknown characters become tokens of their bytes, and of how many bytes there are such tokens. */
  readonly byteFallback: { readonly on: boolean; readonly tokens: number };
  /** Of a given text. */
  readonly unused: {
    readonly file: string;
    readonly count: number;
    readonly examples: readonly string[];
  } | null;
}

export function vocabularyFacts(tokenizer: Tokenizer, textFile?: string): VocabularyFacts {
  const model = modelOf(tokenizer);
  const specials = new Set(tokenizer.specialTokens.values());
  const ids: number[] = [];
  for (let id = 0; id < tokenizer.vocabSize; id++) if (tokenizer.idToToken(id) !== undefined) ids.push(id);
  const ordinary = ids
    .filter((id) => !specials.has(id))
    .map((id) => ({ id, bytes: tokenizer.tokenBytes(id) }));
  const byLength: number[] = [];
  for (const { bytes } of ordinary) {
    if (bytes.length === 0) continue;
    while (byLength.length < bytes.length) byLength.push(0);
    byLength[bytes.length - 1]!++;
  }
  const longest = [...ordinary]
    .sort((a, b) => b.bytes.length - a.bytes.length || a.id - b.id)
    .slice(0, LONGEST);
  return {
    model: typeof model.type === "string" ? model.type : "merges" in model ? "BPE" : "unknown kind",
    size: tokenizer.vocabSize,
    merges: Array.isArray(model.merges) ? model.merges.length : null,
    holes: tokenizer.vocabSize - ids.length,
    special: specialFacts(tokenizer),
    added: tokenizer.addedTokens.length,
    chatTemplates: Object.keys(tokenizer.config?.chatTemplates ?? {}),
    byLength,
    longest: longest.map(({ id, bytes }) => ({ id, text: visibleBytes(bytes), bytes: bytes.length })),
    partial: ordinary.filter(({ bytes }) => wholeText(bytes) === undefined).length,
    unreachable: unreachable(tokenizer, ordinary),
    byteFallback: {
      on: model.byte_fallback === true,
      tokens: ids.filter((id) => /^<0x[0-9A-F]{2}>$/.test(tokenizer.idToToken(id)!)).length,
    },
    unused:
      textFile === undefined
        ? null
        : unused(
            tokenizer,
            ids.filter((id) => !specials.has(id)),
            textFile,
          ),
  };
}

function specialFacts(tokenizer: Tokenizer): VocabularyFacts["special"] {
  const roles = Object.entries(tokenizer.config?.specialTokens ?? tokenizer.roles);
  return [...tokenizer.specialTokens].map(([token, id]) => ({
    id,
    token,
    roles: roles.filter(([, spelling]) => spelling === token).map(([role]) => role),
  }));
}

function wholeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** For byte-level models, whose tokens are text as it stands. */
function unreachable(
  tokenizer: Tokenizer,
  tokens: ReadonlyArray<{ readonly id: number; readonly bytes: Uint8Array }>,
): VocabularyFacts["unreachable"] {
  const { decoder, normalizer } = (tokenizer.definition ?? {}) as {
    decoder?: { type?: string };
    normalizer?: unknown;
  };
  if (decoder?.type !== "ByteLevel" || (normalizer ?? null) !== null) return null;
  const added = new Set(tokenizer.addedTokens.map(({ id }) => id));
  const lost = tokens.filter(({ id, bytes }) => {
    const text = added.has(id) ? undefined : wholeText(bytes);
    if (text === undefined || text === "") return false;
    const ids = tokenizer.encode(text);
    return ids.length !== 1 || ids[0] !== id;
  });
  return { count: lost.length, examples: lost.slice(0, EXAMPLES).map(({ bytes }) => visibleBytes(bytes)) };
}

function unused(tokenizer: Tokenizer, ids: readonly number[], file: string): VocabularyFacts["unused"] {
  const seen = new Set(tokenizer.encode(readText(file)));
  const never = ids.filter((id) => !seen.has(id));
  return {
    file,
    count: never.length,
    examples: never.slice(0, EXAMPLES).map((id) => visibleBytes(tokenizer.tokenBytes(id))),
  };
}

export function drawVocabulary(facts: VocabularyFacts): string {
  const list = (texts: readonly string[]) => texts.map((text) => oneLine(text)).join("  ");
  const rows: [string, string][] = [
    ["model", facts.model + (facts.merges === null ? "" : `, ${amount(facts.merges)} merges`)],
    [
      "ids",
      `${amount(facts.size)}${facts.holes > 0 ? `, of which ${amount(facts.holes)} have no token` : ""}`,
    ],
    ["added tokens", `${facts.added}, of which special ${facts.special.length}`],
  ];
  if (facts.byteFallback.on || facts.byteFallback.tokens > 0)
    rows.push([
      "byte fallback",
      `${facts.byteFallback.on ? "on" : "off"}, ${facts.byteFallback.tokens} tokens of bytes`,
    ]);
  if (facts.partial > 0)
    rows.push(["no whole text", `${amount(facts.partial)} tokens are parts of characters`]);
  if (facts.unreachable !== null)
    rows.push([
      "unreachable",
      `${amount(facts.unreachable.count)} tokens that no text gives  ${list(facts.unreachable.examples)}`,
    ]);
  if (facts.unused !== null)
    rows.push([
      "unused",
      `${amount(facts.unused.count)} tokens never occur in ${facts.unused.file}  ${list(facts.unused.examples)}`,
    ]);
  rows.push(["chat templates", facts.chatTemplates.length === 0 ? "none" : facts.chatTemplates.join(", ")]);
  const width = Math.max(...rows.map(([name]) => name.length));
  let text = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join("\n");
  if (facts.special.length > 0)
    text += `\n\n${drawTable([["special token", "id", "role"], ...facts.special.slice(0, 40).map((s) => [visible(s.token), String(s.id), s.roles.join(", ")])])}`;
  else text += "\n";
  if (facts.special.length > 40) text += `… and ${facts.special.length - 40} more\n`;
  text += `\n${drawTable([["longest token", "id", "bytes"], ...facts.longest.map((t) => [oneLine(t.text), String(t.id), String(t.bytes)])])}`;
  return `${text}\ntokens by bytes  ${lengths(facts.byLength)}\n`;
}

/** 1: 256, 2: 1,200, …, 12 and more: 30. */
function lengths(byLength: readonly number[]): string {
  const shown = byLength.slice(0, 11).map((count, i) => `${i + 1}: ${amount(count)}`);
  const rest = byLength.slice(11).reduce((a, b) => a + b, 0);
  return [...shown, ...(rest > 0 ? [`more: ${amount(rest)}`] : [])].join(", ");
}

const oneLine = (text: string) => {
  const flat = text.replaceAll("\n", "");
  return flat.length > 60 ? `${flat.slice(0, 57)}…` : flat;
};
