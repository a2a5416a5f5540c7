/** @file Batches of masked words from a token stream (see `masking.ts`): rows `[CLS] text [SEP]`, masked anew in every
 *  epoch (Liu et al. 2019, "RoBERTa", section 4.1).
 *
 *  - `"stream"`: a row's text is a window of the stream, dealt as `loader.ts` deals them; nothing is padded. Windows run
 *    across documents, whose end-of-text tokens are read; `documentStarts` keeps attention inside documents.
 *  - `"documents"`: a row's text is a document or, of a longer one, a part; shorter rows are padded. */

import { UserError } from "../platform/errors.js";
import { fillStarts, NO_TARGET } from "./batch.js";
import { type BatchLoader, refuseOtherRun } from "./batchLoader.js";
import {
  type Cut,
  createDealer,
  documentParts,
  inGroups,
  type Place,
  type Span,
  windowsAtPhase,
  windowsInOrder,
} from "./dealer.js";
import { checkRows, tooShort } from "./loader.js";
import { checkMasking, type MaskingOptions, maskTokens } from "./masking.js";
import type { TokenStream } from "./openShards.js";
import { optionInvalid } from "./optionInvalid.js";
import { createRandom, type Random } from "./random.js";

export interface MaskedBatch {
  readonly kind: "masked";
  /** [batch, context] token ids. */
  readonly inputIds: Int32Array;
  /** [batch, context] token ids, −100 where none is asked for. */
  readonly labels: Int32Array;
  /** [batch, context] 1 = real, 0 = padding; absent where nothing is padded. */
  readonly attentionMask?: Uint8Array;
  /** [batch, context]: for each position, the first position of its row that belongs to the same document. */
  readonly documentStarts?: Int32Array;
  readonly batch: number;
  readonly context: number;
  /** Labels that are not −100. */
  readonly targetCount: number;
}

export interface MaskedRows {
  readonly shards: TokenStream;
  /** Rows a batch. */
  readonly batch: number;
  /** Positions a row, [CLS] and [SEP] included. */
  readonly context: number;
  readonly masking: MaskingOptions;
  /** Begin and end every row, where the tokenizer has them; they must be special. */
  readonly clsId?: number;
  readonly sepId?: number;
  /** Stands in padding, which nothing attends to; 0 by default. */
  readonly padId?: number;
  readonly mode?: "stream" | "documents";
  /** Give `documentStarts`; with `"stream"` only. */
  readonly documentStarts?: boolean;
}

export interface MaskedLoaderOptions extends MaskedRows {
  readonly seed: number;
}

/** JSON. */
export interface MaskedLoaderState extends Place {
  readonly version: 1;
  readonly kind: "masked";
  readonly mode: "stream" | "documents";
  readonly seed: number;
  readonly context: number;
  readonly tokens: number;
}

export type MaskedLoader = BatchLoader<MaskedBatch, MaskedLoaderState>;

/** Throws `UserError`: `option-invalid`, `context-too-long`, `no-documents`. */
export function createMaskedLoader(options: MaskedLoaderOptions): MaskedLoader {
  const { shards, batch, context, seed, mode = "stream" } = options;
  const size = textPerRow(options);
  if (shards.tokens < size && mode === "stream") throw tooShort(shards, size);
  const documents = mode === "documents" ? partsOf(shards, size) : undefined;
  const dealer = createDealer(
    seed,
    documents === undefined ? windowsAtPhase(shards.tokens, size) : () => documents,
  );
  const row = () => {
    const piece = dealer.next();
    return { piece, random: createRandom(seed, piece.epoch, piece.item, MASKS) };
  };
  const state = (): MaskedLoaderState => ({
    version: 1,
    kind: "masked",
    mode,
    seed,
    context,
    tokens: shards.tokens,
    ...dealer.place(),
  });
  return {
    next: () => fillMasked(options, Array.from({ length: batch }, row)),
    epochs: dealer.epochs,
    state,
    restore(saved) {
      refuseOtherRun(saved, state(), ["version", "kind", "mode", "seed", "context", "tokens"]);
      dealer.restore(saved);
    },
  };
}

/** Sets what is drawn for masks apart from other draws of (seed, epoch, item). */
const MASKS = 2;

export interface MaskedValidation {
  /** The last batch has fewer rows where they do not come out even. */
  batches(): Generator<MaskedBatch>;
  readonly rows: number;
}

/** The whole stream once, in order, with masks that depend on a row's number alone, so that evaluations compare. */
export function createMaskedValidation(
  options: MaskedRows & { readonly maxRows?: number },
): MaskedValidation {
  const { shards, batch, maxRows, mode = "stream" } = options;
  const size = textPerRow(options);
  const cut = mode === "documents" ? partsOf(shards, size) : windowsInOrder(shards.tokens, size);
  return {
    rows: Math.min(cut.count, maxRows ?? cut.count),
    *batches() {
      for (const group of inGroups(cut, batch, maxRows))
        yield fillMasked(
          options,
          group.map((piece) => ({ piece, random: createRandom(0, piece.item, MASKS) })),
        );
    },
  };
}

function partsOf(shards: TokenStream, size: number): Cut {
  const cut = documentParts(shards, size);
  if (cut.count === 0) {
    throw new UserError({
      code: "no-documents",
      message: "there is no document with a token to mask",
      fix: "name text that the tokenizer can encode",
    });
  }
  return cut;
}

/** Tokens of text in a row, after a look at the options. */
function textPerRow(options: MaskedRows): number {
  const { batch, context, masking, clsId, sepId, mode, documentStarts } = options;
  checkRows({ batch, context });
  checkMasking(masking);
  if (mode === "documents" && documentStarts === true)
    throw optionInvalid("documentStarts", true, "false: a row of a document holds no other");
  for (const [name, id] of Object.entries({ clsId, sepId })) {
    if (id !== undefined && masking.special[id] !== 1)
      throw optionInvalid(name, id, "a token that masking.special marks");
  }
  const size = context - (clsId === undefined ? 0 : 1) - (sepId === undefined ? 0 : 1);
  if (size < 1) throw optionInvalid("context", context, "room for a token between [CLS] and [SEP]");
  return size;
}

function fillMasked(
  options: MaskedRows,
  rows: readonly { readonly piece: Span; readonly random: Random }[],
): MaskedBatch {
  const { shards, context, masking, clsId, sepId } = options;
  const batch = rows.length;
  const lead = clsId === undefined ? 0 : 1;
  const inputIds = new Int32Array(batch * context).fill(options.padId ?? 0);
  const labels = new Int32Array(batch * context).fill(NO_TARGET);
  const real = new Uint8Array(batch * context);
  const starts = options.documentStarts === true ? new Int32Array(batch * context) : undefined;
  let targetCount = 0;
  rows.forEach(({ piece, random }, row) => {
    const place = row * context;
    const length = lead + piece.count + (sepId === undefined ? 0 : 1);
    const text = new Int32Array(length);
    if (clsId !== undefined) text[0] = clsId;
    shards.read(piece.from, piece.count, text, lead);
    if (sepId !== undefined) text[length - 1] = sepId;
    const masked = maskTokens(text, masking, random);
    inputIds.set(masked.inputIds, place);
    labels.set(masked.labels, place);
    real.fill(1, place, place + length);
    targetCount += masked.count;
    if (starts === undefined) return;
    startsOfRow(shards, piece, lead, starts.subarray(place, place + length));
    starts.fill(length, place + length, place + context);
  });
  return {
    kind: "masked",
    inputIds,
    labels,
    ...(real.includes(0) ? { attentionMask: real } : {}),
    ...(starts === undefined ? {} : { documentStarts: starts }),
    batch,
    context,
    targetCount,
  };
}

/** [CLS] belongs to the row's first document, [SEP] to its last. */
function startsOfRow(shards: TokenStream, piece: Span, lead: number, into: Int32Array): void {
  fillStarts(shards, piece, lead, into.subarray(lead));
  for (let i = lead; into[i] === lead; i++) into[i] = 0;
  if (lead + piece.count < into.length) into[into.length - 1] = into[into.length - 2]!;
}
