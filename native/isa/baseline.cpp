/** @file The processor family's common ground (x86-64: SSE2; arm64: NEON), by the compiler's vectors. */
#include "isa.h"
#define CYGNET_NAME isa_baseline
#include "fill.inc"
