/** @file AVX2 with fused multiply-add: x86-64 since about 2013. */
#include "isa.h"
#define CYGNET_NAME isa_avx2
#include "fill.inc"
