/** @file Spans of characters, checked: inside the text, between characters as people see them, on something other than white
 *  space, none overlapping. A span off by one teaches a model to cut names, and nothing would show it. */

import type { OffsetUnit } from "../formats/format.js";
import { errorAt, type Place } from "../row.js";
import type { Entity } from "./tags.js";

const UNITS: readonly OffsetUnit[] = ["codePoints", "utf16", "bytes"];

/** The spans in UTF-16 units, in order, without white space at their ends and without repetitions. `text` of a span: what the
 *  file says is in it. Throws UserError `span-outside`, `span-empty`, `span-cuts-character`, `span-text`, `spans-overlap`. */
export function checkSpans(
  text: string,
  spans: readonly (Entity & { readonly text?: string })[],
  unit: OffsetUnit,
  place: Place,
): Entity[] {
  const placesOf = boundaries(text, unit);
  const isBoundary = characterBoundaries(text);
  const checked = spans.map((span) => {
    const fail = (code: string, message: string, found: unknown, expected: string, fix: string) =>
      errorAt(place, { code, at: describe(span), message, found, expected, fix });
    const last = placesOf.length - 1;
    if (span.start < 0 || span.end > last)
      throw fail(
        "span-outside",
        "lies outside the text",
        `${span.start} to ${span.end}`,
        `within 0 to ${last} (${NAMES[unit]})`,
        otherUnit(text, span, unit) ?? "mend the span",
      );
    if (span.start >= span.end)
      throw fail(
        "span-empty",
        "holds nothing",
        `${span.start} to ${span.end}`,
        "an end behind its start",
        "mend the span",
      );
    const [start, end] = [placesOf[span.start]!, placesOf[span.end]!];
    const cut = [start, end].find((at) => at < 0 || !isBoundary(at));
    const inside = start < 0 || end < 0 ? "" : text.slice(start, end);
    if (cut !== undefined)
      throw fail(
        "span-cuts-character",
        "begins or ends inside a character",
        inside,
        `places between characters, counted in ${NAMES[unit]}`,
        otherUnit(text, span, unit) ?? "mend the span, or say how its offsets are counted (offsets)",
      );
    if (span.text !== undefined && span.text !== inside)
      throw fail(
        "span-text",
        "is not on the text that it names",
        inside,
        JSON.stringify(span.text),
        otherUnit(text, span, unit) ?? "mend the span",
      );
    const name = inside.trim();
    if (name === "") throw fail("span-empty", "holds white space alone", inside, "a name", "mend the span");
    const from = start + inside.indexOf(name);
    return { type: span.type, start: from, end: from + name.length };
  });
  return ordered(checked, text, place);
}

const NAMES: Readonly<Record<OffsetUnit, string>> = {
  codePoints: "characters as Python counts them",
  utf16: "UTF-16 units",
  bytes: "bytes of UTF-8",
};

const describe = ({ type, start, end }: Entity) => `span ${start} to ${end} (${type})`;

function ordered(spans: readonly Entity[], text: string, place: Place): Entity[] {
  const sorted = spans.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const kept: Entity[] = [];
  for (const span of sorted) {
    const before = kept.at(-1);
    if (before !== undefined && span.start < before.end) {
      if (before.start === span.start && before.end === span.end && before.type === span.type) continue;
      throw errorAt(place, {
        code: "spans-overlap",
        message: "has two spans that overlap",
        found: [before, span].map((s) => `${text.slice(s.start, s.end)} (${s.type})`),
        expected: "a character in one span at most",
        fix: "keep one of them",
      });
    }
    kept.push(span);
  }
  return kept;
}

/** Where the text is as the span says, if its offsets are counted otherwise. */
function otherUnit(
  text: string,
  span: Entity & { readonly text?: string },
  unit: OffsetUnit,
): string | undefined {
  if (span.text === undefined) return undefined;
  const other = UNITS.find((one) => {
    const places = one === unit ? [] : boundaries(text, one);
    return span.text !== "" && text.slice(places[span.start] ?? 0, places[span.end] ?? 0) === span.text;
  });
  return other === undefined
    ? undefined
    : `its offsets seem to count ${NAMES[other]}: say so (offsets: ${other})`;
}

/** For each offset in `unit` the place in UTF-16 units; −1 inside a code point. */
function boundaries(text: string, unit: OffsetUnit): number[] {
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    places.push(at);
    const size = unit === "codePoints" ? 1 : unit === "utf16" ? character.length : utf8Length(character);
    for (let i = 1; i < size; i++) places.push(-1);
    at += character.length;
  }
  places.push(at);
  return places;
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** Whether a place lies between two characters as people see them (grapheme clusters). */
function characterBoundaries(text: string): (at: number) => boolean {
  if (/^[\x20-\x7e\n\t]*$/.test(text)) return () => true;
  const starts = new Set(
    Array.from(new Intl.Segmenter("und", { granularity: "grapheme" }).segment(text), ({ index }) => index),
  );
  return (at) => at === text.length || starts.has(at);
}
