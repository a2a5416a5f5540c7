/** @file A case's model together with its loss: causal language models, classifiers on decoders, encoders. What the checks
 *  need to know of each. */

import {
  type CausalModel,
  classifierKind,
  type ForwardOptions,
  families,
  type LanguageModel,
  type LoadModelOptions,
  loadClassifier,
  loadEncoder,
  loadModel,
  loadSeq2Seq,
  type RawConfig,
} from "../../../../models/index.js";
import { isDirectory, joinPath, readJson } from "../../../../platform/files.js";
import { add, type Engine, scale, type Tensor } from "../../../../tensor/index.js";
import { type CaseContext, CaseError, NotHere } from "../kind.js";
import type { Inputs } from "./inputs.js";
import { isSeq2Seq, seq2seqTask, seq2seqTaskOf } from "./seq2seqTask.js";

export interface Task {
  readonly model: Pick<LanguageModel, "family" | "config" | "engine" | "parameters">;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Targets of these inputs, as they are counted for the mean. */
  targets(inputs: Inputs): number;
  forward(inputs: Inputs, options?: ForwardOptions): Outcome;
  dispose(): void;
}

export interface Outcome {
  /** The last hidden states, where there is no head. */
  readonly logits: Tensor;
  /** What else came out, under the names of cases. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** What is trained on. */
  loss(normaliser: number): Tensor;
  /** The tokens' part of it alone, where there is another. */
  tokenLoss?(normaliser: number): Tensor;
  /** Of mixtures of experts. */
  readonly routing?: Routing;
}

export interface Routing {
  readonly logits: readonly Tensor[];
  /** Experts a token. */
  readonly chosen: number;
  /** How unevenly the experts are used, unweighted. */
  balance(): Tensor;
}

/** Throws NotHere for families and classes that are not built yet. */
export function openTask(folder: string, engine: Engine, configName = "config.json"): Task {
  const options = { engine, configName };
  const kind = classOf(folder, configName);
  if (kind === "encoder") return encoderTask(folder, options);
  if (kind === "seq2seq") return seq2seqTaskOf(loadSeq2Seq(folder, options), 0);
  return kind === "causal" ? causalTask(folder, options) : classifierTask(folder, options);
}

/** The case's model, loaded anew: the caller disposes of it. */
export function freshTask(context: CaseContext, configName?: string): Task {
  if (isSeq2Seq(context)) return seq2seqTask(context, configName);
  return openTask(modelFolder(context), context.engine(), configName);
}

/** The case's model, loaded once. */
export function taskOf(context: CaseContext): Task {
  return context.once(
    "task",
    () => freshTask(context),
    (task) => task.dispose(),
  );
}

/** The case's causal language model, loaded once. */
export function causalModelOf(context: CaseContext): CausalModel {
  const folder = modelFolder(context);
  if (classOf(folder, "config.json") !== "causal")
    throw new NotHere("only causal language models have a cache here");
  return context.once(
    "causal model",
    () => loadModel(folder, { engine: context.engine() }),
    (model) => model.dispose(),
  );
}

/** Whether few numbers pass through a relu, one of which bf16 may round across its kink (many average out). */
export function hasRelu(context: CaseContext): boolean {
  return context.json.class === "DistilBertForSequenceClassification";
}

function modelFolder(context: CaseContext): string {
  const folder = context.path(context.json.model);
  if (!isDirectory(folder)) throw new NotHere(`models of kind ${String(context.json.kind)} are not here yet`);
  return folder;
}

function classOf(folder: string, configName: string): "causal" | "classifier" | "encoder" | "seq2seq" {
  const config = readJson(joinPath(folder, configName)) as RawConfig;
  const type = String(config.model_type);
  const family = families.find((f) => f.modelTypes.includes(type));
  if (family === undefined) throw new NotHere(`the family ${type} is not here yet`);
  if (family.kind !== "causal") return family.kind;
  if (classifierKind(config) !== undefined) return "classifier";
  const architecture = Array.isArray(config.architectures) ? String(config.architectures[0]) : "";
  if (!/ForCausalLM$|LMHeadModel$/.test(architecture))
    throw new NotHere(`the class ${architecture} is not here yet`);
  return "causal";
}

function causalTask(folder: string, options: LoadModelOptions): Task {
  const model = loadModel(folder, options);
  return {
    model,
    parameters: model.parameters,
    targets: (inputs) => shifted(inputs).filter((t) => t >= 0).length,
    forward: (inputs, options) => causalForward(model, inputs, options),
    dispose: () => model.dispose(),
  };
}

/** The same, of the scope we are in. */
function released(kept: Tensor): Tensor {
  const t = kept.alias();
  kept.dispose();
  return t;
}

function causalForward(model: CausalModel, inputs: Inputs, options: ForwardOptions = {}): Outcome {
  const { mixture } = model;
  const routerLogits: Tensor[] = [];
  const hidden = model.hidden(inputs, mixture ? { ...options, routerLogits } : options);
  const tokenLoss = (normaliser: number) => model.loss(hidden, shifted(inputs), normaliser).loss;
  if (mixture === undefined) return { logits: model.logits(hidden), loss: tokenLoss };
  // Kept ones would outlive the check's scope.
  const logits = model.engine.gradEnabled ? routerLogits : routerLogits.map(released);
  const balance = () => mixture.balance(logits, inputs.attentionMask);
  return {
    logits: model.logits(hidden),
    tokenLoss,
    loss: (normaliser) =>
      mixture.balanceWeight > 0
        ? add(tokenLoss(normaliser), scale(balance(), mixture.balanceWeight))
        : tokenLoss(normaliser),
    routing: { logits, chosen: mixture.chosen, balance },
  };
}

/** targets[t] = labels[t + 1]; the last position of a row has none. */
function shifted({ labels, seq }: Inputs): Int32Array {
  if (labels === undefined) throw new CaseError("the check needs labels and gives none");
  return Int32Array.from(labels, (_, i) => ((i + 1) % seq === 0 ? -100 : labels[i + 1]!));
}

function classifierTask(folder: string, options: LoadModelOptions): Task {
  const model = loadClassifier(folder, options);
  const labelsOf = ({ labels }: Inputs) => {
    if (labels === undefined) throw new CaseError("the check needs labels and gives none");
    return labels;
  };
  const values = model.problem !== "single_label_classification";
  return {
    model: model.body,
    parameters: model.parameters,
    targets: (inputs) => (values ? labelsOf(inputs).length : labelsOf(inputs).filter((t) => t >= 0).length),
    forward(inputs, options) {
      const logits = model.scores(inputs, options);
      const loss = (normaliser: number) => model.loss(logits, labelsOf(inputs), normaliser);
      return { logits, loss };
    },
    dispose: () => model.dispose(),
  };
}

function encoderTask(folder: string, options: LoadModelOptions): Task {
  const model = loadEncoder(folder, options);
  const labelsOf = ({ labels }: Inputs) => {
    if (labels === undefined) throw new CaseError("the check needs labels and gives none");
    return labels;
  };
  const values = model.head === "sequence" && model.problem !== "single_label_classification";
  return {
    model,
    parameters: model.parameters,
    targets: (inputs) => (values ? labelsOf(inputs).length : labelsOf(inputs).filter((t) => t >= 0).length),
    forward(inputs, options) {
      const hidden = model.hidden(inputs, options);
      const logits = model.head === "none" ? hidden : model.logits(hidden, inputs);
      const { pooled, nextSentenceLogits } = model;
      return {
        logits,
        outputs: {
          last_hidden_state: hidden,
          ...(model.head === "pretraining" && { prediction_logits: logits }),
          ...(pooled && { pooler_output: pooled(hidden, inputs) }),
          ...(nextSentenceLogits && { seq_relationship_logits: nextSentenceLogits(hidden, inputs) }),
        },
        loss: (normaliser) =>
          model.loss(
            hidden,
            inputs,
            { labels: labelsOf(inputs), nextSentence: inputs.nextSentence },
            normaliser,
          ),
      };
    },
    dispose: () => model.dispose(),
  };
}
