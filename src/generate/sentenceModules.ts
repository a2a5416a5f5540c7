/** @file What sentence-transformers writes beside a model about turning hidden states into one vector a text: `modules.json`
 *  lists modules, `1_Pooling/config.json` says which hidden states count, `sentence_bert_config.json` how long a text may be. */

import { UserError } from "../platform/errors.js";
import { exists, joinPath, readJson } from "../platform/files.js";

export type Pooling = "mean" | "cls" | "last";

export interface SentenceSettings {
  readonly pooling: Pooling;
  /** Divide by the length, so that a dot product is the cosine. */
  readonly normalize: boolean;
  /** Tokens a text is cut to. */
  readonly maxTokens: number | undefined;
  readonly lowerCase: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Mean, as it is, uncut, where the folder says nothing. Throws UserError for modules that are not here. */
export function readSentenceSettings(folder: string): SentenceSettings {
  const settings = objectIn(joinPath(folder, "sentence_bert_config.json")) ?? {};
  const modulesFile = joinPath(folder, "modules.json");
  const modules = exists(modulesFile) ? (readJson(modulesFile) as readonly Json[]) : [];
  const kinds = modules.map((m) => String(m.type).split(".").at(-1));
  const odd = kinds.find((k) => !["Transformer", "Pooling", "Normalize"].includes(k!));
  if (odd !== undefined)
    throw new UserError({
      code: "sentence-module",
      file: modulesFile,
      message: "has a module that is not here",
      found: odd,
      expected: "Transformer, Pooling, Normalize",
    });
  const at = kinds.indexOf("Pooling");
  const path = at < 0 ? "1_Pooling" : String(modules[at]!.path);
  return {
    pooling: poolingOf(joinPath(folder, path, "config.json")),
    normalize: kinds.includes("Normalize"),
    maxTokens: typeof settings.max_seq_length === "number" ? settings.max_seq_length : undefined,
    lowerCase: settings.do_lower_case === true,
  };
}

const MODES: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: "mean",
  pooling_mode_cls_token: "cls",
  pooling_mode_lasttoken: "last",
};

function poolingOf(file: string): Pooling {
  const config = objectIn(file);
  if (config === undefined) return "mean";
  const on = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  const named = typeof config.pooling_mode === "string" ? config.pooling_mode : undefined; // of late
  const pooling =
    on.length === 1
      ? MODES[on[0]!]
      : on.length === 0
        ? { mean: "mean" as const, cls: "cls" as const, lasttoken: "last" as const }[named ?? "mean"]
        : undefined;
  if (pooling !== undefined) return pooling;
  throw new UserError({
    code: "sentence-pooling",
    file,
    message: "pools in a way that is not here",
    found: on.length > 0 ? on : named,
    expected: `one of ${Object.keys(MODES).join(", ")}`,
    fix: "pass pooling to embed",
  });
}

function objectIn(file: string): Json | undefined {
  return exists(file) ? (readJson(file) as Json) : undefined;
}
