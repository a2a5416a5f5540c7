/** @file The models of `bench -- train`, and the batch that both sides train on. */

export interface TrainShape {
  readonly name: string;
  readonly layers: number;
  readonly dim: number;
  readonly heads: number;
  readonly context: number;
  readonly vocab: number;
  readonly batch: number;
}

export const SHAPES: readonly TrainShape[] = [
  { name: "gpt-12m", layers: 6, dim: 384, heads: 6, context: 256, vocab: 4096, batch: 16 },
  { name: "gpt2-124m", layers: 12, dim: 768, heads: 12, context: 512, vocab: 50257, batch: 2 },
];

export function gpt2Config(s: TrainShape): Record<string, unknown> {
  return {
    model_type: "gpt2",
    architectures: ["GPT2LMHeadModel"],
    n_layer: s.layers,
    n_embd: s.dim,
    n_head: s.heads,
    n_positions: s.context,
    vocab_size: s.vocab,
    activation_function: "gelu_new",
    tie_word_embeddings: true,
  };
}

/** Ids from a small linear congruential generator, the same in bench/peers/torch_gpt.py; targets follow their inputs. */
export function fixedBatch(s: TrainShape): { inputs: Int32Array; targets: Int32Array } {
  let state = 1n;
  const value = () => {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    return Number((state >> 8n) % BigInt(s.vocab));
  };
  const inputs = new Int32Array(s.batch * s.context);
  const targets = new Int32Array(s.batch * s.context);
  for (let b = 0; b < s.batch; b++) {
    const row = Array.from({ length: s.context + 1 }, value);
    inputs.set(row.slice(0, -1), b * s.context);
    targets.set(row.slice(1), b * s.context);
  }
  return { inputs, targets };
}

/** Floating-point operations a token of a training step needs: 6 for each parameter that is multiplied (the tied embedding as
 *  the output), and attention's two products over the keys a causal query sees, forward and twice backward. */
export function neededFlops({ layers, dim, context, vocab }: TrainShape): number {
  return 6 * (layers * 12 * dim * dim + vocab * dim) + 6 * layers * dim * (context + 1);
}
