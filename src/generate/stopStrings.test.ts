import { expect, it } from "vitest";
import { createStopMatcher } from "./stopStrings.js";

function feed(pieces: readonly string[], stops: readonly string[]) {
  const matcher = createStopMatcher(stops);
  const shown: string[] = [];
  for (const piece of pieces) {
    const { text, stop } = matcher.push(piece);
    shown.push(text);
    if (stop !== undefined) return { shown, stop };
  }
  return { shown: [...shown, matcher.end()], stop: undefined };
}

it("holds back what may be the beginning of a stop string, and shows it when it was not", () => {
  expect(feed(["one E", "N", "O two"], ["END"])).toEqual({
    shown: ["one ", "", "ENO two", ""],
    stop: undefined,
  });
  expect(feed(["one E", "ND two"], ["END"])).toEqual({ shown: ["one ", ""], stop: "END" });
  expect(feed(["one E"], ["END"])).toEqual({ shown: ["one ", "E"], stop: undefined });
});

it("ends at the stop string that is complete first, however the text is cut", () => {
  const text = "aabaaabab";
  for (const stops of [["aaab", "ab"], ["abaa", "baaa"], ["bab"], ["zz", "aaa"], ["abab", "b"]]) {
    const whole = feed([text], stops);
    for (let cut = 1; cut < text.length; cut++) {
      const parts = feed([text.slice(0, cut), text.slice(cut)], stops);
      expect([parts.shown.join(""), parts.stop]).toEqual([whole.shown.join(""), whole.stop]);
    }
    const letters = feed([...text], stops);
    expect([letters.shown.join(""), letters.stop]).toEqual([whole.shown.join(""), whole.stop]);
  }
});

it("of two that are complete at once takes the longer; the empty string is none", () => {
  expect(feed(["xab"], ["b", "ab", ""])).toEqual({ shown: ["x"], stop: "ab" });
  expect(feed(["abc"], [""])).toEqual({ shown: ["abc", ""], stop: undefined });
});
