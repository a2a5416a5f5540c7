/** @file No n-gram twice: a token is forbidden if it would complete n tokens that already stand in the text (Paulus, Xiong &
 *  Socher 2018). Sees the prompt, and the padding where there is any. The encoder's variant forbids those of the source. */

import type { LogitsProcessor } from "./processor.js";

export function noRepeatNgram(n: number): LogitsProcessor {
  return (scores, { ids, length }) => forbidContinuations(scores, ids, length, ids, length, n);
}

export function encoderNoRepeatNgram(n: number, encoderIds: Int32Array): LogitsProcessor {
  return (scores, { ids, length }) =>
    forbidContinuations(scores, encoderIds, encoderIds.length, ids, length, n);
}

/** Forbids what followed, in `text`, the last n − 1 ids. */
function forbidContinuations(
  scores: Float32Array,
  text: Int32Array,
  textLength: number,
  ids: Int32Array,
  length: number,
  n: number,
): void {
  if (length + 1 < n) return;
  const tail = length - (n - 1);
  for (let start = 0; start + n <= textLength; start++) {
    let i = 0;
    while (i < n - 1 && text[start + i] === ids[tail + i]) i++;
    if (i === n - 1) scores[text[start + i]!] = Number.NEGATIVE_INFINITY;
  }
}
