import { describe, expect, test } from "vitest";
import { z } from "zod";
import { check } from "./schema.js";

const schema = z.strictObject({
  count: z.int().positive().default(2),
  kind: z.enum(["fox", "hen"]).optional(),
  inner: z.strictObject({ depth: z.number().max(9) }).optional(),
});

describe("check", () => {
  test("fills in defaults", () => expect(check(schema, {})).toEqual({ count: 2 }));

  test.each([
    [{ cuont: 1 }, 'there is no "cuont". Did you mean "count"?'],
    [{ xyzzy: 1 }, 'there is no "xyzzy". See --help for what there is.'],
    [{ inner: { dept: 1 } }, 'inner: there is no "dept". Did you mean "depth"?'],
    [{ inner: {} }, "inner.depth: is missing; expected a number"],
    [{ inner: { depth: 10 } }, "inner.depth: cannot be used; found 10, expected at most 9"],
    [{ count: 0 }, "count: cannot be used; found 0, expected more than 0"],
    [{ count: 1.5 }, "count: cannot be used; found 1.5, expected a whole number"],
    [{ kind: "cow" }, 'kind: cannot be used; found "cow", expected one of fox, hen'],
    [3, "cannot be used; found 3, expected object"],
  ])("%j: %s", (value, message) => {
    expect(() => check(schema, value)).toThrow(message);
  });

  test("names the file, and keys as they are shown", () => {
    expect(() => check(schema, { cuont: 1 }, { file: "a.json", showKey: (k) => `--${k}` })).toThrow(
      'a.json: there is no "--cuont". Did you mean "--count"?',
    );
  });
});
