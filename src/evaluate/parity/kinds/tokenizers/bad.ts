/** @file Cases of kind `bad`: files that must be refused by name of the fault, or loaded. */

import { isUserError } from "../../../../platform/errors.js";
import { joinPath, remove, temporaryFolder, writeAtomic } from "../../../../platform/files.js";
import { loadTokenizer, type Tokenizer } from "../../../../tokenizer/index.js";
import { type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";
import { createDifferences } from "./rows.js";

export const badTokenizers: CaseKind = {
  name: "bad tokenizers",
  matches: (json) => json.kind === "bad" && json.index !== undefined,
  *run(context) {
    const folder = temporaryFolder("cygnet-bad-");
    try {
      for (const row of rowsOf(context, context.json.index))
        yield checkFile(row, joinPath(folder, `${String(row.id)}.json`));
    } finally {
      remove(folder);
    }
  },
};

function contentOf(row: Row): string | Uint8Array {
  if (typeof row.content_base64 === "string")
    return Uint8Array.from(atob(row.content_base64), (c) => c.charCodeAt(0));
  const generate = row.generate as { repeat: string; times: number } | undefined;
  return generate === undefined ? String(row.content) : generate.repeat.repeat(generate.times);
}

function checkFile(row: Row, file: string): CheckResult {
  const check = String(row.id);
  const differences = createDifferences();
  writeAtomic(file, contentOf(row));
  let tokenizer: Tokenizer | undefined;
  try {
    tokenizer = loadTokenizer(file);
  } catch (error) {
    if (!isUserError(error)) return resultOfError(check, error);
    differences.that(row.expect !== "accept", `refused: ${error.message}`);
    differences.that(error.detail.file === file, `the error does not name the file: ${error.message}`);
    const unknown = /^unknown-(model|normalizer|pre-tokenizer|decoder|post-processor)/.test(check);
    differences.that(
      !unknown || error.code === "unknown-component",
      `the error does not name the component: ${error.message}`,
    );
  } finally {
    remove(file);
  }
  if (tokenizer !== undefined) {
    differences.that(row.expect !== "refuse", `loaded; should be refused: ${String(row.what)}`);
    for (const [text, ids] of Object.entries((row.encodes as Record<string, number[]>) ?? {}))
      differences.same(`ids of ${text}`, [...tokenizer.encoding(text, { special: "all" }).ids], ids);
    for (const [token, id] of Object.entries((row.vocab as Record<string, number>) ?? {}))
      differences.same(`id of ${token}`, tokenizer.tokenToId(token), id);
  }
  return differences.result(check);
}
