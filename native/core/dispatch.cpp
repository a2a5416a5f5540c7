/** @file Dispatch. The build defines CYGNET_WITH_<SET> for each set that the compiler knew. */
#include "dispatch.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cygnet {

#define CYGNET_DECLARE(set) \
  namespace set {           \
  void fill_table(KernelTable*); \
  }
CYGNET_DECLARE(isa_baseline)
CYGNET_DECLARE(isa_avx2)
CYGNET_DECLARE(isa_avx512)
CYGNET_DECLARE(isa_avx512bf16)
CYGNET_DECLARE(isa_amx)
CYGNET_DECLARE(emulated_avx512)
CYGNET_DECLARE(emulated_avx512bf16)
CYGNET_DECLARE(emulated_amx)

namespace {

struct Features {
  bool avx2 = false, avx512 = false, avx512bf16 = false, amx = false;
};

#if defined(__x86_64__)
/** What the system saves on a task switch: without that, using the registers faults. */
uint64_t system_state() {
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

/** Linux gives tile registers only to processes that ask. */
bool permit_tiles() {
#if defined(__linux__)
  constexpr long ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18;
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return false;
#endif
}

Features detect() {
  Features f;
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return f;
  const bool fma = c >> 12 & 1, osxsave = c >> 27 & 1, avx = c >> 28 & 1, f16c = c >> 29 & 1;
  if (!osxsave || !avx) return f;
  const uint64_t state = system_state();
  if ((state & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return f;
  const bool bmi = (b >> 3 & 1) && (b >> 8 & 1);
  f.avx2 = fma && f16c && bmi && (b >> 5 & 1);
  const unsigned wanted = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;  // F, DQ, CD, BW, VL
  f.avx512 = f.avx2 && (b & wanted) == wanted && (state & 0xe0) == 0xe0;
  const bool tiles = (d >> 22 & 1) && (d >> 24 & 1) && (state & 0x60000) == 0x60000;
  unsigned a1 = 0;
  if (__get_cpuid_count(7, 1, &a1, &b, &c, &d)) f.avx512bf16 = f.avx512 && (a1 >> 5 & 1);
  f.amx = f.avx512bf16 && tiles && permit_tiles();
  return f;
}
#else
Features detect() { return {}; }
#endif

struct Choice {
  const char* name;
  void (*fill)(KernelTable*);
  bool Features::*needs;
};

/** Best last. */
const Choice CHOICES[] = {
#if defined(CYGNET_EMULATE)
    {"emulated-avx512", emulated_avx512::fill_table, nullptr},
    {"emulated-avx512bf16", emulated_avx512bf16::fill_table, nullptr},
    {"emulated-amx", emulated_amx::fill_table, nullptr},
#endif
    {"baseline", isa_baseline::fill_table, nullptr},
#if defined(CYGNET_WITH_AVX2)
    {"avx2", isa_avx2::fill_table, &Features::avx2},
#endif
#if defined(CYGNET_WITH_AVX512)
    {"avx512", isa_avx512::fill_table, &Features::avx512},
#endif
#if defined(CYGNET_WITH_AVX512BF16)
    {"avx512bf16", isa_avx512bf16::fill_table, &Features::avx512bf16},
#endif
#if defined(CYGNET_WITH_AMX)
    {"amx", isa_amx::fill_table, &Features::amx},
#endif
};

const Features& features() {
  static const Features found = detect();
  return found;
}

bool usable(const Choice& choice) { return choice.needs == nullptr || features().*choice.needs; }

KernelTable table;
const char* current = nullptr;

}  // namespace

std::string isa_usable() {
  std::string names;
  for (const Choice& choice : CHOICES) {
    if (usable(choice)) names += (names.empty() ? "" : " ") + std::string(choice.name);
  }
  return names;
}

bool select_isa(const char* name, std::string* why) {
  const Choice* found = nullptr;
  for (const Choice& choice : CHOICES) {
    if (!usable(choice)) continue;
    if (name == nullptr || *name == 0 || strcmp(name, choice.name) == 0) found = &choice;
  }
  if (found == nullptr) {
    *why = isa_usable();
    return false;
  }
  found->fill(&table);
  current = found->name;
  return true;
}

const char* isa_name() { return current; }
const KernelTable& kernels() { return table; }

}  // namespace cygnet
