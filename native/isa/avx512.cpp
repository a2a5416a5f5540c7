/** @file AVX-512 F, BW, DQ, VL. */
#include "isa.h"
#define CYGNET_NAME isa_avx512
#include "fill.inc"
