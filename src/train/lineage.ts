/** @file `cygnet.json`: where a model comes from. Enough to make it again, and to tell whether two models had the same data. */

import { exists, joinPath, readJson } from "../platform/files.js";
import type { Engine } from "../tensor/index.js";
import { measuredKeys } from "./measures.js";
import type { Prepared } from "./objectives/objective.js";
import type { PretrainMetrics } from "./pretrain.js";
import type { RunFolder } from "./runFolder.js";

export function lineageOf(
  run: RunFolder,
  data: Prepared,
  metrics: PretrainMetrics,
  engine: Engine,
): Record<string, unknown> {
  const { validation } = metrics;
  return {
    format: "cygnet-lineage/1",
    stage: "pretrain",
    parent: null,
    data: {
      files: data.sources,
      sha256: data.sourcesKey,
      train_tokens: data.trainTokens,
      validation_tokens: data.validationTokens,
    },
    tokenizer: { sha256: data.tokenizerHash, vocab_size: data.tokenizer.vocabSize },
    recipe: run.given,
    plan: run.plan() ?? null,
    engine: { backend: engine.backend.name, isa: engine.backend.isa, compute: engine.compute },
    finished: validation !== undefined,
    metrics: {
      steps: metrics.steps,
      tokens: metrics.tokens,
      seconds: Math.round(metrics.seconds),
      ...(validation === undefined
        ? {}
        : {
            validation_loss: validation.loss,
            perplexity: validation.perplexity,
            ...measuredKeys(validation),
          }),
    },
  };
}

/** Whether the run in `folder` came to its end: its model says so. */
export function isFinished(folder: string): boolean {
  const file = joinPath(folder, "model", "cygnet.json");
  return exists(file) && (readJson(file) as { finished?: unknown }).finished === true;
}
