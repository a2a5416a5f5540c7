/** @file Documents: a text a row. */

import { type Format, textOf } from "./format.js";

/** What a column that holds the text is usually called. */
export const TEXT_NAMES = [
  "text",
  "content",
  "document",
  "sentence",
  "body",
  "review",
  "message",
  "tweet",
  "query",
];

export const textFormat: Format = {
  name: "text",
  required: { text: TEXT_NAMES },
  read({ text }, place) {
    const body = textOf(text, "text", place);
    return body.trim() === "" ? undefined : { kind: "text", text: body, place };
  },
};
