/** @file A family that is Llama with differences: its configuration, and the architecture that follows from it. */

import type { z } from "zod";
import type { SpecialTokens } from "../configFields.js";
import { defineFamily, type FamilyOf, type ParameterTable } from "../family.js";
import type { Architecture } from "./architecture.js";
import { buildLlama } from "./build.js";
import { llamaTable } from "./parameters.js";

export interface RelativeDefinition<Config> {
  readonly modelTypes: readonly string[];
  readonly architectures: readonly string[];
  readonly config: z.ZodType<Config>;
  architecture(config: Config): Architecture;
  /** Names that published files have besides. */
  readonly names?: Partial<Pick<ParameterTable, "canonical" | "ignored">>;
}

export function defineRelative<Config extends SpecialTokens & { readonly model_type: string }>(
  definition: RelativeDefinition<Config>,
): FamilyOf<"causal"> {
  const { modelTypes, architectures, config, architecture, names } = definition;
  return defineFamily<"causal", Config>({
    kind: "causal",
    modelTypes,
    architectures,
    config,
    head: () => "lm",
    parameters: (c, head) => ({ ...llamaTable(architecture(c), head), ...names }),
    build: (c, parameters, engine) =>
      buildLlama(architecture(c), { ...c } as Config & Record<string, unknown>, parameters, engine),
  });
}
