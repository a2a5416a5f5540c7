/** @file `truncation` and `padding` of tokenizer.json: what `encoding` does unless it is told otherwise. */

import { z } from "zod";
import { check } from "../../platform/schema.js";
import type { Padding } from "../encoding/pad.js";
import type { Truncation } from "../encoding/truncate.js";
import { inside, type Place, refuse } from "./check.js";
import { count } from "./component.js";

const Direction = z.enum(["Left", "Right"]).default("Right");
const STRATEGIES = {
  LongestFirst: "longestFirst",
  OnlyFirst: "onlyFirst",
  OnlySecond: "onlySecond",
} as const;

const TruncationJson = z.object({
  max_length: count,
  stride: count.default(0),
  strategy: z.enum(["LongestFirst", "OnlyFirst", "OnlySecond"]).default("LongestFirst"),
  direction: Direction,
});

const PaddingJson = z.object({
  strategy: z.union([z.literal("BatchLongest"), z.strictObject({ Fixed: count })]),
  direction: Direction,
  pad_to_multiple_of: count.nullish(),
  pad_id: count.default(0),
  pad_type_id: count.default(0),
  pad_token: z.string().default("[PAD]"),
});

const side = (direction: "Left" | "Right") => (direction === "Left" ? "left" : "right");

const options = (place: Place) => ({ file: place.file, showKey: (key: string) => `${place.at}.${key}` });

/** `putIn`: tokens that the post-processor puts into a single text. */
export function readTruncation(json: unknown, putIn: number, place: Place): Truncation | undefined {
  if (json === undefined || json === null) return undefined;
  const f = check(TruncationJson, json, options(place));
  if (f.stride > 0 && f.stride >= f.max_length - putIn)
    refuse(
      inside(place, "stride"),
      "truncation",
      "leaves no step from one window to the next",
      f.stride,
      `less than ${f.max_length - putIn}, the tokens left for text`,
      "lower it, or raise max_length",
    );
  return {
    maxLength: f.max_length,
    stride: f.stride,
    strategy: STRATEGIES[f.strategy],
    direction: side(f.direction),
  };
}

export function readPadding(json: unknown, place: Place): Padding | undefined {
  if (json === undefined || json === null) return undefined;
  const f = check(PaddingJson, json, options(place));
  return {
    length: typeof f.strategy === "string" ? undefined : f.strategy.Fixed,
    multipleOf: f.pad_to_multiple_of ?? undefined,
    direction: side(f.direction),
    id: f.pad_id,
    typeId: f.pad_type_id,
    token: f.pad_token,
  };
}
