/** @file The instructions that kernels/matmul_bf16.inc uses, on plain arrays: so that the AVX-512 and AMX kernels (tile
 *  shapes, packing, edges) are tested on any machine. CYGNET_EMULATE: 1 = AVX-512, 2 = with bf16 pairs, 3 = with tiles. */
#pragma once

namespace {

CYGNET_INLINE F16 emulated_half(const I16& pairs, int high) {
  return as_float(high ? pairs & splat((int32_t)0xffff0000) : pairs << 16);
}
CYGNET_INLINE F16 dot_pairs(const F16& sum, const I16& a, const I16& b) {
  return fma(emulated_half(a, 0), emulated_half(b, 0), fma(emulated_half(a, 1), emulated_half(b, 1), sum));
}
CYGNET_INLINE void store_bf16(uint16_t* to, const F16& x) {
  float lanes[16];
  store(lanes, x);
  for (int i = 0; i < 16; i++) {
    uint32_t u;
    memcpy(&u, lanes + i, 4);
    to[i] = uint16_t(lanes[i] != lanes[i] ? u >> 16 | 0x40 : (u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
}

CYGNET_INLINE void store_bf16(uint16_t* to, const F16& x, const F16& y) {
  store_bf16(to, x);
  store_bf16(to + 16, y);
}
CYGNET_INLINE I16 interleave(const F16& low, const F16& high) {
  uint16_t halves[32], pairs[32];
  store_bf16(halves, low, high);
  for (int i = 0; i < 16; i++) pairs[2 * i] = halves[i], pairs[2 * i + 1] = halves[16 + i];
  I16 out;
  __builtin_memcpy(&out, pairs, 64);
  return out;
}

struct EmulatedTile { uint8_t bytes[16][64]; };
thread_local EmulatedTile emulated_tiles[8];
thread_local bool emulated_shape = false;

static void emulated_dot(int c, int a, int b) {
  if (!emulated_shape) __builtin_trap();                              // tiles used without tiles_begin
  for (int m = 0; m < 16; m++) {
    F16 sum = load((const float*)emulated_tiles[c].bytes[m]);
    for (int p = 0; p < 16; p++) {
      int32_t pair;
      memcpy(&pair, emulated_tiles[a].bytes[m] + 4 * p, 4);
      sum = dot_pairs(sum, splat(pair), as_int(load((const float*)emulated_tiles[b].bytes[p])));
    }
    store((float*)emulated_tiles[c].bytes[m], sum);
  }
}
static void emulated_load(int t, const void* from, long bytes) {
  for (int r = 0; r < 16; r++) memcpy(emulated_tiles[t].bytes[r], (const char*)from + r * bytes, 64);
}
static void emulated_store(int t, void* to, long bytes) {
  for (int r = 0; r < 16; r++) memcpy((char*)to + r * bytes, emulated_tiles[t].bytes[r], 64);
}
#define CYGNET_TILE_ZERO(t) memset(&emulated_tiles[t], 0, sizeof(EmulatedTile))
#define CYGNET_TILE_LOAD(t, from, bytes) emulated_load(t, from, bytes)
#define CYGNET_TILE_STORE(t, to, bytes) emulated_store(t, to, bytes)
#define CYGNET_TILE_DOT(c, a, b) emulated_dot(c, a, b)
CYGNET_INLINE void tiles_begin() { emulated_shape = true; }
CYGNET_INLINE void tiles_end() { emulated_shape = false; }

}  // namespace
