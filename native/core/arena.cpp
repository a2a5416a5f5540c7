/** @file The arena. Blocks lie in one reserved range of addresses, so that neighbours always coalesce and no region's border
 *  strands memory. Each block is a cache line or three longer than asked, which keeps tensors whose sizes are powers of
 *  two from starting at the same place of every page (they would fight for the same cache sets).
 *  Pages go back to the system when for some time far less was in use than is resident. */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "system.h"

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

/** Aligned pages: reserves a huge page more and cuts off what sticks out. */
void* map_aligned(size_t bytes) {
  char* p = static_cast<char*>(system_reserve(bytes + HUGE_PAGE));
  if (p == nullptr) return nullptr;
  char* aligned = reinterpret_cast<char*>(up(reinterpret_cast<uintptr_t>(p), HUGE_PAGE));
  system_cut(p, bytes + HUGE_PAGE, aligned, bytes);
  system_advise_huge(aligned, bytes);
  return aligned;
}

struct Block {
  size_t bytes;
  bool free;
};

struct Arena {
  std::mutex mutex;
  char* base = nullptr;
  size_t reserved = 0, top = 0, limit = 0;
  size_t committed = 0;                             // of the range: usable
  size_t working = 0;                               // outside the range: working memory of kernels
  std::map<char*, Block> blocks;                    // by address: all below base + top
  std::set<std::pair<size_t, char*>> holes;         // free blocks by size
  std::unordered_map<char*, size_t> small;          // size of each small block in use
  std::unordered_map<size_t, char*> slabs;          // class → free list, linked through the blocks
  size_t in_use = 0, peak = 0, given_back = 0;
  double window_start = 0;
  size_t window_peak = 0, previous_peak = 0;

  Arena() {
    limit = system_memory();
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

  /** Whether the first `bytes` of the range can be used. */
  bool usable(size_t bytes) {
    if (bytes <= committed) return true;
    size_t want = up(bytes, HUGE_PAGE);
    if (want > reserved) want = reserved;
    if (!system_commit(base + committed, want - committed)) return false;
    committed = want;
    return true;
  }

  /** Best fit; splits what is left over. Extends the used part of the range if no hole is large enough. A hole that has
   *  room for all but the stagger is taken whole: its place was staggered when it was first cut. *bytes is what was taken. */
  char* take(size_t* wanted) {
    size_t bytes = *wanted;
    auto hole = holes.lower_bound({bytes - STAGGER, nullptr});
    if (hole != holes.end()) {
      size_t size = hole->first;
      char* p = hole->second;
      holes.erase(hole);
      if (size < bytes) *wanted = bytes = size;
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
    if (size_t(p - base) + bytes > reserved || !usable(size_t(p - base) + bytes)) {
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
      size_t pieces = SLAB / size, slab = pieces * size + LINE + STAGGER;
      char* p = take(&slab);
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
      system_discard(from, size_t(to - from));
      back += size_t(to - from);
    }
    given_back = back;
  }

  void maybe_trim() {
    double now = system_seconds();
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

#if defined(CYGNET_SANITIZE)

// Each block is one of malloc's, exactly as long as asked: the address sanitizer sees the first byte beyond it.
namespace {
void* exact(size_t bytes) {
  void* p = nullptr;
  return posix_memalign(&p, LINE, bytes == 0 ? 1 : bytes) == 0 ? p : nullptr;
}
}  // namespace

void* map_huge(size_t* bytes) { return exact(*bytes); }
void unmap_huge(void* address, size_t) { free(address); }

void* arena_allocate(size_t bytes) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  if (bytes > a.limit || a.in_use > a.limit - bytes) return nullptr;
  char* p = static_cast<char*>(exact(bytes));
  if (p == nullptr) return nullptr;
  a.small[p] = bytes;
  a.count(bytes);
  return p;
}

bool arena_release(void* address) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  auto piece = a.small.find(static_cast<char*>(address));
  if (piece == a.small.end()) return false;
  a.in_use -= piece->second;
  a.small.erase(piece);
  free(address);
  return true;
}

#else

void* map_huge(size_t* bytes) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  *bytes = up(*bytes, HUGE_PAGE);
  if (a.in_use > a.limit || *bytes > a.limit - a.in_use || a.working > a.limit - a.in_use - *bytes) return nullptr;
  void* p = map_aligned(*bytes);
  if (p == nullptr) return nullptr;
  if (!system_commit(p, *bytes)) {
    system_release(p, *bytes);
    return nullptr;
  }
  a.working += *bytes;
  return p;
}

void unmap_huge(void* address, size_t bytes) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  system_release(address, bytes);
  a.working -= bytes;
}

void* arena_allocate(size_t bytes) {
  Arena& a = arena();
  std::lock_guard<std::mutex> lock(a.mutex);
  if (bytes == 0) bytes = 1;
  const size_t used = a.in_use + a.working;
  if (a.base == nullptr || bytes > a.limit || used > a.limit - bytes) return nullptr;
  if (bytes <= SMALL) return a.take_small(bytes);
  size_t size = up(bytes, LINE) + STAGGER;
  char* p = a.take(&size);
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

#endif

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
