/** @file A base in four bits, for QLoRA (Dettmers et al. 2023): the weights of its products (not embeddings, norms and the output) are
 *  quantised as each is read, so that the model is never in memory as f32. An adapter is trained on top; gradients go through the
 *  weights, which are written out one at a time. */

import {
  createFourBitTables,
  type Engine,
  type FourBitType,
  holdInFourBits,
  type Tensor,
} from "../../tensor/index.js";
import { digestOf } from "./baseHash.js";
import { innerLinear, modulesOf } from "./modules.js";
import { ALL_LINEAR, isTarget } from "./targets.js";

export interface FourBitBaseOptions {
  /** Default nf4. */
  readonly type?: FourBitType;
  /** Numbers that share a scale; default 64. */
  readonly block?: number;
  /** Quantise the scales too; default true. */
  readonly double?: boolean;
  /** Modules, as adapters' targets; default "all-linear". */
  readonly modules?: string | readonly string[];
}

export interface FourBitBase {
  /** To be given to `loadModel` as `onParameter`: quantises the parameter where it is one of those. */
  readonly take: (parameter: Tensor) => void;
  /** Of the numbers before: what `createAdapters` needs to know the base by. */
  readonly digests: ReadonlyMap<string, string>;
  /** Bytes that the quantised weights are held in, and that they would take as f32. */
  memory(): { readonly held: number; readonly asF32: number };
  /** After the model. */
  dispose(): void;
}

/** A model that is in memory already: `for (const p of model.parameters.values()) base.take(p)`. */
export function createFourBitBase(engine: Engine, options: FourBitBaseOptions = {}): FourBitBase {
  const { type = "nf4", modules = ALL_LINEAR, ...blocks } = options;
  const tables = createFourBitTables(engine, type);
  const digests = new Map<string, string>();
  let [held, asF32] = [0, 0];
  const isWanted = (parameter: Tensor): boolean => {
    const { name } = parameter;
    if (name === undefined) return false;
    const alone = modulesOf({ family: "", config: {}, engine, parameters: new Map([[name, parameter]]) });
    return innerLinear(alone).some(
      ({ path }) => modules === ALL_LINEAR || isTarget(path, { targets: modules }),
    );
  };
  return {
    digests,
    take(parameter) {
      if (!isWanted(parameter)) return;
      digests.set(parameter.name!, digestOf(parameter));
      held += holdInFourBits(parameter, tables, blocks);
      asF32 += 4 * parameter.size;
    },
    memory: () => ({ held, asF32 }),
    dispose: () => tables.dispose(),
  };
}
