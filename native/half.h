/** @file bf16 in memory: loads that widen exactly and stores that round to nearest even, for kernels whose operands may be
 *  fp32 or bf16. A kernel is then a template over the element type and computes in fp32 whatever it is, so its result is
 *  that of the fp32 kernel on the widened operands, rounded once. Subnormal numbers are kept (AVX-512's own conversion
 *  would flush them), a NaN stays one: src/tensor/bf16.ts has the same rule. */
#pragma once
#include "vec.h"

namespace {

/** The upper half of a float. */
struct bf16 { uint16_t bits; };
static_assert(sizeof(bf16) == 2, "two bytes an element");

/** The bf16 nearest to x in the upper half of each lane; the lower half is zero. */
CYGNET_INLINE VI round_register(V x) {
  const VI bits = (VI)x, high = (int32_t)0xffff0000 - VI{};
  typedef uint32_t Unsigned __attribute__((vector_size(4 * CYGNET_VEC_WIDTH)));  // large NaNs wrap around
  const VI rounded = (VI)((Unsigned)bits + (Unsigned)(((bits >> 16) & 1) + 0x7fff)) & high;
  return x == x ? rounded : ((bits | 0x400000) & high);
}
CYGNET_INLINE I16 round_bf16(const F16& x) {
#define CYGNET_ROUND(part, x) round_register(x.part)
  return I16 CYGNET_EACH(CYGNET_ROUND, x);
#undef CYGNET_ROUND
}

#if CYGNET_VEC_WIDTH == 16
CYGNET_INLINE F16 widened(__m256i x) {
  return {(V)_mm512_maskz_slli_epi32((__mmask16)-1, _mm512_maskz_cvtepu16_epi32((__mmask16)-1, x), 16)};
}
CYGNET_INLINE F16 load(const bf16* p, Whole = {}) { return widened(_mm256_loadu_si256((const __m256i*)p)); }
CYGNET_INLINE F16 load(const bf16* p, Part t) { return widened(_mm256_maskz_loadu_epi16((__mmask16)((1u << t.n) - 1), p)); }
CYGNET_INLINE __m256i narrowed(const F16& x) {
  return _mm512_maskz_cvtepi32_epi16((__mmask16)-1, _mm512_maskz_srli_epi32((__mmask16)-1, (__m512i)round_bf16(x).a, 16));
}
CYGNET_INLINE void store(bf16* p, const F16& x, Whole = {}) { _mm256_storeu_si256((__m256i*)p, narrowed(x)); }
CYGNET_INLINE void store(bf16* p, const F16& x, Part t) {
  _mm256_mask_storeu_epi16(p, (__mmask16)((1u << t.n) - 1), narrowed(x));
}
#else
#if CYGNET_VEC_WIDTH == 8
CYGNET_INLINE V widened(const bf16* p) {
  return (V)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)p)), 16);
}
CYGNET_INLINE F16 load(const bf16* p, Whole = {}) { return {widened(p), widened(p + 8)}; }
CYGNET_INLINE void store(bf16* p, const F16& x, Whole = {}) {
  const I16 y = round_bf16(x);
  const __m256i packed = _mm256_packus_epi32(_mm256_srli_epi32((__m256i)y.a, 16), _mm256_srli_epi32((__m256i)y.b, 16));
  _mm256_storeu_si256((__m256i*)p, _mm256_permute4x64_epi64(packed, 0xd8));
}
#else
// Eight numbers lie in one register of 128 bits; shuffles with zeros widen them and pick the halves that stay.
typedef uint16_t Halves __attribute__((vector_size(16)));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "the halves of a float are taken to lie in little-endian order"
#endif
CYGNET_INLINE F16 load(const bf16* p, Whole = {}) {
  Halves x, y;
  const Halves zero = {};
  __builtin_memcpy(&x, p, 16);
  __builtin_memcpy(&y, p + 8, 16);
  return {(V)__builtin_shufflevector(zero, x, 0, 8, 1, 9, 2, 10, 3, 11), (V)__builtin_shufflevector(zero, x, 4, 12, 5, 13, 6, 14, 7, 15),
          (V)__builtin_shufflevector(zero, y, 0, 8, 1, 9, 2, 10, 3, 11), (V)__builtin_shufflevector(zero, y, 4, 12, 5, 13, 6, 14, 7, 15)};
}
CYGNET_INLINE void store(bf16* p, const F16& v, Whole = {}) {
  const I16 r = round_bf16(v);
  const Halves x = __builtin_shufflevector((Halves)r.a, (Halves)r.b, 1, 3, 5, 7, 9, 11, 13, 15);
  const Halves y = __builtin_shufflevector((Halves)r.c, (Halves)r.d, 1, 3, 5, 7, 9, 11, 13, 15);
  __builtin_memcpy(p, &x, 16);
  __builtin_memcpy(p + 8, &y, 16);
}
#endif
CYGNET_INLINE F16 load(const bf16* p, Part t) {
  bf16 lanes[16] = {};
  for (int i = 0; i < t.n; i++) lanes[i] = p[i];
  return load(lanes);
}
CYGNET_INLINE void store(bf16* p, const F16& x, Part t) {
  bf16 lanes[16];
  store(lanes, x);
  for (int i = 0; i < t.n; i++) p[i] = lanes[i];
}
#endif

CYGNET_INLINE void prefetch(const bf16* p) { __builtin_prefetch(p, 0, 3); }

CYGNET_INLINE float widen(float x) { return x; }
CYGNET_INLINE float widen(bf16 x) {
  const uint32_t bits = (uint32_t)x.bits << 16;
  float y;
  __builtin_memcpy(&y, &bits, 4);
  return y;
}
CYGNET_INLINE void narrow(float x, float* to) { *to = x; }
CYGNET_INLINE void narrow(float x, bf16* to) {
  uint32_t u;
  __builtin_memcpy(&u, &x, 4);
  to->bits = (uint16_t)(x == x ? (u + 0x7fff + (u >> 16 & 1)) >> 16 : u >> 16 | 0x40);
}

template <class T>
struct Element { typedef T type; };
/** Calls f(Element<float>{}) or, where `half` is set, f(Element<bf16>{}). */
template <class F>
CYGNET_INLINE void with_element(int half, const F& f) {
  if (half) f(Element<bf16>{});
  else f(Element<float>{});
}
/** The same for two operands: bits 0 and 1 of `halves`. */
template <class F>
CYGNET_INLINE void with_elements(int halves, const F& f) {
  with_element(halves & 1, [&](auto x) { with_element(halves >> 1 & 1, [&](auto y) { f(x, y); }); });
}
/** The type that `with_element` gave. */
#define CYGNET_TYPE(element) typename decltype(element)::type

}  // namespace
