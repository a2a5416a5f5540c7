/** @file A text and the entities in it as spans of characters: objects of `start`, `end` and `label` or `type`, or lists
 *  [start, end, label] as doccano writes them. */

import { checkSpans } from "../ner/spans.js";
import type { Entity } from "../ner/tags.js";
import type { Place } from "../row.js";
import { type Format, invalid, isRecord, textOf } from "./format.js";
import { TEXT_NAMES } from "./text.js";

export const spansFormat: Format = {
  name: "spans",
  required: { text: TEXT_NAMES, spans: ["spans", "entities", "ents", "label", "labels"] },
  fits: ({ spans }) =>
    Array.isArray(spans) && spans.every((span) => typeof span === "object" && span !== null),
  read({ text, spans }, place, { offsets = "codePoints" }) {
    const body = textOf(text, "text", place);
    if (body.trim() === "") return undefined;
    if (!Array.isArray(spans)) throw invalid(place, "spans", spans, "a list of spans");
    const read = spans.map((span: unknown, i) => readSpan(span, `spans[${i}]`, place));
    return { kind: "spans", text: body, spans: checkSpans(body, read, offsets, place), place };
  },
};

/** A span and the text that the file says is in it. */
function readSpan(span: unknown, at: string, place: Place): Entity & { readonly text?: string } {
  const [start, end, type, text] = Array.isArray(span)
    ? [span[0], span[1], span[2], undefined]
    : isRecord(span)
      ? [
          span.start ?? span.start_offset,
          span.end ?? span.end_offset,
          span.label ?? span.type ?? span.entity_group,
          span.text ?? span.word,
        ]
      : [];
  if (!isPlace(start) || !isPlace(end) || typeof type !== "string" || type === "")
    throw invalid(place, at, span, "start, end and label");
  return { start, end, type, ...(typeof text === "string" ? { text } : {}) };
}

function isPlace(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}
