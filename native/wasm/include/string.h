/** @file The part of <string.h> that kernels use: there is no C library here. The compiler turns these into memory.copy and
 *  memory.fill. */
#pragma once
#include <stddef.h>

extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
