/** @file The architectures of GGUF that are read, and how their tensors differ from the published ones. */

import { UserError } from "../../platform/errors.js";
import type { RawConfig } from "../family.js";
import type { GgufFacts } from "./facts.js";
import { type GgufNames, gemmaNames, gpt2Names, llamaNames, phi3Names } from "./names.js";
import {
  type GgufShapes,
  readGemma,
  readGemma2,
  readGemma3,
  readGpt2,
  readLlama,
  readPhi3,
  readQwen2,
  readQwen3,
} from "./readConfig.js";

export interface GgufArchitecture {
  readonly names: GgufNames;
  /** Rows of q and k lie so that the two numbers that are turned together are neighbours. */
  readonly interleaved?: boolean;
  /** Gains hold the one that the published files leave out. */
  readonly gainsPlusOne?: boolean;
  /** Weights of the layers are published as [in, out]. */
  readonly transposed?: boolean;
  config(m: GgufFacts, t: GgufShapes): RawConfig;
}

export const GGUF_ARCHITECTURES: Readonly<Record<string, GgufArchitecture>> = {
  llama: { names: llamaNames, interleaved: true, config: readLlama },
  qwen2: { names: llamaNames, config: readQwen2 },
  qwen3: { names: llamaNames, config: readQwen3 },
  phi3: { names: phi3Names, config: readPhi3 },
  gemma: { names: llamaNames, gainsPlusOne: true, config: readGemma },
  gemma2: { names: gemmaNames, gainsPlusOne: true, config: readGemma2 },
  gemma3: { names: gemmaNames, gainsPlusOne: true, config: readGemma3 },
  gpt2: { names: gpt2Names, transposed: true, config: readGpt2 },
};

export function ggufArchitecture(m: GgufFacts): GgufArchitecture {
  if (Object.hasOwn(GGUF_ARCHITECTURES, m.architecture)) return GGUF_ARCHITECTURES[m.architecture]!;
  throw new UserError({
    code: "gguf-architecture",
    file: m.file,
    at: "general.architecture",
    message: "models of this architecture are not read from GGUF",
    found: m.architecture,
    expected: Object.keys(GGUF_ARCHITECTURES).join(", "),
    fix: "take the model's folder as Hugging Face publishes it",
  });
}

/** Where a tensor's numbers lie in GGUF. */
export type Arrangement = "same" | "interleaved" | "transposed" | "plusOne";

/** By the GGUF name. */
export function arrangementOf(a: GgufArchitecture, name: string): Arrangement {
  if (a.interleaved && /\.attn_[qk]\.(weight|bias)$/.test(name)) return "interleaved";
  if (a.gainsPlusOne && /norm\.weight$/.test(name)) return "plusOne";
  if (a.transposed && /^blk\.\d+\.(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(name))
    return "transposed";
  return "same";
}

/** The row of GGUF that holds a published row, for heads of that width: pairs (i, i + width/2) become (2i, 2i + 1). */
export function interleavedRow(row: number, headDim: number): number {
  const at = row % headDim;
  const half = headDim / 2;
  return row - at + (at < half ? 2 * at : 2 * (at - half) + 1);
}
