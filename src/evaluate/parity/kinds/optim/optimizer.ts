/** @file Cases of kind `optimizer`: ten steps from given gradients, compared after every step, and the state after the last. */

import type { Tensor } from "../../../../tensor/index.js";
import { createAdafactor } from "../../../../train/optim/adafactor.js";
import { createAdagrad } from "../../../../train/optim/adagrad.js";
import { createAdam } from "../../../../train/optim/adam.js";
import { createAdamW } from "../../../../train/optim/adamw.js";
import { createLion } from "../../../../train/optim/lion.js";
import { createMuon, type MuonGroup } from "../../../../train/optim/muon.js";
import type { Optimizer } from "../../../../train/optim/optimizer.js";
import { createRmsprop } from "../../../../train/optim/rmsprop.js";
import { createSgd } from "../../../../train/optim/sgd.js";
import { createComparison } from "../../compare.js";
import { type CaseContext, type CaseKind, type CheckResult, NotHere, resultOfError } from "../kind.js";

interface Settings {
  readonly steps: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly param_groups: readonly Options[];
  readonly lr_factor_per_step?: readonly number[];
  readonly none_grads?: Readonly<Record<string, readonly number[]>>;
}
type Options = Readonly<Record<string, unknown>> & { readonly params: readonly string[] };

/** What a fp32 implementation keeps to, as the README of the cases says; Muon's against the iteration in fp32. */
const LIMIT = 2e-6;
/** Ten steps of sums whose order is ours. */
const MUON_LIMIT = 5e-6;

export const optimizerKind: CaseKind = {
  name: "optimizer",
  matches: (json) => json.kind === "optimizer",
  *run(context) {
    const call = String(context.json.call);
    const muon = /muon/i.test(call);
    try {
      yield context.engine().scope(() => runCase(context, call, muon));
    } catch (error) {
      yield resultOfError("optimizer", error);
    }
  },
};

function runCase(context: CaseContext, call: string, muon: boolean): CheckResult {
  const engine = context.engine();
  const settings = context.json.settings as Settings;
  const names = Object.keys(settings.shapes);
  const parameters = new Map(
    names.map((name) => [
      name,
      engine.parameter(settings.shapes[name]!, name).write(context.tensor(`param.${name}`).floats()),
    ]),
  );
  const gradients = new Map(names.map((name) => [name, context.tensor(`grad.${name}`).floats()]));
  const groups = settings.param_groups.map((group) => ({ ...settings, ...group }) as Options);
  const optimizer = muon ? muonOf(context, groups, parameters) : optimizerOf(call, groups, parameters);
  const after = new Map(
    names.map((name) => [name, context.tensor(`${muon ? "after_fp32ns" : "after"}.${name}`).floats()]),
  );
  const compare = createComparison("ten steps");
  for (let t = 0; t < settings.steps; t++) {
    for (const [name, p] of parameters) {
      p.gradFresh = settings.none_grads?.[name]?.includes(t) !== true;
      p.grad ??= engine.empty(p.shape).keep();
      p.grad.write(gradients.get(name)!.slice(t * p.size, (t + 1) * p.size));
    }
    optimizer.step({ lrFactor: settings.lr_factor_per_step?.[t] ?? 1 });
    for (const [name, p] of parameters)
      compare.arrays(
        `${name} after step ${t + 1}`,
        p.readFloats(),
        after.get(name)!.subarray(t * p.size, (t + 1) * p.size),
        muon ? MUON_LIMIT : LIMIT,
      );
  }
  for (const [key, tensor] of optimizer.tensors) {
    const [state, name] = key.split(/\.(.*)/s) as [string, string];
    compare.arrays(key, tensor.readFloats(), context.tensor(`state.${name}.${state}`).floats(), LIMIT);
  }
  // Torch's SGD, Muon and Lion count no steps.
  if (!muon && !/SGD|Lion/.test(call))
    for (const [name, count] of Object.entries(optimizer.counts()))
      compare.number(`steps of ${name}`, count, context.tensor(`state.${name}.step`).floats()[0]!, 0);
  optimizer.dispose();
  for (const p of parameters.values()) p.dispose();
  return compare.result();
}

function optimizerOf(
  call: string,
  options: readonly Options[],
  parameters: ReadonlyMap<string, Tensor>,
): Optimizer {
  const groups = options.map((g) => ({
    parameters: g.params.map((name) => parameters.get(name)!),
    lr: (g.lr as number | null) ?? 1, // none: the optimiser's own
    weightDecay: (g.weight_decay as number | undefined) ?? 0,
    eps: g.eps as number,
    betas: g.betas as [number, number],
    momentum: (g.momentum as number | undefined) ?? 0,
    options: g,
  }));
  switch (call) {
    case "torch.optim.AdamW":
      return options.some((g) => g.amsgrad === true)
        ? createAdam(groups.map((g) => ({ ...g, amsgrad: true, decay: "weights" as const })))
        : createAdamW(groups);
    case "torch.optim.Adam":
      return options.every((g) => g.weight_decay === 0) ? createAdamW(groups) : createAdam(groups);
    case "torch.optim.SGD":
      return createSgd(
        groups.map((g) => ({
          ...g,
          dampening: (g.options.dampening as number | undefined) ?? 0,
          nesterov: g.options.nesterov === true,
        })),
      );
    case "torch.optim.Adagrad":
      return createAdagrad(groups.map((g) => ({ ...g, lrDecay: g.options.lr_decay as number })));
    case "torch.optim.RMSprop":
      return createRmsprop(groups.map((g) => ({ ...g, alpha: g.options.alpha as number })));
    case "lion_pytorch.Lion":
      return createLion(groups);
    case "torch.optim.Adafactor":
      return createAdafactor(
        groups.map(({ options: g, parameters, lr, weightDecay }) => ({
          form: "torch",
          parameters,
          lr,
          weightDecay,
          eps: adafactorEps(g.eps),
          clip: g.d as number,
          decay: g.beta2_decay as number,
        })),
      );
    case "transformers.optimization.Adafactor":
      return createAdafactor(
        groups.map(({ options: g, parameters, lr, weightDecay }) => ({
          form: "hf",
          parameters,
          lr,
          weightDecay,
          eps: adafactorEps(g.eps),
          clip: g.clip_threshold as number,
          decay: g.decay_rate as number,
          beta1: (g.beta1 as number | null) ?? undefined,
          scaleParameter: g.scale_parameter as boolean,
          relativeStep: g.relative_step as boolean,
          warmup: g.warmup_init as boolean,
        })),
      );
    default:
      throw new NotHere(`there is no ${call} here`);
  }
}

function adafactorEps(eps: unknown): readonly [number | undefined, number] {
  const [first, second] = eps as [number | null, number];
  return [first ?? undefined, second];
}

function muonOf(
  context: CaseContext,
  groups: readonly Options[],
  parameters: ReadonlyMap<string, Tensor>,
): Optimizer {
  if (context.compute !== "fp32") throw new NotHere("Muon is compared in fp32");
  const torch = String(context.json.call) === "torch.optim.Muon";
  return createMuon(
    groups.map(
      (g): MuonGroup => ({
        parameters: g.params.map((name) => parameters.get(name)!),
        lr: g.lr as number,
        weightDecay: g.weight_decay as number,
        momentum: g.momentum as number,
        nesterov: g.nesterov as boolean,
        variant: g.variant === "sum" ? "sum" : "ema",
        adjust: g.adjust_lr_fn === "match_rms_adamw" ? "match_rms_adamw" : "original",
        newtonSchulz: {
          steps: g.ns_steps as number,
          coefficients: g.ns_coefficients as [number, number, number],
          eps: (g.eps as number | undefined) ?? 1e-7,
          guard: torch ? "clamp" : "add",
        },
      }),
    ),
  );
}
