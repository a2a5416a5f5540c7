/** @file The rotary settings of config.json: their schema, and their spelling before transformers 5 (`rope_theta` and
 *  `rope_scaling`, its kind under `type` at first) brought into today's, one `rope_parameters`. */

import { z } from "zod";
import type { RopeParameters } from "../../nn/index.js";
import { positive, size } from "../configFields.js";

/** `partial_rotary_factor`: the share of a head's dimensions that is turned, the first ones. */
const common = { rope_theta: positive, partial_rotary_factor: z.number().gt(0).max(1).optional() };
const trained = { original_max_position_embeddings: size.nullish() };

export const RopeConfig = z.discriminatedUnion("rope_type", [
  z.looseObject({ rope_type: z.literal("default"), ...common }),
  z.looseObject({ rope_type: z.literal("linear"), ...common, factor: positive }),
  z.looseObject({ rope_type: z.literal("dynamic"), ...common, factor: positive, ...trained }),
  z.looseObject({
    rope_type: z.literal("llama3"),
    ...common,
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: size,
  }),
  z.looseObject({
    rope_type: z.literal("yarn"),
    ...common,
    factor: positive,
    ...trained,
    attention_factor: z.number().nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().optional(),
  }),
  z.looseObject({
    rope_type: z.literal("longrope"),
    ...common,
    factor: positive.nullish(),
    ...trained,
    attention_factor: z.number().nullish(),
    short_factor: z.array(positive),
    long_factor: z.array(positive),
  }),
]);

export type RopeConfig = z.infer<typeof RopeConfig>;

type Fields = Readonly<Record<string, unknown>>;

/** `rope_parameters` of a configuration in either spelling; what is not an object is left for the schema to refuse. */
export function ropeToday(c: Fields, defaultTheta: number): unknown {
  const given = c.rope_parameters ?? c.rope_scaling ?? {};
  if (typeof given !== "object") return given;
  const { type, ...rest } = given as Record<string, unknown>;
  const kind = rest.rope_type ?? type ?? "default";
  const partial = rest.partial_rotary_factor ?? c.partial_rotary_factor;
  return {
    ...rest,
    rope_type: kind === "su" ? "longrope" : kind,
    rope_theta: rest.rope_theta ?? c.rope_theta ?? defaultTheta,
    ...(partial === undefined ? {} : { partial_rotary_factor: partial }),
    ...(c.original_max_position_embeddings === undefined
      ? {}
      : { original_max_position_embeddings: c.original_max_position_embeddings }),
  };
}

/** The keys of the older spelling, which `ropeToday` has read. */
export const OLD_ROPE_KEYS = ["rope_theta", "rope_scaling", "partial_rotary_factor"] as const;

/** Dimensions of a head that are turned. */
export function rotatedDimensions(rope: RopeConfig, headDim: number): number {
  return Math.floor(headDim * (rope.partial_rotary_factor ?? 1));
}

/** What is wrong with the settings for heads of that width; undefined: nothing. */
export function ropeFault(rope: RopeConfig, headDim: number): string | undefined {
  const turned = rotatedDimensions(rope, headDim);
  if (turned % 2 !== 0 || turned === 0)
    return `rotary positions turn pairs of dimensions, not ${turned} of a head of ${headDim}`;
  if (
    rope.rope_type === "longrope" &&
    (rope.short_factor.length !== turned / 2 || rope.long_factor.length !== turned / 2)
  )
    return `short_factor and long_factor need ${turned / 2} numbers each`;
  return undefined;
}

export function sameRope(a: RopeParameters, b: RopeParameters): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
