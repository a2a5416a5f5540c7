/** @file A model from disk, ready to write: `loadGenerator("runs/village")`. Weights are packed once for fast decoding, and
 *  generation_config.json gives the defaults. */

import { refuseHubPlace } from "../models/hub/place.js";
import { loadModel } from "../models/load.js";
import type { CausalModel } from "../models/model.js";
import { UserError } from "../platform/errors.js";
import { exists, extensionOf, isDirectory, joinPath } from "../platform/files.js";
import { given } from "../platform/given.js";
import type { Engine } from "../tensor/engine.js";
import { loadTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { checkTokenizer } from "./checkTokenizer.js";
import { generationDefaults } from "./defaults.js";
import { type EngineSettings, engineOf } from "./engineSettings.js";
import { generateBatch, streamGenerate } from "./generate.js";
import { loadGguf } from "./gguf.js";
import { loadLlama2c } from "./llama2c.js";
import type { GenerateOptions } from "./options.js";
import { prefixToken } from "./prefixToken.js";
import type { Generation, Prompt } from "./request.js";

export interface LoadGeneratorOptions extends EngineSettings {
  /** For a llama2.c file: its tokenizer's; default the only tok*.bin beside it. */
  readonly tokenizer?: string | undefined;
}

/** A model that continues text. Several streams may run at the same time. */
export interface TextGenerator {
  readonly model: CausalModel;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  /** The folder or file that was read. */
  readonly place: string;
  /** What is used where a call does not say otherwise. */
  readonly defaults: GenerateOptions;
  /** The text piece by piece; the generator's return value is the whole. */
  stream(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<string, Generation, undefined>;
  generate(prompt: Prompt, options?: GenerateOptions): Promise<Generation>;
  /** Several prompts in one batch. */
  generateBatch(prompts: readonly Prompt[], options?: GenerateOptions): Promise<Generation[]>;
  dispose(): void;
}

/** `place`: a run's folder (its `model/` is used), a model's folder, a GGUF file, or a llama2.c file (.bin). Throws UserError where
 *  there is no model or it is damaged. */
export function loadGenerator(place: string, options: LoadGeneratorOptions = {}): TextGenerator {
  const { onWarning } = options;
  const found = findModel(place);
  const engine = engineOf(options);
  try {
    const loaded =
      found.kind === "folder"
        ? loadFolder(found.path, engine, onWarning)
        : found.kind === "gguf"
          ? loadGguf(found.path, engine, onWarning)
          : loadLlama2c(found.path, engine, options.tokenizer);
    engine.keepPacked();
    return textGenerator({ ...loaded, engine, place: found.path });
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** The parts that `textGenerator` puts together. */
export interface GeneratorParts {
  readonly model: CausalModel;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly place: string;
  readonly defaults: GenerateOptions;
}

/** A generator of a model in memory; it owns model and engine from then on. */
export function textGenerator(parts: GeneratorParts): TextGenerator {
  const { model, tokenizer, engine, defaults } = parts;
  const settings = (options: GenerateOptions = {}): GenerateOptions => ({ ...defaults, ...given(options) });
  const started = (prompt: Prompt, options: GenerateOptions): GenerateOptions => {
    const prefixTokenId =
      options.prefixTokenId ??
      (prompt.length === 0
        ? (tokenizer.bosId ?? model.bosTokenId ?? tokenizer.eosId ?? model.eosTokenIds[0])
        : undefined);
    return { ...options, prefixTokenId };
  };
  const batch = (prompts: readonly Prompt[], options?: GenerateOptions) => {
    const base = settings(options);
    const seed = base.seed ?? Math.floor(Math.random() * 2 ** 32);
    return generateBatch(
      model,
      tokenizer,
      prompts,
      prompts.map((p, i) => ({ ...started(p, base), seed, sample: (base.sample ?? 0) + i })),
    );
  };
  return {
    ...parts,
    stream: (prompt, options) => streamGenerate(model, tokenizer, prompt, started(prompt, settings(options))),
    generate: async (prompt, options) => (await batch([prompt], options))[0]!,
    generateBatch: batch,
    dispose() {
      engine.releasePacked();
      model.dispose();
      engine.dispose();
    },
  };
}

export type Found = { readonly kind: "folder" | "gguf" | "llama2c"; readonly path: string };

export function findModel(place: string): Found {
  refuseHubPlace(place);
  if (!exists(place)) {
    throw new UserError({
      code: "model-missing",
      file: place,
      message: "does not exist",
      expected: "a run's folder, a model's folder, a GGUF file or a llama2.c file (.bin)",
      fix: "check the path, or make a model: cygnet quickstart",
    });
  }
  if (!isDirectory(place)) {
    if (extensionOf(place).toLowerCase() === ".gguf") return { kind: "gguf", path: place };
    if (extensionOf(place) === ".bin") return { kind: "llama2c", path: place };
    throw new UserError({
      code: "model-missing",
      file: place,
      message: "is no model",
      expected: "a run's folder, a model's folder, a GGUF file or a llama2.c file (.bin)",
    });
  }
  for (const folder of [place, joinPath(place, "model")])
    if (exists(joinPath(folder, "config.json"))) return { kind: "folder", path: folder };
  throw new UserError({
    code: "model-missing",
    file: place,
    message: "holds no model",
    expected: "config.json in it or in its model/",
    fix: "name a run's folder or a model's folder; a run has a model from its first checkpoint on",
  });
}

function loadFolder(folder: string, engine: Engine, onWarning?: (warning: string) => void) {
  const model = loadModel(folder, onWarning === undefined ? { engine } : { engine, onWarning });
  try {
    const tokenizer = loadTokenizer(folder);
    checkTokenizer(tokenizer, model, folder);
    return {
      model,
      tokenizer,
      defaults: {
        ...generationDefaults(folder),
        prefixTokenId: prefixToken(folder, tokenizer, model.bosTokenId),
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
