/** @file Exponential moving average of the weights (Polyak & Juditsky 1992): the first update copies, later ones do
 *  ema = decay·ema + (1 − decay)·w. The average is often better than the last weights of a run with a high rate. */

import type { Tensor } from "../../tensor/index.js";

export interface WeightAverage {
  readonly tensors: ReadonlyMap<string, Tensor>;
  update(): void;
  /** Exchanges the weights and their average: before an evaluation of the average, and back after it. */
  swap(): void;
  count: number;
  dispose(): void;
}

export function createWeightAverage(parameters: ReadonlyMap<string, Tensor>, decay: number): WeightAverage {
  const tensors = new Map([...parameters].map(([name, p]) => [name, p.engine.empty(p.shape).keep()]));
  return {
    tensors,
    count: 0,
    update() {
      for (const [name, p] of parameters) {
        const y = tensors.get(name)!;
        if (this.count === 0) p.engine.backend.copy(p, y, p.size);
        else p.engine.backend.axpby({ alpha: 1 - decay, x: p, beta: decay, y, length: p.size });
      }
      this.count++;
    },
    swap() {
      for (const [name, p] of parameters) {
        const average = tensors.get(name)!;
        const { engine } = p;
        engine.scope(() => {
          const held = engine.empty(p.shape);
          engine.backend.copy(p, held, p.size);
          engine.backend.copy(average, p, p.size);
          engine.backend.copy(held, average, p.size);
        });
      }
    },
    dispose() {
      for (const t of tensors.values()) t.dispose();
    },
  };
}
