/** @file A row of a file of examples: named columns and where it stands. */

import { UserError, type UserErrorDetail } from "../../platform/errors.js";

export interface Place {
  readonly file: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

export interface Row {
  readonly columns: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** An error about something at a place. */
export function errorAt(place: Place, detail: Omit<UserErrorDetail, "file">): UserError {
  const at = detail.at === undefined ? "" : `, ${detail.at}`;
  return new UserError({ ...detail, file: place.file, at: `line ${place.line}${at}` });
}

/** The row of a JSON value. Throws UserError `invalid-json`: not JSON, or no object. */
export function rowOfJson(text: string, place: Place): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errorAt(place, {
      code: "invalid-json",
      message: `is not valid JSON (${(cause as Error).message})`,
      fix: "mend the line",
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw errorAt(place, {
      code: "invalid-json",
      message: "is JSON, but no object",
      found: text,
      expected: "an object with named columns",
      fix: "write each example as an object",
    });
  return { columns: value as Record<string, unknown>, line: place.line };
}
