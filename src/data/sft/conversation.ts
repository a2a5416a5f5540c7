/** @file Whether a conversation can be learned from. */

import { UserError } from "../../platform/errors.js";
import type { ChatMessage } from "../../tokenizer/index.js";

/** Throws UserError `chat-messages`: none but the system's; `chat-starts-with-assistant`. */
export function checkConversation(messages: readonly ChatMessage[]): void {
  const opening = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const first = messages[opening];
  if (first === undefined)
    throw new UserError({
      code: "chat-messages",
      message: "a conversation in which nobody speaks",
      found: messages.map((m) => m.role),
      expected: "a user's message and an assistant's",
      fix: "remove it",
    });
  if (first.role === "assistant")
    throw new UserError({
      code: "chat-starts-with-assistant",
      at: `message ${opening}`,
      message: "the assistant speaks first, and answers nothing",
      found: first.content,
      expected: "a user's message before it",
      fix: "put what it answers before it, or remove it; as documents, such texts can be learned whole",
    });
}
