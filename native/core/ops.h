/** @file Codes of elementwise operations, shared by the kernels and src/tensor/backend.ts (which lists the same names in the same order). */
#pragma once

// Order: backend.ts `Activation`, then the rest of `Unary`.
enum CygnetUnary {
  CYGNET_RELU, CYGNET_GELU, CYGNET_GELU_TANH, CYGNET_QUICK_GELU, CYGNET_SILU, CYGNET_TANH, CYGNET_SIGMOID, CYGNET_RELU2,
  CYGNET_NEG, CYGNET_EXP, CYGNET_LOG, CYGNET_SQRT, CYGNET_RSQRT, CYGNET_SQUARE, CYGNET_RECIPROCAL, CYGNET_ABS,
  CYGNET_NONE = -1
};

// Order: backend.ts `Binary`.
enum CygnetBinary { CYGNET_ADD, CYGNET_SUB, CYGNET_MUL, CYGNET_DIV, CYGNET_MAX, CYGNET_MIN };
