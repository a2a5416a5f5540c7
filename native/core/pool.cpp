/** @file The thread pool: workers spin for some tens of microseconds after a loop, then sleep. A worker joins a loop only
 *  while it is open, so that one which wakes up late delays nobody. Threads are detached: they never hold up an exit. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "arena.h"
#include "system.h"

namespace cygnet {
namespace {

constexpr int MAX_THREADS = 256;
constexpr int SLOTS = 8;
/** Turns that a worker waits with its processor's pause, and then with giving the processor to whoever wants it, before it
 *  sleeps: about 0.1 and 1 ms. To wake a sleeping thread takes 50 µs and more on a virtual machine, and between two
 *  loops lies the end of the first one, when a thread waits for another's last block. */
constexpr int SPINS = 2000, YIELDS = 1000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

thread_local int own_index = 0;
thread_local bool inside = false;

struct Buffer {
  void* address = nullptr;
  size_t bytes = 0;
};

struct Pool {
  std::atomic<uint64_t> generation{0};  // of the newest loop
  std::atomic<uint64_t> open{0};        // generation of the loop that may be joined; 0 = none
  std::atomic<int> active{0};                // workers that hold the loop's fields
  std::atomic<int64_t> next{0};
  std::atomic<int> wanted{1};
  std::atomic<int> asleep{0};
  std::atomic<size_t> lacking{0};            // bytes of working memory that a thread did not get in this loop; 0 = none
  int started = 1;
  int64_t n = 0, grain = 1;
  void (*f)(void*, int64_t, int64_t, int) = nullptr;
  void* ctx = nullptr;
  std::mutex mutex;
  std::condition_variable wake;
  Buffer buffers[MAX_THREADS][SLOTS];

  void blocks(int thread) {
    inside = true;
    try {
      for (;;) {
        int64_t from = next.fetch_add(grain, std::memory_order_relaxed);
        if (from >= n) break;
        f(ctx, from, n - from < grain ? n : from + grain, thread);
      }
    } catch (const NoWorkingMemory& refused) {
      lacking.store(refused.bytes);
      next.store(n, std::memory_order_relaxed);  // what is left need not be done
    }
    inside = false;
  }

  void work(int index) {
    own_index = index;
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; generation.load(std::memory_order_acquire) == seen; spin++) {
        if (spin < SPINS) {
          pause();
          continue;
        }
        if (spin < SPINS + YIELDS) {
          system_yield();
          continue;
        }
        std::unique_lock<std::mutex> lock(mutex);
        asleep.fetch_add(1);
        wake.wait(lock, [&] { return generation.load() != seen; });
        asleep.fetch_sub(1);
      }
      seen = generation.load();
      if (index >= wanted.load(std::memory_order_relaxed)) continue;
      active.fetch_add(1);
      if (open.load() == seen) blocks(index);
      active.fetch_sub(1, std::memory_order_release);
    }
  }

  void start() {
    int want = wanted.load(std::memory_order_relaxed);
    while (started < want) {
      try {
        std::thread([this, index = started] { work(index); }).detach();
      } catch (const std::exception&) {  // the system has no more threads: go on with those there are
        wanted.store(started);
        return;
      }
      started++;
    }
  }

  void run() {
    start();
    lacking.store(0, std::memory_order_relaxed);
    next.store(0, std::memory_order_relaxed);
    uint64_t mine = generation.load(std::memory_order_relaxed) + 1;
    open.store(mine);
    generation.store(mine);
    if (asleep.load() > 0) {
      { std::lock_guard<std::mutex> lock(mutex); }
      wake.notify_all();
    }
    blocks(own_index);
    open.store(0);
    // Sequentially consistent, as are `open` above and both in work(): either a worker that joins late is seen here, or it
    // sees that the loop is closed.
    for (int spin = 0; active.load() > 0; spin++) {
      if (spin > 1024 && spin % 64 == 0) system_yield();  // on a busy machine the worker may be waiting for this very core
      pause();
    }
    if (size_t bytes = lacking.load()) throw NoWorkingMemory{bytes};
  }
};

/** The processors this process may use: affinity, and the quota of a container. */
int available() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
  if (FILE* file = fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long quota = 0, period = 0;
    if (fscanf(file, "%ld %ld", &quota, &period) == 2 && quota > 0 && period > 0) {
      int limit = static_cast<int>((quota + period - 1) / period);
      if (limit < count) count = limit;
    }
    fclose(file);
  }
  return count < 1 ? 1 : count;
}

/** Never destroyed: detached workers may still look at it while the process ends. */
Pool& pool() {
  static Pool* instance = [] {
    Pool* made = new Pool;
    const char* text = getenv("CYGNET_THREADS");
    int count = text != nullptr ? atoi(text) : 0;
    if (count < 1) count = available();
    made->wanted.store(count > MAX_THREADS ? MAX_THREADS : count);
    return made;
  }();
  return *instance;
}

}  // namespace

void parallel(int64_t n, int64_t grain, void (*f)(void*, int64_t, int64_t, int), void* ctx) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  Pool& p = pool();
  if (inside || n <= grain || p.wanted.load(std::memory_order_relaxed) == 1) {
    for (int64_t from = 0; from < n; from += grain) f(ctx, from, n - from < grain ? n : from + grain, own_index);
    return;
  }
  p.n = n;
  p.grain = grain;
  p.f = f;
  p.ctx = ctx;
  p.run();
}

int threads() { return pool().wanted.load(std::memory_order_relaxed); }

void set_threads(int count) { pool().wanted.store(count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count); }

int current_thread() { return own_index; }

bool in_parallel() { return inside; }

void* scratch(int thread, size_t bytes, int slot) {
  Buffer& buffer = pool().buffers[thread][slot];
#if defined(CYGNET_SANITIZE)
  const bool anew = true;  // exactly as long as asked: see arena.cpp
  const size_t want = bytes;
#else
  const bool anew = bytes > buffer.bytes;
  const size_t want = bytes + bytes / 8;
#endif
  if (anew) {
    if (buffer.address != nullptr) unmap_huge(buffer.address, buffer.bytes);
    buffer = {};
    size_t got = want;
    void* address = map_huge(&got);
    if (address == nullptr) throw NoWorkingMemory{bytes};
    buffer = {address, got};
  }
  return buffer.address;
}

}  // namespace cygnet
