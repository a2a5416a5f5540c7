/** @file The table of kernels that each instruction set fills (see kernels.inc). */
#pragma once

namespace cygnet {

#define CYGNET_KERNEL(name, result, arguments) result(*name) arguments;
struct KernelTable {
#include "../kernels.inc"
};
#undef CYGNET_KERNEL

}  // namespace cygnet
