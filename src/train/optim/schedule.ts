/** @file Learning-rate schedules: the factor on the learning rate at a step (0 is the first), equal to what
 *  transformers.get_scheduler gives, quirks included: `cosine` keeps following the cosine past its end,
 *  `cosine_warmup_with_min_lr` runs one step ahead, `warmup_stable_decay` warms up from its least ratio and not from 0.
 *  Steps may be fractions (a run whose length was planned anew walks the same curve at another pace). */

export type Shape = "linear" | "cosine" | "1-sqrt";

export type Schedule =
  | { readonly name: "constant" }
  | { readonly name: "constant_with_warmup"; readonly warmup: number }
  | { readonly name: "linear"; readonly warmup: number; readonly total: number }
  | { readonly name: "cosine"; readonly warmup: number; readonly total: number; readonly cycles?: number }
  | {
      readonly name: "cosine_with_restarts";
      readonly warmup: number;
      readonly total: number;
      readonly cycles?: number;
    }
  | {
      readonly name: "cosine_with_min_lr";
      readonly warmup: number;
      readonly total: number;
      readonly minRatio: number;
      readonly cycles?: number;
    }
  | {
      readonly name: "cosine_warmup_with_min_lr";
      readonly warmup: number;
      readonly total: number;
      readonly minRatio: number;
      readonly warmupFrom?: number;
      readonly cycles?: number;
    }
  /** endRatio: last rate over base rate. */
  | {
      readonly name: "polynomial";
      readonly warmup: number;
      readonly total: number;
      readonly endRatio: number;
      readonly power?: number;
    }
  | { readonly name: "inverse_sqrt"; readonly warmup: number; readonly timescale?: number }
  | {
      readonly name: "warmup_stable_decay";
      readonly warmup: number;
      readonly stable: number;
      readonly decay: number;
      readonly minRatio?: number;
      readonly warmupShape?: Shape;
      readonly decayShape?: Shape;
      readonly cycles?: number;
    };

/** Factor on the learning rate at `step`. */
export function lrFactor(schedule: Schedule, step: number): number {
  switch (schedule.name) {
    case "constant":
      return 1;
    case "constant_with_warmup":
      return rising(schedule, step) ?? 1;
    case "linear":
      return (
        rising(schedule, step) ??
        Math.max(0, (schedule.total - step) / Math.max(1, schedule.total - schedule.warmup))
      );
    case "cosine":
      return rising(schedule, step) ?? Math.max(0, cosine(progress(schedule, step), schedule.cycles));
    case "cosine_with_restarts": {
      const p = progress(schedule, step);
      return (
        rising(schedule, step) ??
        (p >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (((schedule.cycles ?? 1) * p) % 1)))))
      );
    }
    case "cosine_with_min_lr":
      return (
        rising(schedule, step) ??
        Math.max(0, floored(cosine(progress(schedule, step), schedule.cycles), schedule.minRatio))
      );
    case "cosine_warmup_with_min_lr":
      return cosineAhead(schedule, step);
    case "polynomial":
      return polynomial(schedule, step);
    case "inverse_sqrt": {
      const timescale = schedule.timescale ?? (schedule.warmup || 10_000);
      return rising(schedule, step) ?? 1 / Math.sqrt((step + timescale - schedule.warmup) / timescale);
    }
    case "warmup_stable_decay":
      return warmupStableDecay(schedule, step);
  }
}

/** warmup < 1 is a share of all steps, rounded up; from 1 on a number of steps. */
export function warmupSteps(warmup: number, total: number): number {
  return warmup < 1 ? Math.ceil(warmup * total) : warmup;
}

/** step / warmup while warming up, else undefined. */
function rising({ warmup }: { warmup: number }, step: number): number | undefined {
  return step < warmup ? step / Math.max(1, warmup) : undefined;
}

function progress({ warmup, total }: { warmup: number; total: number }, step: number): number {
  return (step - warmup) / Math.max(1, total - warmup);
}

/** From 1 down to 0 in half a cycle (the default), and on. */
function cosine(p: number, cycles = 0.5): number {
  return 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p));
}

function floored(factor: number, least: number): number {
  return factor * (1 - least) + least;
}

function cosineAhead(s: Extract<Schedule, { name: "cosine_warmup_with_min_lr" }>, step: number): number {
  if (step < s.warmup) {
    if (s.warmupFrom === undefined) return (step + 1) / Math.max(1, s.warmup);
    return s.warmupFrom + ((1 - s.warmupFrom) * step) / Math.max(1, s.warmup - 1);
  }
  return Math.max(0, floored(cosine(progress(s, step + 1), s.cycles), s.minRatio));
}

function polynomial(s: Extract<Schedule, { name: "polynomial" }>, step: number): number {
  if (step < s.warmup) return step / Math.max(1, s.warmup);
  if (step > s.total) return s.endRatio;
  if (s.total === s.warmup)
    throw new RangeError("a polynomial schedule needs more steps in all than for its warm-up");
  return (1 - s.endRatio) * (1 - (step - s.warmup) / (s.total - s.warmup)) ** (s.power ?? 1) + s.endRatio;
}

function warmupStableDecay(s: Extract<Schedule, { name: "warmup_stable_decay" }>, step: number): number {
  const { warmup, stable, decay, minRatio = 0 } = s;
  if (step < warmup) {
    const p = step / Math.max(1, warmup);
    const factor = { linear: p, cosine: 0.5 * (1 - Math.cos(Math.PI * p)), "1-sqrt": 1 - Math.sqrt(1 - p) }[
      s.warmupShape ?? "linear"
    ];
    return Math.max(0, floored(factor, minRatio));
  }
  if (step < warmup + stable) return 1;
  if (step >= warmup + stable + decay) return minRatio;
  const p = (step - warmup - stable) / Math.max(1, decay);
  const factor = { linear: 1 - p, cosine: cosine(p, s.cycles), "1-sqrt": 1 - Math.sqrt(p) }[
    s.decayShape ?? "cosine"
  ];
  return Math.max(0, floored(factor, minRatio));
}
