/** @file Encoding in a thread: batches of documents come in, their ids go out in one array. Where tables are all that it
 *  takes, the modules that read a tokenizer.json, most of a thread's start, are not loaded. */

import type { Serve } from "../platform/threads.js";
import { createBatchEncoder, type EncodedBatch } from "./encodeBatch.js";
import { type ByteLevelTables, byteLevelFromTables } from "./models/bpe/byteLevelTables.js";
import { wellFormed } from "./text/aligned.js";
import type { EncodeOptions } from "./tokenizer.js";

export type EncodeStart =
  | { readonly tables: ByteLevelTables }
  /** `definition` is as in tokenizer.json. */
  | { readonly definition: object; readonly options: EncodeOptions };

export const serve: Serve<EncodeStart, readonly string[], EncodedBatch> = async (start) => {
  const encode = createBatchEncoder(await textToIds(start));
  return (documents) => {
    const reply = encode(documents);
    const transfer = [reply.ids.buffer as ArrayBuffer, reply.ends.buffer as ArrayBuffer];
    return { reply, transfer };
  };
};

async function textToIds(start: EncodeStart): Promise<Parameters<typeof createBatchEncoder>[0]> {
  if ("tables" in start) {
    const fast = byteLevelFromTables(start.tables);
    return (text, out) => fast(wellFormed(text), out);
  }
  const { tokenizerFromJson } = await import("./files/tokenizerJson.js");
  const tokenizer = tokenizerFromJson(start.definition);
  return (text, out) => tokenizer.encodeInto(text, out, start.options);
}
