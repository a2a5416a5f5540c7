/** @file Parameters of the base that an adapter trains and stores as they are, without anything of low rank: modules to save (a
 *  classifier), biases. While the adapter is active its values stand in the model's own tensor, which is trained; the base's are
 *  kept aside and come back when it is not. (PEFT leaves trained biases in place when an adapter is disabled.) */

import { UserError } from "../../platform/errors.js";
import type { AdapterConfig } from "./config.js";
import type { Adaptable, Module } from "./modules.js";
import { PREFIX } from "./plan.js";

export interface WholeParameter {
  /** In the adapter's file. */
  readonly stored: string;
  /** In the model. */
  readonly name: string;
}

/** Those that the configuration asks for. `adapted`: the modules that are adapted otherwise. Throws UserError:
 *  `module-unknown` (`strict`: where a module to save is not there), `tied-weights`. */
export function wholeParameters(
  config: AdapterConfig,
  model: Adaptable,
  adapted: readonly Module[],
  strict: boolean,
): WholeParameter[] {
  const names = [...model.parameters.keys()];
  const found = new Set<string>();
  for (const module of config.modules_to_save ?? []) {
    const own = names.filter((name) => isIn(name, module));
    if (own.length === 0 && strict && module !== "classifier" && module !== "score")
      throw unknown(module, names);
    for (const name of own) found.add(name);
  }
  const bias = config.peft_type === "LORA" ? config.bias : "none";
  if (bias === "all") for (const name of names) if (name.includes("bias")) found.add(name);
  if (bias === "lora_only")
    for (const { path, bias: b } of adapted) if (b !== undefined) found.add(`${path}.bias`);
  const tying = config.peft_type === "LORA" && config.ensure_weight_tying;
  const tied = tying ? undefined : [...found].find((name) => isTied(name, model));
  if (tied !== undefined)
    throw new UserError({
      code: "tied-weights",
      at: "modules_to_save",
      message: `${tied} is the output's weight too (tie_word_embeddings): a trained copy would be of one of them alone`,
      fix: "set ensure_weight_tying, adapt the embedding with LoRA, or leave it out",
    });
  const adaptedBias = new Set(adapted.map(({ path }) => `${path}.bias`));
  return names
    .filter((name) => found.has(name))
    .map((name) => ({
      name,
      stored: PREFIX + (adaptedBias.has(name) ? name.replace(/\.bias$/, ".base_layer.bias") : name),
    }));
}

/** Whether the parameter belongs to a module whose path is `module` or ends in it, or to a part of that. */
function isIn(parameter: string, module: string): boolean {
  return `.${parameter}`.includes(`.${module}.`);
}

/** Whether the parameter is the embedding and the output's weight in one. */
export function isTied(name: string, { config, parameters }: Adaptable): boolean {
  if (config.tie_word_embeddings === false || parameters.has("score.weight")) return false;
  const head = /(?:ForCausalLM|LMHeadModel|ForMaskedLM|ForPreTraining|ForConditionalGeneration|MTModel)$/;
  const architecture = Array.isArray(config.architectures) ? String(config.architectures[0]) : "";
  return (
    head.test(architecture) &&
    /(?:^|\.)(?:wte|shared|embed_tokens|embed_in|word_embeddings|tok_embeddings)\.weight$/.test(name) &&
    ![...parameters.keys()].some((n) =>
      /^(?:lm_head|embed_out|decoder|cls\.predictions\.decoder)\.weight$/.test(n),
    )
  );
}

function unknown(module: string, names: readonly string[]): UserError {
  return new UserError({
    code: "module-unknown",
    at: "modules_to_save",
    message: "is no module of this model",
    found: module,
    expected: `a part of a name such as ${names.at(-1)?.replace(/\.[^.]*$/, "")}`,
  });
}
