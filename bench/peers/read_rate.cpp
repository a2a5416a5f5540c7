/** @file The rate at which threads read memory: each sums its own part of a buffer far larger than the caches, some streams
 *  side by side, again and again. Arguments: threads, megabytes. For each line on standard input one pass is timed and
 *  {"rate": bytes a second} is written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <chrono>
#include <thread>
#include <vector>

typedef uint32_t Words __attribute__((vector_size(32)));
constexpr int STREAMS = 2;

static void read_part(const char* from, size_t bytes) {
  Words a = {}, b = {};
  const size_t each = bytes / STREAMS;
  for (size_t i = 0; i < each; i += 64)
    for (int s = 0; s < STREAMS; s++) {
      const char* at = from + s * each + i;
      __builtin_prefetch(at + 1024);
      a += *(const Words*)at;
      b += *(const Words*)(at + 32);
    }
  a += b;
  asm volatile("" ::"x"(a));  // so that the loop stays
}

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const int threads = atoi(arguments[1]);
  constexpr size_t HUGE_PAGE = size_t(2) << 20;
  const size_t part = (size_t(atol(arguments[2])) << 20) / threads / HUGE_PAGE * HUGE_PAGE, bytes = part * threads;
  char* map = (char*)mmap(nullptr, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return 1;
  char* buffer = (char*)(((uintptr_t)map + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
  madvise(buffer, bytes, MADV_HUGEPAGE);
#endif
  for (size_t i = 0; i < bytes; i += 64) buffer[i] = 1;
  for (int c; (c = getchar()) != EOF;) {
    if (c != '\n') continue;
    const auto started = std::chrono::steady_clock::now();
    std::vector<std::thread> all;
    for (int t = 0; t < threads; t++) all.emplace_back(read_part, buffer + t * part, part);
    for (auto& t : all) t.join();
    printf("{\"rate\": %.0f}\n", double(bytes) / std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    fflush(stdout);
  }
}
