import { describe, expect, it } from "vitest";
import { classScores, cohenKappa } from "./classification.js";
import { multiLabelScores } from "./multiLabel.js";

describe("one class of several", () => {
  it("counts by hand", () => {
    //                     labels              predictions
    const scores = classScores([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 0], 4);
    expect(scores.confusion).toEqual([
      [2, 1, 0, 0],
      [1, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(scores.accuracy).toBe(3 / 6);
    expect(scores.balancedAccuracy).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
    expect(scores.classes[0]).toEqual({ precision: 1 / 2, recall: 2 / 3, f1: 4 / 7, support: 3 });
    expect(scores.classes[2]).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
    // Class 3 occurs nowhere and is no part of the mean; class 2 is.
    expect(scores.macro.f1).toBeCloseTo((4 / 7 + 1 / 2 + 0) / 3, 12);
    expect(scores.weighted.f1).toBeCloseTo((3 * (4 / 7) + 2 * (1 / 2)) / 6, 12);
    expect(scores.micro.f1).toBe(scores.accuracy);
  });

  it("is without correlation where one class is always guessed, and at ±1 where all is right or wrong", () => {
    expect(classScores([0, 1, 1], [1, 1, 1], 2).mcc).toBe(0);
    expect(classScores([0, 1, 1], [0, 1, 1], 2)).toMatchObject({ mcc: 1, kappa: 1 });
    expect(classScores([0, 1, 0, 1], [1, 0, 1, 0], 2)).toMatchObject({ mcc: -1, kappa: -1 });
  });

  it("minds how far ordered classes are apart, where told so", () => {
    const near = classScores([0, 1, 2, 2], [0, 1, 2, 1], 3).confusion;
    const far = classScores([0, 1, 2, 2], [0, 1, 2, 0], 3).confusion;
    expect(cohenKappa(near, "quadratic")).toBeGreaterThan(cohenKappa(far, "quadratic"));
    expect(cohenKappa([[3]])).toBeNaN();
  });

  it.each([
    [[], [], 2, /0 labels/],
    [[0, 1], [0], 2, /2 labels, 1 predictions/],
    [[0, 2], [0, 0], 2, /class 2 or 0 of 2 classes/],
    [[0, 1], [0, -1], 2, /class 1 or -1/],
  ])("refuses %j and %j of %i", (labels, predictions, classes, message) => {
    expect(() => classScores(labels, predictions, classes)).toThrow(message);
  });
});

describe("several classes at once", () => {
  it("counts by hand", () => {
    const scores = multiLabelScores(
      [
        [1, 1, 0],
        [0, 0, 0],
      ],
      [
        [1, 0, 1],
        [0, 0, 0],
      ],
    );
    expect(scores.subsetAccuracy).toBe(1 / 2);
    expect(scores.hammingLoss).toBe(2 / 6);
    expect(scores.samplesF1).toBe(1 / 4);
    expect(scores.micro.f1).toBe(1 / 2);
    expect(scores.macro.f1).toBe(1 / 3);
  });

  it("refuses rows of different lengths", () => {
    expect(() => multiLabelScores([[1, 0]], [[1]])).toThrow(/one shape/);
  });
});
