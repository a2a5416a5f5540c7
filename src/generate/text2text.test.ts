import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createSeq2SeqModel, saveModel } from "../models/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine, zeroGrad } from "../tensor/index.js";
import { saveTokenizer, trainCharacters } from "../tokenizer/index.js";
import { createAdamW } from "../train/optim/adamw.js";
import { loadText2Text, text2text } from "./text2text.js";

const tokenizer = await trainCharacters({ documents: ["abcdef"], specialTokens: ["<pad>", "<s>", "</s>"] });
const id = (token: string) => tokenizer.tokenToId(token)!;
const [pad, start, end] = [id("<pad>"), id("<s>"), id("</s>")];
const engine = new Engine({ backend: createReferenceBackend() });
const config = {
  model_type: "transformer",
  vocab_size: tokenizer.vocabSize,
  d_model: 24,
  nhead: 2,
  num_encoder_layers: 1,
  num_decoder_layers: 1,
  dim_feedforward: 48,
  pad_token_id: pad,
  eos_token_id: end,
  decoder_start_token_id: start,
  max_position_embeddings: 16,
};

/** Learns to write a text backwards. */
function trained() {
  const model = createSeq2SeqModel({ config, engine, seed: 2 });
  const optimizer = createAdamW([{ parameters: [...model.parameters.values()], lr: 0.01 }]);
  const words = ["ab", "ba", "cde", "fed", "ace", "bdf", "fa", "ecb"];
  const seq = 4;
  const rows = (of: (word: string) => number[], fill: number) =>
    Int32Array.from(words.flatMap((w) => [...of(w), ...Array<number>(seq).fill(fill)].slice(0, seq)));
  const ids = (word: string) => [...tokenizer.encode(word)];
  const inputIds = rows(ids, pad);
  const labels = rows((w) => [...ids(w).reverse(), end], -100);
  const attentionMask = rows((w) => ids(w).map(() => 1), 0);
  const targets = labels.filter((l) => l >= 0).length;
  for (let step = 0; step < 120; step++) {
    zeroGrad(model.parameters.values());
    engine.scope(() => {
      const encoded = model.encode({ inputIds, batch: words.length, seq, attentionMask });
      const decoderIds = model.shiftRight(labels, words.length);
      const hidden = model.decode({ inputIds: decoderIds, batch: words.length, seq }, encoded);
      backward(model.loss(hidden, labels, targets, 0.1).loss);
      optimizer.step({ lrFactor: 1, gradScale: 1 });
    });
  }
  return { model, words };
}

describe("an encoder-decoder that learned to write backwards", () => {
  const folder = mkdtempSync(join(tmpdir(), "cygnet-text2text-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const { model, words } = trained();
  const backwards = words.map((w) => [...w].reverse().join(""));

  it("writes greedily and with beams, several at once, in batches of any size", async () => {
    const rewriter = text2text(model, tokenizer);
    expect(await rewriter.generate(words, { maxTokens: 6 })).toEqual(backwards);
    expect(await rewriter.generate(words, { maxTokens: 6, numBeams: 3, batchSize: 3 })).toEqual(backwards);
    expect(await rewriter.generate([words[2]!], { maxTokens: 6 })).toEqual([backwards[2]]);
  });

  it("is saved and loaded, with the defaults of its generation_config.json", async () => {
    saveModel(model, folder, { generationConfig: { num_beams: 2, max_length: 2 } });
    saveTokenizer(tokenizer, folder);
    const loaded = loadText2Text(folder, { device: "reference" });
    expect(loaded.defaults).toMatchObject({ numBeams: 2, maxTokens: 2 });
    expect(await loaded.generate(["cde"])).toEqual(["ed"]);
    expect(await loaded.generate(["cde"], { maxTokens: 6 })).toEqual(["edc"]);
    loaded.dispose();
  });

  it("refuses what it cannot read", async () => {
    const rewriter = text2text(model, tokenizer);
    await expect(rewriter.generate(["ab", ""])).rejects.toThrow(/text 1: is empty/);
    await expect(rewriter.generate(["abcdefabcdefabcdefab"])).rejects.toThrow(/the source is longer/);
    expect(() => loadText2Text(join(folder, "nothing"))).toThrow(/is not a model folder/);
  });
});
