/** @file Published names of activations (`hidden_act`, `activation_function`) and the kernels that compute them. */

import type { Activation } from "../tensor/index.js";

const PUBLISHED = {
  gelu: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  relu2: "relu2",
  sigmoid: "sigmoid",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
} as const satisfies Record<string, Activation>;

export type PublishedActivation = keyof typeof PUBLISHED;

export const publishedActivations = Object.keys(PUBLISHED) as [PublishedActivation, ...PublishedActivation[]];

export function activationFor(name: PublishedActivation): Activation {
  return PUBLISHED[name];
}
