/** @file An encoder from disk with its tokenizer and an engine, for those who only read with it. */

import type { EncoderHead, EncoderModel } from "../models/encoderModel.js";
import { loadEncoder } from "../models/encoders.js";
import { createEngine, type Device } from "../tensor/device.js";
import type { Compute } from "../tensor/dtype.js";
import type { Engine } from "../tensor/engine.js";
import { loadTokenizer, type Tokenizer } from "../tokenizer/index.js";

export interface OpenEncoderOptions {
  /** Default "auto": native where it was compiled, else the reference. */
  readonly device?: Device | undefined;
  /** Precision of the operands of matrix products; default "fp32". */
  readonly compute?: Compute | undefined;
  readonly threads?: number | undefined;
  /** One that the caller keeps; the settings above are then its own. */
  readonly engine?: Engine | undefined;
  /** Told why the native backend is not used, and what is odd about the weights. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

export interface OpenedEncoder {
  readonly model: EncoderModel;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  dispose(): void;
}

/** Weights are packed at first use, once for all calls, in an engine made here. */
export function openEncoder(folder: string, head: EncoderHead, options: OpenEncoderOptions): OpenedEncoder {
  const { device, compute, threads, onWarning } = options;
  const own = options.engine === undefined;
  const engine =
    options.engine ??
    createEngine({
      ...(device === undefined ? {} : { device }),
      ...(compute === undefined ? {} : { compute }),
      ...(threads === undefined ? {} : { threads }),
      onFallback: (why) => onWarning?.(why),
    });
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
