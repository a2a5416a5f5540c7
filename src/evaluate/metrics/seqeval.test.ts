import { describe, expect, it } from "vitest";
import { entityScores, spanScores } from "./seqeval.js";

const expected = [
  ["B-PER", "I-PER", "O", "B-LOC"],
  ["O", "B-PER"],
];

describe("entities", () => {
  it("count when type, beginning and end are right", () => {
    const scores = entityScores(expected, [
      ["B-PER", "I-PER", "O", "B-ORG"],
      ["B-PER", "I-PER"],
    ]);
    expect(scores.types.PER).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 });
    expect(scores.types.ORG).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
    expect(Object.keys(scores.types)).toEqual(["LOC", "ORG", "PER"]);
    expect(scores.micro).toEqual({ precision: 1 / 3, recall: 1 / 3, f1: 1 / 3, support: 3 });
    expect(scores.macro.f1).toBeCloseTo(1 / 6, 12);
    expect(scores.accuracy).toBe(3 / 6);
  });

  it("begin with I- where read leniently, and not where IOB2 is held to", () => {
    const loose = [
      ["I-PER", "I-PER", "O", "B-LOC"],
      ["O", "B-PER"],
    ];
    expect(entityScores(expected, loose).micro.f1).toBe(1);
    expect(entityScores(expected, loose, "IOB2").micro.recall).toBe(2 / 3);
  });

  it("may be spans of characters, and count once", () => {
    const span = { type: "PER", start: 3, end: 9 };
    const scores = spanScores([[span]], [[span, span, { ...span, end: 8 }]]);
    expect(scores.micro).toMatchObject({ precision: 1 / 2, recall: 1 });
  });

  it("cannot be compared where sentences differ in length, or there are none", () => {
    expect(() => entityScores([["O"]], [["O", "O"]])).toThrow(/0 differs/);
    expect(() => entityScores([["O"]], [])).toThrow(/1 sentences, 0 predicted/);
    expect(() => entityScores([], [])).toThrow(/no word/);
    expect(() => entityScores([["E-PER"]], [["E-PER"]], "IOB2")).toThrow(/IOB2 has no such tag/);
  });
});
