/** @file A template: special tokens and the two texts in the order given, each with its type. */

import { UserError } from "../../platform/errors.js";
import { type Draft, setSequence, specialDraft } from "../encoding/encoding.js";
import type { PostProcessor } from "./postProcessor.js";

export type TemplatePiece =
  | { readonly sequence: 0 | 1; readonly type: number }
  | { readonly tokens: ReadonlyArray<readonly [id: number, token: string]>; readonly type: number };

export function templateProcessing(
  single: readonly TemplatePiece[],
  pair: readonly TemplatePiece[],
): PostProcessor {
  const count = (pieces: readonly TemplatePiece[]) =>
    pieces.reduce((sum, piece) => sum + ("tokens" in piece ? piece.tokens.length : 0), 0);
  return {
    putIn: [count(single), count(pair)],
    process(drafts, add) {
      if (drafts.length > 2)
        throw new UserError({
          code: "post-processor",
          message: "a template cannot stand behind another one for a pair of texts",
          found: `${drafts.length} parts`,
          expected: "one text or two",
          fix: "put both into one template",
        });
      return (drafts.length === 2 ? pair : single).flatMap((piece) => {
        if ("tokens" in piece) return add ? [specialDraft(piece.tokens, piece.type)] : [];
        const draft = drafts[piece.sequence]!;
        setSequence(draft, piece.sequence);
        draft.types = draft.types.map(() => piece.type);
        return [copy(draft)];
      });
    },
  };
}

const copy = (draft: Draft): Draft => ({ ...draft, ranges: new Map(draft.ranges) });

/** One after the other. */
export function processorSequence(steps: readonly PostProcessor[]): PostProcessor {
  const sum = (i: 0 | 1) => steps.reduce((n, step) => n + step.putIn[i], 0);
  return {
    putIn: [sum(0), sum(1)],
    process: (drafts, add) => steps.reduce((so, step) => step.process(so, add), drafts),
  };
}
