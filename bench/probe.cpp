/** What this machine can do, for `npm run bench`: multiply-adds in registers (fp32; bf16 where there are instructions), and
 *  bandwidths of memory and of the last cache. Compiled for the machine at hand by bench/probe.ts. A process that stays up:
 *  for each line "WHAT THREADS MILLISECONDS" it prints {"rate": …} in operations or bytes a second, the best of the
 *  windows that fit into the time; {"rate": null} where the machine has no such instructions.
 *
 *    fp32 bf16     operations a second, two for each multiply-add
 *    read          bytes a second, sums of a buffer far larger than the caches
 *    write         bytes a second written, with ordinary stores or streaming ones, the faster (what a store reads
 *                  before it writes is not counted)
 *    copy          bytes a second read plus written
 *    l3            bytes a second read from a buffer that fits the last cache and not the one before it */

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>
#ifdef __x86_64__
#include <immintrin.h>
#endif
#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__AVX512F__)
constexpr int WIDTH = 64;
#elif defined(__AVX__)
constexpr int WIDTH = 32;
#else
constexpr int WIDTH = 16;
#endif
typedef float Vector __attribute__((vector_size(WIDTH)));
constexpr int LANES = WIDTH / 4;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** Keeps a value in a register and the compiler from knowing it. */
#if defined(__x86_64__)
#define OPAQUE(x) asm volatile("" : "+x"(x))
#if defined(__AVX512F__)
#undef OPAQUE
#define OPAQUE(x) asm volatile("" : "+v"(x))
#endif
#elif defined(__aarch64__)
#define OPAQUE(x) asm volatile("" : "+w"(x))
#else
#define OPAQUE(x) asm volatile("" : "+m"(x))
#endif

/** a = a·b + c. */
#if defined(__AVX512F__)
#define MULTIPLY_ADD(a, b, c) asm volatile("vfmadd213ps %2,%1,%0" : "+v"(a) : "v"(b), "v"(c))
#elif defined(__FMA__)
#define MULTIPLY_ADD(a, b, c) asm volatile("vfmadd213ps %2,%1,%0" : "+x"(a) : "x"(b), "x"(c))
#else
#define MULTIPLY_ADD(a, b, c) \
  a = a * b + c;              \
  OPAQUE(a)
#endif

constexpr long CHUNK = 20000;
/** Twelve chains, each a variable of its own (an array would live in memory): more than latency × units of any machine in
 *  use, and within sixteen registers with the two factors. */
#define CHAINS(X) X(a0) X(a1) X(a2) X(a3) X(a4) X(a5) X(a6) X(a7) X(a8) X(a9) X(a10) X(a11)
constexpr int CHAIN_COUNT = 12;

static double fp32_chunk() {
  Vector b = {}, c = {};
  for (int i = 0; i < LANES; i++) b[i] = 0.999f, c[i] = 0.001f;
  OPAQUE(b);
  OPAQUE(c);
#define DECLARE(a) Vector a = c;
#define STEP(a) MULTIPLY_ADD(a, b, c);
#define KEEP(a) OPAQUE(a);
  CHAINS(DECLARE)
  for (long i = 0; i < CHUNK; i++) {
    CHAINS(STEP)
  }
  CHAINS(KEEP)
  return CHUNK * CHAIN_COUNT * 2.0 * LANES;
}

#if defined(__AMX_BF16__)
static bool amx_allowed() { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }
static void amx_configure() {
  struct __attribute__((packed)) {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config = {};
  config.palette = 1;
  for (int i = 0; i < 8; i++) config.bytes[i] = 64, config.rows[i] = 16;
  _tile_loadconfig(&config);
}
static double bf16_chunk() {
  amx_configure();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (long i = 0; i < CHUNK / 8; i++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return CHUNK / 8 * 4 * 16.0 * 16 * 32 * 2;
}
static const char* const BF16 = "AMX";
#elif defined(__AVX512BF16__)
static bool amx_allowed() { return true; }
static double bf16_chunk() {
  __m512 b = _mm512_set1_ps(0.5f), c = _mm512_set1_ps(0.25f);
  OPAQUE(b);
  OPAQUE(c);
#define DECLARE_PAIR(a) __m512 a = c;
#define STEP_PAIR(a) asm volatile("vdpbf16ps %2,%1,%0" : "+v"(a) : "v"(b), "v"(c));
  CHAINS(DECLARE_PAIR)
  for (long i = 0; i < CHUNK; i++) {
    CHAINS(STEP_PAIR)
  }
  CHAINS(KEEP)
  return CHUNK * CHAIN_COUNT * 64.0;
}
static const char* const BF16 = "AVX-512 BF16";
#else
static bool amx_allowed() { return false; }
static double bf16_chunk() { return 0; }
static const char* const BF16 = nullptr;
#endif

static float* buffer(size_t bytes) {
  static char* memory = nullptr;
  static size_t size = 0;
  if (size < bytes) {
    free(memory);
    memory = static_cast<char*>(aligned_alloc(1 << 21, bytes));
    if (memory == nullptr) return nullptr;
#ifdef __linux__
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    memset(memory, 1, bytes);
    size = bytes;
  }
  return reinterpret_cast<float*>(memory);
}

static double read_bytes(const char* p, size_t bytes) {
  Vector s[8] = {};
  for (size_t i = 0; i + 8 * WIDTH <= bytes; i += 8 * WIDTH)
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) s[j] += *reinterpret_cast<const Vector*>(p + i + j * WIDTH);
  for (auto& x : s) OPAQUE(x);
  return double(bytes);
}

static double write_bytes(char* p, size_t bytes) {
  Vector v = {};
  OPAQUE(v);
  for (size_t i = 0; i < bytes; i += WIDTH) *reinterpret_cast<Vector*>(p + i) = v;
  asm volatile("" ::: "memory");
  return double(bytes);
}

static double stream_bytes(char* p, size_t bytes) {
#if defined(__AVX__)
  const __m256 v = _mm256_setzero_ps();
  for (size_t i = 0; i < bytes; i += 32) _mm256_stream_ps(reinterpret_cast<float*>(p + i), v);
  _mm_sfence();
  return double(bytes);
#else
  return write_bytes(p, bytes);
#endif
}

static double copy_bytes(char* p, size_t bytes) {
  const size_t half = bytes / 2;
#if defined(__AVX__)
  for (size_t i = 0; i < half; i += 32)
    _mm256_stream_ps(reinterpret_cast<float*>(p + i), _mm256_load_ps(reinterpret_cast<const float*>(p + half + i)));
  _mm_sfence();
#else
  memcpy(p, p + half, half);
  asm volatile("" ::: "memory");
#endif
  return double(half) * 2;
}

/** Threads that stay; each window runs `work(thread)` on all of them and counts the whole window's time. */
template <typename Work>
static double best_rate(int threads, double seconds, Work work) {
  std::atomic<int> arrived{0};
  std::vector<double> rates;
  std::vector<double> done(threads), began(threads), ended(threads);
  const double until = now() + seconds;
  std::atomic<bool> more{true};
  auto barrier = [&](int& phase) {
    const int target = ++phase * threads;
    arrived++;
    while (arrived.load() < target) {
    }
  };
  auto loop = [&](int id) {
#ifdef __linux__
    cpu_set_t mine, all;
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&mine);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++)
      if (CPU_ISSET(cpu, &all) && seen++ == id) CPU_SET(cpu, &mine);
    if (threads > 1 && CPU_COUNT(&mine) == 1) pthread_setaffinity_np(pthread_self(), sizeof mine, &mine);
#endif
    int phase = 0;
    for (;;) {
      barrier(phase);
      began[id] = now();
      done[id] = work(id);
      ended[id] = now();
      barrier(phase);
      if (id == 0) {
        double total = 0;
        for (double d : done) total += d;
        const double first = *std::min_element(began.begin(), began.end());
        rates.push_back(total / (*std::max_element(ended.begin(), ended.end()) - first));
        more = now() < until;
      }
      barrier(phase);
      if (!more) return;
    }
  };
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; i++) pool.emplace_back(loop, i);
  for (auto& t : pool) t.join();
  return *std::max_element(rates.begin(), rates.end());
}

constexpr size_t MEMORY_BYTES = size_t(512) << 20;

static double measure(const std::string& what, int threads, double seconds, size_t cached_bytes) {
  const size_t bytes = what == "l3" ? cached_bytes : MEMORY_BYTES;
  const size_t share = bytes / threads / 4096 * 4096;
  auto bandwidth = [&](auto move) {
    char* p = reinterpret_cast<char*>(buffer(bytes));
    return best_rate(threads, seconds, [=](int id) { return move(p + id * share, share); });
  };
  if (what == "fp32") return best_rate(threads, seconds, [](int) { return fp32_chunk() + fp32_chunk(); });
  if (what == "bf16") return best_rate(threads, seconds, [](int) { return bf16_chunk() + bf16_chunk(); });
  if (what == "read") return bandwidth(read_bytes);
  if (what == "write") return std::max(bandwidth(write_bytes), bandwidth(stream_bytes));
  if (what == "copy") return bandwidth(copy_bytes);
  if (what == "l3")
    return bandwidth([](const char* p, size_t n) {
      double total = 0;
      for (int i = 0; i < 8; i++) total += read_bytes(p, n);
      return total;
    });
  return -1;
}

int main(int, char** argv) {
  const size_t cached_bytes = size_t(atol(argv[1]));  // of the last cache's reads, in all
  const bool bf16 = BF16 != nullptr && amx_allowed();
  printf("{\"ready\": true, \"bits\": %d, \"bf16\": ", WIDTH * 8);
  if (bf16) printf("\"%s\"}\n", BF16);
  else printf("null}\n");
  fflush(stdout);
  char what[16];
  int threads;
  double milliseconds;
  while (scanf("%15s %d %lf", what, &threads, &milliseconds) == 3) {
    if (!strcmp(what, "bf16") && !bf16) printf("{\"rate\": null}\n");
    else printf("{\"rate\": %.6g}\n", measure(what, threads, milliseconds / 1000, cached_bytes));
    fflush(stdout);
  }
}
