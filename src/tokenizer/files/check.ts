/** @file Reading values out of parsed JSON, with errors that name file, key, what was found and what was expected. */

import { UserError } from "../../platform/errors.js";

export type JsonObject = Record<string, unknown>;

/** Where something stands, for messages. */
export interface Place {
  readonly file: string;
  readonly at: string;
}

export function inside(place: Place, key: string | number): Place {
  const part = typeof key === "number" ? `[${key}]` : place.at === "" ? key : `.${key}`;
  return { file: place.file, at: place.at + part };
}

export function refuse(
  place: Place,
  code: string,
  message: string,
  found: unknown,
  expected: unknown,
  fix?: string,
): never {
  throw new UserError({ code, file: place.file, at: place.at || undefined, message, found, expected, fix });
}

export function asObject(value: unknown, place: Place): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  return refuse(place, "malformed-tokenizer", "has the wrong type", describe(value), "an object", REMAKE);
}

export function asArray(value: unknown, place: Place): unknown[] {
  if (Array.isArray(value)) return value;
  return refuse(place, "malformed-tokenizer", "has the wrong type", describe(value), "an array", REMAKE);
}

export function asString(value: unknown, place: Place): string {
  if (typeof value === "string") return value;
  return refuse(place, "malformed-tokenizer", "has the wrong type", describe(value), "a string", REMAKE);
}

export function asFlag(value: unknown, place: Place, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value === "boolean") return value;
  return refuse(place, "malformed-tokenizer", "has the wrong type", describe(value), "true or false", REMAKE);
}

export const isId = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;

/** A token id as the format allows it: 32 bits, no sign. */
export function asId(value: unknown, place: Place): number {
  if (isId(value)) return value;
  return refuse(
    place,
    "malformed-tokenizer",
    "is not a token id",
    describe(value),
    "a whole number from 0 to 4294967295",
    REMAKE,
  );
}

export function describe(value: unknown): unknown {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return value;
}

const REMAKE = "get the file again from where it came, or save the tokenizer again";
