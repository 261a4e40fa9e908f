// Conversions between the samples of sound files and devices, i16, and those of filters, f32.
#include "check.hpp"
#include "lanes.hpp"

using lanes::f32x4, lanes::load, lanes::store;

namespace {

constexpr float full_scale = 32768; // what 1 is as an i16; a power of two, so that both ways are exact

} // namespace

/// Turns 16-bit samples into floats: `out[i] = in[i] / 32768`, from -1 to just below 1.
///
/// `in` and `out` have the same length and must not overlap. Empty is fine. Exact: `f32_to_i16` gives the same samples
/// back.
void i16_to_f32(std::span<const std::int16_t> in, std::span<float> out) {
  check::equal("in", in.size(), "out has", out.size());
  lanes::in_groups<8>(in.data(), out.data(), in.size(), [](const std::int16_t *from, float *to) {
    const auto samples = load<lanes::i16x8>(from);
    store(to, f32x4{lanes::to_floats(lanes::lower(samples)) / full_scale});
    store(to + 4, f32x4{lanes::to_floats(lanes::upper(samples)) / full_scale});
  });
}
ARENA_KERNEL(i16_to_f32, in, out)

/// Turns floats into 16-bit samples: `out[i] = in[i] * 32768`, rounded to the nearest integer and saturated.
///
/// What is out of range, infinities included, becomes -32768 or 32767, so 1 becomes 32767; NaN becomes 0, and ties go
/// to the even integer. `in` and `out` have the same length and must not overlap. Empty is fine. Exact.
void f32_to_i16(std::span<const float> in, std::span<std::int16_t> out) {
  check::equal("in", in.size(), "out has", out.size());
  lanes::in_groups<8>(in.data(), out.data(), in.size(), [](const float *from, std::int16_t *to) {
    const f32x4 first = load<f32x4>(from) * full_scale, second = load<f32x4>(from + 4) * full_scale;
    store(to, lanes::narrow(lanes::nearest(first), lanes::nearest(second)));
  });
}
ARENA_KERNEL(f32_to_i16, in, out)
