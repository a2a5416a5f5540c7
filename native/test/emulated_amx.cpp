/** @file The amx kernels compiled against emulate.h instead of the instructions: only a test loads them. */
#include "../isa/isa.h"
#define CYGNET_EMULATE 3
#include "emulate.h"
#define CYGNET_NAME emulated_amx
#include "../isa/fill.inc"
