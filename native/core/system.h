/** @file What the arena and the pool need of the operating system. */
#pragma once
#include <stddef.h>

namespace cygnet {

/** A range of addresses, page-aligned, zeros where touched; null if refused. Where the system counts what is promised
 *  (Windows), pages must be committed before use. */
void* system_reserve(size_t bytes);
/** Makes pages of a reserved range usable. False if the system has no more. */
bool system_commit(void* address, size_t bytes);
void system_release(void* address, size_t bytes);
/** Cuts the ends off a range where that can be done: what remains is [aligned, aligned + bytes). */
void system_cut(void* range, size_t range_bytes, void* aligned, size_t bytes);
/** The contents are no longer needed. */
void system_discard(void* address, size_t bytes);
void system_advise_huge(void* address, size_t bytes);
/** Memory of the machine, or of the container if that is less. */
size_t system_memory();
double system_seconds();
/** Keeps this library loaded as long as the process lives: its threads outlive the JavaScript environment that loaded it.
 *  (On Linux the linker's flag does.) */
void system_pin();
/** Lets another thread have the core. */
void system_yield();

}  // namespace cygnet
