/** @file A new model with random weights. Each parameter draws from a stream of its own name, so that the same seed gives
 *  the same weights whatever else is drawn. */

import { type Engine, sizeOf, type Tensor } from "../tensor/index.js";
import { createRandom } from "../tensor/random.js";
import { allRows, freeze, type Init, type ParameterTable, type RawConfig } from "./family.js";
import type { CausalModel } from "./model.js";
import { familyFor } from "./registry.js";
import type { Seq2SeqModel } from "./seq2seqModel.js";

export interface CreateModelOptions {
  /** As config.json: `model_type` and the family's fields. */
  readonly config: RawConfig;
  readonly engine: Engine;
  /** 0 … 2⁵³−1 */
  readonly seed: number;
}

/** Throws UserError where the configuration makes no sense. */
export function createModel(options: CreateModelOptions): CausalModel {
  const prepared = familyFor(options.config, "causal").prepare(options.config);
  return prepared.build(initialise(prepared.table, options.engine, options.seed), options.engine);
}

/** The same for an encoder-decoder. */
export function createSeq2SeqModel(options: CreateModelOptions): Seq2SeqModel {
  const prepared = familyFor(options.config, "seq2seq").prepare(options.config);
  return prepared.build(initialise(prepared.table, options.engine, options.seed), options.engine);
}

export function initialise(table: ParameterTable, engine: Engine, seed: number): Map<string, Tensor> {
  const parameters = new Map(
    allRows(table).map(([name, shape, init]) => [
      name,
      engine.parameter(shape, name).write(drawn(init, name, seed, sizeOf(shape))),
    ]),
  );
  freeze(table, parameters);
  return parameters;
}

/** A parameter's initial values. */
export function drawn(init: Init, name: string, seed: number, length: number): Float32Array {
  if (init.kind === "constant") return new Float32Array(length).fill(init.value);
  return createRandom(seed).stream(name).fillNormal(new Float32Array(length), 0, init.std);
}
