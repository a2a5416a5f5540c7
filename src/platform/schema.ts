/** @file A value checked against a zod schema, with errors a user can act on: the key, what was found, what was expected,
 *  and for a misspelt key the nearest that exists. */

import { z } from "zod";
import { nearest, UserError } from "./errors.js";

export interface CheckOptions {
  /** Where the value comes from: a recipe file. */
  readonly file?: string | undefined;
  /** How a key is shown: `--batch-size` on the command line; by default the key itself. */
  readonly showKey?: (key: string) => string;
}

/** The value with defaults filled in. Throws UserError: `unknown-key`, `value-invalid`. */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  options: CheckOptions = {},
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key that is needed is missed under its right name, too: the spelling is the cause.
  throw explain(issues.find((i) => i.code === "unrecognized_keys") ?? issues[0]!, schema, value, options);
}

function explain(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
  { file, showKey = (key) => key }: CheckOptions,
): UserError {
  const place = issue.path.length === 0 ? undefined : showKey(issue.path.join("."));
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const near = nearest(key, keysAt(schema, issue.path));
    return new UserError({
      code: "unknown-key",
      file,
      at: place,
      message: `there is no ${JSON.stringify(showKey(key))}`,
      fix:
        near === undefined
          ? "see --help for what there is"
          : `did you mean ${JSON.stringify(showKey(near))}?`,
      cause: issue,
    });
  }
  const found = at(value, issue.path);
  return new UserError({
    code: "value-invalid",
    file,
    at: place,
    message: found === undefined ? "is missing" : "cannot be used",
    found,
    expected: expected(issue),
    cause: issue,
  });
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return (
        {
          int: "a whole number",
          number: "a number",
          boolean: "true or false",
          string: "a text",
          array: "a list",
        }[issue.expected as string] ?? String(issue.expected)
      );
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path)
    found =
      typeof found === "object" && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined;
  return found;
}

/** The keys of the object schema at `path`. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: unknown = schema;
  for (const key of path) here = shapeOf(here)?.[key as string];
  return Object.keys(shapeOf(here) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  for (let inner = schema; inner instanceof z.ZodType; ) {
    if (inner instanceof z.ZodObject) return inner.shape;
    if (inner instanceof z.ZodDiscriminatedUnion)
      return Object.assign({}, ...inner.options.map(shapeOf)) as Record<string, unknown>;
    const def = inner.def as { innerType?: unknown; in?: unknown };
    inner = def.innerType ?? def.in;
  }
  return undefined;
}
