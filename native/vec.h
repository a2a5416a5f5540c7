/** @file Vectors of sixteen floats at any width of hardware, and the functions of one variable that kernels need.
 *
 *  F16 is one AVX-512 register, two of AVX2 or four of 128 bits (SSE2, NEON, WebAssembly), written with the compiler's
 *  own vectors so that the arithmetic stands once. Everything is a lane-wise IEEE operation in a fixed order, sums end
 *  in the fixed tree of `hsum`, and nothing is contracted or reassociated: two widths with fused multiply-add
 *  (`kFused`) agree to the bit. Tails are partial loads and stores of n < 16 lanes with the same arithmetic.
 *
 *  Everything has internal linkage: files of different instruction sets must never share a function. So nothing here
 *  comes from the standard library but types and builtins.
 *
 *  The polynomials are minimax fits of our own (Lawson's iteration on the exact functions at 40 digits, rounded to
 *  fp32); the error quoted at each is measured over its range, the rounding of the evaluation included. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace {

#define CYGNET_INLINE __attribute__((always_inline)) static inline

#if defined(__AVX512F__) && defined(__AVX512DQ__) && !defined(CYGNET_VEC_NARROW)
#define CYGNET_VEC_WIDTH 16
#elif defined(__AVX2__) && defined(__FMA__)
#define CYGNET_VEC_WIDTH 8
#else
#define CYGNET_VEC_WIDTH 4
#endif

/** Lanes of a register, and whether fma() rounds once. */
constexpr int kWidth = CYGNET_VEC_WIDTH;
#if CYGNET_VEC_WIDTH >= 8 || defined(__ARM_NEON) || defined(__wasm_relaxed_simd__)
constexpr bool kFused = true;
#else
constexpr bool kFused = false;
#endif

typedef float V __attribute__((vector_size(4 * CYGNET_VEC_WIDTH)));
typedef int32_t VI __attribute__((vector_size(4 * CYGNET_VEC_WIDTH)));

// Copied member by member: GCC 12 copies plain structs of vectors through memory.
#define CYGNET_ALWAYS __attribute__((always_inline)) inline
#if CYGNET_VEC_WIDTH == 16
#define CYGNET_VECTOR(T, R)                                                            \
  struct T {                                                                           \
    R a;                                                                               \
    CYGNET_ALWAYS T() : a{} {}                                                         \
    CYGNET_ALWAYS T(R p) : a(p) {}                                                     \
    CYGNET_ALWAYS T(const T& o) : a(o.a) {}                                            \
    CYGNET_ALWAYS T& operator=(const T& o) { a = o.a; return *this; }                  \
  };
#define CYGNET_EACH(f, ...) {f(a, __VA_ARGS__)}
#elif CYGNET_VEC_WIDTH == 8
#define CYGNET_VECTOR(T, R)                                                            \
  struct T {                                                                           \
    R a, b;                                                                            \
    CYGNET_ALWAYS T() : a{}, b{} {}                                                    \
    CYGNET_ALWAYS T(R p, R q) : a(p), b(q) {}                                          \
    CYGNET_ALWAYS T(const T& o) : a(o.a), b(o.b) {}                                    \
    CYGNET_ALWAYS T& operator=(const T& o) { a = o.a; b = o.b; return *this; }         \
  };
#define CYGNET_EACH(f, ...) {f(a, __VA_ARGS__), f(b, __VA_ARGS__)}
#else
#define CYGNET_VECTOR(T, R)                                                            \
  struct T {                                                                           \
    R a, b, c, d;                                                                      \
    CYGNET_ALWAYS T() : a{}, b{}, c{}, d{} {}                                          \
    CYGNET_ALWAYS T(R p, R q, R r, R s) : a(p), b(q), c(r), d(s) {}                    \
    CYGNET_ALWAYS T(const T& o) : a(o.a), b(o.b), c(o.c), d(o.d) {}                    \
    CYGNET_ALWAYS T& operator=(const T& o) { a = o.a; b = o.b; c = o.c; d = o.d; return *this; } \
  };
#define CYGNET_EACH(f, ...) {f(a, __VA_ARGS__), f(b, __VA_ARGS__), f(c, __VA_ARGS__), f(d, __VA_ARGS__)}
#endif
/** Sixteen floats; the default is zeros. */
CYGNET_VECTOR(F16, V)
/** Sixteen 32-bit integers, also masks: −1 where a comparison holds, else 0. */
CYGNET_VECTOR(I16, VI)
#undef CYGNET_VECTOR

// Lane-wise operators ------------------------------------------------------------------------------------------------

#define CYGNET_OPERATOR(T, R, op)                                  \
  CYGNET_INLINE R operator op(const T& x, const T& y) {            \
    return R CYGNET_EACH(CYGNET_APPLY, op);                        \
  }
#define CYGNET_APPLY(part, op) x.part op y.part
CYGNET_OPERATOR(F16, F16, +)
CYGNET_OPERATOR(F16, F16, -)
CYGNET_OPERATOR(F16, F16, *)
CYGNET_OPERATOR(F16, F16, /)
CYGNET_OPERATOR(F16, I16, <)
CYGNET_OPERATOR(F16, I16, >)
CYGNET_OPERATOR(F16, I16, <=)
CYGNET_OPERATOR(F16, I16, >=)
CYGNET_OPERATOR(F16, I16, ==)
CYGNET_OPERATOR(F16, I16, !=)
CYGNET_OPERATOR(I16, I16, +)
CYGNET_OPERATOR(I16, I16, -)
CYGNET_OPERATOR(I16, I16, <)
CYGNET_OPERATOR(I16, I16, ==)
CYGNET_OPERATOR(I16, I16, &)
CYGNET_OPERATOR(I16, I16, |)
CYGNET_OPERATOR(I16, I16, ^)
#undef CYGNET_OPERATOR
#undef CYGNET_APPLY

CYGNET_INLINE F16 splat(float s) {
#define CYGNET_SPLAT(part, T) s - T{}
  return F16 CYGNET_EACH(CYGNET_SPLAT, V);                          // minus: −0 + 0 would lose the sign
}
CYGNET_INLINE I16 splat(int32_t s) { return I16 CYGNET_EACH(CYGNET_SPLAT, VI); }
#undef CYGNET_SPLAT
CYGNET_INLINE F16 operator-(const F16& x) {
#define CYGNET_NEGATE(part, x) -x.part
  return F16 CYGNET_EACH(CYGNET_NEGATE, x);
#undef CYGNET_NEGATE
}

#define CYGNET_LEFT(part, op) x.part op n
CYGNET_INLINE I16 operator<<(const I16& x, int n) { return I16 CYGNET_EACH(CYGNET_LEFT, <<); }
/** Arithmetic: rounds towards minus infinity. */
CYGNET_INLINE I16 operator>>(const I16& x, int n) { return I16 CYGNET_EACH(CYGNET_LEFT, >>); }
#undef CYGNET_LEFT

/** Unsigned words of 32 bits in the lanes of an I16: sums wrap around. */
typedef uint32_t VU __attribute__((vector_size(4 * CYGNET_VEC_WIDTH)));
CYGNET_INLINE I16 add_words(const I16& x, const I16& y) {
#define CYGNET_WRAP(part, y) (VI)((VU)x.part + (VU)y.part)
  return I16 CYGNET_EACH(CYGNET_WRAP, y);
#undef CYGNET_WRAP
}
/** n from 1 to 31. */
CYGNET_INLINE I16 rotate_left(const I16& x, int n) {
#define CYGNET_ROTATE(part, n) (VI)((VU)x.part << n | (VU)x.part >> (32 - n))
  return I16 CYGNET_EACH(CYGNET_ROTATE, n);
#undef CYGNET_ROTATE
}

CYGNET_INLINE F16 as_float(const I16& x) {
#define CYGNET_CAST(part, T) (T)x.part
  return F16 CYGNET_EACH(CYGNET_CAST, V);
}
CYGNET_INLINE I16 as_int(const F16& x) { return I16 CYGNET_EACH(CYGNET_CAST, VI); }
#undef CYGNET_CAST
CYGNET_INLINE F16 to_float(const I16& x) {
#define CYGNET_CONVERT(part, T) __builtin_convertvector(x.part, T)
  return F16 CYGNET_EACH(CYGNET_CONVERT, V);
#undef CYGNET_CONVERT
}

/** Lanes of x where the mask (a comparison's result) is set, else of y. */
CYGNET_INLINE F16 select(const I16& mask, const F16& x, const F16& y) {
#define CYGNET_SELECT(part, T) mask.part ? x.part : y.part
  return F16 CYGNET_EACH(CYGNET_SELECT, V);
}
CYGNET_INLINE I16 select(const I16& mask, const I16& x, const I16& y) { return I16 CYGNET_EACH(CYGNET_SELECT, VI); }
#undef CYGNET_SELECT

CYGNET_INLINE V fma_register(V x, V y, V z) {
#if CYGNET_VEC_WIDTH == 16
  return (V)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
#elif CYGNET_VEC_WIDTH == 8
  return (V)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
#elif defined(__ARM_NEON)
  return (V)vfmaq_f32((float32x4_t)z, (float32x4_t)x, (float32x4_t)y);
#elif defined(__wasm_relaxed_simd__)                                 // loaded only where this rounds once
  return (V)wasm_f32x4_relaxed_madd((v128_t)x, (v128_t)y, (v128_t)z);
#else
  return x * y + z;
#endif
}
CYGNET_INLINE V sqrt_register(V x) {
#if CYGNET_VEC_WIDTH == 16
  return (V)_mm512_maskz_sqrt_ps((__mmask16)-1, (__m512)x);          // GCC 12 warns about the plain one
#elif CYGNET_VEC_WIDTH == 8
  return (V)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
  return (V)_mm_sqrt_ps((__m128)x);
#elif defined(__aarch64__)
  return (V)vsqrtq_f32((float32x4_t)x);
#elif defined(__wasm_simd128__)
  return (V)wasm_f32x4_sqrt((v128_t)x);
#else
  return V{__builtin_sqrtf(x[0]), __builtin_sqrtf(x[1]), __builtin_sqrtf(x[2]), __builtin_sqrtf(x[3])};
#endif
}

/** x·y + z, rounded once where kFused, else twice. */
CYGNET_INLINE F16 fma(const F16& x, const F16& y, const F16& z) {
#define CYGNET_FMA(part, z) fma_register(x.part, y.part, z.part)
  return F16 CYGNET_EACH(CYGNET_FMA, z);
#undef CYGNET_FMA
}
CYGNET_INLINE F16 fma(const F16& x, float y, const F16& z) { return fma(x, splat(y), z); }
CYGNET_INLINE F16 fma(const F16& x, const F16& y, float z) { return fma(x, y, splat(z)); }
CYGNET_INLINE F16 operator*(const F16& x, float y) { return x * splat(y); }
CYGNET_INLINE F16 operator+(const F16& x, float y) { return x + splat(y); }
CYGNET_INLINE F16 operator-(const F16& x, float y) { return x - splat(y); }

/** The correctly rounded square root. */
CYGNET_INLINE F16 vsqrt(const F16& x) {
#define CYGNET_SQRT(part, x) sqrt_register(x.part)
  return F16 CYGNET_EACH(CYGNET_SQRT, x);
#undef CYGNET_SQRT
}
CYGNET_INLINE V max_register(V x, V y) {
#if CYGNET_VEC_WIDTH == 16
  return (V)_mm512_maskz_max_ps((__mmask16)-1, (__m512)y, (__m512)x);
#elif CYGNET_VEC_WIDTH == 8
  return (V)_mm256_max_ps((__m256)y, (__m256)x);
#elif defined(__SSE2__)
  return (V)_mm_max_ps((__m128)y, (__m128)x);
#elif defined(__wasm_simd128__)
  return (V)wasm_f32x4_pmax((v128_t)x, (v128_t)y);
#else
  return y > x ? y : x;
#endif
}
CYGNET_INLINE V min_register(V x, V y) {
#if CYGNET_VEC_WIDTH == 16
  return (V)_mm512_maskz_min_ps((__mmask16)-1, (__m512)y, (__m512)x);
#elif CYGNET_VEC_WIDTH == 8
  return (V)_mm256_min_ps((__m256)y, (__m256)x);
#elif defined(__SSE2__)
  return (V)_mm_min_ps((__m128)y, (__m128)x);
#elif defined(__wasm_simd128__)
  return (V)wasm_f32x4_pmin((v128_t)x, (v128_t)y);
#else
  return y < x ? y : x;
#endif
}
/** y where it is larger, else x: a NaN in y is passed over, a NaN in x stays. */
CYGNET_INLINE F16 vmax(const F16& x, const F16& y) {
#define CYGNET_MAXIMUM(part, y) max_register(x.part, y.part)
  return F16 CYGNET_EACH(CYGNET_MAXIMUM, y);
#undef CYGNET_MAXIMUM
}
/** y where it is smaller, else x: a NaN in y is passed over, a NaN in x stays. */
CYGNET_INLINE F16 vmin(const F16& x, const F16& y) {
#define CYGNET_MINIMUM(part, y) min_register(x.part, y.part)
  return F16 CYGNET_EACH(CYGNET_MINIMUM, y);
#undef CYGNET_MINIMUM
}
CYGNET_INLINE F16 vabs(const F16& x) { return as_float(as_int(x) & splat(0x7fffffff)); }
/** |x| with the sign of y. */
CYGNET_INLINE F16 copysign(const F16& x, const F16& y) {
  return as_float((as_int(x) & splat(0x7fffffff)) | (as_int(y) & splat(INT32_MIN)));
}

// Memory -------------------------------------------------------------------------------------------------------------

CYGNET_INLINE V load_register(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
CYGNET_INLINE void store_register(float* p, V v) { __builtin_memcpy(p, &v, sizeof v); }

/** How many lanes a load or store touches: all sixteen, or the first n (the others read as 0 and are left alone). */
struct Whole {};
struct Part { int n; };

#if CYGNET_VEC_WIDTH == 16
CYGNET_INLINE F16 load(const float* p, Whole = {}) { return {load_register(p)}; }
CYGNET_INLINE void store(float* p, const F16& x, Whole = {}) { store_register(p, x.a); }
CYGNET_INLINE F16 load(const float* p, Part t) { return {(V)_mm512_maskz_loadu_ps((__mmask16)((1u << t.n) - 1), p)}; }
CYGNET_INLINE void store(float* p, const F16& x, Part t) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << t.n) - 1), (__m512)x.a);
}
#elif CYGNET_VEC_WIDTH == 8
CYGNET_INLINE F16 load(const float* p, Whole = {}) { return {load_register(p), load_register(p + 8)}; }
CYGNET_INLINE void store(float* p, const F16& x, Whole = {}) {
  store_register(p, x.a);
  store_register(p + 8, x.b);
}
alignas(64) constexpr int32_t kPartMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
CYGNET_INLINE __m256i part_mask(int from) { return _mm256_loadu_si256((const __m256i*)(kPartMask + from)); }
CYGNET_INLINE F16 load(const float* p, Part t) {
  return {(V)_mm256_maskload_ps(p, part_mask(16 - t.n)), (V)_mm256_maskload_ps(p + 8, part_mask(24 - t.n))};
}
CYGNET_INLINE void store(float* p, const F16& x, Part t) {
  _mm256_maskstore_ps(p, part_mask(16 - t.n), (__m256)x.a);
  _mm256_maskstore_ps(p + 8, part_mask(24 - t.n), (__m256)x.b);
}
#else
CYGNET_INLINE F16 load(const float* p, Whole = {}) {
  return {load_register(p), load_register(p + 4), load_register(p + 8), load_register(p + 12)};
}
CYGNET_INLINE void store(float* p, const F16& x, Whole = {}) {
  store_register(p, x.a);
  store_register(p + 4, x.b);
  store_register(p + 8, x.c);
  store_register(p + 12, x.d);
}
CYGNET_INLINE F16 load(const float* p, Part t) {
  float lanes[16] = {};
  for (int i = 0; i < t.n; i++) lanes[i] = p[i];
  return load(lanes);
}
CYGNET_INLINE void store(float* p, const F16& x, Part t) {
  float lanes[16];
  store(lanes, x);
  for (int i = 0; i < t.n; i++) p[i] = lanes[i];
}
#endif

/** Asks for the cache line of p; harmless at any address. */
CYGNET_INLINE void prefetch(const float* p) { __builtin_prefetch(p, 0, 3); }

CYGNET_INLINE I16 lane_index() {
  float index[16];
  const int32_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  __builtin_memcpy(index, lanes, sizeof index);
  return as_int(load(index));
}
/** x with `filler` in the lanes that a partial load left out. */
CYGNET_INLINE F16 filled(const F16& x, float, Whole) { return x; }
CYGNET_INLINE F16 filled(const F16& x, float filler, Part t) {
  return select(lane_index() < splat((int32_t)t.n), x, splat(filler));
}

/** Head of a lambda for `sixteens`: i is the first element's index, t its lanes. Always inline, so that what it adds to
 *  stays in registers. */
#define CYGNET_LANES [&](int64_t i, auto t) __attribute__((always_inline))
/** Calls f(i, lanes) for i = 0, 16, … below n, with Whole{} or, for the last few elements, Part{n − i}. */
template <class F>
CYGNET_INLINE void sixteens(int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) f(i, Whole{});
  if (i < n) f(i, Part{(int)(n - i)});
}

// Across lanes -------------------------------------------------------------------------------------------------------

typedef float V8 __attribute__((vector_size(32)));
typedef float V4 __attribute__((vector_size(16)));

/** Lanes folded to four: i with i + 8, then with i + 4. */
template <class F>
CYGNET_INLINE V4 fold_to_four(const F16& x, const F& f) {
#if CYGNET_VEC_WIDTH == 16
  const V8 e = f(__builtin_shufflevector(x.a, x.a, 0, 1, 2, 3, 4, 5, 6, 7),
                 __builtin_shufflevector(x.a, x.a, 8, 9, 10, 11, 12, 13, 14, 15));
  return f(__builtin_shufflevector(e, e, 0, 1, 2, 3), __builtin_shufflevector(e, e, 4, 5, 6, 7));
#elif CYGNET_VEC_WIDTH == 8
  const V8 e = f(x.a, x.b);
  return f(__builtin_shufflevector(e, e, 0, 1, 2, 3), __builtin_shufflevector(e, e, 4, 5, 6, 7));
#else
  return f(f(x.a, x.c), f(x.b, x.d));
#endif
}
CYGNET_INLINE float first_lane(const F16& x) { return x.a[0]; }
/** The sum by the fixed tree: lane i with i + 8, then i + 4, i + 2, i + 1. */
CYGNET_INLINE float hsum(const F16& x) {
  const V4 s = fold_to_four(x, [](auto p, auto q) __attribute__((always_inline)) { return p + q; });
  return (s[0] + s[2]) + (s[1] + s[3]);
}
/** The largest lane; NaNs are passed over or returned, depending on their place. */
CYGNET_INLINE float hmax(const F16& x) {
  const V4 s = fold_to_four(x, [](auto p, auto q) __attribute__((always_inline)) { return q > p ? q : p; });
  const float even = s[2] > s[0] ? s[2] : s[0], odd = s[3] > s[1] ? s[3] : s[1];
  return odd > even ? odd : even;
}

// Sixteen doubles, for sums that must not lose anything ----------------------------------------------------------------

typedef double VD __attribute__((vector_size(4 * CYGNET_VEC_WIDTH)));
struct D16 { VD low[16 / CYGNET_VEC_WIDTH], high[16 / CYGNET_VEC_WIDTH]; };

#if CYGNET_VEC_WIDTH == 16                                          // GCC 12 does not find these instructions itself
CYGNET_INLINE VD low_half(V x) { return (VD)_mm512_maskz_cvtps_pd((__mmask8)-1, _mm512_castps512_ps256((__m512)x)); }
CYGNET_INLINE VD high_half(V x) { return (VD)_mm512_maskz_cvtps_pd((__mmask8)-1, _mm512_maskz_extractf32x8_ps((__mmask8)-1, (__m512)x, 1)); }
#elif CYGNET_VEC_WIDTH == 8
CYGNET_INLINE VD low_half(V x) { return (VD)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)x)); }
CYGNET_INLINE VD high_half(V x) { return (VD)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)x, 1)); }
#else
CYGNET_INLINE VD low_half(V x) { return __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1), VD); }
CYGNET_INLINE VD high_half(V x) { return __builtin_convertvector(__builtin_shufflevector(x, x, 2, 3), VD); }
#endif
/** acc[lane] += f(x[lane]), f in double. */
template <class F>
CYGNET_INLINE void add_doubles(D16& acc, const F16& x, const F& f) {
#define CYGNET_ADD(k, part) acc.low[k] += f(low_half(x.part)); acc.high[k] += f(high_half(x.part));
  CYGNET_ADD(0, a)
#if CYGNET_VEC_WIDTH <= 8
  CYGNET_ADD(1, b)
#endif
#if CYGNET_VEC_WIDTH == 4
  CYGNET_ADD(2, c)
  CYGNET_ADD(3, d)
#endif
#undef CYGNET_ADD
}
/** The sum by the same tree as the floats'. */
CYGNET_INLINE double hsum(const D16& x) {
  double lanes[16];
  constexpr int half = kWidth / 2;
  for (int r = 0; r < 16 / kWidth; r++)
    for (int i = 0; i < half; i++) {
      lanes[r * kWidth + i] = x.low[r][i];
      lanes[r * kWidth + half + i] = x.high[r][i];
    }
  for (int n = 8; n > 0; n >>= 1)
    for (int i = 0; i < n; i++) lanes[i] += lanes[i + n];
  return lanes[0];
}

// Functions ------------------------------------------------------------------------------------------------------------

/** x = n·log 2 + r, |r| ≤ log 2 / 2. `rest` is eʳ − 1; `shifted` holds n in its lowest bits. Shared by exp and tanh.
 *  Polynomials are summed by pairs (Estrin 1960): the chain of dependent operations, not their number, costs time. */
struct ExpParts { F16 rest, shifted; };
constexpr float kRounder = 12582912.0f;                             // 1.5·2²³: adding it rounds to an integer
constexpr int32_t kRounderBits = 0x4b400000;
CYGNET_INLINE ExpParts exp_parts(const F16& x) {
  const F16 shifted = fma(x, splat(1.44269504f), kRounder);
  const F16 n = shifted - kRounder;
  F16 r = fma(n, -0.693145752f, x);                                 // log 2 in two parts, the first with zeros at its end
  r = fma(n, -1.42860677e-6f, r);
  const F16 square = r * r;
  const F16 low = fma(r, splat(1.666651964e-1f), 4.999999404e-1f);
  const F16 high = fma(r, splat(8.368780836e-3f), 4.166839272e-2f);
  const F16 p = fma(fma(square, splat(1.381446724e-3f), high), square, low);
  return {fma(p, square, r), shifted};
}

/** eˣ: at most 1 ulp down to x = −87, where it becomes 0 (no subnormal numbers); overflow to infinity, NaN stays. */
CYGNET_INLINE F16 vexp(const F16& x) {
  const ExpParts e = exp_parts(vmax(vmin(x, splat(89.0f)), splat(-87.25f)));
  // 2eʳ·2ⁿ⁻¹, so that n = 128 has its factor and n = −126, where the lower bound lies, has the factor 0.
  const F16 scale = as_float((as_int(e.shifted) + splat(126 - kRounderBits)) << 23);
  return fma(e.rest, 2.0f, splat(2.0f)) * scale;
}

/** tanh x = −E/(2 + E), E = e^(−2|x|) − 1: at most 2.5 ulp, signed zeros and tiny x included. */
CYGNET_INLINE F16 vtanh(const F16& x) {
  const ExpParts e = exp_parts(vmin(vabs(x), splat(10.0f)) * -2.0f);
  const F16 scale = as_float((as_int(e.shifted) + splat(127 - kRounderBits)) << 23);
  const F16 E = fma(e.rest, scale, scale - 1.0f);
  return copysign(E / (E + 2.0f), x);
}

/** 1/(1 + e⁻ˣ): at most 2.5 ulp. */
CYGNET_INLINE F16 vsigmoid(const F16& x) { return splat(1.0f) / (vexp(-x) + 1.0f); }

/** 1/√x, both steps correctly rounded. */
CYGNET_INLINE F16 vrsqrt(const F16& x) { return splat(1.0f) / vsqrt(x); }

/** log x: at most 1 ulp; log 0 = −∞, below 0 NaN; subnormal numbers included. */
CYGNET_INLINE F16 vlog(const F16& x) {
  const I16 tiny = x < splat(1.17549435e-38f);
  const I16 bits = as_int(select(tiny, x * 8388608.0f, x));
  const I16 n = (bits - splat(0x3f3504f3)) >> 23;                   // x = 2ⁿ·(1 + f), √½ ≤ 1 + f < √2
  const F16 f = as_float(bits - (n << 23)) - 1.0f;
  const F16 nf = to_float(n) - select(tiny, splat(23.0f), splat(0.0f));
  const F16 square = f * f, fourth = square * square;
  const F16 q0 = fma(f, splat(-2.500000894e-1f), 3.333331347e-1f), q1 = fma(f, splat(-1.666799635e-1f), 2.000211924e-1f);
  const F16 q2 = fma(f, splat(-1.240558922e-1f), 1.421955228e-1f), q3 = fma(f, splat(-1.167565137e-1f), 1.188816279e-1f);
  const F16 q = fma(fma(fourth, splat(6.746638566e-2f), fma(q3, square, q2)), fourth, fma(q1, square, q0));
  F16 tail = fma(q, square * f, nf * 1.42860677e-6f);
  tail = fma(square, -0.5f, tail);
  F16 y = fma(nf, 0.693145752f, f + tail);
  y = select(x < splat(__builtin_inff()), y, x + x);                // ∞ and NaN stay
  y = select(x == splat(0.0f), splat(-__builtin_inff()), y);
  return select(x < splat(0.0f), splat(__builtin_nanf("")), y);
}

/** t² − square, exactly, where square is t² rounded. */
CYGNET_INLINE F16 square_loss(const F16& t, const F16& square) {
  if (kFused) return fma(t, t, -square);
  const F16 high = as_float(as_int(t) & splat((int32_t)0xfffff000)), low = t - high;      // Dekker 1971
  return ((high * high - square) + high * low * 2.0f) + low * low;
}

/** The normal distribution: Φ(x) to 6.5 ulp (4 where |x| < 5) and its density e^(−x²/2)/√(2π) to 3, also in the tails.
 *  Φ(−t) = e^(−t²/2)·R(t), t ≥ 0, R (Mills' ratio/√(2π)) a polynomial in s = (t − 3)/(t + 3). */
struct Normal { F16 cdf; F16 density; };
CYGNET_INLINE Normal vnormal(const F16& x) {
  const F16 t = vmin(vabs(x), splat(16.0f));
  const F16 square = t * t;
  F16 e = vexp(square * -0.5f);
  e = fma(e, square_loss(t, square) * -0.5f, e);
  const F16 s = (t - 3.0f) / (t + 3.0f);
  const F16 s2 = s * s, s4 = s2 * s2;
  const F16 r0 = fma(s, splat(-2.064026147e-1f), 1.215139478e-1f), r1 = fma(s, splat(-4.621331394e-2f), 1.232250184e-1f);
  const F16 r2 = fma(s, splat(2.904702676e-3f), 6.132183131e-3f), r3 = fma(s, splat(-3.399113484e-4f), -9.841829306e-4f);
  const F16 r4 = fma(s, splat(5.415098349e-5f), 1.160375905e-4f);
  const F16 r = fma(fma(s4, r4, fma(r3, s2, r2)), s4, fma(r1, s2, r0));
  const F16 tail = e * r;
  return {select(x > splat(0.0f), splat(1.0f) - tail, tail), e * 0.398942280f};
}

}  // namespace
