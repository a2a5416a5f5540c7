/** @file A prompt and its completion: two texts, or two lists of messages. */

import { type Format, textOf } from "./format.js";
import { looksLikeMessages, readMessages, toolsOf } from "./messages.js";

export const promptCompletionFormat: Format = {
  name: "prompt-completion",
  required: { prompt: ["prompt", "question"], completion: ["completion", "response", "answer"] },
  optional: { tools: ["tools"] },
  read({ prompt, completion, tools }, place) {
    if (looksLikeMessages(prompt) || looksLikeMessages(completion)) {
      const before = readMessages(prompt, "prompt", place);
      const behind = readMessages(completion, "completion", place);
      if (before.length === 0 || behind.length === 0) return undefined;
      return { kind: "chat-completion", prompt: before, completion: behind, ...toolsOf(tools, place), place };
    }
    const said = textOf(prompt, "prompt", place);
    const answer = textOf(completion, "completion", place);
    return answer === "" ? undefined : { kind: "completion", prompt: said, completion: answer, place };
  },
};
