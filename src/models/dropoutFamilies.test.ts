import { describe, expect, it } from "vitest";
import { decoderConfigs } from "../../test/support/decoderConfigs.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, type DropoutMask, Engine, sum, unary } from "../tensor/index.js";
import { createModel, createSeq2SeqModel } from "./create.js";
import type { EncoderHead } from "./encoderModel.js";
import { createEncoder } from "./encoders.js";

/** An engine, and what it was asked to drop in a forward. */
function watched() {
  const backend = createReferenceBackend();
  const masks: DropoutMask[] = [];
  const engine = new Engine({
    backend: {
      ...backend,
      dropout(p) {
        masks.push(p.mask);
        backend.dropout(p);
      },
      attention(p) {
        if (p.dropout !== undefined) masks.push(p.dropout);
        backend.attention(p);
      },
    },
  });
  return { engine, rates: () => masks.splice(0).map((m) => m.p), masks };
}

const ids = Int32Array.of(2, 3, 4, 5, 6, 7, 8, 9);
const input = { inputIds: ids, batch: 2, seq: 4 };
const dropout = { seed: 3 };
const small = {
  vocab_size: 23,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
  max_position_embeddings: 16,
};
const bart = {
  vocab_size: 29,
  d_model: 12,
  encoder_layers: 1,
  decoder_layers: 1,
  encoder_attention_heads: 2,
  decoder_attention_heads: 3,
  encoder_ffn_dim: 20,
  decoder_ffn_dim: 16,
  max_position_embeddings: 24,
  pad_token_id: 0,
  decoder_start_token_id: 1,
  dropout: 0.1,
  activation_dropout: 0.2,
  attention_dropout: 0.3,
};
const t5 = { vocab_size: 29, d_model: 12, d_kv: 5, d_ff: 16, num_layers: 1, num_heads: 3, dropout_rate: 0.3 };

/** Where the families of transformers have an nn.Dropout, in order: by layer, of self-attention and of
 *  attention to the source the probabilities and the output, within the feed-forward, its output. */
describe("an encoder-decoder drops where the published one does", () => {
  const bartStack = [0.1, 0.3, 0.1, 0.2, 0.1];
  const bartDecoder = [0.1, 0.3, 0.1, 0.3, 0.1, 0.2, 0.1];
  const times = (n: number) => Array<number>(n).fill(0.3);
  it.each([
    ["marian", bart, bartStack, bartDecoder],
    ["bart", bart, bartStack, bartDecoder],
    ["mbart", bart, bartStack, bartDecoder],
    ["pegasus", bart, bartStack, bartDecoder],
    ["t5", t5, times(6), times(8)],
    ["mt5", { ...t5, feed_forward_proj: "gated-gelu" }, times(6), times(8)],
  ] as const)("%s", (model_type, config, encoder, decoder) => {
    const { engine, rates, masks } = watched();
    const model = createSeq2SeqModel({ config: { model_type, ...config }, engine, seed: 1 });
    engine.noGrad(() => {
      const { hidden } = model.encode(input);
      model.decode(input, { hidden, source: input });
      expect(rates()).toEqual([]);
      const encoded = model.encode(input, { dropout });
      const streams = masks.map((m) => m.stream);
      expect(rates()).toEqual(encoder);
      model.decode(input, encoded, { dropout });
      streams.push(...masks.map((m) => m.stream));
      expect(rates()).toEqual(decoder);
      expect(new Set(streams).size).toBe(streams.length);
    });
  });
});

describe("an encoder drops where the published one does", () => {
  const probs = { attention_probs_dropout_prob: 0.3 };
  const bert = { ...small, ...probs, hidden_dropout_prob: 0.1, classifier_dropout: 0.4 };
  const bertBody = [0.1, 0.3, 0.1, 0.1, 0.3, 0.1, 0.1];
  const modernBody = [0.1, 0.2, 0.2, 0.3, 0.2, 0.2, 0.3];
  const distil = {
    vocab_size: 23,
    max_position_embeddings: 16,
    dim: 12,
    n_layers: 2,
    n_heads: 3,
    attention_dropout: 0.3,
  };
  const modern = { ...small, pad_token_id: 0, local_attention: 4, embedding_dropout: 0.1 };
  const moderns = { ...modern, attention_dropout: 0.2, mlp_dropout: 0.3, classifier_dropout: 0.4 };
  it.each<[string, Record<string, unknown>, EncoderHead, number[], number[]]>([
    ["bert", bert, "masked", bertBody, []],
    ["bert", bert, "sequence", bertBody, [0.4]],
    ["bert", { ...bert, classifier_dropout: null }, "token", bertBody, [0.1]],
    ["roberta", bert, "sequence", bertBody, [0.4, 0.4]],
    ["roberta", bert, "token", bertBody, [0.4]],
    ["distilbert", { ...distil, hidden_dim: 20 }, "sequence", [0.1, 0.3, 0.1, 0.3, 0.1], [0.2]],
    ["distilbert", { ...distil, hidden_dim: 20 }, "token", [0.1, 0.3, 0.1, 0.3, 0.1], [0.1]],
    ["modernbert", moderns, "masked", modernBody, []],
    ["modernbert", moderns, "sequence", modernBody, [0.4]],
    ["modernbert", moderns, "token", modernBody, [0.4]],
  ])("%s with %j and the head %s", (model_type, config, head, body, before) => {
    const { engine, rates, masks } = watched();
    const model = createEncoder({ config: { model_type, ...config }, engine, seed: 1, head });
    const labels = head === "sequence" ? Int32Array.of(0, 1) : Int32Array.of(0, 1, 1, 0, 1, 1, 0, 1);
    engine.noGrad(() => {
      const hidden = model.hidden(input);
      model.logits(hidden, input);
      model.loss(hidden, input, { labels }, 8);
      expect(rates()).toEqual([]);
      const noisy = model.hidden(input, { dropout });
      const streams = masks.map((m) => m.stream);
      expect(rates()).toEqual(body);
      model.loss(noisy, input, { labels }, 8, { dropout });
      streams.push(...masks.map((m) => m.stream));
      expect(rates()).toEqual(before);
      expect(new Set(streams).size).toBe(streams.length);
    });
  });
});

describe("a decoder drops where the published one does", () => {
  it.each([
    ["gpt2", { embd_pdrop: 0.1, attn_pdrop: 0.3, resid_pdrop: 0.2 }, [0.1], [0.3, 0.2, 0.2]],
    ["gpt_neox", { hidden_dropout: 0.1, attention_dropout: 0.3 }, [0.1], [0.3, 0.1, 0.1]],
    ["llama", { attention_dropout: 0.3 }, [], [0.3]],
    ["phi3", { attention_dropout: 0.3 }, [], [0.3]],
    ["gpt_oss", { attention_dropout: 0.3 }, [], [0.3]],
  ] as const)("%s, also when layers are computed again", (name, config, first, layer) => {
    const { engine, rates } = watched();
    const model = createModel({ config: { ...decoderConfigs[name]!, ...config }, engine, seed: 1 });
    const step = (recompute: boolean) => {
      const loss = engine.scope(() => {
        const y = sum(unary("square", model.hidden(input, { dropout, recompute })));
        const forward = rates();
        backward(y);
        return { value: y.item(), forward };
      });
      rates();
      const gradients = [...model.parameters.values()].map((p) => {
        const values = p.grad?.readFloats();
        p.gradFresh = false;
        return values;
      });
      return { ...loss, gradients };
    };
    engine.noGrad(() => engine.scope(() => model.hidden(input)));
    expect(rates()).toEqual([]);
    const plain = step(false);
    expect(plain.forward).toEqual([...first, ...Array.from({ length: model.layers }, () => layer).flat()]);
    expect(step(true)).toEqual(plain);
  });

  it("leaves those that ask for none alone", () => {
    const { engine, rates } = watched();
    const model = createModel({ config: decoderConfigs.llama!, engine, seed: 1 });
    engine.noGrad(() => model.hidden(input, { dropout }));
    expect(rates()).toEqual([]);
  });
});
