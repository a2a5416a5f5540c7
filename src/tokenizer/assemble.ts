/** @file A tokenizer from its parts: vocabulary, added tokens, the way to ids, the way back. */

import { UserError } from "../platform/errors.js";
import type { Extractor } from "./added/extract.js";
import type { Decoding } from "./decoding.js";
import type { Padding } from "./encoding/pad.js";
import { cut, encodeBatch, type Pipeline } from "./encoding/pipeline.js";
import type { Truncation } from "./encoding/truncate.js";
import { tokenAt, type Vocabulary } from "./files/vocabulary.js";
import type { IdBuffer } from "./idBuffer.js";
import { createIdBuffer, pushId, takeIds } from "./idBuffer.js";
import type { TextToIds } from "./models/bpe/byteLevelBpe.js";
import type { ByteLevelTables } from "./models/bpe/byteLevelTables.js";
import { type AlignedText, wellFormed } from "./text/aligned.js";
import type {
  AddedToken,
  EncodeOptions,
  EncodingOptions,
  Tokenizer,
  TokenizerConfig,
  TokenRoles,
} from "./tokenizer.js";

export interface TokenizerParts {
  readonly vocabulary: Pick<Vocabulary, "tokens" | "far">;
  readonly added: readonly AddedToken[];
  readonly roles: TokenRoles;
  readonly extractors: (special: EncodeOptions["special"]) => Extractor;
  readonly pipeline?: Pipeline | undefined;
  /** Ids of normalised text, faster than the pipeline gives them; needed where there is no pipeline. */
  readonly fast?: TextToIds | undefined;
  /** What `fast` was made of, where that is all that a thread needs. */
  readonly tables?: ByteLevelTables | undefined;
  readonly decoding: Decoding;
  readonly truncation?: Truncation | undefined;
  readonly padding?: Padding | undefined;
  /** Or what makes it, where that takes a while. */
  readonly definition?: object | (() => object | undefined) | undefined;
  readonly config?: TokenizerConfig | undefined;
}

export function assembleTokenizer(parts: TokenizerParts): Tokenizer {
  const { vocabulary, added, roles } = parts;
  const idOf = createIdOf(vocabulary);
  const specials = new Map(added.filter((t) => t.special).map((t) => [t.content, t.id]));
  const roleId = (spelling: string | undefined) => (spelling === undefined ? undefined : idOf(spelling));
  const encodeSection = createSectionEncoder(parts);
  const encodeInto: Tokenizer["encodeInto"] = (text, out, options) => {
    refuseSpecials(text, added, options);
    const extract = parts.extractors(options?.special);
    if (extract.trivial && parts.fast !== undefined) {
      parts.fast(wellFormed(text), out);
      return;
    }
    for (const { id, text: section } of extract(wellFormed(text))) {
      if (id >= 0) pushId(out, checkId(id));
      else encodeSection(section, out);
    }
  };
  const scratch = createIdBuffer();
  let definition: object | undefined;
  return {
    vocabSize: Math.max(vocabulary.tokens.length, ...[...vocabulary.far.keys()].map((id) => id + 1)),
    addedTokens: added,
    specialTokens: specials,
    roles,
    bosId: roleId(roles.bos),
    eosId: roleId(roles.eos),
    padId: roleId(roles.pad),
    unkId: roleId(roles.unk),
    encode(text, options) {
      scratch.length = 0;
      encodeInto(text, scratch, options);
      const result = takeIds(scratch);
      if (scratch.ids.length > 1 << 20) scratch.ids = new Int32Array(1024);
      return result;
    },
    encodeInto,
    ...createFullEncoding(parts),
    ...parts.decoding,
    tokenToId: idOf,
    idToToken: (id) => tokenAt(vocabulary, id),
    get definition() {
      definition ??= typeof parts.definition === "function" ? parts.definition() : parts.definition;
      return definition;
    },
    config: parts.config,
    tablesFor: ({ special, refuse = "none" }) =>
      refuse === "none" && parts.extractors(special).trivial ? parts.tables : undefined,
  };
}

/** Of several ids with one spelling the last. The table is made when it pays: a tokenizer being loaded asks for a few. */
function createIdOf({ tokens, far }: TokenizerParts["vocabulary"]): (token: string) => number | undefined {
  let ids: Map<string, number> | undefined;
  let asked = 0;
  return (token) => {
    if (ids === undefined && ++asked <= 8) {
      const beyond = [...far].findLast(([, spelling]) => spelling === token);
      if (beyond !== undefined) return beyond[0];
      const id = tokens.lastIndexOf(token);
      return id < 0 ? undefined : id;
    }
    if (ids === undefined) {
      ids = new Map();
      for (const [id, spelling] of tokens.entries()) if (spelling !== undefined) ids.set(spelling, id);
      for (const [id, spelling] of far) ids.set(spelling, id);
    }
    return ids.get(token);
  };
}

function refuseSpecials(text: string, added: readonly AddedToken[], options: EncodeOptions = {}): void {
  const { refuse = "none", special = "none" } = options;
  if (refuse === "none") return;
  for (const token of added) {
    if (!token.special || (refuse !== "all" && !refuse.includes(token.content))) continue;
    if (special === "all" || special.includes(token.content) || !text.includes(token.content)) continue;
    throw new UserError({
      code: "special-token-in-text",
      message: "the text spells a special token",
      found: token.content,
      expected: "text without it",
      fix: "allow it by `special`, or take it out of the text",
    });
  }
}

/** Ids are 32 bits with a sign, as in the tensors. */
function checkId(id: number): number {
  if (id <= 0x7fffffff) return id;
  throw new UserError({
    code: "token-id-too-large",
    message: "the text has a token whose id no model can take",
    found: id,
    expected: "at most 2147483647",
    fix: "use a vocabulary with smaller ids",
  });
}

function createSectionEncoder(parts: TokenizerParts): (section: AlignedText, out: IdBuffer) => void {
  const { fast, pipeline } = parts;
  if (fast !== undefined) return (section, out) => fast(section.text, out);
  return (section, out) => {
    const sink = { add: (id: number) => pushId(out, checkId(id)) };
    for (const piece of cut(pipeline!, section)) pipeline!.model.tokenize(piece.text, sink);
  };
}

function createFullEncoding(parts: TokenizerParts): Pick<Tokenizer, "encoding" | "encodings"> {
  const encodings: Tokenizer["encodings"] = (batch, options = {}) => {
    if (parts.pipeline === undefined)
      throw new UserError({
        code: "no-encoding",
        message: "this kind of tokenizer gives ids only, without places",
        fix: "call encode, or convert the tokenizer to tokenizer.json",
      });
    const own = <T>(value: T | null | undefined, otherwise: T | undefined) =>
      value === undefined ? otherwise : (value ?? undefined);
    return encodeBatch(parts.pipeline, parts.extractors(options.special), batch, {
      addSpecialTokens: options.addSpecialTokens ?? true,
      offsets: options.offsets ?? "utf16",
      truncation: own(options.truncation, parts.truncation),
      padding: own(options.padding, parts.padding),
      blocked: options.blocked,
    });
  };
  return {
    encodings,
    encoding: (input, options: EncodingOptions = {}) => encodings([[input, options.pair]], options)[0]!,
  };
}
