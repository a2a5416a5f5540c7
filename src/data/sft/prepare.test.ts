import { describe, expect, it } from "vitest";
import { byteTokenizer, MARKED_TEMPLATE } from "../../../test/support/byteTokenizer.js";
import type { Example } from "./examples.js";
import { type PrepareOptions, prepareExamples, sharedExamples } from "./prepare.js";

const tokenizer = byteTokenizer();
const prepare = (examples: Example[], options: Partial<PrepareOptions> = {}) =>
  prepareExamples(examples, { tokenizer, template: MARKED_TEMPLATE, ...options });
const at = (line: number) => ({ file: "f.jsonl", line });
const completion = (prompt: string, answer: string, line = 1): Example => ({
  kind: "completion",
  prompt,
  completion: answer,
  place: at(line),
});
const chat = (line: number, ...roles: string[]): Example => ({
  kind: "chat",
  messages: roles.map((role, i) => ({ role, content: `m${i}` })),
  place: at(line),
});

describe("examples before training", () => {
  it("are counted", () => {
    const { survey, ...prepared } = prepare(
      [completion("ab", "cd"), completion("ab", "cd", 2), completion("a", "bcdefg", 3)],
      {
        maxLength: 5,
      },
    );
    expect(survey).toMatchObject({ examples: 3, kept: 3, tokens: 15, trainedTokens: 3 + 3 + 4, longest: 5 });
    expect(survey.truncated).toMatchObject({ count: 1, first: ["f.jsonl:3"] });
    expect(survey.repeated).toMatchObject({ count: 1, first: ["f.jsonl:2"] });
    expect(survey.untrainable.count).toBe(0);
    expect(prepared.sample.text).toBe("abcd<|end|>");
  });

  it("hold their tokens, and change their key with any of them", () => {
    const a = prepare([completion("ab", "cd"), completion("x", "y")]);
    expect([a.count, a.length(0), a.length(1)]).toEqual([2, 5, 3]);
    expect(a.example(1)).toEqual({ ids: Int32Array.of(120, 121, 257), trained: Uint8Array.of(0, 1, 1) });
    const keys = [
      a,
      prepare([completion("ab", "cd"), completion("x", "z")]),
      prepare([completion("ab", "cd"), completion("", "xy")]),
      prepare([completion("ab", "cd")]),
    ].map((p) => p.key());
    expect(new Set(keys).size).toBe(4);
    expect(prepare([completion("ab", "cd"), completion("x", "y")]).key()).toBe(keys[0]);
  });

  it("are refused where the context cuts off all that is to be learned; or dropped, if one says so", () => {
    const long = [completion("abcdef", "g", 1), completion("a", "b", 2), completion("abcdef", "h", 3)];
    expect(() => prepare(long, { maxLength: 5 })).toThrow(
      /f\.jsonl:1: 2 of 3 examples have no token to learn within their first 5 tokens; found \["f\.jsonl:1", "f\.jsonl:3"\].*untrainable: drop/,
    );
    const { survey, count } = prepare(long, { maxLength: 5, untrainable: "drop" });
    expect([count, survey.kept, survey.untrainable.count, survey.truncated.count]).toEqual([1, 1, 2, 2]);
    // All of them: that is no data set.
    expect(() => prepare(long.slice(0, 1), { maxLength: 5, untrainable: "drop" })).toThrow(
      /1 of 1 examples have no token/,
    );
    // The first token is no target.
    expect(() => prepare([completion("", "abc")], { maxLength: 1 })).toThrow(/1 of 1/);
    expect(() => prepare([], {})).toThrow(/0 of 0 examples/);
    expect(() => prepare([chat(4, "user", "user")])).toThrow(
      /f\.jsonl:4: 1 of 1 examples have no token to learn;/,
    );
  });

  it("are refused where the assistant speaks first, the first by its line, all counted", () => {
    const bad = [chat(1, "user", "assistant"), chat(2, "system", "assistant", "user"), chat(3, "assistant")];
    expect(() => prepare(bad)).toThrow(
      /f\.jsonl: line 2, message 1: the assistant speaks first, and answers nothing \(so it is with 2 of 3 examples\)/,
    );
    expect(() => prepare([chat(1, "system")])).toThrow(/nobody speaks/);
  });

  it("are refused where the beginning of a text stands twice", () => {
    const twice = { template: `{{ bos_token }}${MARKED_TEMPLATE}` };
    expect(() => prepare([chat(7, "user", "assistant")], twice)).toThrow(
      /f\.jsonl: line 7, tokens 0 and 1: .* stands there twice \(so it is with 1 of 1 examples\)/,
    );
  });

  it("are refused where no template can say what the assistant said, or there is none", () => {
    const rewriting = {
      template: "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}",
    };
    expect(() => prepare([chat(1, "user", "assistant")], rewriting)).toThrow(
      expect.objectContaining({ code: "chat-mask" }),
    );
    expect(() => prepareExamples([chat(1, "user", "assistant")], { tokenizer })).toThrow(
      expect.objectContaining({ code: "chat-template" }),
    );
  });

  it("are refused where they are for another task", () => {
    const label: Example = { kind: "label", text: "a", labels: ["x"], place: at(1) };
    expect(() => prepare([label])).toThrow(expect.objectContaining({ code: "wrong-examples" }));
  });

  it("are told where a model would not learn to stop, or has no last word", () => {
    const endless =
      "{% for m in messages %}{{ m.role }}:{% generation %}{{ m.content }}{% endgeneration %}\n{% endfor %}";
    const { survey } = prepare([chat(1, "user", "assistant"), chat(2, "user", "assistant", "user")], {
      template: endless,
    });
    expect([survey.endless.count, survey.unanswered.count]).toEqual([2, 1]);
    expect(prepare([chat(1, "user", "assistant"), completion("a", "b")]).survey.endless.count).toBe(0);
  });

  it("are compared with those for validation", () => {
    const train = prepare([completion("a", "b"), completion("c", "d")]);
    expect(
      sharedExamples(train, prepare([completion("c", "d"), completion("c", "d"), completion("e", "f")])),
    ).toBe(1);
  });
});
