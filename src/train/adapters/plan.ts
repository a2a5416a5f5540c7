/** @file An adapter's tensors before there are any: which modules it is for, and each tensor's published name, shape and beginning.
 *  From this one table come new adapters, the check of a file that is read, and what is written. */

import { UserError } from "../../platform/errors.js";
import type { Tensor } from "../../tensor/index.js";
import type { Random } from "../../tensor/random.js";
import { type AdapterConfig, type Ia3Config, type LoraConfig, loraScale, type VeraConfig } from "./config.js";
import { doraLayer, weightNorms } from "./dora.js";
import type { DropInput } from "./dropout.js";
import { ia3Layer, ia3Shape } from "./ia3.js";
import { factors, type Initial, loraInitial, zeros } from "./initial.js";
import type { AdapterLayer } from "./layer.js";
import { type LoraParts, loraEmbedding, loraLayer } from "./lora.js";
import type { Module } from "./modules.js";
import { byPattern, isTarget, type Targets, targetedModules } from "./targets.js";
import { type Projections, veraLayer } from "./vera.js";

export interface PlannedTensor {
  /** In the file. */
  readonly stored: string;
  /** The end of that name, within its module. */
  readonly end: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
}

export interface PlannedLayer {
  readonly module: Module;
  readonly tensors: readonly PlannedTensor[];
  /** What A and B begin at where that is part of W itself: it is taken away again as long as the adapter lives. */
  readonly factors?: (random: Random) => { readonly a: Float32Array; readonly b: Float32Array } | undefined;
  bind(parts: {
    readonly tensors: ReadonlyMap<string, Tensor>;
    readonly initial: LoraParts["initial"];
    readonly shared: ReadonlyMap<string, Tensor>;
    readonly drop: DropInput;
  }): AdapterLayer;
}

export interface AdapterPlan {
  readonly layers: readonly PlannedLayer[];
  /** Stored with the adapter, used by all layers, trained by nobody. */
  readonly shared: readonly PlannedTensor[];
  /** Share of the input's numbers that are dropped in training. */
  readonly dropout: number;
}

export const PREFIX = "base_model.model.";

/** `strict`: a name among the targets that finds nothing is an error. Throws UserError: `target-unknown`, `adapter-unsupported`. */
export function planAdapter(config: AdapterConfig, modules: readonly Module[], strict: boolean): AdapterPlan {
  const targeted = targetedModules(modules, targetsOf(config), strict);
  switch (config.peft_type) {
    case "LORA":
      return {
        layers: targeted.map((module) => planLora(config, module)),
        shared: [],
        dropout: config.lora_dropout,
      };
    case "IA3":
      return { layers: targeted.map((module) => planIa3(config, module)), shared: [], dropout: 0 };
    case "VERA":
      return planVera(config, targeted);
  }
}

function targetsOf(config: AdapterConfig): Targets {
  const { target_modules: targets, exclude_modules: exclude } = config;
  if (config.peft_type === "IA3") return { targets, exclude };
  return {
    targets,
    exclude,
    layers: config.layers_to_transform,
    layersPattern: config.layers_pattern,
  };
}

export function rankOf(config: LoraConfig, path: string): number {
  return byPattern(config.rank_pattern, path) ?? config.r;
}

export function scaleOf(config: LoraConfig, path: string): number {
  const alpha = byPattern(config.alpha_pattern, path) ?? config.lora_alpha;
  return loraScale(alpha, rankOf(config, path), config.use_rslora);
}

function planLora(config: LoraConfig, module: Module): PlannedLayer {
  const { path, inputs, outputs } = module;
  const rank = rankOf(config, path);
  const scale = scaleOf(config, path);
  const initial = loraInitial(config.init_lora_weights);
  const row = rowsOf(module);
  if (module.kind === "embedding") {
    if (config.use_dora || config.lora_bias)
      throw unsupported(path, config.use_dora ? "use_dora" : "lora_bias", "is not done for embeddings");
    const [a, b]: [Initial, Initial] = [zeros, { kind: "normal", std: 1 }];
    return {
      module,
      tensors: [
        row("lora_embedding_A", [rank, inputs], initial.kind === "random" ? b : a),
        row("lora_embedding_B", [outputs, rank], b),
      ],
      bind: ({ tensors }) => loraEmbedding(module, tensors, { scale }),
    };
  }
  const fanIn: Initial = { kind: "uniform", bound: 1 / Math.sqrt(inputs) };
  const first: Initial = initial.kind === "gaussian" ? { kind: "normal", std: 1 / rank } : fanIn;
  const second: Initial = initial.kind === "random" ? { kind: "uniform", bound: 1 / Math.sqrt(rank) } : zeros;
  const layerOf = config.use_dora ? doraLayer : loraLayer;
  return {
    module,
    tensors: [
      row("lora_A.weight", [rank, inputs], first),
      row("lora_B.weight", [outputs, rank], second),
      ...(config.lora_bias ? [row("lora_B.bias", [outputs], second)] : []),
      ...(config.use_dora
        ? [
            row("lora_magnitude_vector", [outputs], {
              kind: "values",
              values: () => weightNorms(module),
            }),
          ]
        : []),
    ],
    factors: (random) => factors(initial, module, rank, scale, random),
    bind: ({ tensors, initial, drop }) => layerOf(module, tensors, { scale, drop, initial }),
  };
}

function planIa3(config: Ia3Config, module: Module): PlannedLayer {
  const { feedforward_modules: inner } = config;
  const feedForward = inner !== undefined && isTarget(module.path, { targets: inner });
  const initial: Initial = config.init_ia3_weights
    ? { kind: "constant", value: 1 }
    : { kind: "normal", std: 1 };
  if (module.kind === "embedding")
    throw unsupported(module.path, "target_modules", "IA3 has none for embeddings");
  return {
    module,
    tensors: [rowsOf(module)("ia3_l", ia3Shape(module, feedForward), initial)],
    bind: ({ tensors }) => ia3Layer(module, tensors, feedForward),
  };
}

function planVera(config: VeraConfig, modules: readonly Module[]): AdapterPlan {
  const { r: rank } = config;
  const most = (width: (m: Module) => number) => modules.reduce((n, m) => Math.max(n, width(m)), 0);
  const [inputs, outputs] = [most((m) => m.inputs), most((m) => m.outputs)];
  const kaiming = (fanIn: number): Initial => ({ kind: "uniform", bound: Math.sqrt(6 / fanIn) });
  const shared = (end: string, shape: readonly number[], fanIn: number): PlannedTensor => ({
    stored: `base_model.${end}`,
    end,
    shape,
    initial: kaiming(fanIn),
  });
  return {
    shared: [shared("vera_A", [rank, inputs], inputs), shared("vera_B", [outputs, rank], rank)],
    dropout: config.vera_dropout,
    layers: modules.map((module) => {
      if (module.kind === "embedding")
        throw unsupported(module.path, "target_modules", "VeRA has none for embeddings");
      const row = rowsOf(module);
      return {
        module,
        tensors: [
          row("vera_lambda_b", [module.outputs], zeros),
          row("vera_lambda_d", [rank], { kind: "constant", value: config.d_initial }),
        ],
        bind({ tensors, shared, drop }) {
          const projections: Projections = { a: shared.get("vera_A")!, b: shared.get("vera_B")! };
          return veraLayer(module, tensors, projections, drop);
        },
      };
    }),
  };
}

/** A rank above a module's dimensions says nothing that a smaller one does not. Throws UserError `rank-too-large`. */
export function checkRanks(config: AdapterConfig, { layers }: AdapterPlan): void {
  if (config.peft_type !== "LORA") return;
  for (const { module } of layers) {
    const { path, inputs, outputs } = module;
    const rank = rankOf(config, path);
    const most = Math.min(inputs, outputs);
    if (rank > most)
      throw new UserError({
        code: "rank-too-large",
        at: path,
        message: `goes from ${inputs} to ${outputs} dimensions: a higher rank adds nothing`,
        found: rank,
        expected: `at most ${most}`,
        fix: "lower the rank, or give this module one of its own (rankPattern)",
      });
  }
}

function rowsOf({ path }: Module) {
  return (end: string, shape: readonly number[], initial: Initial): PlannedTensor => ({
    stored: `${PREFIX}${path}.${end}`,
    end,
    shape,
    initial,
  });
}

function unsupported(path: string, key: string, message: string): UserError {
  return new UserError({ code: "adapter-unsupported", at: `${key} of ${path}`, message });
}
