/** @file An example as a model sees it: the text, its ids, where each token stands, and which are learned. Conversations go through
 *  `renderChat`, the same for training, evaluation and serving. What is learned:
 *    conversations: what the assistant says (what `{% generation %}` encloses, or, in templates without it, what its message adds);
 *    a prompt and its completion: every token that reaches into the completion, and the end-of-text put behind it;
 *    documents: everything. */

import { UserError } from "../../platform/errors.js";
import { type ChatMessage, refuseDoubled, renderChat, type Tokenizer } from "../../tokenizer/index.js";
import type {
  ChatCompletionExample,
  ChatExample,
  CompletionExample,
  Example,
  TextExample,
} from "./examples.js";

/** What a language model learns from. */
export type TextualExample = ChatExample | ChatCompletionExample | CompletionExample | TextExample;

export interface RenderOptions {
  readonly tokenizer: Tokenizer;
  /** `"answers"` (default): see above; `"all"`: every token of every example. */
  readonly learn?: "answers" | "all" | undefined;
  /** For conversations: see `renderChat`. */
  readonly template?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly now?: Date | undefined;
  /** Spellings of special tokens inside messages become these tokens. Default false: they stay text, so that nobody forges a
   *  turn. In prompts, completions and documents, which often come with their template, they are tokens always. */
  readonly specialInMessages?: boolean | undefined;
}

export interface RenderedExample {
  readonly text: string;
  readonly ids: Int32Array;
  /** Place of each token in the text, in UTF-16 units; [0, 0] for one that the tokenizer put in. */
  readonly offsets: ReadonlyArray<readonly [start: number, end: number]>;
  /** 1 for tokens that are learned. */
  readonly trained: Uint8Array;
}

export type Renderer = (example: TextualExample) => RenderedExample;

export function isTextual(example: Example): example is TextualExample {
  return ["chat", "chat-completion", "completion", "text"].includes(example.kind);
}

/** Rendering throws UserError `chat-template`, `chat-messages`, `chat-mask`, `doubled-token`. */
export function createRenderer(options: RenderOptions): Renderer {
  const end = endOfText(options.tokenizer);
  return (example) => {
    const rendered = renderAny(example, options, end);
    refuseDoubled(rendered.ids, options.tokenizer);
    return options.learn === "all" ? { ...rendered, trained: rendered.trained.fill(1) } : rendered;
  };
}

function renderAny(example: TextualExample, options: RenderOptions, end: string): RenderedExample {
  switch (example.kind) {
    case "text":
      return renderText("", ended(example.text, end), options.tokenizer);
    case "completion":
      return renderText(example.prompt, ended(example.completion, end), options.tokenizer);
    case "chat":
      return renderConversation(example, options);
    case "chat-completion":
      return renderContinuation(example, options);
  }
}

/** What ends a text, where the tokenizer does not put it there itself. */
function endOfText(tokenizer: Tokenizer): string {
  const spelling = tokenizer.roles.eos;
  if (spelling === undefined) return "";
  const bare = tokenizer.encoding("", { truncation: null, padding: null });
  return bare.ids.at(-1) === tokenizer.tokenToId(spelling) && bare.ids.at(-1) !== tokenizer.bosId
    ? ""
    : spelling;
}

function ended(text: string, end: string): string {
  return text.endsWith(end) ? text : text + end;
}

function renderText(prompt: string, learned: string, tokenizer: Tokenizer): RenderedExample {
  const text = prompt + learned;
  const encoding = tokenizer.encoding(text, { special: "all", truncation: null, padding: null });
  const trained = new Uint8Array(encoding.ids.length);
  encoding.offsets.forEach(([, to], i) => {
    // What the tokenizer puts in is learned behind what is learned; before a document it is never predicted.
    trained[i] =
      encoding.specialTokensMask[i] === 1
        ? (trained[i - 1] ?? Number(prompt === ""))
        : Number(to > prompt.length);
  });
  return { text, ids: encoding.ids, offsets: encoding.offsets, trained };
}

function chatOptions(options: RenderOptions, tools: readonly object[] | undefined) {
  const { tokenizer, template, variables, now, specialInMessages } = options;
  return { tokenizer, template, variables, now, tools, sanitizeControlTokens: specialInMessages !== true };
}

function renderConversation({ messages, tools }: ChatExample, options: RenderOptions): RenderedExample {
  const shared = chatOptions(options, tools);
  const assistantMask = options.learn !== "all";
  const { text, ids, offsets, assistantMask: mask } = renderChat(messages, { ...shared, assistantMask });
  const trained = mask ?? new Uint8Array(ids.length);
  messages.forEach((message, i) => {
    if (message.weight !== 0 || !assistantMask) return;
    const before = i === 0 ? "" : renderChat(messages.slice(0, i), shared).text;
    const behind = renderChat(messages.slice(0, i + 1), shared).text;
    if (!text.startsWith(behind) || !behind.startsWith(before)) throw cannotTellApart(i, "weight 0");
    offsets.forEach(([start, end], k) => {
      if (start >= before.length && end <= behind.length) trained[k] = 0;
    });
  });
  return { text, ids, offsets, trained };
}

function renderContinuation(
  { prompt, completion, tools }: ChatCompletionExample,
  options: RenderOptions,
): RenderedExample {
  const shared = chatOptions(options, tools);
  const answers = (prompt.at(-1) as ChatMessage).role !== "assistant";
  const before = renderChat(prompt, { ...shared, addGenerationPrompt: answers }).text;
  const { text, ids, offsets } = renderChat([...prompt, ...completion], shared);
  if (!text.startsWith(before)) throw cannotTellApart(prompt.length, "the completion");
  return { text, ids, offsets, trained: Uint8Array.from(offsets, ([, end]) => Number(end > before.length)) };
}

function cannotTellApart(message: number, what: string): UserError {
  return new UserError({
    code: "chat-mask",
    at: `message ${message}`,
    message: `the template changes what it wrote when the conversation goes on, so ${what} cannot be told apart`,
    fix: "give whole conversations, and a template with {% generation %} blocks",
  });
}

/** At most `maxLength` tokens, the first. */
export function truncateRendered(rendered: RenderedExample, maxLength: number): RenderedExample {
  if (rendered.ids.length <= maxLength) return rendered;
  return {
    text: rendered.text,
    ids: rendered.ids.slice(0, maxLength),
    offsets: rendered.offsets.slice(0, maxLength),
    trained: rendered.trained.slice(0, maxLength),
  };
}
