/** @file The arena. Blocks lie in one reserved range of addresses, so that neighbours always coalesce and no region's border
 *  strands memory. Each block is a cache line or three longer than asked, which keeps tensors whose sizes are powers of
 *  two from starting at the same place of every page (they would fight for the same cache sets).
 *  Pages go back to the system when for some time far less was in use than is resident. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace cygnet {
namespace {

constexpr size_t HUGE_PAGE = size_t(2) << 20;
constexpr size_t LINE = 64;
constexpr size_t STAGGER = 3 * LINE;
constexpr size_t SMALL = 16 << 10;      // up to here by size class, from slabs
constexpr size_t SLAB = 256 << 10;
constexpr double WINDOW_SECONDS = 10;   // in-use peaks are looked at over one to two windows before pages go back
constexpr double SLACK = 128 << 20;

size_t up(size_t value, size_t to) { return (value + to - 1) / to * to; }

void* map_pages(size_t bytes) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

void advise_huge(void* p, size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(p, bytes, MADV_HUGEPAGE);
#else
  (void)p;
  (void)bytes;
#endif
}

/** Aligned pages: maps a huge page more and unmaps what sticks out. */
void* map_aligned(size_t bytes) {
  char* p = static_cast<char*>(map_pages(bytes + HUGE_PAGE));
  if (p == nullptr) return nullptr;
  char* aligned = reinterpret_cast<char*>(up(reinterpret_cast<uintptr_t>(p), HUGE_PAGE));
  if (aligned > p) munmap(p, aligned - p);
  size_t tail = p + HUGE_PAGE - aligned;
  if (tail > 0) munmap(aligned + bytes, tail);
  advise_huge(aligned, bytes);
  return aligned;
}

double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/** Memory of the machine, or of the container if that is less. */
size_t machine_limit() {
  double total = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
  const char* files[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  for (const char* name : files) {
    if (FILE* file = fopen(name, "r")) {
      double limit = 0;
      if (fscanf(file, "%lf", &limit) == 1 && limit > 0 && limit < total) total = limit;
      fclose(file);
    }
  }
  return size_t(total);
}

struct Block {
  size_t bytes;
  bool free;
};

struct Arena {
  std::mutex mutex;
  char* base = nullptr;
  size_t reserved = 0, top = 0, limit = 0;
  std::map<char*, Block> blocks;                    // by address: all below base + top
  std::set<std::pair<size_t, char*>> holes;         // free blocks by size
  std::unordered_map<char*, size_t> small;          // size of each small block in use
  std::unordered_map<size_t, char*> slabs;          // class → free list, linked through the blocks
  size_t in_use = 0, peak = 0, given_back = 0;
  double window_start = 0;
  size_t window_peak = 0, previous_peak = 0;

  Arena() {
    limit = machine_limit();
    for (reserved = up(2 * limit, HUGE_PAGE); reserved >= (size_t(64) << 20); reserved = up(reserved / 2, HUGE_PAGE)) {
      base = static_cast<char*>(map_aligned(reserved));
      if (base != nullptr) return;
    }
    reserved = 0;
  }

  void count(size_t bytes) {
    in_use += bytes;
    if (in_use > peak) peak = in_use;
    if (in_use > window_peak) window_peak = in_use;
  }

  /** Best fit; splits what is left over. Extends the used part of the range if no hole is large enough. */
  char* take(size_t bytes) {
    auto hole = holes.lower_bound({bytes, nullptr});
    if (hole != holes.end()) {
      size_t size = hole->first;
      char* p = hole->second;
      holes.erase(hole);
      blocks[p] = {bytes, false};
      if (size > bytes) add_hole(p + bytes, size - bytes);
      return p;
    }
    // A hole at the very end grows instead of being left behind.
    char* end = base + top;
    char* p = end;
    if (!blocks.empty()) {
      auto last = std::prev(blocks.end());
      if (last->second.free) {
        p = last->first;
        holes.erase({last->second.bytes, p});
      }
    }
    if (size_t(p - base) + bytes > reserved) {
      if (p != end) holes.insert({size_t(end - p), p});
      return nullptr;
    }
    blocks[p] = {bytes, false};
    top = size_t(p - base) + bytes;
    return p;
  }

  void add_hole(char* p, size_t bytes) {
    blocks[p] = {bytes, true};
    holes.insert({bytes, p});
  }

  void give(std::map<char*, Block>::iterator at) {
    char* p = at->first;
    size_t bytes = at->second.bytes;
    auto next = std::next(at);
    if (next != blocks.end() && next->second.free) {
      holes.erase({next->second.bytes, next->first});
      bytes += next->second.bytes;
      blocks.erase(next);
    }
    if (at != blocks.begin()) {
      auto before = std::prev(at);
      if (before->second.free) {
        holes.erase({before->second.bytes, before->first});
        p = before->first;
        bytes += before->second.bytes;
        blocks.erase(at);
      }
    }
    add_hole(p, bytes);
  }

  static size_t size_class(size_t bytes) {  // four steps an octave
    size_t step = LINE;
    while (step * 8 < bytes) step *= 2;
    return up(bytes, step);
  }

  char* take_small(size_t bytes) {
    size_t size = size_class(bytes);
    char*& head = slabs[size];
    if (head == nullptr) {
      size_t pieces = SLAB / size;
      char* p = take(pieces * size + STAGGER);
      if (p == nullptr) return nullptr;
      for (size_t i = 0; i < pieces; i++) {
        char* piece = p + LINE + i * size;  // never the slab's own address, which arena_release would take for a block
        *reinterpret_cast<char**>(piece) = head;
        head = piece;
      }
    }
    char* p = head;
    head = *reinterpret_cast<char**>(p);
    small[p] = size;
    count(size);
    return p;
  }

  size_t resident() const { return top - (given_back < top ? given_back : top); }

  void trim() {
    size_t back = 0;
    for (auto& hole : holes) {
      char* from = reinterpret_cast<char*>(up(reinterpret_cast<uintptr_t>(hole.second), HUGE_PAGE));
      char* to = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(hole.second + hole.first) / HUGE_PAGE * HUGE_PAGE);
      if (to <= from) continue;
      madvise(from, size_t(to - from), MADV_DONTNEED);
      back += size_t(to - from);
    }
    given_back = back;
  }

  void maybe_trim() {
    double now = seconds();
    if (now - window_start < WINDOW_SECONDS) return;
    size_t recent = window_peak > previous_peak ? window_peak : previous_peak;
    previous_peak = window_peak;
    window_peak = in_use;
    window_start = now;
    if (double(top) > 1.5 * double(recent) + SLACK) trim();
  }
};

Arena& arena() {
  static Arena* instance = new Arena;
  return *instance;
}

}  // namespace

void* map_huge(size_t* bytes) {
  *bytes = up(*bytes, HUGE_PAGE);
  return map_aligned(*bytes);
}

void unmap_huge(void* address, size_t bytes) { munmap(address, bytes); }

void* arena_allocate(size_t bytes) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  if (bytes == 0) bytes = 1;
  if (a.base == nullptr || bytes > a.limit || a.in_use > a.limit - bytes) return nullptr;
  if (bytes <= SMALL) return a.take_small(bytes);
  size_t size = up(bytes, LINE) + STAGGER;
  char* p = a.take(size);
  if (p == nullptr) return nullptr;
  a.count(size);
  return p;
}

bool arena_release(void* address) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  char* p = static_cast<char*>(address);
  auto piece = a.small.find(p);
  if (piece != a.small.end()) {
    char*& head = a.slabs[piece->second];
    *reinterpret_cast<char**>(p) = head;
    head = p;
    a.in_use -= piece->second;
    a.small.erase(piece);
    return true;
  }
  auto at = a.blocks.find(p);
  if (at == a.blocks.end() || at->second.free) return false;
  size_t bytes = at->second.bytes;
  a.in_use -= bytes;
  a.give(at);
  if (bytes >= HUGE_PAGE / 2) a.maybe_trim();
  return true;
}

MemoryUse arena_use() {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  return {double(a.in_use), double(a.peak), double(a.resident()), double(a.limit)};
}

void arena_trim() {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  a.trim();
}

}  // namespace cygnet
