import { describe, expect, test } from "vitest";
import type { StepEvent } from "../../train/index.js";
import { amount, bar, duration, sparkline, wordWrapper } from "./format.js";
import { jsonView } from "./jsonView.js";
import { liveView, wrap } from "./liveView.js";

const step: StepEvent = {
  type: "step",
  step: 5,
  steps: 10,
  loss: 2.5,
  lr: 0.01,
  gradNorm: 1.5,
  targets: 64,
  tokens: 320,
  tokensPerSecond: 12_345,
  peakShare: Number.NaN,
  elapsedMs: 1000,
  leftMs: 61_000,
  epochs: 0.5,
};

function terminal(columns = 60) {
  const said = { text: "" };
  return {
    said,
    out: {
      isTerminal: true,
      columns,
      write(t: string) {
        said.text += t;
      },
    },
  };
}

describe("views", () => {
  test("numbers as people read them", () => {
    expect([duration(61_000), duration(3_661_000), duration(-5)]).toEqual(["1:01", "1:01:01", "0:00"]);
    expect([amount(999), amount(12_345), amount(3_400_000)]).toEqual(["999", "12,345", "3.40 M"]);
    expect(sparkline([4, 3, 2, 1], 4)).toBe("█▆▃▁");
    expect([sparkline([], 4), sparkline([2, 2], 4), sparkline([1, 2, 3, 4, 5, 6], 3)]).toEqual([
      "",
      "▁▁",
      "▁▅█",
    ]);
    expect(bar(0.5, 4)).toBe("██░░");
  });

  test("JSON lines are snake_case, and what is no number is null", () => {
    const { said, out } = terminal();
    jsonView(out)(step);
    expect(JSON.parse(said.text)).toMatchObject({
      type: "step",
      grad_norm: 1.5,
      peak_share: null,
      tokens_per_second: 12345,
    });
  });

  test("the live lines never wrap, are drawn over, and not more often than needed", () => {
    const { said, out } = terminal();
    let time = 0;
    const view = liveView(out, () => time);
    view.listener(step);
    const first = said.text;
    expect(first).toContain("1:01 left");
    for (const line of first.split("\n"))
      expect(line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d*m`, "g"), "").length).toBeLessThan(
        60,
      );
    view.listener({ ...step, step: 6 });
    expect(said.text).toBe(first);
    time = 1000;
    view.listener({ ...step, step: 7 });
    expect(said.text.slice(first.length).startsWith("\x1b[3A\x1b[0J")).toBe(true);
  });

  test("a drawing is one write, so that nothing flickers", () => {
    const writes: string[] = [];
    let time = 0;
    const view = liveView(
      { isTerminal: true, columns: 80, write: (t: string) => void writes.push(t) },
      () => time,
    );
    view.listener(step);
    time = 1000;
    view.listener({ ...step, step: 7 });
    view.listener({ type: "note", message: "a remark" });
    expect(writes).toHaveLength(3);
    expect(writes[1]).toMatch(/^.\[3A.\[0J\S/);
    expect(writes[2]).toMatch(/^.\[3A.\[0J.*a remark/);
  });

  test("text that stays is broken between words; colours take no room", () => {
    expect(wrap("one two three four", 10)).toBe("one two\nthree\nfour");
    expect(wrap("\x1b[1mone two\x1b[22m three", 10)).toBe("\x1b[1mone two\x1b[22m\nthree");
    expect(wrap("unbreakably long\nx", 6)).toBe("unbreakably\nlong\nx");
  });

  test("a stream is broken between words, wherever its pieces end", () => {
    const text = "one two three four\n\n  five six seven";
    for (const size of [1, 2, 5, 100]) {
      const wrap = wordWrapper(() => 10);
      let got = "";
      for (let i = 0; i < text.length; i += size) got += wrap(text.slice(i, i + size));
      expect(got + wrap(undefined)).toBe("one two\nthree\nfour\n\n  five\nsix seven");
    }
  });
});
