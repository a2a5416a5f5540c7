/** @file AVX-512 with the bf16 dot product (AMD Zen 4, Intel Cooper Lake). */
#include "isa.h"
#define CYGNET_NAME isa_avx512bf16
#include "fill.inc"
