/** @file Embedding lookup y[r] = table[ids[r]]; table [vocab, dim], ids i32 [...], y [..., dim].
 *  Backward: dTable[ids[r]] += dy[r]; rows whose id is `paddingId` add nothing (torch's padding_idx). */

import { countable } from "../sizes.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";

export interface EmbeddingOptions {
  readonly paddingId?: number | undefined;
}

export function embedding(table: Tensor, ids: Tensor, options: EmbeddingOptions = {}): Tensor {
  const adapted = table.adapter?.embedding;
  return adapted === undefined ? plainEmbedding(table, ids, options) : adapted(table, ids, options);
}

/** The same whatever adapts the table. */
export function plainEmbedding(of: Tensor, ids: Tensor, options: EmbeddingOptions = {}): Tensor {
  const table = cast(of, "f32");
  const [vocab, dim] = [table.shape[0]!, table.shape[1]!];
  const { engine } = table;
  const { backend } = engine;
  const rows = ids.size;
  countable("the ids of an embedding", rows);
  const y = engine.empty([...ids.shape, dim]);
  backend.embedding({ table, ids, y, rows, dim });
  return record("embedding", [table], y, (g, dy) => {
    const s = g.sink(table)!;
    if (!s.accumulate) backend.fill(s.target, s.target.size, 0);
    const skip = options.paddingId === undefined ? {} : { skip: options.paddingId };
    backend.embeddingBackward({ dTable: s.target, ids, dy, rows, dim, vocab, ...skip });
  });
}
