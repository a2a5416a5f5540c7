/** @file Padding encodings to one length. */

import type { Draft } from "./encoding.js";

export interface Padding {
  /** Tokens in all; left out: the longest of the batch. */
  readonly length?: number | undefined;
  /** The length is raised to a multiple of this. */
  readonly multipleOf?: number | undefined;
  /** Default `"right"`. */
  readonly direction?: "left" | "right" | undefined;
  /** Default 0. */
  readonly id?: number | undefined;
  /** Default 0. */
  readonly typeId?: number | undefined;
  /** Default `"[PAD]"`. */
  readonly token?: string | undefined;
}

export function pad(drafts: readonly Draft[], padding: Padding): void {
  let length = padding.length ?? Math.max(0, ...drafts.map((d) => d.ids.length));
  const { multipleOf = 0 } = padding;
  if (multipleOf > 0) length = Math.ceil(length / multipleOf) * multipleOf;
  for (const draft of drafts) padDraft(draft, length, padding);
}

function padDraft(d: Draft, length: number, padding: Padding): void {
  for (const overflow of d.overflowing) padDraft(overflow, length, padding);
  const missing = length - d.ids.length;
  if (missing <= 0) return;
  const left = padding.direction === "left";
  const fill = <T>(list: T[], make: () => T): T[] => {
    const added = Array.from({ length: missing }, make);
    return left ? added.concat(list) : list.concat(added);
  };
  d.ids = fill(d.ids, () => padding.id ?? 0);
  d.tokens = fill(d.tokens, () => padding.token ?? "[PAD]");
  d.offsets = fill(d.offsets, () => [0, 0]);
  d.units = fill(d.units, () => undefined);
  d.words = fill(d.words, () => null);
  d.types = fill(d.types, () => padding.typeId ?? 0);
  d.special = fill(d.special, () => 1);
  d.attention = fill(d.attention, () => 0);
  if (left) for (const [id, [from, to]] of d.ranges) d.ranges.set(id, [from + missing, to + missing]);
}
