/** @file The token that goes before every text, once, if the model's files ask for one: `add_bos_token` in
 *  tokenizer_config.json, or a template in tokenizer.json's post-processor that begins with a special token. A model that
 *  was made here (cygnet.json) was trained on documents with its BOS in front of each. */

import { exists, joinPath, readJson } from "../platform/files.js";
import type { Tokenizer } from "../tokenizer/index.js";

export function prefixToken(
  folder: string,
  tokenizer: Tokenizer,
  modelBos: number | undefined,
): number | undefined {
  const file = joinPath(folder, "tokenizer_config.json");
  const config = exists(file) ? object(readJson(file)) : {};
  if (config.add_bos_token === true) return tokenizer.bosId;
  if (config.add_bos_token === false) return undefined;
  const definition = exists(joinPath(folder, "tokenizer.json"))
    ? object(readJson(joinPath(folder, "tokenizer.json")))
    : {};
  const spelling = templateStart(object(definition.post_processor));
  if (spelling !== undefined) return tokenizer.tokenToId(spelling);
  return exists(joinPath(folder, "cygnet.json")) ? modelBos : undefined;
}

/** {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": …}]}, perhaps in a sequence. */
function templateStart(processor: Record<string, unknown>): string | undefined {
  const list =
    processor.type === "Sequence" && Array.isArray(processor.processors)
      ? processor.processors.map(object)
      : [processor];
  const template = list.find((p) => p.type === "TemplateProcessing");
  const single = template?.single;
  const first = Array.isArray(single) ? object(object(single[0]).SpecialToken) : {};
  return typeof first.id === "string" ? first.id : undefined;
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
