/** @file Many rendered examples held in three flat arrays: ids, what is learned, and where each begins. */

import { sha256Stream } from "../../platform/files.js";

export interface TokenExample {
  readonly ids: Int32Array;
  /** 1 for tokens that are learned. */
  readonly trained: Uint8Array;
}

export interface TokenStore {
  readonly count: number;
  readonly tokens: number;
  length(example: number): number;
  /** Views, not copies. */
  example(example: number): TokenExample;
  /** Changes when any id or mark does. */
  key(): string;
}

export interface GrowingStore extends TokenStore {
  add(example: TokenExample): void;
}

export function createTokenStore(): GrowingStore {
  let ids = new Int32Array(1024);
  let trained = new Uint8Array(1024);
  const starts = [0];
  const end = () => starts.at(-1)!;
  const store: GrowingStore = {
    get count() {
      return starts.length - 1;
    },
    get tokens() {
      return end();
    },
    length: (i) => starts[i + 1]! - starts[i]!,
    example: (i) => ({
      ids: ids.subarray(starts[i], starts[i + 1]),
      trained: trained.subarray(starts[i], starts[i + 1]),
    }),
    add(example) {
      const needed = end() + example.ids.length;
      if (needed > ids.length) {
        const size = Math.max(needed, ids.length * 2);
        const [oldIds, oldTrained] = [ids, trained];
        ids = new Int32Array(size);
        ids.set(oldIds);
        trained = new Uint8Array(size);
        trained.set(oldTrained);
      }
      ids.set(example.ids, end());
      trained.set(example.trained, end());
      starts.push(needed);
    },
    key() {
      const hash = sha256Stream();
      const bytes = (array: Int32Array | Uint8Array) =>
        hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      bytes(ids.subarray(0, end()));
      bytes(trained.subarray(0, end()));
      bytes(Int32Array.from(starts));
      return hash.digest();
    },
  };
  return store;
}
