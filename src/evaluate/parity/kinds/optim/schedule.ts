/** @file Cases of kind `schedule`: tables of learning rates, a line a schedule, and shares of warm-up as numbers of steps. */

import { isUserError } from "../../../../platform/errors.js";
import { given } from "../../../../platform/given.js";
import { scheduleFromHf } from "../../../../train/optim/hfSchedule.js";
import { beginMetric, followMetric, type MetricSchedule } from "../../../../train/optim/metricSchedule.js";
import { lrFactor, warmupSteps } from "../../../../train/optim/schedule.js";
import { createComparison } from "../../compare.js";
import { type CaseKind, type CheckResult, NotHere } from "../kind.js";
import { rowsOf } from "../rows.js";

interface Line {
  readonly id: string;
  readonly name: string;
  readonly base_lr: number;
  readonly num_warmup_steps: number | null;
  readonly num_training_steps: number | null;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly lr?: readonly number[];
  readonly error?: string;
}

/** Relative to the base rate: a cosine's zero is no exact zero. */
const LIMIT = 1e-12;

export const scheduleKind: CaseKind = {
  name: "schedule",
  matches: (json) => json.kind === "schedule",
  *run(context) {
    const files = Object.keys((context.json.vectors ?? {}) as object);
    for (const file of files) {
      if (file === "schedules.jsonl") for (const line of rowsOf<Line>(context, file)) yield table(line);
      else if (file === "warmup-steps.jsonl") yield warmups(rowsOf(context, file));
      else for (const line of rowsOf<MetricLine>(context, file)) yield followed(line);
    }
  },
};

interface MetricLine {
  readonly id: string;
  readonly name: string;
  readonly base_lr: number;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly metrics: readonly number[];
  readonly lr_after: readonly number[];
}

/** A rate that follows a measure. */
function followed({ id, name, base_lr: base, kwargs, metrics, lr_after: expected }: MetricLine): CheckResult {
  const compare = createComparison(id);
  const schedule = metricScheduleOf(name, kwargs);
  let state = beginMetric(base);
  metrics.forEach((measure, i) => {
    state = followMetric(schedule, state, measure, base);
    compare.number(`lr_after.${i}`, state.lr, expected[i]!, 1e-12 * expected[i]!);
  });
  return compare.result();
}

function metricScheduleOf(name: string, kwargs: Readonly<Record<string, unknown>>): MetricSchedule {
  const number = (key: string) => kwargs[key] as number | undefined;
  const common = given({
    mode: kwargs.mode as "min" | "max" | undefined,
    factor: number("factor"),
    patience: number("patience"),
    threshold: number("threshold"),
    thresholdMode: kwargs.threshold_mode as "rel" | "abs" | undefined,
    cooldown: number("cooldown"),
    minLr: number("min_lr"),
  });
  if (name === "reduce_lr_on_plateau") return { name: "plateau", ...common };
  if (name !== "greedy") throw new NotHere(`the schedule ${name} is not offered here`);
  const window = kwargs.smooth === true ? (number("window_size") ?? 50) : undefined;
  return {
    name: "greedy",
    ...common,
    ...given({ maxLr: number("max_lr"), warmup: number("warmup"), window }),
  };
}

function table(line: Line): CheckResult {
  const compare = createComparison(line.id);
  let refused = false;
  try {
    const schedule = scheduleFromHf({
      name: line.name,
      baseLr: line.base_lr,
      warmup: line.num_warmup_steps,
      total: line.num_training_steps,
      kwargs: line.kwargs,
    });
    for (const [step, lr] of (line.lr ?? []).entries())
      compare.number(
        `rate at step ${step}`,
        (line.base_lr * lrFactor(schedule, step)) / line.base_lr,
        lr / line.base_lr,
        LIMIT,
      );
    // Where the reference fails in the middle of its table, the step after it must fail here.
    if (line.error !== undefined) lrFactor(schedule, line.lr?.length ?? 0);
  } catch (error) {
    if (isUserError(error) && error.code === "schedule-unknown")
      return { check: line.id, status: "skip", why: error.message };
    if (!isUserError(error) && !(error instanceof RangeError)) throw error;
    refused = true;
  }
  const wanted = line.error !== undefined;
  compare.that("refusal", refused === wanted, wanted ? `should be refused (${line.error})` : "was refused");
  return compare.result();
}

function warmups(
  lines: readonly { num_training_steps: number; warmup_steps: number; resolved: number }[],
): CheckResult {
  const compare = createComparison("warm-up steps");
  for (const l of lines)
    compare.number(
      `${l.warmup_steps} of ${l.num_training_steps}`,
      warmupSteps(l.warmup_steps, l.num_training_steps),
      l.resolved,
      0,
    );
  return compare.result();
}
