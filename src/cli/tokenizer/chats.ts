/** @file Conversations from a file, rendered as the model would see them, with what would be trained. */

import { isUserError, UserError } from "../../platform/errors.js";
import { readText } from "../../platform/files.js";
import { type ChatMessage, renderChat, type Tokenizer } from "../../tokenizer/index.js";

export interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly object[] | undefined;
}

/** A JSON file with a list of messages, an object with `messages`, or a list of these; or JSON lines of them. Throws
 *  UserError `invalid-json`, `chat-messages`. */
export function readChats(file: string): Chat[] {
  const text = readText(file);
  const chats = /\.(jsonl|ndjson)$/i.test(file)
    ? text
        .split("\n")
        .flatMap((line, i) =>
          line.trim() === "" ? [] : chatsOf(parse(line, file, `line ${i + 1}`), file, `line ${i + 1}`),
        )
    : chatsOf(parse(text, file), file);
  if (chats.length === 0) refuse(file, undefined, "holds no conversation", "nothing");
  return chats;
}

function parse(text: string, file: string, at?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError({
      code: "invalid-json",
      file,
      at,
      message: `is not valid JSON (${(cause as Error).message})`,
      fix: "JSON lines need a name that ends in .jsonl",
      cause,
    });
  }
}

function chatsOf(value: unknown, file: string, at?: string): Chat[] {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isMessage)) return [{ messages: value as ChatMessage[] }];
    return value.flatMap((entry, i) =>
      chatsOf(entry, file, at === undefined ? `entry ${i}` : `${at}, entry ${i}`),
    );
  }
  const { messages, tools } = (value ?? {}) as { messages?: unknown; tools?: unknown };
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage))
    return refuse(file, at, "is no conversation", value);
  if (tools !== undefined && tools !== null && !Array.isArray(tools))
    return refuse(file, at, "has tools that are no list", tools);
  return [
    { messages: messages as ChatMessage[], tools: (tools as object[] | null | undefined) ?? undefined },
  ];
}

const isMessage = (value: unknown) => typeof (value as { role?: unknown } | null)?.role === "string";

function refuse(file: string, at: string | undefined, message: string, value: unknown): never {
  throw new UserError({
    code: "chat-messages",
    file,
    at,
    message,
    found: typeof value === "string" ? value : (JSON.stringify(value)?.slice(0, 80) ?? "nothing"),
    expected: '{"messages": [{"role": "user", "content": "…"}, …]}',
    fix: "give each conversation its messages with their roles",
  });
}

export interface MaskedChat {
  readonly ids: Int32Array;
  readonly offsets: ReadonlyArray<readonly [number, number]>;
  readonly mask: Uint8Array | undefined;
  /** Why there is no mask. */
  readonly problem: string | undefined;
}

/** Where the template does not tell what an assistant said, the conversation without the mask, and why. */
export function renderWithMask(
  tokenizer: Tokenizer,
  { messages, tools }: Chat,
  { template, generationPrompt }: { template?: string | undefined; generationPrompt: boolean },
): MaskedChat {
  const options = { tokenizer, template, tools, addGenerationPrompt: generationPrompt };
  try {
    const { ids, offsets, assistantMask } = renderChat(messages, { ...options, assistantMask: true });
    return { ids, offsets, mask: assistantMask, problem: undefined };
  } catch (error) {
    if (!isUserError(error) || error.code !== "chat-mask") throw error;
    const { ids, offsets } = renderChat(messages, options);
    return { ids, offsets, mask: undefined, problem: error.message };
  }
}
