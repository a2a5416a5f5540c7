/** @file The bytes of every token in one array, for decoding by copying. */

export interface TokenBytes {
  /** Token i is `bytes[offsets[i], offsets[i + 1])`. [ids + 1] */
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

export function createTokenBytes(tokens: ReadonlyArray<Uint8Array | undefined>): TokenBytes {
  const offsets = new Int32Array(tokens.length + 1);
  for (let i = 0; i < tokens.length; i++) offsets[i + 1] = offsets[i]! + (tokens[i]?.length ?? 0);
  const bytes = new Uint8Array(offsets[tokens.length]!);
  tokens.forEach((token, i) => {
    if (token !== undefined) bytes.set(token, offsets[i]!);
  });
  return { offsets, bytes };
}

/** The bytes of several tokens, joined. */
export function joinTokens(tokens: TokenBytes, ids: readonly number[]): Uint8Array {
  const { offsets, bytes } = tokens;
  let length = 0;
  for (const id of ids) length += offsets[id + 1]! - offsets[id]!;
  const joined = new Uint8Array(length);
  let n = 0;
  for (const id of ids) for (let p = offsets[id]!; p < offsets[id + 1]!; p++) joined[n++] = bytes[p]!;
  return joined;
}
