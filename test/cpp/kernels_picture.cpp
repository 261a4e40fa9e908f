#include "kernels.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

using namespace kernels;
using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using Floats = std::vector<float>;

void rgba_to_luma(std::span<const Byte> rgba, std::span<Byte> luma);
void gaussian_blur(std::span<const Byte> in, std::span<Byte> out, std::uint32_t width, std::uint32_t height,
                   float sigma);
void sobel(std::span<const Byte> in, std::span<Byte> out, std::uint32_t width, std::uint32_t height);
void histogram(std::span<const Byte> in, std::span<std::uint32_t> bins);
void lut(std::span<const Byte> in, std::span<const Byte> table, std::span<Byte> out);
void normalize_hwc_to_chw(std::span<const Byte> in, std::span<float> out, std::span<const float> mean,
                          std::span<const float> deviation, std::uint32_t width, std::uint32_t height);

namespace {

constexpr std::uint32_t capacity = 16 << 20;

std::uint32_t used() { return arena::current().mark().offset; }

// The element of a picture at a column and row, or the outermost one beside them.
Byte at(const Bytes &picture, std::size_t width, std::size_t height, std::ptrdiff_t x, std::ptrdiff_t y) {
  const auto clamped = [](std::ptrdiff_t place, std::size_t size) {
    return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(place, 0, static_cast<std::ptrdiff_t>(size) - 1));
  };
  return picture[clamped(y, height) * width + clamped(x, width)];
}

} // namespace

// --- rgba_to_luma ---------------------------------------------------------------------------------------------------

namespace {

Byte integer_luma(const Byte *pixel) {
  return static_cast<Byte>((6966 * pixel[0] + 23436 * pixel[1] + 2366 * pixel[2] + 16384) >> 15);
}

} // namespace

TEST_CASE("luma is the weighted sum in integers, for every length") {
  for (const std::size_t length : lengths()) {
    const Bytes rgba = noise_bytes(4 * length + 1);
    for (const std::size_t skip : {0u, 1u}) {
      const auto pixels = std::span{rgba}.subspan(skip, 4 * length);
      Bytes exact;
      for (std::size_t i = 0; i < pixels.size(); i += 4) exact.push_back(integer_luma(&pixels[i]));
      CAPTURE(length);
      CAPTURE(skip);
      const Block<Byte> luma(length, skip);
      rgba_to_luma(pixels, luma);
      CHECK(difference(luma, exact) == "");
      CHECK(luma.guarded());
    }
  }
}

TEST_CASE("luma is that of Rec. 709 all over the cube of colours, ties go up, and grey stays as it is") {
  Bytes rgba, greys;
  for (int red = 0; red < 256; red++) {
    for (int green = 0; green < 256; green++) {
      for (int blue = 0; blue < 256; blue++) {
        const bool on_grid = red % 15 == 0 && green % 5 == 0 && blue % 15 == 0;
        const bool near_tie = std::abs((6966 * red + 23436 * green + 2366 * blue) % 32768 - 16384) <= 8;
        if (!on_grid && !near_tie) continue;
        for (const int value : {red, green, blue, green}) rgba.push_back(static_cast<Byte>(value));
      }
    }
  }
  Bytes luma(rgba.size() / 4), whole;
  rgba_to_luma(rgba, luma);
  std::vector<double> exact;
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    whole.push_back(integer_luma(&rgba[i]));
    exact.push_back(0.2126 * rgba[i] + 0.7152 * rgba[i + 1] + 0.0722 * rgba[i + 2]);
  }
  CHECK(difference(luma, whole) == "");
  CHECK(excess<Byte>(luma, exact, std::vector<double>(exact.size(), 0.5 + 0.01)) == "");

  rgba.clear();
  for (int grey = 0; grey < 256; grey++) {
    greys.push_back(static_cast<Byte>(grey));
    for (const int value : {grey, grey, grey, 255 - grey}) rgba.push_back(static_cast<Byte>(value));
  }
  luma.resize(256);
  rgba_to_luma(rgba, luma);
  CHECK(difference(luma, greys) == "");
}

// --- gaussian_blur --------------------------------------------------------------------------------------------------

namespace {

std::vector<double> blurred(const Bytes &in, std::size_t width, std::size_t height, double sigma) {
  const auto radius = static_cast<std::ptrdiff_t>(std::ceil(3 * sigma));
  std::vector<double> weights, along(in.size()), both(in.size());
  for (std::ptrdiff_t k = -radius; k <= radius; k++)
    weights.push_back(std::exp(-static_cast<double>(k * k) / (2 * sigma * sigma)));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < in.size(); i++)
    for (std::ptrdiff_t k = -radius; k <= radius; k++)
      along[i] +=
          weights[static_cast<std::size_t>(k + radius)] / total *
          at(in, width, height, static_cast<std::ptrdiff_t>(i % width) + k, static_cast<std::ptrdiff_t>(i / width));
  for (std::size_t i = 0; i < in.size(); i++)
    for (std::ptrdiff_t k = -radius; k <= radius; k++) {
      const auto row = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(i / width) + k, 0,
                                                  static_cast<std::ptrdiff_t>(height) - 1);
      both[i] += weights[static_cast<std::size_t>(k + radius)] / total *
                 along[static_cast<std::size_t>(row) * width + i % width];
    }
  return both;
}

void check_blur(std::uint32_t width, std::uint32_t height, float sigma) {
  const Bytes in = noise_bytes(std::size_t{width} * height);
  CAPTURE(width);
  CAPTURE(height);
  CAPTURE(sigma);
  const Block<Byte> out(in.size(), 1);
  gaussian_blur(in, out, width, height, sigma);
  // Half a step for rounding, and a hundredth for where f32 rounds the other way.
  CHECK(excess<Byte>(out, blurred(in, width, height, double{sigma}), std::vector<double>(in.size(), 0.51)) == "");
  CHECK(out.guarded());
  const Block<Byte> place(in);
  gaussian_blur(place, place, width, height, sigma);
  CHECK(difference(place, out.span()) == "");
  CHECK(place.guarded());
  CHECK(used() == 0);
}

} // namespace

TEST_CASE("gaussian_blur weighs rows and columns with a Gaussian, for every width") {
  arena_open(capacity);
  for (std::uint32_t width = 0; width <= 70; width++)
    for (const std::uint32_t height : {0u, 1u, 2u, 7u}) check_blur(width, height, 1.3f);
}

TEST_CASE("gaussian_blur of every strength, on pictures smaller and larger than its radius") {
  arena_open(capacity);
  const std::uint32_t sizes[][2] = {{1, 1}, {1, 40}, {40, 1}, {3, 2}, {37, 29}, {90, 5}, {5, 90}};
  for (const auto &[width, height] : sizes)
    for (const float sigma : {1e-30f, 0.01f, 0.1f, 0.2f, 0.5f, 1.0f, 2.0f, 4.5f, 12.0f})
      check_blur(width, height, sigma);
  for (const float sigma : {100.0f, 1000.0f}) check_blur(13, 9, sigma);
}

TEST_CASE("gaussian_blur leaves an even picture as it is") {
  arena_open(capacity);
  for (const unsigned value : {0u, 1u, 128u, 254u, 255u}) {
    const Bytes in(21 * 17, static_cast<Byte>(value));
    Bytes out(in.size());
    for (const float sigma : {0.3f, 1.0f, 5.0f, 300.0f}) {
      gaussian_blur(in, out, 21, 17, sigma);
      CHECK(difference(out, in) == "");
    }
  }
}

TEST_CASE("gaussian_blur refuses a sigma that makes no sense") {
  arena_open(capacity);
  const Bytes in(4);
  const Block<Byte> out(4);
  for (const float sigma : {0.0f, -0.0f, -1.0f, not_a_number, infinity, -infinity, 1001.0f, 1e30f})
    CHECK(failure([&] { gaussian_blur(in, out, 2, 2, sigma); }) == "sigma must be above 0 and at most 1000");
  CHECK(failure([&] { gaussian_blur({}, {}, 0, 0, 0); }) == "sigma must be above 0 and at most 1000");
  CHECK(out.guarded());
}

TEST_CASE("gaussian_blur says so when the arena has no room for its rows, and gives back what it took") {
  arena_open(4096);
  const Bytes in(100 * 100);
  Bytes out(in.size());
  arena::Status status = arena::Status::ok;
  try {
    gaussian_blur(in, out, 100, 100, 5);
  } catch (const arena::KernelFailure &stopped) {
    status = stopped.status;
  }
  CHECK(status == arena::Status::out_of_memory);
  CHECK(used() == 0);
}

// --- sobel ----------------------------------------------------------------------------------------------------------

TEST_CASE("sobel is the rounded magnitude of the gradient, for every width") {
  arena_open(capacity);
  for (std::uint32_t width = 0; width <= 70; width++) {
    for (const std::uint32_t height : {0u, 1u, 2u, 3u, 8u}) {
      Bytes in = noise_bytes(std::size_t{width} * height), exact;
      // Faint noise on the left, so that not all is saturated.
      for (std::size_t i = 0; i < in.size(); i++)
        if (i % width < width / 2) in[i] = static_cast<Byte>(100 + in[i] / 8);
      for (std::ptrdiff_t y = 0; y < static_cast<std::ptrdiff_t>(height); y++) {
        for (std::ptrdiff_t x = 0; x < static_cast<std::ptrdiff_t>(width); x++) {
          const auto pixel = [&](int right, int down) -> int { return at(in, width, height, x + right, y + down); };
          const int gx = pixel(1, -1) - pixel(-1, -1) + 2 * (pixel(1, 0) - pixel(-1, 0)) + pixel(1, 1) - pixel(-1, 1);
          const int gy = pixel(-1, 1) - pixel(-1, -1) + 2 * (pixel(0, 1) - pixel(0, -1)) + pixel(1, 1) - pixel(1, -1);
          exact.push_back(static_cast<Byte>(std::min(255.0, std::round(std::sqrt(double(gx * gx + gy * gy))))));
        }
      }
      CAPTURE(width);
      CAPTURE(height);
      const Block<Byte> out(in.size(), 1);
      sobel(in, out, width, height);
      CHECK(difference(out, exact) == "");
      CHECK(out.guarded());
      const Block<Byte> place(in);
      sobel(place, place, width, height);
      CHECK(difference(place, exact) == "");
      CHECK(place.guarded());
      CHECK(used() == 0);
    }
  }
}

TEST_CASE("sobel gives an edge the same magnitude in every direction, and saturates") {
  arena_open(capacity);
  for (const int step : {1, 10, 63, 64, 255}) {
    Bytes upright(64), flat(64), out(64);
    for (std::size_t i = 0; i < 64; i++) {
      upright[i] = static_cast<Byte>(i % 8 < 4 ? 0 : step);
      flat[i] = static_cast<Byte>(i / 8 < 4 ? step : 0);
    }
    sobel(upright, out, 8, 8);
    CHECK(int{out[8 * 3 + 3]} == std::min(255, 4 * step));
    sobel(flat, out, 8, 8);
    CHECK(int{out[8 * 3 + 3]} == std::min(255, 4 * step));
  }
}

// --- histogram, lut -------------------------------------------------------------------------------------------------

TEST_CASE("histogram counts each value and forgets what was in bins") {
  for (const std::size_t length : lengths()) {
    const Bytes in = noise_bytes(length);
    std::vector<std::uint32_t> exact(256);
    for (const Byte value : in) exact[value]++;
    const Block<std::uint32_t> bins(256, 1);
    std::fill_n(&bins[0], 256, 7u);
    CAPTURE(length);
    histogram(in, bins);
    CHECK(difference(bins, exact) == "");
    CHECK(bins.guarded());
  }
  for (const unsigned value : {0u, 1u, 255u}) {
    std::vector<std::uint32_t> bins(256), exact(256);
    exact[value] = 100003;
    histogram(Bytes(100003, static_cast<Byte>(value)), bins);
    CHECK(difference(bins, exact) == "");
  }
}

TEST_CASE("lut looks every byte up") {
  Bytes table(256);
  for (std::size_t value = 0; value < 256; value++) table[value] = static_cast<Byte>(value * 167 + 13);
  for (const std::size_t length : lengths()) {
    Bytes in = noise_bytes(length), exact;
    for (std::size_t i = 0; i < length && length >= 1000; i++) in[i] = static_cast<Byte>(i);
    for (const Byte value : in) exact.push_back(table[value]);
    CAPTURE(length);
    const Block<Byte> out(length, 1);
    lut(in, table, out);
    CHECK(difference(out, exact) == "");
    CHECK(out.guarded());
    const Block<Byte> place(in, 3);
    lut(place, table, place);
    CHECK(difference(place, exact) == "");
    CHECK(place.guarded());
  }
}

// --- normalize_hwc_to_chw -------------------------------------------------------------------------------------------

TEST_CASE("normalize_hwc_to_chw takes pixels apart into normalized planes") {
  const Floats mean{0.485f, 0.456f, -3.0f}, deviation{0.229f, -0.5f, 1e-3f};
  for (std::uint32_t width = 0; width <= 35; width++) {
    for (const std::uint32_t height : {0u, 1u, 2u, 5u}) {
      const std::size_t plane = std::size_t{width} * height;
      const Bytes in = noise_bytes(3 * plane);
      std::vector<double> exact, bound;
      for (std::size_t c = 0; c < 3; c++) {
        for (std::size_t i = 0; i < plane; i++) {
          exact.push_back((in[3 * i + c] / 255.0 - double{mean[c]}) / double{deviation[c]});
          bound.push_back((1 + std::abs(double{mean[c]})) / std::abs(double{deviation[c]}) / 4194304);
        }
      }
      CAPTURE(width);
      CAPTURE(height);
      const Block<float> out(3 * plane, width % 4);
      normalize_hwc_to_chw(in, out, mean, deviation, width, height);
      CHECK(excess<float>(out, exact, bound) == "");
      CHECK(out.guarded());
    }
  }
}

TEST_CASE("NaN and infinity among means and deviations stay in their channel") {
  const Bytes in = noise_bytes(3 * 20);
  Floats out(60);
  normalize_hwc_to_chw(in, out, Floats{not_a_number, 0, 0}, Floats{1, infinity, 1}, 5, 4);
  for (std::size_t i = 0; i < 20; i++) {
    CHECK(std::isnan(out[i]));
    CHECK(out[20 + i] == 0);
    CHECK(double{out[40 + i]} == doctest::Approx(in[3 * i + 2] / 255.0));
  }
}

// --- Lengths --------------------------------------------------------------------------------------------------------

TEST_CASE("pictures of the wrong size are refused with the sizes") {
  arena_open(capacity);
  const Bytes six(6), seven(7), eight(8), table(255);
  const Block<Byte> out(6);
  CHECK(failure([&] { rgba_to_luma(seven, out); }) == "rgba has 7 elements, luma has 6: rgba must have 4 for each");
  CHECK(failure([&] { rgba_to_luma(eight, out); }) == "rgba has 8 elements, luma has 6: rgba must have 4 for each");
  CHECK(failure([&] { rgba_to_luma(Bytes(27), out); }) ==
        "rgba has 27 elements, luma has 6: rgba must have 4 for each");
  CHECK(failure([&] { rgba_to_luma({}, out); }) == "rgba has 0 elements, luma has 6: rgba must have 4 for each");
  CHECK(failure([&] { gaussian_blur(six, out, 2, 4, 1); }) ==
        "in has 6 elements, width * height is 8: they must be equal");
  CHECK(failure([&] { gaussian_blur(eight, out, 2, 4, 1); }) == "in has 8 elements, out has 6: they must be equal");
  CHECK(failure([&] { sobel(seven, out, 2, 3); }) == "in has 7 elements, width * height is 6: they must be equal");
  CHECK(failure([&] { sobel(eight, out, 4, 2); }) == "in has 8 elements, out has 6: they must be equal");
  CHECK(failure([&] { lut(six, table, out); }) == "table has 255 elements, a table has 256: they must be equal");
  CHECK(failure([&] { lut(seven, table, out); }) == "in has 7 elements, out has 6: they must be equal");
  std::vector<std::uint32_t> bins(257);
  CHECK(failure([&] { histogram(six, bins); }) == "bins has 257 elements, a histogram has 256: they must be equal");
  CHECK(out.guarded());
  // Products that would be 0 or small in 32 or 64 bits.
  CHECK(failure([&] { sobel({}, {}, 65536, 65536); }) ==
        "in has 0 elements, width * height is 4294967296: they must be equal");
  CHECK(failure([&] { gaussian_blur({}, {}, 0xffffffff, 0xffffffff, 1); }) ==
        "in has 0 elements, width * height is 9223372036854775807: they must be equal");
  CHECK(failure([&] { sobel({}, {}, 0xffffffff, 0); }) == "");
}

TEST_CASE("normalize_hwc_to_chw refuses what doesn't fit") {
  const Bytes in(12);
  const Block<float> out(12);
  const Floats three{1, 1, 1}, two{1, 1};
  CHECK(failure([&] { normalize_hwc_to_chw(in, out, three, three, 4, 2); }) ==
        "in has 12 elements, 3 * width * height is 24: they must be equal");
  CHECK(failure([&] { normalize_hwc_to_chw(in, {}, three, three, 2, 2); }) ==
        "in has 12 elements, out has 0: they must be equal");
  CHECK(failure([&] { normalize_hwc_to_chw(in, out, two, three, 2, 2); }) ==
        "mean has 2 elements, a pixel has 3: they must be equal");
  CHECK(failure([&] { normalize_hwc_to_chw(in, out, three, {}, 2, 2); }) ==
        "deviation has 0 elements, a pixel has 3: they must be equal");
  CHECK(failure([&] { normalize_hwc_to_chw(in, out, three, Floats{1, 1, 0}, 2, 2); }) == "deviation must not be 0");
  // In whole numbers 3 * width * height is 2^64 + 26.
  const Bytes more(26);
  Floats planes(26);
  CHECK(failure([&] { normalize_hwc_to_chw(more, planes, three, three, 2154230017, 2854344542); }) ==
        "in has 26 elements, 3 * width * height is 9223372036854775807: they must be equal");
  CHECK(out.guarded());
}

TEST_CASE("rgba_to_luma refuses an output over its input") {
  Bytes memory(20);
  const std::span<Byte> all{memory};
  CHECK(failure([&] { rgba_to_luma(all.subspan(0, 16), all.subspan(0, 4)); }) ==
        "rgba overlaps luma: they must be different blocks");
  CHECK(failure([&] { rgba_to_luma(all.subspan(0, 16), all.subspan(16, 4)); }) == "");
}
