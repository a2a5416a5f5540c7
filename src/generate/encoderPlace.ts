/** @file An encoder from disk with its tokenizer and an engine, for those who only read with it. */

import type { EncoderHead, EncoderModel } from "../models/encoderModel.js";
import { loadEncoder } from "../models/encoders.js";
import type { Engine } from "../tensor/engine.js";
import { loadTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { type EngineSettings, engineOf } from "./engineSettings.js";

export interface OpenEncoderOptions extends EngineSettings {
  /** One that the caller keeps; the settings above are then its own. */
  readonly engine?: Engine | undefined;
}

export interface OpenedEncoder {
  readonly model: EncoderModel;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  dispose(): void;
}

/** Weights are packed at first use, once for all calls, in an engine made here. */
export function openEncoder(folder: string, head: EncoderHead, options: OpenEncoderOptions): OpenedEncoder {
  const { onWarning } = options;
  const own = options.engine === undefined;
  const engine = options.engine ?? engineOf(options);
  try {
    // Not asked for by name where it speaks: then what the file lacks is an error, not drawn at random.
    const model = loadEncoder(folder, {
      engine,
      ...(head === "none" ? { head } : {}),
      ...(onWarning ? { onWarning } : {}),
    });
    const tokenizer = loadTokenizer(folder);
    if (own) engine.keepPacked();
    return {
      model,
      tokenizer,
      engine,
      dispose() {
        if (own) engine.releasePacked();
        model.dispose();
        if (own) engine.dispose();
      },
    };
  } catch (error) {
    if (own) engine.dispose();
    throw error;
  }
}
