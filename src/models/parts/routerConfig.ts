/** @file The router's settings in config.json. `output_router_logits` asks for the balancing loss in training. */

import { z } from "zod";
import { type Issues, issue } from "../configFields.js";
import type { Architecture } from "../llama/architecture.js";

export const routerFields = {
  output_router_logits: z.boolean().default(false),
  router_aux_loss_coef: z.number().nonnegative().default(0.001),
  router_jitter_noise: z.literal(0, "noise on the router is not supported").nullish(),
};

export function checkRouter(
  c: { readonly num_local_experts: number; readonly num_experts_per_tok: number },
  context: Issues,
): void {
  if (c.num_experts_per_tok > c.num_local_experts)
    issue(
      context,
      "num_experts_per_tok",
      `a token cannot take ${c.num_experts_per_tok} of ${c.num_local_experts} experts`,
    );
}

/** What the loss and the count of arithmetic must know. `part`: the name of a layer's experts. */
export function mixtureOf(
  c: {
    readonly num_local_experts: number;
    readonly num_experts_per_tok: number;
    readonly output_router_logits: boolean;
    readonly router_aux_loss_coef: number;
  },
  part: string,
): NonNullable<Architecture["mixture"]> {
  return {
    experts: c.num_local_experts,
    chosen: c.num_experts_per_tok,
    balanceWeight: c.output_router_logits ? c.router_aux_loss_coef : 0,
    isExpert: (name) => name.includes(`.${part}.experts.`),
  };
}
