/** @file What a format of examples is: the columns it wants, how a row is told to be of it, and what a row of it means. */

import type { Example } from "../examples.js";
import { errorAt, type Place } from "../row.js";

export const FORMATS = [
  "messages",
  "sharegpt",
  "alpaca",
  "prompt-completion",
  "spans",
  "words",
  "labels",
  "text",
] as const;
export type FormatName = (typeof FORMATS)[number];

/** How offsets of spans are counted: in characters as Python counts them (code points), as JavaScript does (UTF-16 units), or in
 *  bytes of UTF-8. */
export type OffsetUnit = "codePoints" | "utf16" | "bytes";

export interface FormatOptions {
  /** Default `"codePoints"`: what annotation tools and spaCy write. */
  readonly offsets?: OffsetUnit | undefined;
  /** Parts labels in one cell: `"|"`. Default: a cell is one label. */
  readonly labelSeparator?: string | undefined;
  /** Names of tags that are written as numbers, in order. */
  readonly tagNames?: readonly string[] | undefined;
}

/** A row's values by what they are for. */
export type Values = Readonly<Record<string, unknown>>;

export interface Format {
  readonly name: FormatName;
  /** What a row must have, and may: for what → the usual names of the column, lower case. */
  readonly required: Readonly<Record<string, readonly string[]>>;
  readonly optional?: Readonly<Record<string, readonly string[]>>;
  /** Tells apart formats that share names of columns. */
  fits?(values: Values): boolean;
  /** undefined: the row is empty. Throws UserError at the place. */
  read(values: Values, place: Place, options: FormatOptions): Example | undefined;
}

/** A value that is a text. Throws UserError `row-invalid`. */
export function textOf(value: unknown, role: string, place: Place): string {
  if (typeof value === "string") return value;
  throw invalid(place, role, value, "a text");
}

export function invalid(place: Place, role: string, found: unknown, expected: string) {
  return errorAt(place, {
    code: "row-invalid",
    at: role,
    message: "cannot be used",
    found: typeof found === "object" && found !== null ? JSON.stringify(found) : found,
    expected,
  });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
