/** @file All post-processors of tokenizer.json. */

import { z } from "zod";
import { inside, type Place, refuse } from "../files/check.js";
import { count, flag, type Maker, made, makeComponent } from "../files/component.js";
import { bertProcessing, robertaProcessing } from "./bracket.js";
import { byteLevelPostProcessor } from "./byteLevel.js";
import type { PostProcessor } from "./postProcessor.js";
import { processorSequence, type TemplatePiece, templateProcessing } from "./template.js";

const Special = z.tuple([z.string(), count]);
const PieceJson = z.union([
  z.strictObject({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: count }) }),
  z.strictObject({ SpecialToken: z.object({ id: z.string(), type_id: count }) }),
]);
const TemplateJson = z.object({
  single: z.array(PieceJson),
  pair: z.array(PieceJson),
  special_tokens: z.record(
    z.string(),
    z.object({ id: z.string(), ids: z.array(count), tokens: z.array(z.string()) }),
  ),
});

/** Whether the vocabulary has an id. */
export type HasId = (id: number) => boolean;

function makers(hasId: HasId): Readonly<Record<string, Maker<PostProcessor>>> {
  const bracketFields = { sep: Special, cls: Special };
  return {
    ByteLevel: made(z.object({ trim_offsets: flag(true), add_prefix_space: flag(true) }), (f) =>
      byteLevelPostProcessor(f.trim_offsets, f.add_prefix_space),
    ),
    BertProcessing: made(z.object(bracketFields), (f, place) => {
      checkIds([f.sep, f.cls], hasId, place);
      return bertProcessing(f.cls, f.sep);
    }),
    RobertaProcessing: made(
      z.object({ ...bracketFields, trim_offsets: flag(true), add_prefix_space: flag(true) }),
      (f, place) => {
        checkIds([f.sep, f.cls], hasId, place);
        return robertaProcessing(f.cls, f.sep, f.trim_offsets, f.add_prefix_space);
      },
    ),
    TemplateProcessing: made(TemplateJson, (f, place) => readTemplate(f, hasId, place)),
    Sequence: made(z.object({ processors: z.array(z.unknown()) }), (f, place) =>
      processorSequence(
        f.processors.map((json, i) => makePostProcessor(json, hasId, inside(inside(place, "processors"), i))),
      ),
    ),
  };
}

export function makePostProcessor(json: unknown, hasId: HasId, place: Place): PostProcessor {
  return makeComponent("post-processor", makers(hasId), json, place);
}

function checkIds(tokens: readonly (readonly [string, number])[], hasId: HasId, place: Place): void {
  for (const [token, id] of tokens)
    if (!hasId(id))
      refuse(
        place,
        "special-token-missing",
        `puts in ${JSON.stringify(token)} by an id that the vocabulary lacks`,
        id,
        "an id of the vocabulary",
        "correct the id",
      );
}

function readTemplate(f: z.output<typeof TemplateJson>, hasId: HasId, place: Place): PostProcessor {
  const read = (key: "single" | "pair"): TemplatePiece[] =>
    f[key].map((piece) => {
      if ("Sequence" in piece)
        return { sequence: piece.Sequence.id === "A" ? 0 : 1, type: piece.Sequence.type_id };
      const { id, type_id: type } = piece.SpecialToken;
      const token = Object.hasOwn(f.special_tokens, id) ? f.special_tokens[id] : undefined;
      if (token === undefined || token.ids.length !== token.tokens.length)
        return refuse(
          inside(place, "special_tokens"),
          "special-token-missing",
          token === undefined ? "lacks a token that the template names" : "has not one spelling for each id",
          id,
          "its ids and spellings",
          "add it, or take it out of the template",
        );
      const tokens = token.ids.map((n, i) => [n, token.tokens[i]!] as const);
      checkIds(
        tokens.map(([n, text]) => [text, n] as const),
        hasId,
        inside(place, "special_tokens"),
      );
      return { tokens, type };
    });
  const [single, pair] = [read("single"), read("pair")];
  if (single.some((piece) => "sequence" in piece && piece.sequence === 1))
    refuse(inside(place, "single"), "malformed-tokenizer", "names a second text", "B", "A alone", "use A");
  return templateProcessing(single, pair);
}
