/** @file What encoding gives, token by token: ids, spellings, places in the text, words, sequences, masks. */

export interface Encoding {
  readonly ids: Int32Array;
  /** Spelling of each token; of an added token what it matched, of an unknown one perhaps the text. */
  readonly tokens: readonly string[];
  /** Place of each token in its text (see `sequenceIds`); [0, 0] for a token that was put in. */
  readonly offsets: ReadonlyArray<readonly [start: number, end: number]>;
  /** Piece of the pre-tokenizer, or index in `words`; null for a token that was put in. */
  readonly wordIds: ReadonlyArray<number | null>;
  /** 0: the text, 1: the pair, null: put in. */
  readonly sequenceIds: ReadonlyArray<number | null>;
  readonly typeIds: Int32Array;
  /** 1 for tokens that were put in by the post-processor or by padding. */
  readonly specialTokensMask: Uint8Array;
  /** 0 for padding. */
  readonly attentionMask: Uint8Array;
  /** What truncation cut off, as encodings of the same form. */
  readonly overflowing: readonly Encoding[];
}

/** An encoding while it is being made. */
export interface Draft {
  ids: number[];
  tokens: string[];
  /** In code points. */
  offsets: [start: number, end: number][];
  /** For each token the place in UTF-16 units of every code point of its text, where these differ and are asked for. */
  units: (Int32Array | undefined)[];
  words: (number | null)[];
  types: number[];
  special: number[];
  attention: number[];
  overflowing: Draft[];
  /** Which tokens are of which sequence: [from, to). */
  ranges: Map<number, readonly [from: number, to: number]>;
}

export function emptyDraft(): Draft {
  return {
    ids: [],
    tokens: [],
    offsets: [],
    units: [],
    words: [],
    types: [],
    special: [],
    attention: [],
    overflowing: [],
    ranges: new Map(),
  };
}

/** A draft of tokens that are put in. */
export function specialDraft(
  tokens: ReadonlyArray<readonly [id: number, token: string]>,
  type: number,
): Draft {
  return {
    ids: tokens.map(([id]) => id),
    tokens: tokens.map(([, token]) => token),
    offsets: tokens.map(() => [0, 0]),
    units: tokens.map(() => undefined),
    words: tokens.map(() => null),
    types: tokens.map(() => type),
    special: tokens.map(() => 1),
    attention: tokens.map(() => 1),
    overflowing: [],
    ranges: new Map(),
  };
}

export function sliceDraft(d: Draft, from: number, to: number): Draft {
  return {
    ids: d.ids.slice(from, to),
    tokens: d.tokens.slice(from, to),
    offsets: d.offsets.slice(from, to),
    units: d.units.slice(from, to),
    words: d.words.slice(from, to),
    types: d.types.slice(from, to),
    special: d.special.slice(from, to),
    attention: d.attention.slice(from, to),
    overflowing: [],
    ranges: new Map(),
  };
}

export function setSequence(d: Draft, sequence: number): void {
  d.ranges.set(sequence, [0, d.ids.length]);
}

/** The tokens of both; of what overflows, every combination. */
export function joinDrafts(a: Draft, b: Draft): Draft {
  const overflowing: Draft[] = [];
  for (const left of a.overflowing) {
    overflowing.push(joinDrafts(left, b));
    for (const right of b.overflowing) overflowing.push(joinDrafts(left, right));
  }
  for (const right of b.overflowing) overflowing.push(joinDrafts({ ...a, overflowing: [] }, right));
  const ranges = new Map(a.ranges);
  const n = a.ids.length;
  for (const [sequence, [from, to]] of b.ranges) ranges.set(sequence, [n + from, n + to]);
  return {
    ids: a.ids.concat(b.ids),
    tokens: a.tokens.concat(b.tokens),
    offsets: a.offsets.concat(b.offsets),
    units: a.units.concat(b.units),
    words: a.words.concat(b.words),
    types: a.types.concat(b.types),
    special: a.special.concat(b.special),
    attention: a.attention.concat(b.attention),
    overflowing,
    ranges,
  };
}

export function joinAll(drafts: readonly Draft[]): Draft {
  return drafts.reduce(joinDrafts, emptyDraft());
}

export function finish(d: Draft): Encoding {
  return {
    ids: Int32Array.from(d.ids),
    tokens: d.tokens,
    offsets: d.offsets.map(([start, end], i) => {
      const units = d.units[i];
      return units === undefined ? [start, end] : [units[start]!, units[end]!];
    }),
    wordIds: d.words,
    sequenceIds: sequenceIds(d),
    typeIds: Int32Array.from(d.types),
    specialTokensMask: Uint8Array.from(d.special),
    attentionMask: Uint8Array.from(d.attention),
    overflowing: d.overflowing.map(finish),
  };
}

/** Where nothing is said of sequences, all tokens are of the first, padding too. */
function sequenceIds(d: Draft): (number | null)[] {
  const ids = new Array<number | null>(d.ids.length).fill(null);
  for (let sequence = 0; sequence < Math.max(1, d.ranges.size); sequence++) {
    const [from, to] = d.ranges.get(sequence) ?? [0, ids.length];
    ids.fill(sequence, from, to);
  }
  return ids;
}
