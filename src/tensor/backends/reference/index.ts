/** @file The reference backend: the contract of `backend.ts` in plain TypeScript, the oracle that other backends are
 *  checked against, and what serves where nothing could be compiled. Inside a kernel everything is float64; each
 *  output is rounded to float32 once. Results depend on nothing but the operands; one thread. */

import type { Backend } from "../../backend.js";
import { attention, attentionBackward } from "./attention.js";
import { dequantize4 } from "./dequantize.js";
import { dropout } from "./dropout.js";
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
import { mixed } from "./mixed.js";
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
    layerNorm: mixed(layerNorm, ["x"], ["y"]),
    layerNormBackward: mixed(layerNormBackward, ["x", "dy"], ["dx"]),
    rmsNorm: mixed(rmsNorm, ["x"], ["y"]),
    rmsNormBackward: mixed(rmsNormBackward, ["x", "dy"], ["dx"]),
    rope: mixed(rope, ["x"], ["y"]),
    attention: mixed(attention, ["q", "k", "v"], ["o"]),
    attentionBackward: mixed(attentionBackward, ["q", "k", "v", "o", "dO"], ["dq", "dk", "dv"]),
    softmax,
    softmaxBackward,
    crossEntropy,
    argmax,
    unary: mixed(unary, ["x"], ["y"]),
    unaryBackward: mixed(unaryBackward, ["x", "dy"], ["dx"]),
    gated: mixed(gated, ["gate", "up"], ["y"]),
    gatedBackward: mixed(gatedBackward, ["gate", "up", "dy"], ["dGate", "dUp"]),
    binary: mixed(binary, ["a", "b"], ["y"]),
    axpby: mixed(axpby, ["x"], ["y"]),
    affine: mixed(affine, ["x"], ["y"]),
    dropout: mixed(dropout, ["x", "residual"], ["y"]),
    dequantize4: mixed(dequantize4, [], ["y"]),
    stridedCopy: mixed(stridedCopy, ["x"], ["y"]),
    sumRows: mixed(sumRows, ["x"], []),
    sumCols,
    sumSquares,
    sum,
    adamw,
  };
}
