/** @file (IA)³ (Liu et al. 2022): a vector of factors a module. Of keys and values what comes out is scaled, y = l ⊙ (x·Wᵀ + b); of
 *  the feed-forward what goes in, y = (l ⊙ x)·Wᵀ + b. Begins at ones. */

import { mul, plainLinear, type Tensor } from "../../tensor/index.js";
import { finish, type ReplacedLayer } from "./layer.js";
import type { Module } from "./modules.js";
import { scaleWeight } from "./weights.js";

/** `ia3_l`: [out, 1], or [1, in] of a feed-forward. */
export function ia3Layer(
  module: Module,
  tensors: ReadonlyMap<string, Tensor>,
  feedForward: boolean,
): ReplacedLayer {
  const factors = tensors.get("ia3_l")!;
  return {
    kind: "replaced",
    module,
    tensors,
    linear(x, weight, options) {
      if (feedForward) return plainLinear(mul(x, factors), weight, options);
      const { bias, layout, compute } = options;
      const y = plainLinear(x, weight, {
        bias,
        ...(layout && { layout }),
        ...(compute && { compute }),
        dtype: "f32",
      });
      return finish(mul(y, factors), { ...options, bias: undefined });
    },
    merge() {
      scaleWeight(module, feedForward ? "inputs" : "outputs", factors);
      const { bias } = module;
      if (feedForward || bias === undefined) return;
      const sizes = { length: bias.size, bLength: bias.size };
      bias.engine.backend.binary({ op: "mul", a: bias, b: factors, y: bias, ...sizes });
    },
  };
}

export function ia3Shape({ inputs, outputs }: Module, feedForward: boolean): readonly [number, number] {
  return feedForward ? [1, inputs] : [outputs, 1];
}
