/** @file A decoder from an architecture's record: RMS norms · rotary positions · grouped heads · gated feed-forward or experts.
 *    x += after(o(attn(rope(q(n)), rope(k(n)), v(n)))), n = before(x);   x += after(feedForward(before(x)));
 *    logits = head(norm(x)),   where `before` or `after` may be nothing. */

import { balanceLoss, createRopeTables, type RopeTables, scaledContext } from "../../nn/index.js";
import { add, type Engine, embedding, rmsNorm, rope, scale, type Tensor } from "../../tensor/index.js";
import { type AttendOptions, attend, attendQkv } from "../attend.js";
import { type SpecialTokens, specialTokenIds } from "../configFields.js";
import { createDecoder, type DecoderPass } from "../decoder.js";
import type { Parameters, RawConfig } from "../family.js";
import type { CausalModel, MixtureFacts } from "../model.js";
import { type Projection, project, projectionOf, projectOut } from "../parts/part.js";
import { rotatedDimensions, sameRope } from "../parts/rope.js";
import type { Architecture, Mixture } from "./architecture.js";
import { NORM_NAMES } from "./parameters.js";

/** cos and sin of the batch's positions. */
type Angles = ReturnType<RopeTables["at"]>;
type NormOf = (x: Tensor, gain: Tensor) => Tensor;
type Attention = (
  n: Tensor,
  residual: Tensor | undefined,
  pass: DecoderPass,
  angles: Angles | undefined,
) => Tensor;

export function buildLlama(
  a: Architecture,
  config: RawConfig & SpecialTokens & { readonly model_type: string },
  parameters: Parameters,
  engine: Engine,
): CausalModel {
  const { norm: norms, embeddingScale = 1 } = a;
  const options = { eps: norms.eps, gainOffset: norms.offset };
  const outer = { ...options, dtype: "f32" } as const;
  const norm: NormOf = (x, gain) => rmsNorm(x, gain, options);
  /** Of what joins the residual stream. */
  const outerNorm: NormOf = (x, gain) => rmsNorm(x, gain, outer);
  const layers = Array.from({ length: a.layers }, (_, i) => bindLayer(a, i, norm, parameters));
  const { tables, tableOf } = ropeTables(a, engine);
  const embeddings = parameters.get("model.embed_tokens.weight")!;
  const finalGain = parameters.get("model.norm.weight")!;
  const contexts = tables.map(({ rope }) => scaledContext(rope, a.maxPositions));

  return createDecoder<readonly Angles[]>({
    facts: {
      family: config.model_type,
      config,
      engine,
      parameters,
      layers: a.layers,
      dim: a.dim,
      heads: a.heads,
      kvHeads: a.kvHeads,
      headDim: a.headDim,
      vocabSize: a.vocab,
      contextLength: Math.max(a.maxPositions, ...contexts),
      mixture: a.mixture && mixtureFacts(a.mixture),
      ...specialTokenIds(config),
    },
    windows: [...new Set(layers.map((_, i) => a.attention.window(i)))],
    prepare: (pass) => tables.map(({ table }) => table.at(pass.positions)),
    embed(pass) {
      const x = embedding(embeddings, pass.ids);
      if (embeddingScale === 1) return x;
      const scaled = scale(x, embeddingScale);
      x.dispose(); // no backward needs its values
      return scaled;
    },
    layer(i, x, pass, angles) {
      const { attention, attentionNorms, feedForward, feedForwardNorms } = layers[i]!;
      const y = block(x, attentionNorms, norm, outerNorm, (n, residual) =>
        attention(n, residual, pass, angles[tableOf[i]!]),
      );
      return block(y, feedForwardNorms, norm, outerNorm, (n, residual) => feedForward(n, residual, pass));
    },
    norm: (x) => norm(x, finalGain),
    head: parameters.get("lm_head.weight") ?? embeddings,
    logitSoftcap: a.logitSoftcap ?? 0,
    dispose() {
      for (const { table } of tables) table.dispose();
    },
  });
}

interface NormPair {
  readonly before: Tensor | undefined;
  readonly after: Tensor | undefined;
}

/** x + f(x) with its norms; f adds the residual itself (in the kernel of its last product) where no norm follows. */
function block(
  x: Tensor,
  { before, after }: NormPair,
  norm: NormOf,
  outerNorm: NormOf,
  f: (n: Tensor, residual: Tensor | undefined) => Tensor,
): Tensor {
  const n = before === undefined ? x : norm(x, before);
  return after === undefined ? f(n, x) : add(x, outerNorm(f(n, undefined), after));
}

function bindLayer(a: Architecture, layer: number, norm: NormOf, parameters: Parameters) {
  const at = `model.layers.${layer}`;
  const names = NORM_NAMES[a.norm.place];
  const gain = (name: string | undefined) => name && parameters.get(`${at}.${name}.weight`);
  const pair = (of: { before: string | undefined; after: string | undefined }): NormPair => ({
    before: gain(of.before) || undefined,
    after: gain(of.after) || undefined,
  });
  const { name, part } = a.feedForward(layer);
  return {
    attention: bindAttention(a, layer, norm, parameters),
    attentionNorms: pair(names.attention),
    feedForward: part.bind(`${at}.${name}`, parameters),
    feedForwardNorms: pair(names.feedForward),
  };
}

function bindAttention(a: Architecture, layer: number, norm: NormOf, parameters: Parameters): Attention {
  const at = `model.layers.${layer}.self_attn`;
  const { heads, kvHeads, headDim } = a;
  const { scale, softcap, fused, window } = a.attention;
  const options: AttendOptions = {
    layer,
    heads,
    kvHeads,
    scale,
    window: window(layer),
    softcap: softcap ?? 0,
    sinks: parameters.get(`${at}.sinks`),
  };
  const optionsOf = ({ drop }: DecoderPass): AttendOptions =>
    drop === undefined ? options : { ...options, dropout: drop(a.attentionDropout) };
  const o = projectionOf(parameters, `${at}.o_proj`);
  if (fused) {
    const qkv = projectionOf(parameters, `${at}.qkv_proj`);
    return (n, residual, pass, angles) => {
      const x = project(n, qkv);
      const turned = angles
        ? rope(x, angles.cos, angles.sin, headDim, { inPlace: true, heads: heads + kvHeads })
        : x;
      return projectOut(attendQkv(turned, pass, optionsOf(pass)), o, residual);
    };
  }
  const q = projectionOf(parameters, `${at}.q_proj`);
  const k = projectionOf(parameters, `${at}.k_proj`);
  const v = projectionOf(parameters, `${at}.v_proj`);
  const [qGain, kGain] = [parameters.get(`${at}.q_norm.weight`), parameters.get(`${at}.k_norm.weight`)];
  const turned = (n: Tensor, by: Projection, gain: Tensor | undefined, angles: Angles | undefined) => {
    const y = project(n, by);
    const normed = gain === undefined ? y : norm(y, gain);
    return angles ? rope(normed, angles.cos, angles.sin, headDim, { inPlace: true }) : normed;
  };
  return (n, residual, pass, angles) =>
    projectOut(
      attend(turned(n, q, qGain, angles), turned(n, k, kGain, angles), project(n, v), pass, optionsOf(pass)),
      o,
      residual,
    );
}

/** One table for each of the rotary settings, and each layer's index among them (−1: none). */
function ropeTables(a: Architecture, engine: Engine) {
  const tables: { rope: NonNullable<ReturnType<Architecture["rope"]>>; table: RopeTables }[] = [];
  const tableOf = Array.from({ length: a.layers }, (_, i) => {
    const rope = a.rope(i);
    if (rope === undefined) return -1;
    const known = tables.findIndex((t) => sameRope(t.rope, rope));
    if (known >= 0) return known;
    const dim = rotatedDimensions(rope, a.headDim);
    const table = createRopeTables(engine, { parameters: rope, dim, maxPositions: a.maxPositions });
    return tables.push({ rope, table }) - 1;
  });
  return { tables, tableOf };
}

function mixtureFacts({ experts, chosen, balanceWeight, isExpert }: Mixture): MixtureFacts {
  return {
    chosen,
    balanceWeight,
    activeShare: (name) => (isExpert(name) ? chosen / experts : 1),
    balance: (logits, mask) => balanceLoss(logits, chosen, mask),
  };
}
