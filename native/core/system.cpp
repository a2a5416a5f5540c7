/** @file system.h for Linux and macOS, and for Windows. */
#include "system.h"

#include <stdio.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <dlfcn.h>
#endif
#endif

namespace cygnet {

#if defined(_WIN32)

void* system_reserve(size_t bytes) { return VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_READWRITE); }
bool system_commit(void* address, size_t bytes) { return VirtualAlloc(address, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr; }
void system_release(void* address, size_t) {
  MEMORY_BASIC_INFORMATION about;  // ranges are given back by the address they were reserved at
  if (VirtualQuery(address, &about, sizeof about) != 0) VirtualFree(about.AllocationBase, 0, MEM_RELEASE);
}
void system_cut(void*, size_t, void*, size_t) {}
void system_discard(void* address, size_t bytes) { VirtualAlloc(address, bytes, MEM_RESET, PAGE_READWRITE); }
void system_advise_huge(void*, size_t) {}
size_t system_memory() {
  MEMORYSTATUSEX status;
  status.dwLength = sizeof status;
  return GlobalMemoryStatusEx(&status) ? size_t(status.ullTotalPhys) : size_t(1) << 30;
}
double system_seconds() { return double(GetTickCount64()) * 1e-3; }
void system_yield() { SwitchToThread(); }
void system_pin() {
  HMODULE own;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, reinterpret_cast<LPCWSTR>(&system_pin), &own);
}

#else

void* system_reserve(size_t bytes) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}
bool system_commit(void*, size_t) { return true; }
void system_release(void* address, size_t bytes) { munmap(address, bytes); }
void system_cut(void* range, size_t range_bytes, void* aligned, size_t bytes) {
  char *from = static_cast<char*>(range), *first = static_cast<char*>(aligned), *last = first + bytes;
  if (first > from) munmap(from, size_t(first - from));
  if (from + range_bytes > last) munmap(last, size_t(from + range_bytes - last));
}
void system_discard(void* address, size_t bytes) {
#if defined(__APPLE__)
  madvise(address, bytes, MADV_FREE);  // MADV_DONTNEED keeps the pages there
#else
  madvise(address, bytes, MADV_DONTNEED);
#endif
}
void system_advise_huge(void* address, size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(address, bytes, MADV_HUGEPAGE);
#else
  (void)address;
  (void)bytes;
#endif
}
size_t system_memory() {
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
double system_seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}
void system_yield() { sched_yield(); }
void system_pin() {
#if defined(__APPLE__)
  Dl_info own;
  if (dladdr(reinterpret_cast<void*>(&system_pin), &own) != 0) dlopen(own.dli_fname, RTLD_LAZY | RTLD_NODELETE);
#endif
}

#endif

}  // namespace cygnet
