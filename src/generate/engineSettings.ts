/** @file What whoever loads a model from disk may say of the engine that computes it. */

import { given } from "../platform/given.js";
import { createEngine, type Device } from "../tensor/device.js";
import type { Compute } from "../tensor/dtype.js";
import type { Engine } from "../tensor/engine.js";

export interface EngineSettings {
  /** Default "auto": native where it was compiled, else the reference. */
  readonly device?: Device | undefined;
  /** Precision of the operands of matrix products; default "fp32". */
  readonly compute?: Compute | undefined;
  readonly threads?: number | undefined;
  /** Told why the native backend is not used, and what is odd about the weights. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

export function engineOf({ device, compute, threads, onWarning }: EngineSettings): Engine {
  return createEngine({ ...given({ device, compute, threads }), onFallback: (why) => onWarning?.(why) });
}
