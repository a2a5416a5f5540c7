/** @file `model.forward(input, { capture })`: one look at a model. Logits, and what was asked for of what lies between: hidden
 *  states, attention maps. No gradients are recorded (training calls `hidden` and `loss`), and what is not asked for is released
 *  on the way. */

import { nearest, UserError } from "../platform/errors.js";
import type { Engine, Tensor } from "../tensor/index.js";

/** Tensors of a stack, the first layer's first. */
export interface StackCaptures {
  /** layers + 1 tensors [batch, seq, dim]: after the embedding, after each layer, the last after the final norm. */
  readonly hiddenStates: readonly Tensor[];
  /** A tensor [batch, heads, seq, keys] a layer: what share of its attention each query gives to each key. Rows sum to 1, to
   *  less where a head may attend to nothing (gpt-oss), to 0 where a query sees no key. */
  readonly attentions: readonly Tensor[];
}

export interface CausalCaptures extends StackCaptures {
  /** A tensor [batch·seq, experts] a layer with experts: the router's logits. */
  readonly routerLogits: readonly Tensor[];
}

/** `hiddenStates` and `attentions` are the decoder's. */
export interface Seq2SeqCaptures extends StackCaptures {
  /** A tensor [batch, heads, target seq, source seq] a layer of the decoder: where each target looks in the source. */
  readonly crossAttentions: readonly Tensor[];
  /** The encoder's, as `hiddenStates`. */
  readonly encoderHiddenStates: readonly Tensor[];
  /** The encoder's, as `attentions`: [batch, heads, source seq, source seq]. */
  readonly encoderAttentions: readonly Tensor[];
}

export const STACK_CAPTURES = ["hiddenStates", "attentions"] as const;
export const CAUSAL_CAPTURES = [...STACK_CAPTURES, "routerLogits"] as const;
export const SEQ2SEQ_CAPTURES = [
  ...STACK_CAPTURES,
  "crossAttentions",
  "encoderHiddenStates",
  "encoderAttentions",
] as const;

export interface CaptureOptions<C extends string> {
  /** What to keep beside the logits; default nothing. */
  readonly capture?: readonly C[];
}

/** Logits, and of `All` what was asked for. All of it lives until `dispose`, whatever scope is around. */
export type Forward<Logits, All, C extends keyof All> = Pick<All, C> & {
  readonly logits: Logits;
  /** Releases all of it. */
  dispose(): void;
};

/** A model's `forward`. `names`: what there is to be had; `run` returns the logits, and fills with kept tensors those lists that
 *  it is given: a name that was not asked for has none. */
export function forwardOf<Name extends string, Input, Logits extends Tensor | undefined>(
  engine: Engine,
  names: readonly Name[],
  run: (input: Input, list: (name: Name) => Tensor[] | undefined) => Logits,
): <C extends Name = never>(
  input: Input,
  options?: CaptureOptions<C>,
) => Forward<Logits, Record<Name, readonly Tensor[]>, C> {
  return <C extends Name>(input: Input, { capture = [] }: CaptureOptions<C> = {}) => {
    check(capture, names);
    const lists = new Map<Name, Tensor[]>(capture.map((name) => [name, []]));
    const captured = {} as Record<C, readonly Tensor[]>;
    for (const name of capture) captured[name] = lists.get(name)!;
    const release = () => {
      for (const list of lists.values()) for (const t of list) t.dispose();
    };
    try {
      const logits = engine.noGrad(() =>
        engine.scope(() => {
          const made = run(input, (name) => lists.get(name));
          made?.keep();
          return made;
        }),
      );
      return {
        ...captured,
        logits,
        dispose() {
          logits?.dispose();
          release();
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  };
}

function check(capture: readonly string[], names: readonly string[]): void {
  const unknown = capture.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const close = nearest(unknown, names);
  throw new UserError({
    code: "capture-unknown",
    at: "capture",
    message: "is nothing that this model has between input and logits",
    found: unknown,
    expected: names.join(", "),
    fix: close === undefined ? undefined : `did you mean ${JSON.stringify(close)}?`,
  });
}
