/** @file OpenAI's chat format: `messages` of `role` and `content`, perhaps `tools`. `arguments` of calls, which OpenAI writes as
 *  JSON in a string, become the object that chat templates expect. */

import type { ChatMessage } from "../../../tokenizer/index.js";
import { errorAt, type Place } from "../row.js";
import { type Format, invalid, isRecord } from "./format.js";

const NAMES = ["messages", "conversation", "conversations", "dialog", "dialogue", "chat"];

export const messagesFormat: Format = {
  name: "messages",
  required: { messages: NAMES },
  optional: { tools: ["tools", "functions"] },
  fits: ({ messages }) => looksLikeMessages(messages),
  read({ messages, tools }, place) {
    const read = readMessages(messages, "messages", place);
    if (read.length === 0) return undefined;
    return { kind: "chat", messages: read, ...toolsOf(tools, place), place };
  },
};

/** The first says who speaks. */
export function looksLikeMessages(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || (isRecord(value[0]) && "role" in value[0]));
}

/** Throws UserError `row-invalid`, `tool-arguments`. */
export function readMessages(value: unknown, at: string, place: Place): ChatMessage[] {
  if (!Array.isArray(value)) throw invalid(place, at, value, "a list of messages");
  return value.map((message: unknown, i) => {
    const here = `${at}[${i}]`;
    if (!isRecord(message) || typeof message.role !== "string")
      throw invalid(place, here, message, "a message with a role");
    const { role, content, tool_calls: calls } = message;
    const parts = Array.isArray(content) && content.every(isRecord);
    const silent = content === undefined || content === null;
    if (!(typeof content === "string" || parts || (silent && calls !== undefined)))
      throw invalid(place, `${here}.content`, content, "a text, or a list of parts");
    if (!Array.isArray(calls)) return { ...message, role };
    return {
      ...message,
      role,
      content: content ?? "",
      tool_calls: calls.map((c) => readCall(c, here, place)),
    };
  });
}

function readCall(call: unknown, at: string, place: Place): unknown {
  if (!isRecord(call) || !isRecord(call.function)) return call;
  const { arguments: given } = call.function;
  if (typeof given !== "string") return call;
  return { ...call, function: { ...call.function, arguments: parsedArguments(given, at, place) } };
}

/** Throws UserError `tool-arguments`. */
export function parsedArguments(text: string, at: string, place: Place): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch (cause) {
    throw errorAt(place, {
      code: "tool-arguments",
      at,
      message: "calls a tool with arguments that are not JSON",
      found: text,
      expected: "an object, or JSON of one in a string",
      fix: "mend the example: a model would learn to write such calls",
      cause,
    });
  }
}

/** Tools as a list, or as JSON of one in a string; none where the row names none. */
export function toolsOf(value: unknown, place: Place): { tools?: readonly object[] } {
  if (value === undefined || value === null || value === "") return {};
  let tools = value;
  if (typeof value === "string")
    try {
      tools = JSON.parse(value);
    } catch (cause) {
      throw errorAt(place, {
        code: "row-invalid",
        at: "tools",
        message: "is not valid JSON",
        found: value,
        expected: "a list of tools, or JSON of one",
        cause,
      });
    }
  if (!Array.isArray(tools) || !tools.every(isRecord))
    throw invalid(place, "tools", value, "a list of tools");
  return tools.length === 0 ? {} : { tools };
}
