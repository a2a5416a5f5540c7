import { describe, expect, it } from "vitest";
import { byteTokenizer } from "../../../test/support/byteTokenizer.js";
import type { Example } from "./examples.js";
import { classNames, type PrepareLabelsOptions, prepareLabels } from "./prepareLabels.js";

const tokenizer = byteTokenizer();
const example = (text: string, ...labels: string[]): Example => ({
  kind: "label",
  text,
  labels,
  place: { file: "f.csv", line: Number(/\d+/.exec(text)?.[0] ?? 1) },
});
const prepare = (examples: Example[], options: Partial<PrepareLabelsOptions> = {}) =>
  prepareLabels(examples, { tokenizer, kind: "single", names: ["ham", "spam"], ...options });

describe("classes", () => {
  it("come by name, or by number, or as one wants them", () => {
    expect(classNames([example("a", "spam"), example("b", "ham")])).toEqual(["ham", "spam"]);
    expect(classNames([example("a", "10"), example("b", "9")])).toEqual(["9", "10"]);
    expect(classNames([example("a", "x"), example("b", "y")], ["y", "x"])).toEqual(["y", "x"]);
  });

  it("are refused where there are not two, or one is empty or unknown", () => {
    expect(() => classNames([example("a", "x")])).toThrow(/nothing to tell apart; found \["x"\]/);
    expect(() => classNames([example("a", "x"), example("b", "y")], ["x", "y", "z"])).toThrow(
      /a class has no example in the training data; found "z"/,
    );
    expect(() => classNames([example("a 7", "spma")], ["spam", "ham"])).toThrow(
      /f\.csv: line 7: has a label that training lacks; found "spma".* Did you mean "spam"\?/,
    );
    expect(() => classNames([{ kind: "text", text: "a", place: { file: "f", line: 2 } }])).toThrow(
      /line 2: has no label/,
    );
  });
});

describe("texts with labels", () => {
  it("are encoded and counted", () => {
    const { texts, survey } = prepare(
      [example("abc", "ham"), example("ab", "spam"), example("abc", "spam"), example("ab", "spam")],
      {
        maxLength: 2,
      },
    );
    expect(texts.map((t) => [String(t.ids), t.target])).toEqual([
      ["97,98", 0],
      ["97,98", 1],
      ["97,98", 1],
      ["97,98", 1],
    ]);
    expect(survey).toMatchObject({
      examples: 4,
      tokens: 8,
      longest: 2,
      classes: { ham: 1, spam: 3 },
      truncated: { count: 2 },
      repeated: { count: 2 },
      contradicting: { count: 1 },
    });
  });

  it("may have any number of classes, or a number", () => {
    const multi = prepare([example("a", "spam", "ham"), example("b")], { kind: "multi" });
    expect(multi.texts.map((t) => t.target)).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(prepare([example("a", "-1.5e2")], { kind: "regression" }).texts[0]!.target).toBe(-150);
  });

  it("are refused with a label that training lacks, with two, or with no number", () => {
    expect(() => prepare([example("a 4", "eggs")])).toThrow(
      /f\.csv: line 4: has a label that training lacks; found "eggs"/,
    );
    expect(() => prepare([example("a 5", "ham", "spam")])).toThrow(/line 5: has not one label/);
    expect(() => prepare([example("a 6")], { kind: "regression" })).toThrow(/line 6: has not one label/);
    expect(() => prepare([example("a 7", "much")], { kind: "regression" })).toThrow(
      /line 7: has a label that is no number/,
    );
  });
});
