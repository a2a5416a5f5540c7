/** @file The reference backend: the contract of `backend.ts` in plain TypeScript, the oracle that other backends are
 *  checked against, and what serves where nothing could be compiled. Inside a kernel everything is float64; each
 *  output is rounded to float32 once. Results depend on nothing but the operands; one thread. */

import type { Backend } from "../../backend.js";
import { attention, attentionBackward } from "./attention.js";
import {
  affine,
  axpby,
  binary,
  gated,
  gatedBackward,
  stridedCopy,
  unary,
  unaryBackward,
} from "./elements.js";
import { matmul, matmulPacked, pack } from "./matmul.js";
import { createMemory } from "./memory.js";
import { layerNorm, layerNormBackward, rmsNorm, rmsNormBackward } from "./norms.js";
import { adamw } from "./optimisers.js";
import { embedding, embeddingBackward, rope } from "./rows.js";
import { crossEntropy, softmax, softmaxBackward } from "./softmax.js";
import { argmax, sum, sumCols, sumRows, sumSquares } from "./sums.js";

/** Each backend has its own count of memory; a storage may be used with any of them. Wrong operands (released, too
 *  short, of another type) and ids out of range throw an Error. */
export function createReferenceBackend(): Backend {
  return {
    name: "reference",
    isa: "typescript",
    threads: 1,
    ...createMemory(),
    matmul,
    pack,
    matmulPacked,
    embedding,
    embeddingBackward,
    layerNorm,
    layerNormBackward,
    rmsNorm,
    rmsNormBackward,
    rope,
    attention,
    attentionBackward,
    softmax,
    softmaxBackward,
    crossEntropy,
    argmax,
    unary,
    unaryBackward,
    gated,
    gatedBackward,
    binary,
    axpby,
    affine,
    stridedCopy,
    sumRows,
    sumCols,
    sumSquares,
    sum,
    adamw,
  };
}
