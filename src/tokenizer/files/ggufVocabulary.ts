/** @file The vocabulary of a GGUF file's metadata, checked: tokens with their types and scores, merges, the tokens with a
 *  role, templates. */

import type { GgufMetadata, GgufValue } from "../../platform/gguf/types.js";
import { type Place, refuse } from "./check.js";
import { PIECE_TYPES, type PieceType } from "./sentencePieceProto.js";

export interface GgufVocabulary {
  /** `gpt2`, `llama`, `bert`, `t5`, or what is not known here. */
  readonly model: string;
  readonly pre: string;
  readonly tokens: readonly string[];
  readonly types: readonly PieceType[];
  /** By token; undefined where the file has none. */
  readonly scores: ArrayLike<number> | undefined;
  readonly merges: readonly (readonly [left: string, right: string])[] | undefined;
  readonly charsmap: Uint8Array;
  /** Id of the token with a role. */
  readonly roleId: (role: "bos" | "eos" | "unk" | "pad" | "sep" | "cls" | "mask") => number | undefined;
  readonly flag: (name: string) => boolean | undefined;
  /** By name; `default` is the usual one. */
  readonly chatTemplates: Readonly<Record<string, string>>;
}

const PREFIX = "tokenizer.ggml.";
/** "seperator" is the format's own spelling. */
const ROLE_KEYS = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  unk: "unknown_token_id",
  pad: "padding_token_id",
  sep: "seperator_token_id",
  cls: "cls_token_id",
  mask: "mask_token_id",
} as const;

/** Throws UserError `malformed-tokenizer`, `tokenizer-missing`. */
export function readGgufVocabulary(metadata: GgufMetadata, file: string): GgufVocabulary {
  const place = (key: string): Place => ({ file, at: key });
  const wrong = (key: string, found: unknown, expected: string): never =>
    refuse(
      place(key),
      "malformed-tokenizer",
      "has the wrong type",
      found,
      expected,
      "convert the model again",
    );
  const read = (name: string): GgufValue | undefined => metadata.get(PREFIX + name);
  const text = (key: string): string | undefined => {
    const value = metadata.get(key);
    if (value === undefined) return undefined;
    return value.type === "string" ? value.value : wrong(key, value.type, "a string");
  };
  const strings = (key: string): readonly string[] | undefined => {
    const value = metadata.get(key);
    if (value === undefined) return undefined;
    if (value.type !== "array" || value.of !== "string") return wrong(key, value.type, "strings");
    return Array.from(value.values);
  };
  const numbers = (name: string): ArrayLike<number> | undefined => {
    const value = read(name);
    if (value === undefined) return undefined;
    const bad = () => wrong(PREFIX + name, value.type, "numbers");
    if (value.type !== "array") return bad();
    if (typeof value.values[0] === "number" || value.values.length === 0)
      return value.values as ArrayLike<number>;
    return bad();
  };
  const model = text(`${PREFIX}model`);
  const tokens = strings(`${PREFIX}tokens`);
  if (model === undefined || tokens === undefined || tokens.length === 0)
    return refuse(
      place(`${PREFIX}${model === undefined ? "model" : "tokens"}`),
      "tokenizer-missing",
      "is not there: the file has no vocabulary",
      undefined,
      "the metadata of a tokenizer",
      "take the tokenizer from the original model's folder",
    );
  const perToken = <T extends ArrayLike<number> | undefined>(name: string, values: T): T => {
    if (values !== undefined && values.length !== tokens.length)
      refuse(
        place(PREFIX + name),
        "malformed-tokenizer",
        "has not one for each token",
        values.length,
        `${tokens.length}`,
        "convert the model again",
      );
    return values;
  };
  const types = perToken("token_type", numbers("token_type"));
  return {
    model,
    pre: text(`${PREFIX}pre`) ?? "default",
    tokens,
    types: tokens.map((token, id) => {
      const type = types?.[id] ?? 1;
      const name = PIECE_TYPES[type as keyof typeof PIECE_TYPES];
      return name ?? wrong(`${PREFIX}token_type`, `${type} of ${JSON.stringify(token)}`, "1 to 6");
    }),
    scores: perToken("scores", numbers("scores")),
    merges: strings(`${PREFIX}merges`)?.map((line, i) => splitMerge(line, place(`${PREFIX}merges[${i}]`))),
    charsmap: Uint8Array.from(numbers("precompiled_charsmap") ?? [], (byte) => byte & 255),
    roleId(role) {
      const value = read(ROLE_KEYS[role]);
      if (value === undefined) return undefined;
      const id = typeof value === "object" && "value" in value ? Number(value.value) : Number.NaN;
      // llama.cpp writes 2^32 - 1 for "none".
      if (id === 2 ** 32 - 1) return undefined;
      if (!Number.isInteger(id) || id < 0 || id >= tokens.length)
        refuse(
          place(PREFIX + ROLE_KEYS[role]),
          "malformed-tokenizer",
          "is no token of the vocabulary",
          id,
          `an id below ${tokens.length}`,
          "convert the model again",
        );
      return id;
    },
    flag(name) {
      const value = read(name);
      if (value === undefined) return undefined;
      return value.type === "bool" ? value.value : wrong(PREFIX + name, value.type, "a boolean");
    },
    chatTemplates: readTemplates(text, strings),
  };
}

/** The space between the halves is the first that is not the left one's beginning. */
function splitMerge(line: string, place: Place): readonly [string, string] {
  const at = line.indexOf(" ", 1);
  if (at < 0 || at === line.length - 1)
    refuse(
      place,
      "malformed-merge",
      "is not a merge",
      line,
      "two tokens with a space between",
      "convert again",
    );
  return [line.slice(0, at), line.slice(at + 1)];
}

function readTemplates(
  text: (key: string) => string | undefined,
  strings: (key: string) => readonly string[] | undefined,
): Record<string, string> {
  const templates: Record<string, string> = {};
  const usual = text("tokenizer.chat_template");
  if (usual !== undefined) templates.default = usual;
  for (const name of strings("tokenizer.chat_templates") ?? []) {
    const template = text(`tokenizer.chat_template.${name}`);
    if (template !== undefined && name !== "default") templates[name] = template;
  }
  return templates;
}
