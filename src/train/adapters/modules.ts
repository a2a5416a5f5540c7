/** @file A model's modules as the field names them: what a published weight's name says without `.weight`. An adapter's targets,
 *  its files and its shapes are about these. */

import type { LanguageModel } from "../../models/index.js";
import type { Tensor } from "../../tensor/index.js";

/** All that adapters need to know of a model. */
export type Adaptable = Pick<LanguageModel, "family" | "config" | "engine" | "parameters">;

export interface Module {
  /** `model.layers.0.self_attn.q_proj`, say. */
  readonly path: string;
  readonly kind: "linear" | "embedding";
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** How the weight lies in memory; GPT-2's projections are stored [in, out]. Embeddings are [vocab, dim]. */
  readonly layout: "out-in" | "in-out";
  /** Width of what comes in; an embedding's: the vocabulary. */
  readonly inputs: number;
  readonly outputs: number;
}

const EMBEDDING =
  /(?:^|\.)(?:wte|wpe|shared|embed_in|embed_tokens|embed_positions|tok_embeddings|word_embeddings|position_embeddings|token_type_embeddings|relative_attention_bias)$|^embed$/;
const HEAD =
  /^(?:lm_head|embed_out|score|classifier|qa_outputs|vocab_projector|cls\.predictions\.decoder|decoder|out)$/;
const CLASSIFIER = /^(?:score|classifier)(?:\.|$)/;
const CONV1D = /(?:^|\.)(?:c_attn|c_proj|c_fc)$/;

/** Every module that can be adapted, in the order of the parameters. */
export function modulesOf({ family, parameters }: Adaptable): Module[] {
  const modules: Module[] = [];
  for (const [name, weight] of parameters) {
    const path = /^(.*)\.weight$/.exec(name)?.[1];
    if (path === undefined || weight.shape.length !== 2) continue;
    const kind = EMBEDDING.test(path) ? "embedding" : "linear";
    const inOut = family === "gpt2" && CONV1D.test(path);
    const [rows, columns] = weight.shape as [number, number];
    const turned = inOut || kind === "embedding";
    modules.push({
      path,
      kind,
      weight,
      bias: parameters.get(`${path}.bias`),
      layout: inOut ? "in-out" : "out-in",
      inputs: turned ? rows : columns,
      outputs: turned ? columns : rows,
    });
  }
  return modules;
}

/** What "all-linear" means: every product but the last one. */
export function innerLinear(modules: readonly Module[]): Module[] {
  return modules.filter(({ kind, path }) => kind === "linear" && !HEAD.test(path) && !CLASSIFIER.test(path));
}
