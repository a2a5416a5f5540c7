/** @file Cases of kind "sentence-embedding": a published sentence encoder (fetched apart: its weights are not in the case)
 *  against sentence-transformers: ids, hidden states, and vectors, which are computed from packed rows. */

import { type Embedder, loadEmbedder } from "../../../generate/embedder.js";
import { loadEncoder } from "../../../models/index.js";
import { exists, joinPath } from "../../../platform/files.js";
import { createComparison } from "../compare.js";
import type { CaseContext, CaseKind, CheckResult } from "./kind.js";

/** Where `npm run bench:models` puts models, below the folder that parity is run in. */
const FETCHED = "bench/peers/.cache/models";

export const sentenceEmbeddings: CaseKind = {
  name: "sentence embeddings",
  matches: (json) => json.kind === "sentence-embedding",
  async *run(context) {
    const folder = joinPath(FETCHED, String(context.json.model));
    if (!exists(joinPath(folder, "model.safetensors"))) {
      yield { check: "model", status: "skip", why: `the weights are not in ${folder}: npm run bench:models` };
      return;
    }
    const embedder = loadEmbedder(folder, { engine: context.engine() });
    try {
      yield ids(context, embedder);
      yield hiddenStates(context, folder);
      yield await vectors(context, embedder);
    } finally {
      embedder.dispose();
    }
  },
};

const sentences = ({ json }: CaseContext) => json.sentences as readonly string[];
const looser = ({ compute }: CaseContext) => (compute === "bf16" ? 4096 : 1);

function ids(context: CaseContext, embedder: Embedder): CheckResult {
  const c = createComparison("ids");
  const expected = context.tensor("input_ids");
  const mask = context.tensor("attention_mask").ints();
  const all = expected.ints();
  const width = expected.shape[1]!;
  sentences(context).forEach((text, row) => {
    const real = all.subarray(row * width, (row + 1) * width).filter((_, i) => mask[row * width + i] === 1);
    const found = embedder.tokenize(text);
    c.that("ids", String(found) === String(real), `sentence ${row} has other ids: ${found.slice(0, 20)} …`);
  });
  return c.result();
}

function hiddenStates(context: CaseContext, folder: string): CheckResult {
  const c = createComparison("last_hidden_state_first8", looser(context));
  const engine = context.engine();
  const [batch, seq] = context.tensor("input_ids").shape as [number, number];
  const attentionMask = context.tensor("attention_mask").ints();
  const expected = context.tensor("last_hidden_state_first8");
  const [, first, dim] = expected.shape as [number, number, number];
  const model = loadEncoder(folder, { engine });
  try {
    const input = { inputIds: context.tensor("input_ids").ints(), batch, seq, attentionMask };
    const hidden = engine.noGrad(() => engine.scope(() => model.hidden(input).readFloats()));
    const found = Float32Array.from({ length: batch * first * dim }, (_, i) => {
      const row = Math.floor(i / (first * dim));
      return hidden[row * seq * dim + (i % (first * dim))]!;
    });
    const position = (i: number) => Math.floor(i / (first * dim)) * seq + (Math.floor(i / dim) % first);
    c.arrays("hidden", found, expected.floats(), 2e-5, { mask: attentionMask, index: position });
  } finally {
    model.dispose();
  }
  return c.result();
}

async function vectors(context: CaseContext, embedder: Embedder): Promise<CheckResult> {
  const c = createComparison("embeddings", looser(context));
  const found = await embedder.embed(sentences(context));
  const limit = (context.json.tolerance as { embeddings?: number } | undefined)?.embeddings ?? 1e-5;
  const flat = Float32Array.from(found.flatMap((vector) => [...vector]));
  c.arrays("embeddings", flat, context.tensor("embeddings").floats(), limit);
  return c.result();
}
