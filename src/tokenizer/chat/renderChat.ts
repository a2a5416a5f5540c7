/** @file A conversation as a model wants to see it: the one function for training, evaluation and serving. Text by the
 *  model's template, ids, the place of each token, and which tokens an assistant said. */

import { nearest, UserError } from "../../platform/errors.js";
import type { Tokenizer } from "../tokenizer.js";
import { refuseDoubled } from "./doubled.js";
import { renderTemplate, unusedCharacters } from "./template.js";
import { PythonFloat } from "./values.js";

/** In the wire format: `role`, `content` (text or parts), `tool_calls`, `reasoning_content` and whatever a template
 *  reads. */
export type ChatMessage = Readonly<Record<string, unknown>> & { readonly role: string };

export interface RenderChatOptions {
  readonly tokenizer: Tokenizer;
  /** A template, or the name of one of the tokenizer's. Default: its `tool_use` where there are tools and it has that,
   *  else its `default`. */
  readonly template?: string | undefined;
  readonly tools?: readonly object[] | undefined;
  readonly documents?: readonly object[] | undefined;
  /** Ends with what makes the model answer. Default false. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Leaves the last message open, so that the model goes on with it; or the name of its field to go on with. */
  readonly continueFinalMessage?: boolean | string | undefined;
  /** Spellings of special tokens in messages, tools and documents stay text, so that nobody forges a turn. */
  readonly sanitizeControlTokens?: boolean | undefined;
  /** Further variables of the template (`enable_thinking`). */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** For templates that tell the date, by its UTC parts. Default: now. */
  readonly now?: Date | undefined;
  /** Which tokens an assistant said, for training. Default false, which spares rendering the beginnings. */
  readonly assistantMask?: boolean | undefined;
}

export interface RenderedChat {
  readonly text: string;
  readonly ids: Int32Array;
  /** Place of each token in the text, in UTF-16 units. */
  readonly offsets: ReadonlyArray<readonly [start: number, end: number]>;
  /** 1 for tokens that touch what an assistant said; undefined where it was not asked for. */
  readonly assistantMask: Uint8Array | undefined;
}

type Range = readonly [start: number, end: number];
const MARK = "CONTINUE_FINAL_MESSAGE_TAG ";

/** Nothing is added to what the template writes. Throws UserError `chat-template`, `chat-messages`, `chat-mask`, and for
 *  training (with `assistantMask`) `doubled-token`. */
export function renderChat(messages: readonly ChatMessage[], options: RenderChatOptions): RenderedChat {
  checkOptions(messages, options);
  const { tokenizer } = options;
  const prepared = messages.map(withReasoning);
  const { text, blocked, generated, marked } = render(prepared, options);
  let said: readonly Range[] | undefined;
  if (options.assistantMask) said = marked ? generated : saidByPrefixes(prepared, text, options);
  const encoding = tokenizer.encoding(text, {
    special: "all",
    addSpecialTokens: false,
    truncation: null,
    padding: null,
    blocked,
  });
  if (options.assistantMask) refuseDoubled(encoding.ids, tokenizer);
  const mask =
    said &&
    Uint8Array.from(encoding.offsets, ([from, to]) =>
      said.some(([start, end]) => from < end && to > start) ? 1 : 0,
    );
  return { text, ids: encoding.ids, offsets: encoding.offsets, assistantMask: mask };
}

function checkOptions(messages: readonly ChatMessage[], options: RenderChatOptions): void {
  const refuse = (message: string, fix: string): never => {
    throw new UserError({ code: "chat-messages", message, fix });
  };
  if (messages.length === 0) refuse("a conversation needs at least one message", "give a message");
  if (options.continueFinalMessage && options.addGenerationPrompt)
    refuse(
      "the last message cannot be gone on with and answered",
      "give continueFinalMessage or addGenerationPrompt, not both",
    );
}

/** Without keys that are null, and the thoughts under each of the names that templates read. */
function withReasoning(message: ChatMessage): ChatMessage {
  const kept = Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== null && value !== undefined),
  ) as ChatMessage;
  const names = ["reasoning_content", "reasoning", "thinking"];
  const thoughts = names.map((name) => kept[name]).find((value) => value !== undefined);
  if (thoughts === undefined) return kept;
  return { ...Object.fromEntries(names.map((name) => [name, thoughts])), ...kept };
}

interface Rendered {
  readonly text: string;
  readonly blocked: ReadonlySet<number>;
  readonly generated: readonly Range[];
  readonly marked: boolean;
}

function render(messages: readonly ChatMessage[], options: RenderChatOptions): Rendered {
  const { config, specialTokens } = options.tokenizer;
  const field = options.continueFinalMessage === true ? "content" : options.continueFinalMessage || undefined;
  const shown = field === undefined ? messages : withMark(messages, field);
  const given = {
    messages: shown,
    // Named, but None, where there are none.
    tools: options.tools?.length ? options.tools : null,
    documents: options.documents ?? null,
    ...options.variables,
  };
  const guard = unusedCharacters(JSON.stringify(given), 3)[2]!;
  const guarded = options.sanitizeControlTokens
    ? guardSpellings(given, [...specialTokens.keys()], guard)
    : given;
  const roles = Object.fromEntries(
    Object.entries(config?.specialTokens ?? options.tokenizer.roles).flatMap(([role, content]) =>
      content === undefined ? [] : [[`${role}_token`, content]],
    ),
  );
  const rendered = renderTemplate(
    chooseTemplate(options),
    { ...roles, add_generation_prompt: options.addGenerationPrompt ?? false, ...guarded },
    options.now ?? new Date(),
  );
  const cut = field === undefined ? rendered.text : cutAtMark(rendered.text, shown, field);
  return { ...takeGuards(cut, rendered.generated, guard), marked: rendered.marked };
}

function chooseTemplate(options: RenderChatOptions): string {
  const templates = options.tokenizer.config?.chatTemplates ?? {};
  const { template } = options;
  if (template !== undefined) return Object.hasOwn(templates, template) ? templates[template]! : template;
  const chosen = (options.tools?.length ? templates.tool_use : undefined) ?? templates.default;
  if (chosen !== undefined) return chosen;
  const names = Object.keys(templates);
  throw new UserError({
    code: "chat-template",
    message:
      names.length === 0
        ? "the tokenizer has no chat template"
        : "the tokenizer has no default chat template",
    expected: names.length === 0 ? "chat_template.jinja, or chat_template in tokenizer_config.json" : names,
    fix: `give a template${names.length > 0 ? `, such as ${nearest("default", names) ?? names[0]}` : ""}`,
  });
}

/** The last message with a mark at the end of the field that is to be gone on with; of parts, the last text. */
function withMark(messages: readonly ChatMessage[], field: string): ChatMessage[] {
  const last = messages.at(-1)!;
  const value = last[field];
  let marked: unknown;
  if (typeof value === "string") marked = value + MARK;
  else if (Array.isArray(value)) {
    const at = value.findLastIndex((part) => typeof (part as { text?: unknown } | null)?.text === "string");
    if (at >= 0) marked = value.map((part, i) => (i === at ? { ...part, text: part.text + MARK } : part));
  }
  if (marked === undefined)
    throw new UserError({
      code: "chat-messages",
      message: `the last message has no text in ${JSON.stringify(field)} to go on with`,
      found: value,
      fix: "give it some, or leave continueFinalMessage out",
    });
  return [...messages.slice(0, -1), { ...last, [field]: marked }];
}

function cutAtMark(text: string, messages: readonly ChatMessage[], field: string): string {
  const mark = MARK.trim();
  const at = text.lastIndexOf(mark);
  const value = messages.at(-1)![field];
  const said = typeof value === "string" ? value.slice(0, -MARK.length).trim() : "";
  if (at < 0 || !text.includes(said))
    throw new UserError({
      code: "chat-template",
      message: "the template leaves the last message out, so that nothing can go on with it",
      fix: "leave continueFinalMessage out, or give another template",
    });
  const whole = text.slice(at, at + MARK.length) === MARK;
  return whole ? text.slice(0, at) : text.slice(0, at).trimEnd();
}

/** A mark behind the first character of each spelling of a special token in any string of a value. */
function guardSpellings<T>(value: T, spellings: readonly string[], guard: string): T {
  if (typeof value === "string") {
    let text: string = value;
    for (const spelling of [...spellings].sort((a, b) => b.length - a.length))
      text = text.replaceAll(spelling, spelling[0]! + guard + spelling.slice(1));
    return text as T;
  }
  if (Array.isArray(value))
    return value.map((item) => guardSpellings(item as unknown, spellings, guard)) as T;
  if (typeof value !== "object" || value === null || value instanceof PythonFloat) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, guardSpellings(item as unknown, spellings, guard)]),
  ) as T;
}

/** The text without the guards, where guarded spellings begin in it, and the ranges moved accordingly. */
function takeGuards(text: string, generated: readonly Range[], guard: string): Omit<Rendered, "marked"> {
  const blocked = new Set<number>();
  const places: number[] = [];
  for (let at = text.indexOf(guard); at >= 0; at = text.indexOf(guard, at + 1)) {
    blocked.add(at - places.length - 1);
    places.push(at);
  }
  const moved = (at: number) => Math.min(at, text.length) - places.filter((place) => place < at).length;
  return {
    text: places.length === 0 ? text : text.replaceAll(guard, ""),
    blocked,
    generated: generated.map(([start, end]) => [moved(start), moved(end)] as const),
  };
}

/** For a template without generation blocks: what an assistant's message adds to the conversation before it with a
 *  generation prompt. Refused where the template does not render a conversation as the continuation of its beginnings. */
function saidByPrefixes(messages: readonly ChatMessage[], text: string, options: RenderChatOptions): Range[] {
  const said: Range[] = [];
  messages.forEach((message, i) => {
    if (message.role !== "assistant") return;
    const bare = { ...options, continueFinalMessage: undefined };
    const before = i === 0 ? "" : render(messages.slice(0, i), { ...bare, addGenerationPrompt: true }).text;
    const last = i === messages.length - 1;
    const behind = last
      ? text
      : render(messages.slice(0, i + 1), { ...bare, addGenerationPrompt: false }).text;
    if (!behind.startsWith(before) || !text.startsWith(behind))
      throw new UserError({
        code: "chat-mask",
        message:
          "the template changes what it wrote when the conversation goes on, so what the assistant said cannot be told apart",
        at: `message ${i}`,
        fix: "use a template with {% generation %} blocks",
      });
    said.push([before.length, behind.length]);
  });
  return said;
}
