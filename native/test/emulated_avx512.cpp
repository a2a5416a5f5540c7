/** @file The avx512 kernels compiled against emulate.h instead of the instructions: only a test loads them. */
#include "../isa/isa.h"
#define CYGNET_EMULATE 1
#include "emulate.h"
#define CYGNET_NAME emulated_avx512
#include "../isa/fill.inc"
