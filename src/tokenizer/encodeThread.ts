/** @file Encoding in a thread: batches of documents come in, their ids go out in one array. */

import type { Serve } from "../platform/threads.js";
import { encodeBatchIds } from "./encodeMany.js";
import { tokenizerFromJson } from "./files/tokenizerJson.js";
import type { EncodeOptions } from "./tokenizer.js";

export interface EncodeStart {
  /** As in tokenizer.json. */
  readonly definition: object;
  readonly options: EncodeOptions;
}

export interface EncodeReply {
  readonly ids: Int32Array;
  /** Where each document's ids end. */
  readonly ends: Int32Array;
}

export const serve: Serve<EncodeStart, readonly string[], EncodeReply> = ({ definition, options }) => {
  const tokenizer = tokenizerFromJson(definition);
  return (documents) => {
    const reply = encodeBatchIds(tokenizer, documents, options);
    const transfer = [reply.ids.buffer as ArrayBuffer, reply.ends.buffer as ArrayBuffer];
    return { reply, transfer };
  };
};
