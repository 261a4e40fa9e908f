#include "kernels.hpp"

using namespace kernels;

void i16_to_f32(std::span<const std::int16_t> in, std::span<float> out);
void f32_to_i16(std::span<const float> in, std::span<std::int16_t> out);

namespace {

std::int16_t wanted(float value) {
  const double scaled = std::nearbyint(double{value} * 32768);
  if (std::isnan(scaled)) return 0;
  return static_cast<std::int16_t>(std::min(std::max(scaled, -32768.0), 32767.0));
}

} // namespace

TEST_CASE("every 16-bit sample is divided by 32768 exactly, and comes back") {
  std::vector<std::int16_t> samples, back(65536);
  for (int value = -32768; value <= 32767; value++) samples.push_back(static_cast<std::int16_t>(value));
  std::vector<float> floats(samples.size()), exact(samples.size());
  for (std::size_t i = 0; i < samples.size(); i++) exact[i] = static_cast<float>(samples[i] / 32768.0);
  i16_to_f32(samples, floats);
  CHECK(difference(floats, exact) == "");
  f32_to_i16(floats, back);
  CHECK(difference(back, samples) == "");
}

TEST_CASE("floats go to the nearest sample, ties to even") {
  std::vector<float> in;
  for (int value = -32769; value <= 32768; value++) {
    const float tie = (static_cast<float>(value) + 0.5f) / 32768;
    for (const float near : {std::nextafter(tie, -2.0f), tie, std::nextafter(tie, 2.0f)}) in.push_back(near);
  }
  std::vector<std::int16_t> out(in.size()), exact;
  for (const float value : in) exact.push_back(wanted(value));
  f32_to_i16(in, out);
  CHECK(difference(out, exact) == "");
}

TEST_CASE("what a sample can't hold is saturated, and NaN is 0") {
  const float largest = std::numeric_limits<float>::max(), tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> in{1,        -1,        0.9999f, -1.0001f, infinity, -infinity, not_a_number, -not_a_number,
                              65536.0f, -65536.0f, 1e9f,    -1e9f,    largest,  -largest,  tiny,         -0.0f};
  const std::vector<std::int16_t> exact{32767, -32768, 32765, -32768, 32767, -32768, 0, 0,
                                        32767, -32768, 32767, -32768, 32767, -32768, 0, 0};
  std::vector<std::int16_t> out(in.size());
  f32_to_i16(in, out);
  CHECK(difference(out, exact) == "");
}

TEST_CASE("conversions of every length and alignment") {
  for (const std::size_t length : lengths()) {
    const std::vector<float> floats = noise(length + 1, -1.2f, 1.2f);
    std::vector<std::int16_t> samples;
    for (const float value : floats) samples.push_back(wanted(value));
    for (const std::size_t skip : {0u, 1u}) {
      CAPTURE(length);
      CAPTURE(skip);
      const auto in = std::span{floats}.subspan(skip, length);
      const auto exact = std::span{samples}.subspan(skip, length);
      const Block<std::int16_t> out(length, skip);
      f32_to_i16(in, out);
      CHECK(difference(out, exact) == "");
      CHECK(out.guarded());
      std::vector<float> scaled;
      for (const std::int16_t sample : exact) scaled.push_back(static_cast<float>(sample / 32768.0));
      const Block<float> back(length, skip);
      i16_to_f32(exact, back);
      CHECK(difference(back, scaled) == "");
      CHECK(back.guarded());
    }
  }
}

TEST_CASE("conversions of unequal lengths are refused with both lengths") {
  std::vector<float> floats(3);
  std::vector<std::int16_t> samples(4);
  CHECK(failure([&] { f32_to_i16(floats, samples); }) == "in has 3 elements, out has 4: they must be equal");
  CHECK(failure([&] { i16_to_f32(samples, floats); }) == "in has 4 elements, out has 3: they must be equal");
}
