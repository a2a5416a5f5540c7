/** @file What a model reaches that knows how frequent each token is and nothing else: the least that one with a context must
 *  beat. */

import type { TokenStream } from "../../data/index.js";

export interface UnigramBaseline {
  readonly mostFrequent: number;
  /** −ln of a token's share of the training text (each token counted once more, so that none is impossible). */
  nats(token: number): number;
}

const CHUNK = 1 << 16;

/** Counted over the whole stream; special tokens do not count. */
export function unigramBaseline(stream: TokenStream, special: Uint8Array): UnigramBaseline {
  const counts = new Float64Array(stream.vocabSize);
  const chunk = new Int32Array(CHUNK);
  for (let from = 0; from < stream.tokens; from += CHUNK) {
    const length = Math.min(CHUNK, stream.tokens - from);
    stream.read(from, length, chunk);
    for (let i = 0; i < length; i++) counts[chunk[i]!]!++;
  }
  let [mostFrequent, total] = [0, 0];
  for (let id = 0; id < counts.length; id++) {
    if (special[id] === 1) counts[id] = 0;
    else counts[id]! += 1;
    total += counts[id]!;
    if (counts[id]! > counts[mostFrequent]!) mostFrequent = id;
  }
  return { mostFrequent, nats: (token) => -Math.log(counts[token]! / total) };
}
