/** @file Learning rates that follow a measure instead of the clock, one number after another:
 *    plateau   the rate is multiplied by `factor` when the measure was no better for more than `patience` times (torch's
 *              ReduceLROnPlateau)
 *    greedy    that, and divided by `factor` when it was better so often (GreedyLR, Subramanian & Ganapathiraman 2025; as
 *              transformers has it)
 *  The state is plain data: a checkpoint holds it as it is. */

interface Common {
  /** Default "min": smaller is better. */
  readonly mode?: "min" | "max";
  /** Below 1. Default 0.1 (plateau), 0.95 (greedy). */
  readonly factor?: number;
  /** Default 10. */
  readonly patience?: number;
  /** What a better measure is better by at least: a share of the best ("rel"), or a number. Default 1e-4 rel (plateau), 1e-6 abs (greedy). */
  readonly threshold?: number;
  readonly thresholdMode?: "rel" | "abs";
  /** Measures that do not count after the rate was lowered; default 0. */
  readonly cooldown?: number;
  /** Default 0 (plateau), 1e-3 (greedy). */
  readonly minLr?: number;
  /** Changes up to this size are left out; default 1e-8. */
  readonly eps?: number;
}

export interface PlateauSchedule extends Common {
  readonly name: "plateau";
}

export interface GreedySchedule extends Common {
  readonly name: "greedy";
  /** Default 1. */
  readonly maxLr?: number;
  /** Measures that do not count after the rate was raised; default 0. */
  readonly warmup?: number;
  /** Follow the mean of the last so many measures; default: each by itself. */
  readonly window?: number;
  /** Begin anew after the lowest rate was to be lowered so often; default 500. */
  readonly resetAfter?: number;
}

export type MetricSchedule = PlateauSchedule | GreedySchedule;

export interface MetricState {
  readonly lr: number;
  /** null: none yet. */
  readonly best: number | null;
  /** Measures since the last better one, and better ones in a row. */
  readonly bad: number;
  readonly good: number;
  /** Measures that are still not to count. */
  readonly waiting: number;
  /** The last measures, where their mean is followed. */
  readonly recent: readonly number[];
  /** How often the lowest rate was to be lowered. */
  readonly atLeast: number;
}

export function beginMetric(lr: number): MetricState {
  return { lr, best: null, bad: 0, good: 0, waiting: 0, recent: [], atLeast: 0 };
}

/** The state after a measure. `baseLr`: what a reset goes back to. */
export function followMetric(
  schedule: MetricSchedule,
  state: MetricState,
  measure: number,
  baseLr: number,
): MetricState {
  return schedule.name === "plateau"
    ? plateau(schedule, state, measure)
    : greedy(schedule, state, measure, baseLr);
}

function plateau(s: PlateauSchedule, state: MetricState, measure: number): MetricState {
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0, eps = 1e-8 } = s;
  const better = isBetter(s, measure, state.best, { threshold: 1e-4, thresholdMode: "rel" });
  const waits = state.waiting > 0;
  const bad = better || waits ? 0 : state.bad + 1;
  const next = {
    ...state,
    bad,
    best: better ? measure : state.best,
    waiting: Math.max(0, state.waiting - 1),
  };
  if (bad <= patience) return next;
  const lower = Math.max(state.lr * factor, minLr);
  return { ...next, bad: 0, waiting: cooldown, lr: state.lr - lower > eps ? lower : state.lr };
}

function greedy(s: GreedySchedule, state: MetricState, measure: number, baseLr: number): MetricState {
  const { patience = 10, cooldown = 0, warmup = 0, window = 1 } = s;
  const recent = [...state.recent, measure].slice(-window);
  const followed = recent.reduce((sum, m) => sum + m, 0) / recent.length;
  if (state.waiting > 0) return { ...state, recent, bad: 0, good: 0, waiting: state.waiting - 1 };
  const better = isBetter(s, followed, state.best, { threshold: 1e-6, thresholdMode: "abs" });
  const next: MetricState = {
    ...state,
    recent,
    best: better ? followed : state.best,
    bad: better ? 0 : state.bad + 1,
    good: better ? state.good + 1 : 0,
  };
  if (next.good > patience) return { ...next, good: 0, waiting: warmup, lr: raised(s, state.lr), atLeast: 0 };
  if (next.bad > patience) return lowered(s, { ...next, bad: 0, waiting: cooldown }, baseLr);
  return next;
}

function raised({ factor = 0.95, maxLr = 1, eps = 1e-8 }: GreedySchedule, lr: number): number {
  const higher = Math.min(lr / factor, maxLr);
  return higher - lr > eps ? higher : lr;
}

function lowered(s: GreedySchedule, state: MetricState, baseLr: number): MetricState {
  const { factor = 0.95, minLr = 1e-3, eps = 1e-8, resetAfter = 500 } = s;
  const lower = Math.max(state.lr * factor, minLr);
  const lr = state.lr - lower > eps ? lower : state.lr;
  if (lr > minLr) return { ...state, lr };
  const atLeast = state.atLeast + 1;
  return atLeast >= resetAfter ? beginMetric(baseLr) : { ...state, lr, atLeast };
}

function isBetter(
  { mode = "min", threshold, thresholdMode }: Common,
  measure: number,
  best: number | null,
  usual: { readonly threshold: number; readonly thresholdMode: "rel" | "abs" },
): boolean {
  if (best === null) return true;
  const by = threshold ?? usual.threshold;
  const sign = mode === "min" ? -1 : 1;
  const bound = (thresholdMode ?? usual.thresholdMode) === "rel" ? best * (1 + sign * by) : best + sign * by;
  return mode === "min" ? measure < bound : measure > bound;
}
