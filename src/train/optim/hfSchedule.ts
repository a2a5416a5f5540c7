/** @file A schedule as the field's trainers name it (`lr_scheduler_type` and its keyword arguments) → our own. */

import { UserError } from "../../platform/errors.js";
import type { Schedule, Shape } from "./schedule.js";

export interface HfSchedule {
  readonly name: string;
  readonly baseLr: number;
  readonly warmup: number | null;
  readonly total: number | null;
  /** `lr_scheduler_kwargs`. */
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Throws UserError: `schedule-unknown`, `schedule-incomplete`. */
export function scheduleFromHf(s: HfSchedule): Schedule {
  const missing = (at: string) =>
    new UserError({ code: "schedule-incomplete", at, message: `is needed by the schedule ${s.name}` });
  if (s.name === "constant") return { name: "constant" };
  const number = (key: string) => s.kwargs[key] as number | undefined;
  const given = <K extends string, V>(key: K, value: V | undefined) =>
    value === undefined ? {} : ({ [key]: value } as Record<K, V>);
  const cycles = given("cycles", number("num_cycles"));
  if (s.warmup === null) throw missing("num_warmup_steps");
  const { warmup } = s;
  if (s.name === "constant_with_warmup") return { name: "constant_with_warmup", warmup };
  if (s.name === "inverse_sqrt")
    return { name: "inverse_sqrt", warmup, ...given("timescale", number("timescale")) };
  if (s.name === "warmup_stable_decay") return wsd(s, warmup, cycles, missing);
  if (s.total === null) throw missing("num_training_steps");
  const { total } = s;
  const minRatio = () => {
    const ratio =
      number("min_lr_rate") ?? (number("min_lr") === undefined ? undefined : number("min_lr")! / s.baseLr);
    if (ratio === undefined) throw missing("min_lr or min_lr_rate");
    return ratio;
  };
  switch (s.name) {
    case "linear":
      return { name: "linear", warmup, total };
    case "cosine":
      return { name: "cosine", warmup, total, ...cycles };
    case "cosine_with_restarts":
      return { name: "cosine_with_restarts", warmup, total, ...cycles };
    case "polynomial":
      return {
        name: "polynomial",
        warmup,
        total,
        endRatio: (number("lr_end") ?? 1e-7) / s.baseLr,
        ...given("power", number("power")),
      };
    case "cosine_with_min_lr":
      return { name: "cosine_with_min_lr", warmup, total, minRatio: minRatio(), ...cycles };
    case "cosine_warmup_with_min_lr":
      return {
        name: "cosine_warmup_with_min_lr",
        warmup,
        total,
        minRatio: minRatio(),
        ...given("warmupFrom", number("warmup_lr_rate")),
        ...cycles,
      };
    default:
      throw new UserError({
        code: "schedule-unknown",
        at: "lr_scheduler_type",
        message: "is no schedule known here",
        found: s.name,
      });
  }
}

function wsd(
  s: HfSchedule,
  warmup: number,
  cycles: { cycles?: number },
  missing: (at: string) => UserError,
): Schedule {
  const decay = s.kwargs.num_decay_steps as number | undefined;
  if (decay === undefined) throw missing("num_decay_steps");
  const stable =
    (s.kwargs.num_stable_steps as number | undefined) ??
    (s.total === null ? undefined : s.total - warmup - decay);
  if (stable === undefined) throw missing("num_training_steps or num_stable_steps");
  const shape = (key: string) => s.kwargs[key] as Shape | undefined;
  return {
    name: "warmup_stable_decay",
    warmup,
    stable,
    decay,
    minRatio: (s.kwargs.min_lr_ratio as number | undefined) ?? 0,
    warmupShape: shape("warmup_type") ?? "linear",
    decayShape: shape("decay_type") ?? "cosine",
    ...cycles,
  };
}
