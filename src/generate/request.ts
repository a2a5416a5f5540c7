/** @file One text being continued: its ids so far, how the next is chosen, what of its text is certain, and why it ended. */

import { UserError } from "../platform/errors.js";
import { createRandom } from "../tensor/random.js";
import type { StreamDecoder, Tokenizer } from "../tokenizer/tokenizer.js";
import { chooseAtRandom, chooseBest } from "./choose.js";
import type { Continuable } from "./decoding.js";
import { type TokenLogprob, tokenLogprob } from "./logprobs.js";
import { checkOptions, type GenerateOptions } from "./options.js";
import { type LogitsProcessor, processorChain } from "./processors/index.js";
import { createStopMatcher, type StopMatcher } from "./stopStrings.js";

/** Why a text ended: "stop" by an end token or a stop string, "length" by `maxTokens` or the end of the context. */
export type FinishReason = "stop" | "length";

export interface Generation {
  /** What was generated, without prompt, end token and stop string. Empty without a tokenizer. */
  readonly text: string;
  /** The tokens generated, the end token included if one came, and those of a stop string. */
  readonly ids: Int32Array;
  readonly finishReason: FinishReason;
  /** The end token or the stop string. */
  readonly stoppedBy?: number | string;
  readonly promptTokens: number;
  readonly seed: number;
  readonly logprobs?: readonly TokenLogprob[];
}

export type Prompt = string | ArrayLike<number>;

export interface Request {
  readonly prompt: Int32Array;
  /** Ids a row needs room for. */
  readonly maxLength: number;
  readonly finished: boolean;
  /** Chooses the next token from the model's logits [vocab], which it may change. Text that became certain is added to what
   *  `takeText` gives. */
  advance(logits: Float32Array): number;
  takeText(): string;
  result(): Generation;
}

export function createRequest(
  model: Continuable,
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  options: GenerateOptions,
): Request {
  checkOptions(options);
  const ids = promptIds(tokenizer, prompt, options);
  const maxLength = Math.min(model.contextLength, ids.length + (options.maxTokens ?? 256));
  return new RunningRequest(model, tokenizer, ids, maxLength, options);
}

/** The prompt's ids, behind `prefixTokenId` if there is one; an empty prompt needs it. */
function promptIds(tokenizer: Tokenizer | undefined, prompt: Prompt, options: GenerateOptions): Int32Array {
  const { prefixTokenId, special } = options;
  if (typeof prompt !== "string") return withPrefix(Int32Array.from(prompt), prefixTokenId);
  if (tokenizer === undefined) {
    throw new UserError({
      code: "tokenizer-missing",
      message: "a prompt given as text needs a tokenizer",
      fix: "give the prompt as token ids, or a tokenizer",
    });
  }
  return withPrefix(tokenizer.encode(prompt, special === undefined ? {} : { special }), prefixTokenId);
}

function withPrefix(ids: Int32Array, prefix: number | undefined): Int32Array {
  return prefix === undefined || ids[0] === prefix ? ids : Int32Array.from([prefix, ...ids]);
}

class RunningRequest implements Request {
  readonly prompt: Int32Array;
  readonly maxLength: number;
  private readonly options: GenerateOptions;
  private readonly seed: number;
  private readonly eos: ReadonlySet<number>;
  private readonly chain: readonly LogitsProcessor[];
  private readonly choose: (scores: Float32Array) => number;
  private readonly decoder: StreamDecoder | undefined;
  private readonly stops: StopMatcher;
  private readonly ids: Int32Array;
  private readonly logprobs: TokenLogprob[] = [];
  private length: number;
  private text = "";
  private fresh = "";
  private end: { reason: FinishReason; by?: number | string } | undefined;

  constructor(
    model: Continuable,
    tokenizer: Tokenizer | undefined,
    prompt: Int32Array,
    maxLength: number,
    options: GenerateOptions,
  ) {
    this.prompt = prompt;
    this.maxLength = maxLength;
    this.options = options;
    this.length = prompt.length;
    this.ids = new Int32Array(Math.max(maxLength, prompt.length));
    this.ids.set(prompt);
    const eosTokenIds = options.eosTokenIds ?? model.eosTokenIds;
    this.eos = new Set(eosTokenIds);
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    const sampling = (options.temperature ?? 1) > 0;
    const random = createRandom(this.seed).stream(`sample ${options.sample ?? 0}`);
    this.choose = sampling ? (scores) => chooseAtRandom(scores, random) : chooseBest;
    this.chain = processorChain(options, { promptLength: prompt.length, maxLength, eosTokenIds, sampling });
    this.stops = createStopMatcher([options.stop ?? []].flat());
    this.decoder = tokenizer?.streamDecoder({ skipSpecialTokens: options.showSpecialTokens !== true });
    this.decoder?.push(prompt.at(-1) ?? 0); // so that what follows is no beginning of a text
  }

  get finished(): boolean {
    return this.end !== undefined;
  }

  advance(logits: Float32Array): number {
    const { logprobs } = this.options;
    const before = logprobs === undefined ? undefined : logits.slice();
    for (const process of this.chain) process(logits, { ids: this.ids, length: this.length, padding: 0 });
    const id = this.choose(logits);
    if (before !== undefined) this.logprobs.push(tokenLogprob(before, id, logprobs!));
    this.ids[this.length++] = id;
    this.accept(id);
    return id;
  }

  private accept(id: number): void {
    if (this.eos.has(id)) {
      this.finish("stop", id);
      return;
    }
    const { text, stop } = this.stops.push(this.decoder?.push(id) ?? "");
    this.show(text);
    if (stop !== undefined) this.end = { reason: "stop", by: stop };
    else if (this.length >= this.maxLength) this.finish("length");
  }

  private finish(reason: FinishReason, by?: number): void {
    const last = this.stops.push(this.decoder?.end() ?? "");
    this.show(last.text);
    if (last.stop === undefined) this.show(this.stops.end());
    this.end = by === undefined ? { reason } : { reason, by };
  }

  private show(text: string): void {
    this.text += text;
    this.fresh += text;
  }

  takeText(): string {
    const { fresh } = this;
    this.fresh = "";
    return fresh;
  }

  result(): Generation {
    const { end } = this;
    if (end === undefined) throw new Error("the text is not finished");
    return {
      text: this.text,
      ids: this.ids.slice(this.prompt.length, this.length),
      finishReason: end.reason,
      ...(end.by === undefined ? {} : { stoppedBy: end.by }),
      promptTokens: this.prompt.length,
      seed: this.seed,
      ...(this.options.logprobs === undefined ? {} : { logprobs: this.logprobs }),
    };
  }
}
