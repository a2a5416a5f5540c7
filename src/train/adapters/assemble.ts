/** @file An adapter in memory: the tensors of its plan, filled from wherever they come, and bound to the model's modules. */

import type { Engine, Tensor } from "../../tensor/index.js";
import type { Random } from "../../tensor/random.js";
import { type AdapterConfig, parseAdapterConfig, type RawAdapterConfig } from "./config.js";
import { dropInput } from "./dropout.js";
import { drawn } from "./initial.js";
import type { AdapterLayer } from "./layer.js";
import { type Adaptable, modulesOf } from "./modules.js";
import { type AdapterPlan, type PlannedLayer, type PlannedTensor, planAdapter } from "./plan.js";
import { type WholeParameter, wholeParameters } from "./whole.js";

export interface Adapter {
  readonly name: string;
  /** adapter_config.json. */
  readonly raw: RawAdapterConfig;
  readonly config: AdapterConfig;
  readonly layers: readonly AdapterLayer[];
  /** What is trained, under its name in the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Stored with it, and not trained. */
  readonly shared: ReadonlyMap<string, Tensor>;
  /** By module: B₀·A₀, which is taken away again (initial.ts). */
  readonly initial: ReadonlyMap<string, { readonly a: Tensor; readonly b: Tensor }>;
  readonly whole: readonly WholeParameter[];
  /** Values of `whole` by the parameter's name, up to date where the adapter is not active. */
  readonly values: ReadonlyMap<string, Tensor>;
  dispose(): void;
}

/** An adapter that is thought of, and not made yet. */
export interface AdapterDraft {
  readonly raw: RawAdapterConfig;
  readonly config: AdapterConfig;
  readonly plan: AdapterPlan;
  readonly whole: readonly WholeParameter[];
}

/** `strict`: names that find nothing are errors. `file`: for messages. */
export function draft(raw: RawAdapterConfig, model: Adaptable, strict: boolean, file: string): AdapterDraft {
  const config = parseAdapterConfig(raw, file);
  const plan = planAdapter(config, modulesOf(model), strict);
  const whole = wholeParameters(
    config,
    model,
    plan.layers.map(({ module }) => module),
    strict,
  );
  return { raw, config, plan, whole };
}

/** Where an adapter's numbers come from. */
export interface Source {
  /** Fills a tensor; `random` is its own. */
  fill(tensor: Tensor, planned: Pick<PlannedTensor, "stored" | "initial">): void;
  /** Values of a parameter of the base that the adapter stores whole. */
  whole(tensor: Tensor, parameter: WholeParameter): void;
  /** What the adapter of a module begins at, where that is a part of the weight; `fresh`: A and B begin there. */
  readonly factors: { readonly random: (path: string) => Random; readonly fresh: boolean };
}

export function assemble(
  name: string,
  { raw, config, plan, whole }: AdapterDraft,
  model: Adaptable,
  source: Source,
): Adapter {
  const { engine } = model;
  const made: Tensor[] = [];
  const tensors = new Map<string, Tensor>();
  const initial = new Map<string, { a: Tensor; b: Tensor }>();
  const make = (planned: Pick<PlannedTensor, "stored" | "shape">, trained: boolean): Tensor => {
    const t = engine.parameter(
      planned.shape,
      name === "default" ? planned.stored : `${name}: ${planned.stored}`,
    );
    t.requiresGrad = trained;
    made.push(t);
    return t;
  };
  try {
    const shared = new Map(
      plan.shared.map((planned) => {
        const t = make(planned, false);
        source.fill(t, planned);
        return [planned.end, t];
      }),
    );
    const layers = plan.layers.map((layer, index) => {
      const own = new Map(layer.tensors.map((planned) => [planned.end, make(planned, true)]));
      for (const planned of layer.tensors) {
        source.fill(own.get(planned.end)!, planned);
        tensors.set(planned.stored, own.get(planned.end)!);
      }
      const begun = beginning(layer, source, own, make);
      if (begun !== undefined) initial.set(layer.module.path, begun);
      const drop = dropInput(plan.dropout, index);
      return layer.bind({ tensors: own, initial: begun, shared, drop });
    });
    const values = new Map(
      whole.map((parameter) => {
        const { shape } = model.parameters.get(parameter.name)!;
        const t = make({ stored: parameter.stored, shape }, false);
        source.whole(t, parameter);
        return [parameter.name, t];
      }),
    );
    return {
      name,
      raw,
      config,
      layers,
      tensors,
      shared: new Map(plan.shared.map(({ stored, end }) => [stored, shared.get(end)!])),
      initial,
      whole,
      values,
      dispose: () => release(made),
    };
  } catch (error) {
    release(made);
    throw error;
  }
}

function beginning(
  { module, tensors, factors }: PlannedLayer,
  source: Source,
  own: ReadonlyMap<string, Tensor>,
  make: (planned: Pick<PlannedTensor, "stored" | "shape">, trained: boolean) => Tensor,
): { a: Tensor; b: Tensor } | undefined {
  const values = factors?.(source.factors.random(module.path));
  if (values === undefined) return undefined;
  const frozen = (end: string, numbers: Float32Array): Tensor => {
    const planned = tensors.find((t) => t.end === end)!;
    if (source.factors.fresh) own.get(end)!.write(numbers);
    return make({ stored: `${planned.stored} (initial)`, shape: planned.shape }, false).write(numbers);
  };
  return { a: frozen("lora_A.weight", values.a), b: frozen("lora_B.weight", values.b) };
}

/** Values as a new adapter has them. */
export function freshSource(model: Adaptable, stream: (name: string) => Random): Source {
  return {
    fill: (tensor, { stored, initial }) => void tensor.write(drawn(initial, tensor.size, stream(stored))),
    whole(tensor, { name }) {
      const from = model.parameters.get(name)!;
      copy(model.engine, from, tensor);
    },
    factors: { random: (path) => stream(`${path} subspace`), fresh: true },
  };
}

export function copy(engine: Engine, from: Tensor, to: Tensor): void {
  engine.backend.copy(from, to, to.size);
}

function release(tensors: readonly Tensor[]): void {
  for (const t of tensors) t.dispose();
}
