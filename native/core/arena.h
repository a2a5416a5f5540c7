/** @file Memory of tensors: one large reserved range backed by huge pages, best fit with coalescing, so that the repeated
 *  allocations of a training step find the places of the step before. */
#pragma once
#include <stddef.h>

namespace cygnet {

struct MemoryUse {
  double bytes;      // handed out now
  double peak_bytes; // most ever handed out at once
  double resident;   // of the range: touched and not given back
  double limit;      // what this machine or container has
};

/** 64-byte aligned; null when `bytes` exceed what is left. Contents are undefined. */
void* arena_allocate(size_t bytes);
/** Gives a block of arena_allocate back. False if `address` is none (given back twice, say). */
bool arena_release(void* address);
MemoryUse arena_use();
/** Hands free pages back to the system. */
void arena_trim();

/** 2 MB aligned pages from the system, advised to be huge; *bytes is rounded up. Null if refused. */
void* map_huge(size_t* bytes);
void unmap_huge(void* address, size_t bytes);

}  // namespace cygnet
