/** @file Cases of kind `folder`: a model's folder as Hugging Face's AutoTokenizer reads it. */

import { isUserError } from "../../../../platform/errors.js";
import {
  loadTokenizer,
  type Padding,
  type Tokenizer,
  type Truncation,
  tokenizerFromJson,
} from "../../../../tokenizer/index.js";
import { type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";
import { createDifferences, type Differences } from "./rows.js";

/** Parts that transformers 5 builds anew for a class instead of reading them; ours are those of tokenizer.json. */
const REBUILT: Readonly<Record<string, readonly string[]>> = {
  T5Tokenizer: ["normalizer", "pre_tokenizer"],
  LlamaTokenizer: ["model"],
};

export const folderKind: CaseKind = {
  name: "folder",
  matches: (json) => json.kind === "folder",
  *run(context) {
    const expected = context.json.expected as Row;
    const loaded = loadTokenizer(context.folder);
    yield checkAttributes(loaded, expected);
    const tokenizer = rebuilt(loaded, expected);
    for (const [i, row] of rowsOf(context, "vectors.jsonl").entries()) yield runRow(row, i, tokenizer);
  },
};

type Json = Record<string, unknown>;

function checkAttributes(tokenizer: Tokenizer, expected: Row): CheckResult {
  const d = createDifferences();
  const { config } = tokenizer;
  const byRole = (of: (role: string, content: string) => unknown) =>
    Object.fromEntries(
      Object.entries(config?.specialTokens ?? {}).map(([role, content]) => [
        `${role}_token`,
        of(role, content),
      ]),
    );
  const sorted = (o: unknown) => Object.entries((o ?? {}) as Json).sort(([a], [b]) => (a < b ? -1 : 1));
  d.same("class", config?.className.replace("PreTrainedTokenizer", "TokenizersBackend"), expected.class);
  d.same("len", tokenizer.vocabSize, expected.len);
  d.same("model_max_length", config?.modelMaxLength ?? null, expected.model_max_length);
  d.same("padding_side", config?.paddingSide, expected.padding_side);
  d.same("truncation_side", config?.truncationSide, expected.truncation_side);
  d.same("clean_up", config?.cleanUpSpaces, expected.clean_up_tokenization_spaces);
  d.same("special", sorted(byRole((_, content) => content)), sorted(expected.special));
  d.same(
    "special_ids",
    sorted(byRole((_, content) => tokenizer.tokenToId(content))),
    sorted(expected.special_ids),
  );
  const added = Object.fromEntries(
    tokenizer.addedTokens.map((t) => [
      t.id,
      {
        content: t.content,
        single_word: t.singleWord,
        lstrip: t.lstrip,
        rstrip: t.rstrip,
        normalized: t.normalized,
        special: t.special,
      },
    ]),
  );
  d.same("added_tokens", added, expected.added_tokens);
  const templates = config?.chatTemplates ?? {};
  const names = Object.keys(templates);
  d.same(
    "chat_template",
    names.length === 0 ? null : names.length === 1 ? templates.default : templates,
    expected.chat_template,
  );
  const pipeline = expected.pipeline as Json;
  for (const [key, value] of Object.entries(pipeline)) {
    const own = (tokenizer.definition as Json)[key] as Json | null;
    if (REBUILT[String(expected.class)]?.includes(key)) continue;
    const { vocab, merges, ...rest } = own ?? {};
    d.same(key, own === null ? null : sorted(rest), value === null ? null : sorted(value));
  }
  return d.result("attributes");
}

/** With what transformers builds anew. */
function rebuilt(tokenizer: Tokenizer, expected: Row): Tokenizer {
  const parts = REBUILT[String(expected.class)];
  if (parts === undefined) return tokenizer;
  const definition = { ...(tokenizer.definition as Json) };
  for (const part of parts) definition[part] = mix(definition[part], (expected.pipeline as Json)[part]);
  return tokenizerFromJson(definition, tokenizer.roles, "tokenizer.json", tokenizer.config);
}

const mix = (own: unknown, built: unknown) =>
  built === null
    ? null
    : { ...((own as Json | null)?.vocab === undefined ? {} : (own as Json)), ...(built as Json) };

function runRow(row: Row, i: number, tokenizer: Tokenizer): CheckResult {
  const name = `vectors ${i} ${String(row.id)}`;
  const d = createDifferences();
  try {
    checkRow(row, tokenizer, d);
    d.that(row.error === undefined, `no error; the library says ${String(row.error)}`);
    return d.result(name);
  } catch (error) {
    if (row.error !== undefined && isUserError(error)) return { check: name, status: "ok" };
    return resultOfError(name, error);
  }
}

function checkRow(row: Row, tokenizer: Tokenizer, d: Differences): void {
  const text = String(row.text);
  const pair = (row.pair as string | undefined) || undefined; // an empty second text is none to transformers
  const encode = (addSpecialTokens: boolean) =>
    tokenizer.encoding(text, { pair, special: "all", addSpecialTokens, ...optionsOf(row, tokenizer) });
  const encoding = encode(true);
  const ids = [...encoding.ids];
  d.same("input_ids", ids, row.input_ids);
  if (row.options === undefined && row.pair === undefined)
    d.same(
      "input_ids_plain",
      [...encode(false).ids],
      row.input_ids_plain ?? (pair === undefined ? row.input_ids : [...encode(false).ids]),
    );
  if (row.attention_mask !== undefined)
    d.same("attention_mask", [...encoding.attentionMask], row.attention_mask);
  if (row.token_type_ids != null) d.same("token_type_ids", [...encoding.typeIds], row.token_type_ids);
  if (row.decoded === undefined) return;
  const decode = (skipSpecialTokens: boolean) => {
    const decoded = tokenizer.decode(ids, { skipSpecialTokens });
    return tokenizer.config?.cleanUpSpaces ? cleanUp(decoded) : decoded;
  };
  d.same("decoded", decode(false), row.decoded);
  d.same("decoded_skip", decode(true), row.decoded_skip ?? row.decoded);
}

/** What transformers does with the whole text where the config asks for it. */
function cleanUp(text: string): string {
  const closed = [" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"];
  return closed.reduce((so, end, i) => {
    const next = so.replaceAll(end, end.slice(1));
    return i === 3 ? next.replaceAll(" ' ", "'") : next;
  }, text);
}

function optionsOf(row: Row, tokenizer: Tokenizer): { truncation?: Truncation; padding?: Padding } {
  const o = row.options as { truncation?: true | string; padding?: string; max_length: number } | undefined;
  if (o === undefined) return {};
  const { config } = tokenizer;
  const truncation: Truncation = {
    maxLength: o.max_length,
    strategy: o.truncation === "only_first" ? "onlyFirst" : "longestFirst",
    direction: config?.truncationSide,
  };
  const padding: Padding = {
    length: o.max_length,
    direction: config?.paddingSide,
    id: tokenizer.padId,
    token: tokenizer.roles.pad,
  };
  return {
    ...(o.truncation === undefined ? {} : { truncation }),
    ...(o.padding === undefined ? {} : { padding }),
  };
}
