/** @file Documents into two splits: read in order, encoded, handed to the shards' writers, with pauses for the rest of
 *  the program. */

import { UserError } from "../platform/errors.js";
import type { ShardWriter } from "./shardWriter.js";
import { SPLITS, type Split, splitByPosition } from "./split.js";
import { textSize } from "./textSize.js";
import type { ShardDocument, WriteShardsOptions } from "./writeShards.js";

/** Encodes every document into the split that `sideOf` names; a lone one is cut by position, its last `share` for
 *  validation. Returns a note if it was. */
export async function fillShards(
  options: WriteShardsOptions,
  share: number,
  sideOf: (document: ShardDocument) => Split,
  writers: Record<Split, ShardWriter>,
): Promise<string | undefined> {
  const progress = { documents: 0, bytes: 0, tokens: 0 };
  let pause = performance.now() + 50;
  const add = async (split: Split, text: string, id: string) => {
    const tokens = options.encode(text);
    const size = textSize(text);
    writers[split].add(tokens, size, id);
    progress.documents++;
    progress.bytes += size.bytes;
    progress.tokens += tokens.length;
    if (performance.now() < pause) return;
    options.onProgress?.({ ...progress });
    await new Promise((resolve) => setTimeout(resolve, 0)); // lets a live view draw and Ctrl-C arrive
    options.signal?.throwIfAborted();
    pause = performance.now() + 50;
  };
  let first: { text: string; id: string } | undefined;
  let count = 0;
  for await (const document of options.documents) {
    const current = { text: document.text, id: document.id ?? String(count) };
    if (++count === 1) {
      first = current; // may turn out to be the only one
      continue;
    }
    if (first !== undefined) {
      needEos(options);
      await add(sideOf(first), first.text, first.id);
      first = undefined;
    }
    await add(sideOf(current), current.text, current.id);
  }
  let note: string | undefined;
  if (first !== undefined && share === 0) await add("train", first.text, first.id);
  else if (first !== undefined) {
    const parts = splitByPosition(first.text, share);
    for (const split of SPLITS) await add(split, parts[split], first.id);
    note = `a single document: its last ${Math.round(share * 1000) / 10} % (by position) is the validation text`;
  }
  if (options.validation !== undefined) {
    let n = 0;
    for await (const document of options.validation) {
      if (++n === 2) needEos(options);
      await add("validation", document.text, document.id ?? String(n - 1));
    }
  }
  options.onProgress?.({ ...progress });
  return note;
}

function needEos(options: WriteShardsOptions): void {
  if (options.eosId !== undefined) return;
  throw new UserError({
    code: "eos-needed",
    at: "eosId",
    message: "several documents need an end-of-text token between them",
    fix: "give the tokenizer one (such as <|endoftext|>), or join the documents into one",
  });
}
