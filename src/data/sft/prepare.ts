/** @file Examples made ready for training: rendered, cut to length, counted; and refused where training on them would be
 *  wrong in a way that no loss shows. Everything is looked at before the first step. */

import { isUserError, UserError } from "../../platform/errors.js";
import { hash64 } from "../hash.js";
import { optionInvalid } from "../optionInvalid.js";
import { checkConversation } from "./conversation.js";
import type { Example } from "./examples.js";
import {
  createRenderer,
  isTextual,
  type RenderedExample,
  type RenderOptions,
  type TextualExample,
  truncateRendered,
} from "./render.js";
import type { Place } from "./row.js";
import { createTally, type Tally } from "./tally.js";
import { createTokenStore, type TokenStore } from "./tokenStore.js";

export interface PrepareOptions extends RenderOptions {
  /** Longer examples are cut off behind so many tokens. Default: none is. */
  readonly maxLength?: number | undefined;
  /** What becomes of examples with no learned token (left): an error (default), or they are left out and counted. */
  readonly untrainable?: "refuse" | "drop" | undefined;
}

export interface SftSurvey {
  /** Read, and kept. */
  readonly examples: number;
  readonly kept: number;
  /** Of those kept. */
  readonly tokens: number;
  readonly trainedTokens: number;
  readonly longest: number;
  /** Cut to `maxLength`; with no learned token (left); with a text that an earlier one has. */
  readonly truncated: Tally;
  readonly untrainable: Tally;
  readonly repeated: Tally;
  /** Whole, but what is learned does not end in a special token: the model would not learn to stop. */
  readonly endless: Tally;
  /** Conversations in which the last word is not the assistant's. */
  readonly unanswered: Tally;
}

export interface PreparedExamples extends TokenStore {
  readonly survey: SftSurvey;
  /** The first as rendered, to be shown. */
  readonly sample: RenderedExample;
  /** Of each text, for `sharedExamples`. */
  readonly textKeys: ReadonlySet<number>;
}

/** Throws UserError, naming the first place and how many examples are so: `chat-starts-with-assistant`, `chat-template`,
 *  `chat-messages`, `chat-mask`, `doubled-token`, `untrainable`, `wrong-examples`. */
export function prepareExamples(examples: Iterable<Example>, options: PrepareOptions): PreparedExamples {
  const { maxLength = Number.POSITIVE_INFINITY } = options;
  if (!(maxLength > 0)) throw optionInvalid("maxLength", maxLength, "a whole number above 0");
  const render = createRenderer(options);
  const isSpecial = specialIds(options);
  const store = createTokenStore();
  const textKeys = new Set<number>();
  const tallies = {
    truncated: createTally(),
    untrainable: createTally(),
    repeated: createTally(),
    endless: createTally(),
    unanswered: createTally(),
  };
  const problems = createProblems();
  let sample: RenderedExample | undefined;
  let [count, trainedTokens, longest] = [0, 0, 0];

  for (const example of examples) {
    count++;
    const whole = problems.attempt(example.place, () => renderChecked(example, render));
    if (whole === undefined) continue;
    const key = textKey(whole.text);
    if (textKeys.has(key)) tallies.repeated.add(example.place);
    textKeys.add(key);
    if (example.kind === "chat" && example.messages.at(-1)!.role !== "assistant")
      tallies.unanswered.add(example.place);
    if (endsOpen(whole, isSpecial)) tallies.endless.add(example.place);
    const cut = truncateRendered(whole, maxLength);
    if (cut !== whole) tallies.truncated.add(example.place);
    // The first token follows nothing and is no target.
    const learned = cut.trained.subarray(1).reduce((sum, one) => sum + one, 0);
    if (learned === 0) {
      tallies.untrainable.add(example.place);
      continue;
    }
    sample ??= cut;
    trainedTokens += learned;
    longest = Math.max(longest, cut.ids.length);
    store.add(cut);
  }
  problems.refuse(count);
  if (sample === undefined || (tallies.untrainable.count > 0 && options.untrainable !== "drop"))
    throw untrainable(tallies.untrainable, count, maxLength);
  const survey: SftSurvey = {
    examples: count,
    kept: store.count,
    tokens: store.tokens,
    trainedTokens,
    longest,
    ...tallies,
  };
  return Object.assign(store, { survey, sample, textKeys });
}

/** How many texts of one are in the other too: what is learned by heart is then taken for understood. */
export function sharedExamples(
  train: Pick<PreparedExamples, "textKeys">,
  validation: Pick<PreparedExamples, "textKeys">,
): number {
  return [...validation.textKeys].filter((key) => train.textKeys.has(key)).length;
}

function renderChecked(
  example: Example,
  render: (example: TextualExample) => RenderedExample,
): RenderedExample {
  if (!isTextual(example))
    throw new UserError({
      code: "wrong-examples",
      message: "is no text to go on with, so a language model learns nothing from it",
      found: example.kind,
      expected: "conversations, prompts with completions, or documents",
      fix: "choose the task that such examples are for, or name the columns",
    });
  if (example.kind === "chat") checkConversation(example.messages);
  return render(example);
}

/** What is wrong with examples, by code: the first error of each, and how many there are. */
function createProblems() {
  const found = new Map<string, { error: UserError; place: Place; count: number }>();
  return {
    attempt<T>(place: Place, run: () => T): T | undefined {
      try {
        return run();
      } catch (error) {
        if (!isUserError(error)) throw error;
        const known = found.get(error.code);
        if (known === undefined) found.set(error.code, { error, place, count: 1 });
        else known.count++;
        return undefined;
      }
    },
    /** Throws the one that most examples have. */
    refuse(examples: number): void {
      const [worst] = [...found.values()].sort((a, b) => b.count - a.count);
      if (worst === undefined) return;
      const { error, place, count } = worst;
      const at = [`line ${place.line}`, error.detail.at].filter((part) => part !== undefined).join(", ");
      throw new UserError({
        ...error.detail,
        file: place.file,
        at,
        message: `${error.detail.message} (so it is with ${count} of ${examples} examples)`,
        cause: error,
      });
    },
  };
}

function untrainable({ count, first }: Tally, examples: number, maxLength: number): UserError {
  const cut = Number.isFinite(maxLength);
  return new UserError({
    code: "untrainable",
    file: first[0],
    message: `${count} of ${examples} examples have no token to learn${cut ? ` within their first ${maxLength} tokens` : ""}`,
    found: first,
    expected: "an answer, or a part of one",
    fix: cut
      ? "lengthen the context, shorten the examples, or have such examples dropped (untrainable: drop)"
      : "give answers to learn, or have such examples dropped (untrainable: drop)",
  });
}

function endsOpen({ ids, trained }: RenderedExample, isSpecial: (id: number) => boolean): boolean {
  const last = trained.lastIndexOf(1);
  return last >= 0 && !isSpecial(ids[last]!) && !(trained[last - 1] === 1 && isSpecial(ids[last - 1]!));
}

function specialIds({ tokenizer }: RenderOptions): (id: number) => boolean {
  const ids = new Set([...tokenizer.addedTokens.map((t) => t.id), tokenizer.eosId]);
  return (id) => ids.has(id);
}

/** 53 bits of a text's hash. */
function textKey(text: string): number {
  const [high, low] = hash64(text);
  return high * 2 ** 21 + (low >>> 11);
}
