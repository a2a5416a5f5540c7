/** @file Frequencies of rotary positions: inv_freq[i], by which pair i turns per position, and the factor on cos and sin.
 *    default   base^(−2i/dim). Su et al. 2021.
 *    linear    the same / factor ("position interpolation"). Chen et al. 2023.
 *    dynamic   a base that grows with the sequence once it is longer than the model was trained for ("NTK-aware").
 *    llama3    long waves / factor, short ones as they are, a ramp between. Llama 3.1's release.
 *    yarn      a ramp over dimensions between the scaled and the plain, and a temperature on attention. Peng et al. 2023.
 *    longrope  a factor a pair, one list for short and one for long sequences. Ding et al. 2024.
 *  Everything in float64; `dim` is the number of rotated dimensions of a head. */

/** Published spelling (`rope_parameters` of config.json). */
export type RopeParameters =
  | { readonly rope_type: "default"; readonly rope_theta: number }
  | { readonly rope_type: "linear"; readonly rope_theta: number; readonly factor: number }
  | {
      readonly rope_type: "dynamic";
      readonly rope_theta: number;
      readonly factor: number;
      readonly original_max_position_embeddings?: number | null | undefined;
    }
  | {
      readonly rope_type: "llama3";
      readonly rope_theta: number;
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    }
  | {
      readonly rope_type: "yarn";
      readonly rope_theta: number;
      readonly factor: number;
      readonly original_max_position_embeddings?: number | null | undefined;
      readonly attention_factor?: number | null | undefined;
      readonly beta_fast?: number | null | undefined;
      readonly beta_slow?: number | null | undefined;
      readonly mscale?: number | null | undefined;
      readonly mscale_all_dim?: number | null | undefined;
      readonly truncate?: boolean | undefined;
    }
  | {
      readonly rope_type: "longrope";
      readonly rope_theta: number;
      readonly short_factor: readonly number[];
      readonly long_factor: readonly number[];
      readonly factor?: number | null | undefined;
      readonly original_max_position_embeddings?: number | null | undefined;
      readonly attention_factor?: number | null | undefined;
    };

export interface RopeFrequencies {
  /** [dim/2] */
  readonly invFreq: Float64Array;
  /** Multiplies cos and sin, so scores by its square. */
  readonly attentionFactor: number;
}

/** `length`: the longest position of the batch + 1; only dynamic and longrope look at it. */
export function ropeFrequencies(
  p: RopeParameters,
  dim: number,
  maxPositions: number,
  length: number,
): RopeFrequencies {
  switch (p.rope_type) {
    case "default":
      return { invFreq: powers(p.rope_theta, dim), attentionFactor: 1 };
    case "linear":
      return { invFreq: powers(p.rope_theta, dim).map((f) => f / p.factor), attentionFactor: 1 };
    case "dynamic": {
      const trained = p.original_max_position_embeddings ?? maxPositions;
      const stretch = (p.factor * Math.max(length, trained)) / trained - (p.factor - 1);
      return { invFreq: powers(p.rope_theta * stretch ** (dim / (dim - 2)), dim), attentionFactor: 1 };
    }
    case "llama3":
      return { invFreq: powers(p.rope_theta, dim).map((f) => llama3Frequency(f, p)), attentionFactor: 1 };
    case "yarn":
      return yarn(p, dim, maxPositions);
    case "longrope":
      return longrope(p, dim, maxPositions, length);
  }
}

/** What of a batch's length the frequencies depend on: lengths of one variant have the same. */
export function ropeVariant(p: RopeParameters, maxPositions: number, length: number): number {
  if (p.rope_type === "dynamic") return Math.max(length, p.original_max_position_embeddings ?? maxPositions);
  if (p.rope_type === "longrope")
    return Number(length > (p.original_max_position_embeddings ?? maxPositions));
  return 0;
}

/** The longest sequence that the scaling is meant for. Linear and dynamic configurations state the length before it. */
export function scaledContext(p: RopeParameters, maxPositions: number): number {
  if (p.rope_type === "linear" || p.rope_type === "dynamic") return Math.floor(maxPositions * p.factor);
  if (p.rope_type === "yarn" && p.original_max_position_embeddings)
    return Math.max(maxPositions, Math.floor(p.original_max_position_embeddings * p.factor));
  return maxPositions;
}

function powers(base: number, dim: number): Float64Array {
  return Float64Array.from({ length: dim / 2 }, (_, i) => base ** ((-2 * i) / dim));
}

function llama3Frequency(f: number, p: Extract<RopeParameters, { rope_type: "llama3" }>): number {
  const wave = (2 * Math.PI) / f;
  const trained = p.original_max_position_embeddings;
  if (wave < trained / p.high_freq_factor) return f;
  if (wave > trained / p.low_freq_factor) return f / p.factor;
  const smooth = (trained / wave - p.low_freq_factor) / (p.high_freq_factor - p.low_freq_factor);
  return ((1 - smooth) * f) / p.factor + smooth * f;
}

function yarn(
  p: Extract<RopeParameters, { rope_type: "yarn" }>,
  dim: number,
  maxPositions: number,
): RopeFrequencies {
  const trained = p.original_max_position_embeddings ?? maxPositions;
  /** The (fractional) dimension whose wave turns `rotations` times within the trained length. */
  const dimensionOf = (rotations: number) =>
    (dim * Math.log(trained / (rotations * 2 * Math.PI))) / (2 * Math.log(p.rope_theta));
  let low = dimensionOf(p.beta_fast ?? 32);
  let high = dimensionOf(p.beta_slow ?? 1);
  if (p.truncate ?? true) [low, high] = [Math.floor(low), Math.ceil(high)];
  [low, high] = [Math.max(low, 0), Math.min(high, dim - 1)];
  if (low === high) high += 0.001;
  const invFreq = powers(p.rope_theta, dim).map((f, i) => {
    const interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (f / p.factor) * interpolated + f * (1 - interpolated);
  });
  const temperature = (mscale: number) => (p.factor <= 1 ? 1 : 0.1 * mscale * Math.log(p.factor) + 1);
  const { mscale, mscale_all_dim: all } = p;
  const attentionFactor =
    p.attention_factor ?? (mscale && all ? temperature(mscale) / temperature(all) : temperature(1));
  return { invFreq, attentionFactor };
}

function longrope(
  p: Extract<RopeParameters, { rope_type: "longrope" }>,
  dim: number,
  maxPositions: number,
  length: number,
): RopeFrequencies {
  const trained = p.original_max_position_embeddings ?? maxPositions;
  const factor = p.original_max_position_embeddings ? maxPositions / trained : (p.factor ?? 1);
  const factors = length > trained ? p.long_factor : p.short_factor;
  const attentionFactor =
    p.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained)));
  return { invFreq: powers(p.rope_theta, dim).map((f, i) => f / factors[i]!), attentionFactor };
}
