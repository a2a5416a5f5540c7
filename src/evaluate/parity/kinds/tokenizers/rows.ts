/** @file What the kinds of cases about tokenizers share: files and components of a case, and comparing values. */

import { readJson } from "../../../../platform/files.js";
import type { Encoding } from "../../../../tokenizer/index.js";
import { type CaseContext, CaseError, type CheckResult } from "../kind.js";
import type { Row } from "../rows.js";

export const jsonOf = (context: CaseContext, name: unknown): unknown => readJson(context.path(name));

/** The components of a case, by name. */
export function componentOf(context: CaseContext, name: unknown): unknown {
  const components = context.json.components as Record<string, unknown> | undefined;
  if (typeof name !== "string" || components === undefined || !Object.hasOwn(components, name))
    throw new CaseError(`case.json has no component ${JSON.stringify(name)}`);
  return components[name];
}

export interface Differences {
  /** Notes where two values differ; keys of objects in any order. */
  same(name: string, actual: unknown, expected: unknown): void;
  that(right: boolean, why: string): void;
  result(check: string): CheckResult;
}

export function createDifferences(): Differences {
  const found: string[] = [];
  return {
    same(name, actual, expected) {
      const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
      if (a === b) return;
      let at = 0;
      while (a?.[at] === b?.[at]) at++;
      const part = (text: string | undefined) => text?.slice(Math.max(0, at - 30), at + 50);
      found.push(`${name} is …${part(a)}…, expected …${part(b)}…`);
    },
    that(right, why) {
      if (!right) found.push(why);
    },
    result: (check) =>
      found.length === 0 ? { check, status: "ok" } : { check, status: "fail", why: found.join("; ") },
  };
}

/** An encoding with the names of the library. */
export function asLibrary(e: Encoding): Record<string, unknown> {
  return {
    ids: [...e.ids],
    tokens: e.tokens,
    offsets: e.offsets,
    word_ids: e.wordIds,
    sequence_ids: e.sequenceIds,
    special_tokens_mask: [...e.specialTokensMask],
    type_ids: [...e.typeIds],
    attention_mask: [...e.attentionMask],
  };
}

/** Compares what a row has of an encoding; `overflowing` too, where it has that. Rows without `offsets_utf16` are the same
 *  in both, if `utf16Told`. */
export function compareEncoding(
  differences: Differences,
  name: string,
  actual: { codePoints: Encoding; utf16: Encoding },
  expected: Row,
  utf16Told = true,
): void {
  const all = asLibrary(actual.codePoints);
  for (const [key, value] of Object.entries(expected)) {
    if (Object.hasOwn(all, key)) differences.same(`${name}${key}`, all[key], value);
  }
  if (expected.offsets_utf16 !== undefined || (expected.offsets !== undefined && utf16Told))
    differences.same(
      `${name}offsets in UTF-16`,
      actual.utf16.offsets,
      expected.offsets_utf16 ?? expected.offsets,
    );
  const overflowing = expected.overflowing as Row[] | undefined;
  if (overflowing === undefined) return;
  differences.same(`${name}overflowing`, actual.codePoints.overflowing.length, overflowing.length);
  overflowing.forEach((row, i) => {
    const [codePoints, utf16] = [actual.codePoints.overflowing[i], actual.utf16.overflowing[i]];
    if (codePoints !== undefined && utf16 !== undefined)
      compareEncoding(differences, `${name}overflowing ${i}: `, { codePoints, utf16 }, row, utf16Told);
  });
}
