/** @file Alpaca's format (Taori et al. 2023): `instruction`, perhaps `input`, and `output`; Dolly's `context` and `response`
 *  too; `system` and `history` ([question, answer] each) as LLaMA-Factory has them. As a conversation, in which a template
 *  writes the roles: the user says the instruction, a blank line and the input. */

import type { ChatMessage } from "../../../tokenizer/index.js";
import type { Place } from "../row.js";
import { type Format, invalid, textOf } from "./format.js";

export const alpacaFormat: Format = {
  name: "alpaca",
  required: { instruction: ["instruction"], output: ["output", "response"] },
  optional: { input: ["input", "context"], system: ["system"], history: ["history"] },
  read({ instruction, input, output, system, history }, place) {
    const said = textOf(instruction, "instruction", place);
    const more = input === undefined || input === null ? "" : textOf(input, "input", place);
    const answer = textOf(output, "output", place);
    const question = [said, more].filter((part) => part.trim() !== "").join("\n\n");
    if (question === "" || answer.trim() === "") return undefined;
    const opening = typeof system === "string" && system !== "" ? [{ role: "system", content: system }] : [];
    const messages = [...opening, ...earlier(history, place), ...exchange(question, answer)];
    return { kind: "chat", messages, place };
  },
};

function exchange(question: string, answer: string): ChatMessage[] {
  return [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ];
}

function earlier(history: unknown, place: Place): ChatMessage[] {
  if (history === undefined || history === null) return [];
  if (!Array.isArray(history)) throw invalid(place, "history", history, "a list of [question, answer]");
  return history.flatMap((pair: unknown, i) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw invalid(place, `history[${i}]`, pair, "[question, answer]");
    return exchange(textOf(pair[0], `history[${i}]`, place), textOf(pair[1], `history[${i}]`, place));
  });
}
