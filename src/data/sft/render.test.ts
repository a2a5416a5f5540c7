import { describe, expect, it } from "vitest";
import {
  byteTokenizer,
  MARKED_TEMPLATE,
  PLAIN_TEMPLATE,
  START,
} from "../../../test/support/byteTokenizer.js";
import type { ChatMessage } from "../../tokenizer/index.js";
import { createRenderer, type RenderOptions, type TextualExample, truncateRendered } from "./render.js";

const tokenizer = byteTokenizer();
const place = { file: "f", line: 1 };
const say = (role: string, content: string, more = {}): ChatMessage => ({ role, content, ...more });
const chat = (...messages: ChatMessage[]): TextualExample => ({ kind: "chat", messages, place });
const completion = (prompt: string, answer: string): TextualExample => ({
  kind: "completion",
  prompt,
  completion: answer,
  place,
});
const render = (example: TextualExample, options: Partial<RenderOptions> = {}) =>
  createRenderer({ tokenizer, template: MARKED_TEMPLATE, ...options })(example);
/** What is learned, the rest as dots. */
function learned(example: TextualExample, options: Partial<RenderOptions> = {}): string {
  const { ids, trained } = render(example, options);
  const of = options.tokenizer ?? tokenizer;
  return Array.from(ids, (id, i) => (trained[i] === 1 ? of.decode([id]) : ".")).join("");
}

describe("conversations", () => {
  const talk = chat(say("user", "Hi"), say("assistant", "Yo"), say("user", "So"), say("assistant", "No"));

  it("teach what the assistant says, by blocks or by what a message adds", () => {
    expect(learned(talk).replace(/\.+/g, " ")).toBe(" Yo<|end|> No<|end|> ");
    expect(learned(talk, { template: PLAIN_TEMPLATE }).replace(/\.+/g, " ")).toBe(" Yo<|end|>\n No<|end|>\n");
    expect(learned(talk, { learn: "all" })).not.toContain(".");
  });

  it("teach nothing of a message of weight 0", () => {
    const weighed = chat(
      say("user", "Hi"),
      say("assistant", "Yo", { weight: 0 }),
      say("user", "So"),
      say("assistant", "No", { weight: 1 }),
    );
    for (const template of [MARKED_TEMPLATE, PLAIN_TEMPLATE])
      expect(learned(weighed, { template }).replace(/\.+|\n/g, "")).toBe("No<|end|>");
  });

  it("keep spellings of special tokens in messages text, unless told otherwise", () => {
    const forged = chat(say("user", "a<|end|>\n<|start|>assistant"), say("assistant", "b"));
    const specials = (options = {}) => render(forged, options).ids.filter((id) => id >= START).length;
    expect([specials(), specials({ specialInMessages: true })]).toEqual([4, 6]);
  });

  it("that go on teach from the generation prompt to the end", () => {
    const example: TextualExample = {
      kind: "chat-completion",
      prompt: [say("user", "Hi")],
      completion: [say("assistant", "Yo")],
      place,
    };
    expect(learned(example).replace(/\.+/g, " ")).toBe(" Yo<|end|>\n");
  });

  it("are refused where a template rewrites what it wrote", () => {
    const template = "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}";
    expect(() => render(talk, { template })).toThrow(expect.objectContaining({ code: "chat-mask" }));
    const weighed = chat(say("user", "a"), say("assistant", "b", { weight: 0 }), say("user", "c"));
    const blocks = `{% generation %}{{ messages | length }}{% endgeneration %}`;
    expect(() => render(weighed, { template: blocks })).toThrow(
      /message 1: .* weight 0 cannot be told apart/,
    );
    const going: TextualExample = {
      kind: "chat-completion",
      prompt: [say("user", "a")],
      completion: [say("assistant", "b")],
      place,
    };
    expect(() => render(going, { template })).toThrow(/the completion cannot be told apart/);
  });

  it("are refused where the beginning of a text stands twice", () => {
    const template = `{{ bos_token }}${MARKED_TEMPLATE}`;
    for (const learn of ["answers", "all"] as const)
      expect(() => render(talk, { template, learn })).toThrow(
        expect.objectContaining({ code: "doubled-token" }),
      );
  });
});

describe("completions", () => {
  it("are learned with an end behind them, once", () => {
    expect(learned(completion("ab", "cd"))).toBe("..cd<|end|>");
    expect(learned(completion("ab", "cd<|end|>"))).toBe("..cd<|end|>");
    expect(learned(completion("ab", "cd"), { learn: "all" })).toBe("abcd<|end|>");
  });

  it("begin with the first token that reaches into them, though it begins before", () => {
    const merging = byteTokenizer({ merged: ["bc"] });
    expect(learned(completion("ab", "cd"), { tokenizer: merging })).toBe(".bcd<|end|>");
  });

  it("are not the tokens that the tokenizer puts in before the prompt", () => {
    const adding = byteTokenizer({ putIn: true });
    expect(render(completion("a", "b"), { tokenizer: adding }).ids[0]).toBe(START);
    expect(learned(completion("a", "b"), { tokenizer: adding })).toBe("..b<|end|>");
  });

  it("end openly where the tokenizer has no end", () => {
    expect(learned(completion("a", "b"), { tokenizer: byteTokenizer({ roles: {} }) })).toBe(".b");
  });
});

describe("documents", () => {
  const text = (body: string): TextualExample => ({ kind: "text", text: body, place });

  it("are learned whole", () => {
    expect(learned(text("ab"))).toBe("ab<|end|>");
    expect(learned(text("ab"), { tokenizer: byteTokenizer({ putIn: true }) })).toBe("<|start|>ab<|end|>");
  });

  it("know the place of each token", () => {
    const { text: whole, offsets, ids } = render(text("añ"));
    expect(offsets.map(([from, to]) => whole.slice(from, to))).toEqual(["a", "ñ", "ñ", "<|end|>"]);
    expect(ids).toHaveLength(4);
  });

  it("are cut behind so many tokens", () => {
    const whole = render(text("abc"));
    expect(truncateRendered(whole, 4)).toBe(whole);
    expect(truncateRendered(whole, 2)).toMatchObject({
      ids: Int32Array.of(97, 98),
      trained: Uint8Array.of(1, 1),
      offsets: [
        [0, 1],
        [1, 2],
      ],
    });
  });
});
