/** @file AVX-512 BF16 and AMX tiles (Intel Sapphire Rapids). */
#include "isa.h"
#define CYGNET_NAME isa_amx
#include "fill.inc"
