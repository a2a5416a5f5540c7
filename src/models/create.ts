/** @file A new model with random weights. Each parameter draws from a stream of its own name, so that the same seed gives
 *  the same weights whatever else is drawn. */

import { type Engine, sizeOf, type Tensor } from "../tensor/index.js";
import { createRandom } from "../tensor/random.js";
import type { Init, ParameterTable, RawConfig } from "./family.js";
import type { CausalModel } from "./model.js";
import { familyFor } from "./registry.js";

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

export function initialise(table: ParameterTable, engine: Engine, seed: number): Map<string, Tensor> {
  const random = createRandom(seed);
  const draw = (init: Init, name: string, length: number) =>
    init.kind === "constant"
      ? new Float32Array(length).fill(init.value)
      : random.stream(name).fillNormal(new Float32Array(length), 0, init.std);
  return new Map(
    table.rows.map(([name, shape, init]) => [
      name,
      engine.parameter(shape, name).write(draw(init, name, sizeOf(shape))),
    ]),
  );
}
