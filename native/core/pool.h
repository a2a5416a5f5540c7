/** @file Threads for kernels: a loop cut into blocks of fixed size, handed out to whoever is free. Which thread computes a
 *  block never matters to the bits. The calling thread takes part; loops inside loops run on the thread they are in. */
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cygnet {

/** Calls f(ctx, from, to, thread) for blocks [from, to) of at most `grain` that cover [0, n); returns when all are done. */
extern "C++" void parallel(int64_t n, int64_t grain, void (*f)(void* ctx, int64_t from, int64_t to, int thread), void* ctx);
/** Number of threads, the caller's included. */
int threads();
/** At least 1; takes effect with the next loop. */
void set_threads(int count);
/** Index of the calling thread in the loop it is in; 0 outside. */
int current_thread();
/** Whether the caller is inside a parallel loop (so that its own loops run serially). */
bool in_parallel();
/** Thrown by scratch(), through kernels and the loops they run in (they own nothing that would have to be given back), and
 *  caught by the binding. The results of the call are then undefined. */
struct NoWorkingMemory { size_t bytes; };

/** Memory of one thread, 64-byte aligned, kept between calls and grown as needed (contents are lost then). Slots are
 *  separate buffers; slot 0 is for leaf kernels, 1 to 3 belong to matmul, 4 and 5 to attention, 6 and 7 are free. */
void* scratch(int thread, size_t bytes, int slot = 0);

namespace {
/** The same with a lambda (from, to, thread). Internal linkage: each instruction set has its own copy. */
template <class F>
inline void parallel_for(int64_t n, int64_t grain, const F& f) {
  parallel(n, grain, [](void* ctx, int64_t from, int64_t to, int thread) { (*static_cast<const F*>(ctx))(from, to, thread); },
           const_cast<void*>(static_cast<const void*>(&f)));
}
}  // namespace

}  // namespace cygnet
