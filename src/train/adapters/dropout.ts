/** @file Dropout of what an adapter multiplies (Hu et al. 2021 as PEFT has it): only the adapter's own input, not the base's. Dropped
 *  where the forward pass drops (`ForwardOptions.dropout`), each module by a mask of its own; not in front of a language model's
 *  head, whose loss knows of no dropout. */

import { ADAPTER_PLACES, maskAt } from "../../models/dropout.js";
import { dropout, type Tensor } from "../../tensor/index.js";

export type DropInput = (x: Tensor) => Tensor;

/** x with a share `p` of its numbers dropped while a pass drops. `module`: its number among the adapter's. */
export function dropInput(p: number, module: number): DropInput {
  if (p === 0) return (x) => x;
  return (x) => {
    const { dropoutSeed: seed } = x.engine;
    return seed === undefined ? x : dropout(x, maskAt({ seed }, ADAPTER_PLACES + module, p));
  };
}
