import { describe, expect, test } from "vitest";
import { chart, smooth, thin, ticks } from "./chart.js";
import { renderReport } from "./report.js";

describe("report", () => {
  const facts = {
    out: "runs/x",
    family: "qwen3",
    depth: 2,
    dim: 64,
    parameters: 123_456,
    vocabSize: 512,
    context: 64,
    batch: 8,
    steps: 10,
    from: 0,
    trainTokens: 1000,
    validationTokens: 100,
    engine: "native",
    peakFlops: Number.NaN,
  };
  const machine = { processor: "P", cores: 2, memory: 2 ** 33, system: "linux", node: "v20" };

  test("is one file without a network, and text cannot become markup", () => {
    const metrics = {
      steps: Array.from({ length: 10 }, (_, i) => ({
        step: i + 1,
        loss: 5 - i / 3,
        lr: 0.1,
        grad_norm: 1,
        tokens: 10 * i,
        tokens_per_second: 100,
        peak_share: null,
        elapsed_ms: 60_000,
      })),
      validations: [
        {
          step: 10,
          validation_loss: 2.5,
          perplexity: 12,
          bits_per_byte: 1.25,
          bits_per_character: 1.3,
          tokens: 99,
          final: true,
        },
      ],
      samples: Array.from({ length: 5 }, (_, i) => ({ step: i, sample: `<script>alert(${i})</script>` })),
    };
    const input = {
      title: "a <b>",
      state: "finished",
      facts,
      metrics,
      recipe: { data: ["x", "y"], lr: 0.02 },
      machine,
    } as const;
    const html = renderReport(input);
    expect(html).not.toMatch(/<script|https?:|<b>"?a/);
    expect(html).toContain("&lt;script&gt;alert(4)");
    expect(html).toContain("1.2500");
    expect(html).toContain("x, y");
    expect(html.match(/<figure>/g)).toHaveLength(4); // one validation is no curve
    const two = metrics.validations.flatMap((v) => [{ ...v, step: 5 }, v]);
    const curved = renderReport({ ...input, metrics: { ...metrics, validations: two } });
    expect(curved.match(/<figure>/g)).toHaveLength(5);
    expect(html).not.toMatch(/NaN|undefined|null/);
  });

  test("a run without a step has a report, too", () => {
    expect(
      renderReport({
        title: "t",
        state: "stopped",
        facts,
        metrics: { steps: [], validations: [], samples: [] },
        recipe: {},
        machine,
      }),
    ).not.toMatch(/NaN|undefined/);
  });
});

describe("chart", () => {
  test("leaves out what is no number, and draws nothing of nothing", () => {
    const series = [
      {
        name: "a",
        tone: 1 as const,
        points: [
          [1, Number.NaN],
          [2, 3],
          [3, 4],
        ] as const,
      },
    ];
    expect(chart({ title: "t", unit: "u", series })).not.toContain("NaN");
    expect(chart({ title: "t", unit: "u", series: [{ name: "a", tone: 1, points: [] }] })).toBe("");
  });

  test("one point, and equal points, can be drawn", () => {
    for (const points of [
      [[5, 1]],
      [
        [1, 2],
        [2, 2],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ] as const) {
      expect(chart({ title: "t", unit: "u", series: [{ name: "a", tone: 1, points }] })).toMatch(
        /points="\d/,
      );
    }
  });

  test("thinning keeps the last step and the mean", () => {
    const points = Array.from({ length: 5000 }, (_, i) => [i, i % 2] as const);
    const few = thin(points);
    expect(few).toHaveLength(500);
    expect(few.at(-1)).toEqual([4999, 0.5]);
  });

  test("smoothing starts at the first value; ticks are round", () => {
    expect(
      smooth([
        [0, 4],
        [1, 4],
      ]).map(([, y]) => Number(y.toFixed(9))),
    ).toEqual([4, 4]);
    expect(ticks(0.13, 0.87, 4)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(ticks(1, 1, 4)).toEqual([1]);
  });
});
