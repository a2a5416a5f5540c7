/** @file The choice of an instruction set: what this build has, what the processor and the system allow. */
#pragma once
#include <string>

#include "table.h"

namespace cygnet {

/** Takes the named set (nullptr or "" = the best there is). False with *why if that cannot be. */
bool select_isa(const char* name, std::string* why);
/** The set in use and its kernels. */
const char* isa_name();
const KernelTable& kernels();
/** Names that would work here, best last, separated by spaces. */
std::string isa_usable();

}  // namespace cygnet
