/** @file The contract of a post-processor: it puts special tokens round the encoding of a text, or of two. */

import type { Draft } from "../encoding/encoding.js";

export interface PostProcessor {
  /** Tokens put into a single text and into a pair. */
  readonly putIn: readonly [single: number, pair: number];
  /** `drafts`: the text, or text and pair; each with its sequence set. The result is joined by whoever calls. */
  process(drafts: Draft[], addSpecialTokens: boolean): Draft[];
}
