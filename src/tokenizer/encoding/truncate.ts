/** @file Cutting an encoding, or a pair of them, to a length; what is cut off goes into overlapping windows. */

import { UserError } from "../../platform/errors.js";
import { type Draft, emptyDraft, sliceDraft } from "./encoding.js";

export interface Truncation {
  /** Tokens in all, those that are put in among them. */
  readonly maxLength: number;
  /** Tokens that windows have in common. Default 0. */
  readonly stride?: number | undefined;
  /** Which of two texts is cut: as much as needed of the longer, or one alone. Default `"longestFirst"`. */
  readonly strategy?: "longestFirst" | "onlyFirst" | "onlySecond" | undefined;
  /** The end that goes. Default `"right"`. */
  readonly direction?: "left" | "right" | undefined;
}

/** `putIn`: tokens that the post-processor puts into a single text. Throws UserError `truncation`. */
export function checkTruncation(truncation: Truncation, putIn: number): void {
  const { maxLength, stride = 0 } = truncation;
  for (const [at, value] of [
    ["maxLength", maxLength],
    ["stride", stride],
  ] as const)
    if (!Number.isInteger(value) || value < 0)
      refuse(at, "is no length", value, "a whole number, not negative");
  if (maxLength >= putIn && maxLength - putIn < stride) refuseStride(stride, maxLength - putIn);
}

function refuse(at: string, message: string, found: unknown, expected: string): never {
  throw new UserError({
    code: "truncation",
    at: `truncation.${at}`,
    message,
    found,
    expected,
    fix: "change the truncation",
  });
}

const refuseStride = (stride: number, left: number): never =>
  refuse(
    "stride",
    "leaves no step from one window to the next",
    stride,
    `less than ${left}, the tokens left for text`,
  );

/** Both drafts cut so that together they have at most `limit` tokens. */
export function truncate(
  first: Draft,
  second: Draft | undefined,
  limit: number,
  truncation: Truncation,
): [Draft, Draft | undefined] {
  const [n1, n2] = [first.ids.length, second?.ids.length ?? 0];
  const cut = (d: Draft, length: number) => cutDraft(d, length, truncation);
  if (limit === 0) return [cut(first, 0), second && cut(second, 0)];
  const surplus = n1 + n2 - limit;
  if (surplus <= 0) return [first, second];
  const strategy = truncation.strategy ?? "longestFirst";
  if (strategy === "longestFirst") {
    if (second === undefined) return [cut(first, limit), undefined];
    const [to1, to2] = shares(n1, n2, limit);
    return [cut(first, to1), cut(second, to2)];
  }
  if (strategy === "onlySecond" && second === undefined)
    refuse("strategy", "cuts the second text, and there is none", strategy, "a pair");
  const length = strategy === "onlyFirst" ? n1 : n2;
  if (length <= surplus)
    refuse(
      "maxLength",
      "cannot be reached by cutting this text alone",
      truncation.maxLength,
      `more than ${surplus} tokens in it`,
    );
  return strategy === "onlyFirst" ? [cut(first, n1 - surplus), second] : [first, cut(second!, n2 - surplus)];
}

/** Lengths of both when the longer gives way first, then both in halves. */
function shares(n1: number, n2: number, limit: number): [number, number] {
  const shorter = Math.min(n1, n2);
  const longer = shorter > limit ? shorter : Math.max(shorter, limit - shorter);
  const half = Math.floor(limit / 2);
  const [low, high] = shorter + longer > limit ? [half, half + (limit % 2)] : [shorter, longer];
  return n1 > n2 ? [high, low] : [low, high];
}

function cutDraft(d: Draft, length: number, { stride = 0, direction = "right" }: Truncation): Draft {
  const n = d.ids.length;
  if (length >= n) return d;
  if (length === 0) return { ...emptyDraft(), overflowing: [d] };
  if (stride >= length) refuseStride(stride, length);
  const windows: Draft[] = [];
  for (let k = 0; ; k += length - stride) {
    const [from, to] =
      direction === "right" ? [k, Math.min(k + length, n)] : [Math.max(0, n - k - length), n - k];
    windows.push(sliceDraft(d, from, to));
    if (direction === "right" ? to === n : from === 0) break;
  }
  return { ...windows[0]!, overflowing: windows.slice(1) };
}
