/** @file ShareGPT's chat format: `conversations` of `from` and `value`; `system` and `tools` beside them, as LLaMA-Factory has
 *  them. Calls of tools and what these return are turns of their own, `function_call` (JSON) and `observation`. */

import { nearest } from "../../../platform/errors.js";
import type { ChatMessage } from "../../../tokenizer/index.js";
import { errorAt, type Place } from "../row.js";
import { type Format, invalid, isRecord, textOf } from "./format.js";
import { parsedArguments, toolsOf } from "./messages.js";

const ROLES: Readonly<Record<string, "system" | "user" | "assistant" | "tool" | "call">> = {
  system: "system",
  human: "user",
  user: "user",
  gpt: "assistant",
  assistant: "assistant",
  chatgpt: "assistant",
  bing: "assistant",
  bard: "assistant",
  model: "assistant",
  bot: "assistant",
  function_call: "call",
  tool_call: "call",
  observation: "tool",
  function_response: "tool",
  tool: "tool",
};

export const shareGptFormat: Format = {
  name: "sharegpt",
  required: { conversations: ["conversations", "conversation", "messages", "dialog"] },
  optional: { tools: ["tools"], system: ["system"] },
  fits: ({ conversations: turns }) =>
    Array.isArray(turns) &&
    turns.length > 0 &&
    isRecord(turns[0]) &&
    "from" in turns[0] &&
    "value" in turns[0],
  read({ conversations, system, tools }, place) {
    if (!Array.isArray(conversations))
      throw invalid(place, "conversations", conversations, "a list of turns");
    const turns = conversations.map((turn: unknown, i) => readTurn(turn, `conversations[${i}]`, place));
    const messages =
      typeof system === "string" && system !== "" ? [{ role: "system", content: system }, ...turns] : turns;
    if (messages.length === 0) return undefined;
    return { kind: "chat", messages, ...toolsOf(tools, place), place };
  },
};

function readTurn(turn: unknown, at: string, place: Place): ChatMessage {
  if (!isRecord(turn)) throw invalid(place, at, turn, "an object with from and value");
  const { from, value } = turn;
  const content = textOf(value, `${at}.value`, place);
  const role = typeof from === "string" && Object.hasOwn(ROLES, from) ? ROLES[from]! : undefined;
  if (role === undefined)
    throw errorAt(place, {
      code: "row-invalid",
      at: `${at}.from`,
      message: "is nobody who takes part in a conversation",
      found: from,
      expected: Object.keys(ROLES),
      fix: `did you mean ${JSON.stringify(nearest(String(from), Object.keys(ROLES)) ?? "human")}?`,
    });
  if (role !== "call") return { role, content };
  const called = parsedArguments(content, at, place);
  const calls: unknown[] = Array.isArray(called) ? called : [called];
  return {
    role: "assistant",
    content: "",
    tool_calls: calls.map((call) => ({ type: "function", function: readCall(call, at, place) })),
  };
}

function readCall(call: unknown, at: string, place: Place): Readonly<Record<string, unknown>> {
  if (!isRecord(call) || typeof call.name !== "string")
    throw invalid(place, at, call, "a call of a tool: its name and arguments");
  const given = call.arguments ?? {};
  return { ...call, arguments: typeof given === "string" ? parsedArguments(given, at, place) : given };
}
