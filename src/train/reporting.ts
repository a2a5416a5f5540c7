/** @file The facts of a run, and the listener that records what happens: metrics, and the report written anew where there is
 *  something to see. */

import { writeAtomic } from "../platform/files.js";
import { describeMachine } from "../platform/machine.js";
import type { Listener, RunFacts, TrainEvent } from "./events.js";
import type { MetricsLog } from "./metrics.js";
import type { Prepared } from "./objectives/objective.js";
import { type Plan, totalSteps } from "./plan.js";
import { renderReport } from "./report/report.js";
import type { RunFolder } from "./runFolder.js";
import type { Session } from "./session.js";

interface MoreFacts {
  readonly batch: number;
  readonly context: number;
  readonly plan: Plan;
  readonly from: number;
  readonly peakFlops: number;
}

export function factsOf(run: RunFolder, session: Session, data: Prepared, more: MoreFacts): RunFacts {
  const { model, layers } = session.training;
  const { backend, compute } = model.engine;
  return {
    out: run.folder,
    family: model.family,
    depth: layers,
    dim: model.dim,
    parameters: [...model.parameters.values()].reduce((sum, p) => sum + p.size, 0),
    vocabSize: model.vocabSize,
    context: more.context,
    batch: more.batch,
    steps: totalSteps(more.plan),
    from: more.from,
    trainTokens: data.trainTokens,
    validationTokens: data.validationTokens,
    engine: `${backend.name} (${backend.isa}), ${compute}, ${backend.threads} threads`,
    peakFlops: more.peakFlops,
  };
}

/** Passes events on, records what is a metric, and writes the report anew where there is something to see. */
export function reporting(run: RunFolder, facts: RunFacts, metrics: MetricsLog, emit: Listener): Listener {
  const machine = describeMachine();
  let steps = facts.steps;
  return (event: TrainEvent) => {
    metrics.add(event);
    if (event.type === "step" || event.type === "plan") steps = event.steps;
    emit(event);
    if (event.type !== "validation" && event.type !== "stopped") return;
    const state = event.type === "stopped" ? "stopped" : event.final ? "finished" : "running";
    const title = `${facts.family}, ${facts.depth} layers, ${(facts.parameters / 1e6).toFixed(1)} M parameters`;
    writeAtomic(
      run.paths.report,
      renderReport({ title, state, facts: { ...facts, steps }, metrics, recipe: run.recipe, machine }),
    );
  };
}
