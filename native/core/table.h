/** @file The table of kernels that each instruction set fills (see kernels.inc). */
#pragma once

namespace cygnet {

#pragma push_macro("long")
#if defined(_WIN32)
#define long long long  // as in isa/isa.h
#endif
#define CYGNET_KERNEL(name, result, arguments) result(*name) arguments;
struct KernelTable {
#include "../kernels.inc"
};
#undef CYGNET_KERNEL
#pragma pop_macro("long")

}  // namespace cygnet
