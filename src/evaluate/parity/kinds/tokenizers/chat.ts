/** @file Cases of kind `chat`: conversations through a folder's template, with ids and the mask of what was said. */

import { isUserError } from "../../../../platform/errors.js";
import { readText } from "../../../../platform/files.js";
import {
  type ChatMessage,
  loadTokenizer,
  PythonFloat,
  renderChat,
  type Tokenizer,
} from "../../../../tokenizer/index.js";
import { type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import type { Row } from "../rows.js";
import { createDifferences } from "./rows.js";

/** Rows in which numbers written as 1.0 stay floats, as in Python. */
function rowsWithFloats(text: string): Row[] {
  const strings = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)/g;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const marked = line.replace(strings, (part) => (part.startsWith('"') ? part : `{"$float":${part}}`));
      return JSON.parse(marked, (_, value: unknown) => {
        const float = (value as { $float?: number } | null)?.$float;
        return typeof float === "number" ? new PythonFloat(float) : value;
      }) as Row;
    });
}

export const chatKind: CaseKind = {
  name: "chat",
  matches: (json) => json.kind === "chat",
  *run(context) {
    const tokenizer = loadTokenizer(context.folder);
    const now = new Date(`${String(context.json.now)}Z`);
    for (const [i, row] of rowsWithFloats(readText(context.path(context.json.vectors))).entries())
      yield runRow(row, i, tokenizer, now);
  },
};

function runRow(row: Row, i: number, tokenizer: Tokenizer, now: Date): CheckResult {
  const check = `${i} ${String(row.id)}`;
  const d = createDifferences();
  const {
    tools,
    documents,
    add_generation_prompt: addGenerationPrompt,
    continue_final_message: continueFinalMessage,
    sanitize_control_tokens: sanitizeControlTokens,
    ...variables
  } = row.options as Row;
  try {
    const rendered = renderChat(row.messages as ChatMessage[], {
      tokenizer,
      template: row.template as string | undefined,
      tools: tools as object[] | undefined,
      documents: documents as object[] | undefined,
      addGenerationPrompt: addGenerationPrompt === true,
      continueFinalMessage: continueFinalMessage as boolean | string | undefined,
      sanitizeControlTokens: sanitizeControlTokens === true,
      variables,
      now,
      assistantMask: row.assistant_mask !== undefined,
    });
    d.that(row.error === undefined, `no error; the library says ${String(row.error)}`);
    if (row.text !== undefined) d.same("text", rendered.text, row.text);
    if (row.ids !== undefined) d.same("ids", [...rendered.ids], row.ids);
    if (row.assistant_mask !== undefined)
      d.same("assistant_mask", [...(rendered.assistantMask ?? [])], row.assistant_mask);
    return d.result(check);
  } catch (error) {
    if (row.error !== undefined && isUserError(error)) return { check, status: "ok" };
    return resultOfError(check, error);
  }
}
