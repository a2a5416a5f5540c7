/** @file What every instruction set's file begins and what kernels may rely on. Only C headers and compiler intrinsics:
 *  an inline function of the C++ library compiled here with wide instructions could be the copy that the linker keeps
 *  for everybody (so kernels use no std:: at all, and no external linkage). */
#pragma once

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(_WIN32)
#define long long long  // the kernels count in `long`, which has 32 bits there
#endif

#include "../core/ops.h"
#include "../core/pool.h"
#include "../core/table.h"
#include "../half.h"
#include "../vec.h"
