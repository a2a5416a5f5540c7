/** @file The dial: from a depth (or a preset's name) to width, heads, rates and batch. Width grows with depth at a fixed
 *  aspect ratio, as nanochat does; AdamW's rates fall with the root of the width (measured at width 256); Muon's does not
 *  depend on it. What the recipe sets itself is kept. */

import { UserError } from "../platform/errors.js";
import type { PretrainRecipe } from "./config/index.js";
import { FAMILY_FACTS, type FamilyName, familyOf } from "./families.js";

export interface ModelShape {
  readonly objective: PretrainRecipe["objective"];
  readonly family: FamilyName;
  /** Of each stack. */
  readonly depth: number;
  readonly dim: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly mlpWidth: number;
  readonly context: number;
  readonly activation: string;
  readonly tieEmbeddings: boolean;
  readonly initRange: number;
  readonly normFirst: boolean;
  readonly dropout: number;
}

export interface Rates {
  readonly lr: number;
  readonly embeddingLr: number;
  readonly headLr: number;
  readonly vectorLr: number;
  readonly weightDecay: number;
}

type Preset = Partial<Pick<PretrainRecipe, "family" | "depth" | "dim" | "heads" | "mlpWidth" | "context">>;

const PRESET_SHAPES: Record<NonNullable<PretrainRecipe["preset"]>, Preset> = {
  tiny: { depth: 2, dim: 64, heads: 2, context: 64 },
  small: { depth: 4 },
  medium: { depth: 6 },
  large: { depth: 12, context: 512 },
  gpt2: { family: "gpt2", depth: 12, dim: 768, heads: 12, mlpWidth: 3072, context: 1024 },
};

/** Narrow, because a budget of minutes is a budget of tokens (docs/decisions/small-models-for-small-budgets.md). */
const ASPECT = 40;
const NARROWEST_HEAD = 40;
const TOKENS_A_STEP_AND_LAYER = 512;
const REFERENCE_DIM = 256;

/** What to build where nothing is said, by the minutes there are. */
function depthFor(minutes: number | undefined): number {
  if (minutes === undefined || minutes <= 2) return 3;
  return minutes <= 10 ? 4 : minutes <= 60 ? 6 : 8;
}

/** As many heads as there can be of at least 40 dimensions, an even number each. */
function headsFor(dim: number): number {
  let heads = Math.max(1, Math.floor(dim / NARROWEST_HEAD));
  while (heads > 1 && (dim % heads !== 0 || (dim / heads) % 2 !== 0)) heads--;
  return heads;
}

export function modelShape(recipe: PretrainRecipe): ModelShape {
  const preset = recipe.preset === undefined ? {} : PRESET_SHAPES[recipe.preset];
  const family = familyOf(recipe, preset.family ?? recipe.family);
  const facts = FAMILY_FACTS[family];
  const depth = recipe.depth ?? preset.depth ?? depthFor(minutesOf(recipe));
  const dim = recipe.dim ?? preset.dim ?? depth * ASPECT;
  const heads = recipe.heads ?? preset.heads ?? headsFor(dim);
  const kvHeads = recipe.kvHeads ?? heads;
  const shape: ModelShape = {
    objective: recipe.objective,
    family,
    depth,
    dim,
    heads,
    kvHeads,
    mlpWidth: recipe.mlpWidth ?? preset.mlpWidth ?? (facts.gated ? roundUp((dim * 8) / 3, 32) : 4 * dim),
    context: recipe.context ?? preset.context ?? 256,
    activation: recipe.activation ?? facts.activation,
    tieEmbeddings: recipe.tieEmbeddings,
    initRange: recipe.initRange ?? 0.02,
    normFirst: recipe.normFirst,
    dropout: recipe.dropout ?? 0,
  };
  divides("heads", heads, "dim", dim);
  divides("kvHeads", kvHeads, "heads", heads);
  if ((dim / heads) % 2 !== 0 && facts.rotary)
    throw new UserError({
      code: "recipe-shape",
      at: "heads",
      message: "leave heads of an odd width, which cannot be rotated",
      found: dim / heads,
      fix: "change heads or dim",
    });
  if (!facts.grouped && kvHeads !== heads)
    throw new UserError({
      code: "recipe-shape",
      at: "kvHeads",
      message: `${family} has as many key heads as heads`,
      found: kvHeads,
      expected: heads,
    });
  return shape;
}

export function rates(recipe: PretrainRecipe, shape: ModelShape): Rates {
  const byWidth = Math.sqrt(REFERENCE_DIM / shape.dim);
  const muon = recipe.optimizer === "muon";
  const embeddingLr = recipe.embeddingLr ?? (muon ? 0.016 : 0.003) * byWidth;
  return {
    lr: recipe.lr ?? (muon ? 0.02 : 0.003 * byWidth),
    embeddingLr,
    headLr: recipe.headLr ?? (muon ? 0.004 : 0.003) * byWidth,
    vectorLr: recipe.vectorLr ?? embeddingLr,
    weightDecay: recipe.weightDecay ?? 0.1,
  };
}

/** Sequences a step and at once, where a sequence has `rowTokens` tokens to learn on average. */
export function batchSizes(
  recipe: PretrainRecipe,
  { depth }: Pick<ModelShape, "depth">,
  rowTokens: number,
): { batch: number; microBatch: number } {
  const batch = recipe.batch ?? Math.max(1, Math.round((TOKENS_A_STEP_AND_LAYER * depth) / rowTokens));
  const microBatch = recipe.microBatch ?? batch;
  divides("microBatch", microBatch, "batch", batch);
  return { batch, microBatch };
}

/** Minutes of the budget, or undefined where it is in tokens or steps. */
export function minutesOf(recipe: PretrainRecipe): number | undefined {
  return recipe.tokens === undefined && recipe.steps === undefined ? (recipe.minutes ?? 5) : undefined;
}

/** Tokens in a vocabulary learned from so many bytes of text: small text cannot teach rare tokens. */
export function vocabularyFor(bytes: number): number {
  if (bytes < 1e5) return 512;
  if (bytes < 2e6) return 1024;
  if (bytes < 1e7) return 2048;
  return bytes < 1e8 ? 4096 : 16_384;
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

function divides(small: string, a: number, large: string, b: number): void {
  if (b % a === 0) return;
  throw new UserError({
    code: "recipe-shape",
    at: small,
    message: `does not divide ${large}`,
    found: a,
    expected: `a divisor of ${b}`,
  });
}
