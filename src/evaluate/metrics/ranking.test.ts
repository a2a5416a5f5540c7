import { describe, expect, it } from "vitest";
import { brierScore, calibration, logLoss, softmaxRow, topKAccuracy } from "./probabilities.js";
import { averagePrecision, rocAuc, rocAucOfClasses, rocCurve } from "./ranking.js";
import { kendallTau, pearson, regressionScores, spearman } from "./regression.js";

describe("ranking", () => {
  it("is the share of pairs in the right order, ties half", () => {
    expect(rocAuc([1, 0], [0.9, 0.1])).toBe(1);
    expect(rocAuc([1, 0], [0.1, 0.9])).toBe(0);
    expect(rocAuc([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5])).toBe(0.5);
    expect(rocAuc([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1])).toBe(3.5 / 4);
  });

  it("is not known where a class has no example: neither 0 nor one half", () => {
    expect(rocAuc([1, 1], [0.3, 0.4])).toBeUndefined();
    expect(averagePrecision([0, 0], [0.3, 0.4])).toBeUndefined();
    const rows = [
      [0.5, 0.3, 0.2],
      [0.1, 0.8, 0.1],
    ];
    expect(rocAucOfClasses([0, 1], rows, "ovr")).toBeUndefined();
    expect(rocAucOfClasses([0, 1], rows, "ovo")).toBeUndefined();
  });

  it("draws the curve, whose area it is", () => {
    const [labels, scores] = [
      [1, 0, 1, 0, 1],
      [0.9, 0.8, 0.7, 0.7, 0.2],
    ];
    const { falsePositiveRates: x, truePositiveRates: y, thresholds } = rocCurve(labels, scores);
    expect(thresholds).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.8, 0.7, 0.2]);
    const area = x.slice(1).reduce((sum, x1, i) => sum + ((x1 - x[i]!) * (y[i]! + y[i + 1]!)) / 2, 0);
    expect(area).toBeCloseTo(rocAuc(labels, scores)!, 12);
    expect(averagePrecision(labels, scores)).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 4) + (1 / 3) * (3 / 5), 12);
  });
});

describe("probabilities", () => {
  it("costs what the right class was given, and never infinitely much", () => {
    expect(
      logLoss(
        [0, 1],
        [
          [0.5, 0.5],
          [0.75, 0.25],
        ],
      ),
    ).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 12);
    expect(logLoss([0], [[0, 1]])).toBeCloseTo(52 * Math.log(2), 9);
    expect(brierScore([0], [[0.5, 0.5]])).toBe(0.5);
    expect([...softmaxRow([1000, 1000])]).toEqual([0.5, 0.5]);
    expect(
      topKAccuracy(
        [2, 0],
        [
          [0.5, 0.3, 0.2],
          [0.5, 0.3, 0.2],
        ],
        2,
      ),
    ).toBe(0.5);
    expect(() => logLoss([], [])).toThrow(/no example/);
  });

  it("is calibrated where as many are right as was said", () => {
    expect(calibration([0.5, 0.5, 1], [true, false, true], 10)).toMatchObject({ expectedError: 0 });
    const overconfident = calibration([0.9, 0.9, 0.3], [true, false, false], 10);
    expect(overconfident.expectedError).toBeCloseTo((2 * 0.4 + 0.3) / 3, 12);
    expect(overconfident.largestError).toBeCloseTo(0.4, 12);
    expect(overconfident.counts).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 2, 0]);
  });
});

describe("numbers", () => {
  it("correlates by values, by ranks, by pairs", () => {
    expect(pearson([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3, 4], [1, 8, 27, 64])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(kendallTau([1, 2, 3], [1, 3, 2])).toBeCloseTo(1 / 3, 12);
    expect([pearson([1, 1], [1, 2]), kendallTau([1, 1], [1, 2])]).toEqual([undefined, undefined]);
    expect(regressionScores([1, 2, 3], [1, 2, 5])).toMatchObject({ mse: 4 / 3, mae: 2 / 3, r2: -1 });
    expect(regressionScores([2, 2], [1, 3]).r2).toBeUndefined();
  });
});
