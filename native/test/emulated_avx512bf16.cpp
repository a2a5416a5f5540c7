/** @file The avx512bf16 kernels compiled against emulate.h instead of the instructions: only a test loads them. */
#include "../isa/isa.h"
#define CYGNET_EMULATE 2
#include "emulate.h"
#define CYGNET_NAME emulated_avx512bf16
#include "../isa/fill.inc"
