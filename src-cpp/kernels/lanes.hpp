// Vectors of 16 bytes in the notation that clang and gcc share, so that a kernel is one source for wasm SIMD and for
// its native twin. They take the usual operators lane by lane, with scalars too; a comparison gives a mask for ?:.
//
// No result depends on the target: each operation is exact or correctly rounded, in the order in which it is written,
// and CMakeLists.txt keeps compilers from fusing two into one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

// Before a loop that is short, or works on vectors already: clang would make vectors of it or several copies, at the
// price of hundreds of bytes.
#ifdef __clang__
#define LANES_ROLLED _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define LANES_ROLLED
#endif

namespace lanes {

typedef float f32x4 __attribute__((vector_size(16)));
typedef std::int16_t i16x8 __attribute__((vector_size(16)));
typedef std::int32_t i32x4 __attribute__((vector_size(16)));
typedef std::int64_t i64x2 __attribute__((vector_size(16)));
typedef std::uint8_t u8x16 __attribute__((vector_size(16)));
typedef std::uint16_t u16x8 __attribute__((vector_size(16)));

// Neither needs an aligned address. V may be a scalar too.
template <class V> V load(const void *from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class V> void store(void *to, V value) { std::memcpy(to, &value, sizeof value); }

// The same bits as another type.
template <class To, class From> To bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  return load<To>(&value);
}

// Calls body(in, out) for each group of `group` outputs and `ratio` times as many inputs. The last group starts early
// enough to be whole and computes some outputs again, so `in` and `out` must not overlap. Too few for one group go
// through copies.
template <std::size_t group, std::size_t ratio = 1, class In, class Out, class Body>
void in_groups(const In *in, Out *out, std::size_t length, Body body) {
  if (length == 0) return;
  const In *from = in;
  Out *to = out;
  In few_in[group * ratio];
  Out few_out[group];
  const bool few = length < group;
  const std::size_t last = few ? 0 : length - group;
  if (few) {
    std::memcpy(few_in, in, length * ratio * sizeof(In));
    from = few_in;
    to = few_out;
  }
  LANES_ROLLED for (std::size_t i = 0; i < length; i += group) {
    const std::size_t start = i < last ? i : last;
    body(from + start * ratio, to + start);
  }
  if (few) std::memcpy(out, few_out, length * sizeof(Out));
}

inline f32x4 splat(float value) { return f32x4{value, value, value, value}; }
inline f32x4 to_floats(i32x4 value) { return __builtin_convertvector(value, f32x4); }

// Eight bytes as 16-bit integers, and the lower and upper four of those as 32-bit ones.
inline i16x8 load_bytes(const std::uint8_t *from) {
  typedef std::uint8_t u8x8 __attribute__((vector_size(8)));
  return __builtin_convertvector(load<u8x8>(from), i16x8);
}
inline i32x4 lower(i16x8 v) { return bits<i32x4>(__builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3)) >> 16; }
inline i32x4 upper(i16x8 v) { return bits<i32x4>(__builtin_shufflevector(v, v, 4, 4, 5, 5, 6, 6, 7, 7)) >> 16; }

// What wasm does in one instruction, and clang does not find by itself.
//   nearest             the nearest integers, ties to even; saturated, NaN becomes 0
//   smaller, larger     of a and b; where they are equal or can't be compared, a
//   dot_pairs           a[0] * b[0] + a[1] * b[1], a[2] * b[2] + a[3] * b[3], ...
//   narrow              the lanes of a, then those of b, saturated to the narrower type
//   pick                the bytes of v at constant indices, 0 where one is 16: V8 keeps the indices in a register, and
//                       writes those of a shuffle to memory each time
#ifdef __wasm_simd128__

template <int... indices> u8x16 pick(u8x16 v) {
  return bits<u8x16>(wasm_i8x16_swizzle(bits<v128_t>(v), wasm_i8x16_const((indices == 16 ? -1 : indices)...)));
}
inline i32x4 nearest(f32x4 v) { return bits<i32x4>(wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(bits<v128_t>(v)))); }
inline f32x4 smaller(f32x4 a, f32x4 b) { return bits<f32x4>(wasm_f32x4_pmin(bits<v128_t>(a), bits<v128_t>(b))); }
inline f32x4 larger(f32x4 a, f32x4 b) { return bits<f32x4>(wasm_f32x4_pmax(bits<v128_t>(a), bits<v128_t>(b))); }
inline f32x4 square_root(f32x4 v) { return bits<f32x4>(wasm_f32x4_sqrt(bits<v128_t>(v))); }
inline i32x4 dot_pairs(i16x8 a, i16x8 b) { return bits<i32x4>(wasm_i32x4_dot_i16x8(bits<v128_t>(a), bits<v128_t>(b))); }
inline i16x8 narrow(i32x4 a, i32x4 b) { return bits<i16x8>(wasm_i16x8_narrow_i32x4(bits<v128_t>(a), bits<v128_t>(b))); }
inline u8x16 narrow_to_bytes(i16x8 a, i16x8 b) {
  return bits<u8x16>(wasm_u8x16_narrow_i16x8(bits<v128_t>(a), bits<v128_t>(b)));
}

#else

template <int... indices> u8x16 pick(u8x16 v) { return __builtin_shufflevector(v, u8x16{}, indices...); }
inline i32x4 nearest(f32x4 v) {
  i32x4 integers{};
  for (int lane = 0; lane < 4; lane++) {
    const double value = __builtin_nearbyint(double{v[lane]});
    if (value >= 2147483648.0) integers[lane] = 2147483647;
    else if (value < -2147483648.0) integers[lane] = -2147483647 - 1;
    else if (value == value) integers[lane] = static_cast<std::int32_t>(value);
  }
  return integers;
}
inline f32x4 smaller(f32x4 a, f32x4 b) { return b < a ? b : a; }
inline f32x4 larger(f32x4 a, f32x4 b) { return a < b ? b : a; }
inline f32x4 square_root(f32x4 v) {
  return f32x4{__builtin_sqrtf(v[0]), __builtin_sqrtf(v[1]), __builtin_sqrtf(v[2]), __builtin_sqrtf(v[3])};
}
inline i32x4 dot_pairs(i16x8 a, i16x8 b) {
  const auto even = [](i16x8 v) { return bits<i32x4>(__builtin_shufflevector(v, v, 0, 0, 2, 2, 4, 4, 6, 6)) >> 16; };
  const auto odd = [](i16x8 v) { return bits<i32x4>(v) >> 16; };
  return even(a) * even(b) + odd(a) * odd(b);
}
inline i16x8 narrow(i32x4 a, i32x4 b) {
  const auto saturated = [](i32x4 v) {
    v = v < -32768 ? i32x4{} - 32768 : v;
    return bits<i16x8>(v > 32767 ? i32x4{} + 32767 : v);
  };
  return __builtin_shufflevector(saturated(a), saturated(b), 0, 2, 4, 6, 8, 10, 12, 14);
}
inline u8x16 narrow_to_bytes(i16x8 a, i16x8 b) {
  const auto saturated = [](i16x8 v) {
    v = v < 0 ? i16x8{} : v;
    return bits<u8x16>(v > 255 ? i16x8{} + 255 : v);
  };
  return __builtin_shufflevector(saturated(a), saturated(b), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

#endif

} // namespace lanes
