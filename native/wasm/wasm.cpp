/** @file The WebAssembly build: the kernels of native/kernels/ and what JavaScript calls. Every kernel of kernels.inc becomes
 *  a function of doubles in the table of functions: pointers, sizes, flags and floats are all numbers over there. Built by
 *  src/tensor/backends/wasm/build.ts, once with plain and once with relaxed vectors (fused multiply-adds). */
#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

extern "C" {
void* memcpy(void* to, const void* from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void* memmove(void* to, const void* from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
void* memset(void* to, int value, size_t bytes) { return __builtin_memset(to, value, bytes); }
}

typedef uint64_t size64;
// Products of sizes go beyond 32 bits: `long` has 64 in the kernels, as elsewhere. So have sizes of working memory: one that
// 32 bits would cut must be refused. (Pointers, and so what is there, have 32.)
#define long long long
#define size_t size64

#include "../isa/isa.h"

namespace cygnet {
#include "pool.inc"

namespace isa_wasm {
namespace {
#include "../kernels/all.inc"

template <class T> T from_number(double x, T*) { return (T)x; }
template <class T> T* from_number(double x, T**) { return (T*)(uintptr_t)x; }

template <class F, F f> struct Wrapped;
template <class R, class... A, R (*f)(A...)> struct Wrapped<R (*)(A...), f> {
  template <class> struct Number { typedef double type; };
  static double call(typename Number<A>::type... values) { return double(f(from_number(values, (A*)nullptr)...)); }
};
template <class... A, void (*f)(A...)> struct Wrapped<void (*)(A...), f> {
  template <class> struct Number { typedef double type; };
  static void call(typename Number<A>::type... values) { f(from_number(values, (A*)nullptr)...); }
};

#define CYGNET_KERNEL(name, result, arguments) #name " "
const char NAMES[] =
#include "../kernels.inc"
    ;
#undef CYGNET_KERNEL
#define CYGNET_KERNEL(name, result, arguments) (void*)&Wrapped<decltype(&name), &name>::call,
void* const FUNCTIONS[] = {
#include "../kernels.inc"
};
#undef CYGNET_KERNEL
}  // namespace
}  // namespace isa_wasm

#define CYGNET_EXPORT(name) extern "C" __attribute__((export_name(name)))

/** The names of the kernels, each followed by a space. */
CYGNET_EXPORT("names") const char* cygnet_names() { return isa_wasm::NAMES; }
/** The place of a kernel in the table of functions. */
CYGNET_EXPORT("function") void* cygnet_function(int index) { return isa_wasm::FUNCTIONS[index]; }
/** Threads from the next loop on; whether the calling thread may sleep. */
CYGNET_EXPORT("set_threads") void cygnet_set_threads(int count, int may_wait) {
  set_threads(count);
  pool.may_wait = may_wait != 0;
}
/** A worker's life. Returns when the pool is stopped. */
CYGNET_EXPORT("work") void cygnet_work(int index) {
  own_index = index;
  uint32_t seen = 0;
  for (;;) {
    for (int spin = 0; get(pool.generation) == seen; spin++) {
      if (get(pool.stopped) != 0) return;
      if (spin < SPINS) continue;
      __atomic_fetch_add(&pool.asleep, 1u, __ATOMIC_SEQ_CST);
      __builtin_wasm_memory_atomic_wait32((int*)&pool.generation, (int)seen, -1);
      __atomic_fetch_sub(&pool.asleep, 1u, __ATOMIC_SEQ_CST);
    }
    if (get(pool.stopped) != 0) return;
    seen = get(pool.generation);
    if (index >= pool.wanted) continue;
    __atomic_fetch_add(&pool.active, 1u, __ATOMIC_SEQ_CST);
    if (get(pool.open) == seen) run_blocks(index);
    __atomic_fetch_sub(&pool.active, 1u, __ATOMIC_SEQ_CST);
  }
}
/** Lets the workers return. */
CYGNET_EXPORT("stop") void cygnet_stop() {
  set(pool.stopped, 1u);
  __atomic_fetch_add(&pool.generation, 1u, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify((int*)&pool.generation, (unsigned)MAX_THREADS);
}
/** After an error on a worker (for want of so many bytes; it then works on) or on the calling thread: leaves the loop. */
CYGNET_EXPORT("recover") void cygnet_recover(double bytes) {
  inside = false;
  if (own_index != 0) {
    pool.bytes = bytes;
    pool.failed = true;
    __atomic_fetch_sub(&pool.active, 1u, __ATOMIC_SEQ_CST);
  } else {
    finish_loop();
    pool.failed = false;
  }
}

}  // namespace cygnet
