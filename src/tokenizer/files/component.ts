/** @file A component of tokenizer.json: its `type` looked up in a list, its fields checked by that type's schema. */

import { z } from "zod";
import { nearest, UserError } from "../../platform/errors.js";
import { check } from "../../platform/schema.js";
import { type Pattern, regexPattern, stringPattern } from "../regex/pattern.js";
import { asObject, describe, inside, type Place } from "./check.js";

/** What makes a component of its JSON. */
export type Maker<Made> = (json: object, place: Place) => Made;

/** A maker that checks the fields first. Fields that the type does not have are passed over, as in the library. */
export function made<T extends z.ZodType, Made>(
  schema: T,
  make: (fields: z.output<T>, place: Place) => Made,
): Maker<Made> {
  return (json, place) =>
    make(
      check(schema, json, {
        file: place.file,
        showKey: (key) => (place.at === "" ? key : `${place.at}.${key}`),
      }),
      place,
    );
}

export function makeComponent<Made>(
  kind: string,
  makers: Readonly<Record<string, Maker<Made>>>,
  value: unknown,
  place: Place,
): Made {
  const json = asObject(value, place);
  const { type } = json;
  if (typeof type === "string" && Object.hasOwn(makers, type)) return makers[type]!(json, place);
  const near = typeof type === "string" ? nearest(type, Object.keys(makers)) : undefined;
  throw new UserError({
    code: "unknown-component",
    file: place.file,
    at: inside(place, "type").at,
    message: `names no ${kind} that there is`,
    found: describe(type),
    expected: Object.keys(makers).sort(),
    fix: near === undefined ? "use a tokenizer made of these" : `did you mean ${near}?`,
  });
}

/** `{"String": …}` or `{"Regex": …}`. */
export const PatternJson = z.union([
  z.strictObject({ String: z.string() }),
  z.strictObject({ Regex: z.string() }),
]);

export function readPattern(json: z.output<typeof PatternJson>, place: Place): Pattern {
  if ("String" in json) return stringPattern(json.String);
  return regexPattern(json.Regex, { file: place.file, at: inside(inside(place, "pattern"), "Regex").at });
}

/** One character. */
export const Character = z.string().refine((text) => [...text].length === 1, { error: "one character" });

export const flag = (otherwise: boolean) => z.boolean().default(otherwise);
export const count = z.int().nonnegative();
