/** @file What stands beside tokenizer.json in a folder: `tokenizer_config.json`, `special_tokens_map.json`,
 *  `added_tokens.json`, `chat_template.jinja`, read as Hugging Face's AutoTokenizer reads them. */

import { exists, joinPath, readText } from "../../platform/files.js";
import type { TokenizerConfig, TokenRoles } from "../tokenizer.js";
import type { JsonObject, Place } from "./check.js";
import { asArray, asFlag, asId, asObject, asString, describe, inside, refuse } from "./check.js";
import { type AddedTokenJson, specialTokenJson } from "./definition.js";
import { readStrictJson } from "./strictJson.js";

const ROLES = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;
type Role = (typeof ROLES)[number];

export interface FolderConfig {
  readonly config: TokenizerConfig;
  readonly roles: TokenRoles;
  /** Tokens to add where the vocabulary lacks them, in this order; -1: the next free id. */
  readonly added: readonly AddedTokenJson[];
  /** tokenizer_config.json as it stands. */
  readonly json: JsonObject;
}

/** Roles that a class has without being told. */
const DEFAULT_ROLES: Readonly<Record<string, Partial<Record<Role, string>>>> = {
  GPT2Tokenizer: { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" },
  BertTokenizer: { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" },
  T5Tokenizer: { eos: "</s>", unk: "<unk>", pad: "<pad>" },
  LlamaTokenizer: { bos: "<s>", eos: "</s>", unk: "<unk>" },
};

/** Beyond this a maximal length stands for "none". */
const NO_LENGTH = 1e20;

/** Undefined where the folder has none of these files. */
export function readFolderConfig(folder: string): FolderConfig | undefined {
  const read = (name: string): [JsonObject, Place] => {
    const file = joinPath(folder, name);
    const place = { file, at: "" };
    return [exists(file) ? asObject(readStrictJson(file), place) : {}, place];
  };
  const [json, place] = read("tokenizer_config.json");
  const [map, mapPlace] = read("special_tokens_map.json");
  const [addedTokens, addedPlace] = read("added_tokens.json");
  const template = joinPath(folder, "chat_template.jinja");
  if (!exists(place.file) && !exists(mapPlace.file) && !exists(template)) return undefined;
  const className =
    json.tokenizer_class === undefined
      ? ""
      : asString(json.tokenizer_class, inside(place, "tokenizer_class"));
  const bare = className.replace(/Fast$/, "");
  const special = specialTokens([json, place], [map, mapPlace], DEFAULT_ROLES[bare] ?? {});
  const extra = extraTokens([json, place], [map, mapPlace]);
  if (bare === "T5Tokenizer" && typeof json.extra_ids === "number")
    for (let i = 0; i < json.extra_ids; i++) extra.push(plainSpecial(`<extra_id_${i}>`));
  const contents = Object.fromEntries(
    ROLES.flatMap((role) => (special[role] ? [[role, special[role].content]] : [])),
  );
  return {
    json,
    roles: contents,
    added: [
      ...decoderTokens(json.added_tokens_decoder, inside(place, "added_tokens_decoder")),
      ...ownTokens(addedTokens, addedPlace, Object.values(special)),
      ...ROLES.flatMap((role) => special[role] ?? []),
      ...extra,
    ],
    config: {
      className: bare,
      modelMaxLength: maxLength(json.model_max_length, inside(place, "model_max_length")),
      paddingSide: sideOf(
        json.padding_side,
        inside(place, "padding_side"),
        bare === "LlamaTokenizer" ? "left" : "right",
      ),
      truncationSide: sideOf(json.truncation_side, inside(place, "truncation_side"), "right"),
      cleanUpSpaces: asFlag(
        json.clean_up_tokenization_spaces,
        inside(place, "clean_up_tokenization_spaces"),
        false,
      ),
      specialTokens: contents,
      extraSpecialTokens: extra.map(({ content }) => content),
      chatTemplates: {
        ...templates(json.chat_template, inside(place, "chat_template")),
        ...(exists(template) ? { default: readText(template) } : {}),
      },
    },
  };
}

/** Its id is found elsewhere. */
const plainSpecial = (content: string): AddedTokenJson => specialTokenJson(content, -1);

/** A spelling, or an object with flags. */
function asToken(value: unknown, place: Place): AddedTokenJson {
  if (typeof value === "string") return plainSpecial(value);
  const object = asObject(value, place);
  const flag = (key: string) => asFlag(object[key], inside(place, key), false);
  return {
    ...plainSpecial(asString(object.content, inside(place, "content"))),
    single_word: flag("single_word"),
    lstrip: flag("lstrip"),
    rstrip: flag("rstrip"),
    normalized: flag("normalized"),
  };
}

type Read = readonly [json: JsonObject, place: Place];

function specialTokens(config: Read, map: Read, defaults: Partial<Record<Role, string>>) {
  const found: Partial<Record<Role, AddedTokenJson>> = {};
  for (const role of ROLES) {
    const key = `${role}_token`;
    const said = [config, map].find(([json]) => json[key] !== undefined && json[key] !== null);
    if (said !== undefined) found[role] = asToken(said[0][key], inside(said[1], key));
    else if (config[0][key] !== null && defaults[role] !== undefined)
      found[role] = plainSpecial(defaults[role]);
  }
  return found;
}

/** A list, or names of roles with their tokens. */
function extraTokens(...reads: readonly Read[]): AddedTokenJson[] {
  const tokens: AddedTokenJson[] = [];
  for (const [json, place] of reads)
    for (const key of ["additional_special_tokens", "extra_special_tokens"]) {
      const value = json[key];
      if (value === undefined || value === null) continue;
      const list = Array.isArray(value) ? value : Object.values(asObject(value, inside(place, key)));
      list.forEach((entry, i) => {
        const token = asToken(entry, inside(inside(place, key), i));
        if (!tokens.some(({ content }) => content === token.content)) tokens.push(token);
      });
    }
  return tokens;
}

/** id → token with flags. */
function decoderTokens(value: unknown, place: Place): AddedTokenJson[] {
  if (value === undefined || value === null) return [];
  return Object.entries(asObject(value, place)).map(([id, entry]) => {
    const here = inside(place, id);
    const special = asFlag(asObject(entry, here).special, inside(here, "special"), false);
    return { ...asToken(entry, here), id: asId(Number(id), here), special };
  });
}

/** added_tokens.json: spelling → id, in order of id; special only where they have a role. */
function ownTokens(json: JsonObject, place: Place, special: readonly AddedTokenJson[]): AddedTokenJson[] {
  return Object.entries(json)
    .map(([content, id]) => {
      const role = special.find((token) => token.content === content);
      const token = role ?? { ...plainSpecial(content), special: false, normalized: true };
      return { ...token, id: asId(id, inside(place, content)) };
    })
    .sort((a, b) => a.id - b.id);
}

function maxLength(value: unknown, place: Place): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number")
    return refuse(place, "malformed-tokenizer", "has the wrong type", describe(value), "a number");
  return value < NO_LENGTH ? value : undefined;
}

function sideOf(value: unknown, place: Place, otherwise: "left" | "right"): "left" | "right" {
  if (value === undefined || value === null) return otherwise;
  if (value === "left" || value === "right") return value;
  return refuse(place, "malformed-tokenizer", "is no side", describe(value), "left or right");
}

/** One template, or several with names. */
function templates(value: unknown, place: Place): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value === "string") return { default: value };
  return Object.fromEntries(
    asArray(value, place).map((entry, i) => {
      const here = inside(place, i);
      const object = asObject(entry, here);
      return [
        asString(object.name, inside(here, "name")),
        asString(object.template, inside(here, "template")),
      ];
    }),
  );
}
