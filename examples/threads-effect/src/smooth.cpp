// Smooths a picture but not its edges (a bilateral filter): each pixel becomes the mean of those around it, of which
// the near ones and those of nearly its colour weigh most.
#include <arena_bind/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace {

constexpr std::uint32_t largest_radius = 32;       // pixels
constexpr std::uint32_t most_difference = 3 * 255; // of two pixels: the sum over red, green and blue
constexpr std::size_t rows_at_a_time = 4;          // about half a millisecond of work

float bell(float x, float deviation) { return std::exp(-x * x / (2 * deviation * deviation)); }

} // namespace

/// Smooths an RGBA picture within `radius` pixels, 0 to 32, where colours differ by less than about `contrast` levels
/// in sum, from 1 on; alpha stays. `out` must not be `in`.
void smooth(std::span<const std::uint8_t> in, std::span<std::uint8_t> out, std::uint32_t width, std::uint32_t height,
            std::uint32_t radius, float contrast, arena::scratch &scratch) {
  const std::uint64_t bytes = std::uint64_t{4} * width * height;
  if (in.size() != bytes) arena::fail("in has ", in.size(), " bytes: ", width, " x ", height, " RGBA is ", bytes);
  if (out.size() != bytes) arena::fail("in has ", in.size(), " bytes, out has ", out.size());
  if (radius > largest_radius) arena::fail("radius is ", radius, ": expected at most ", largest_radius);
  if (!(contrast >= 1)) arena::fail("contrast is ", contrast, ": expected at least 1");

  // Filled before the work is shared, and only read from then on.
  const std::span<float> alike = scratch.alloc<float>(most_difference + 1);
  for (std::size_t i = 0; i < alike.size(); i++) alike[i] = bell(static_cast<float>(i), contrast);
  const std::span<float> near = scratch.alloc<float>(2 * radius + 1); // a bell of x and y is one of x times one of y
  for (std::size_t i = 0; i < near.size(); i++) {
    near[i] = bell(static_cast<float>(i) - static_cast<float>(radius), 0.5f * static_cast<float>(radius) + 0.5f);
  }

  const auto paint = [&](std::size_t x, std::size_t y) {
    const std::size_t left = x < radius ? 0 : x - radius, right = std::min<std::size_t>(x + radius, width - 1);
    const std::size_t top = y < radius ? 0 : y - radius, bottom = std::min<std::size_t>(y + radius, height - 1);
    const std::uint8_t *self = &in[4 * (y * width + x)];
    float red = 0, green = 0, blue = 0, weights = 0;
    for (std::size_t v = top; v <= bottom; v++) {
      const float line = near[v + radius - y];
      const std::uint8_t *pixel = &in[4 * (v * width + left)];
      for (std::size_t u = left; u <= right; u++, pixel += 4) {
        const int difference =
            std::abs(pixel[0] - self[0]) + std::abs(pixel[1] - self[1]) + std::abs(pixel[2] - self[2]);
        const float weight = line * near[u + radius - x] * alike[static_cast<std::size_t>(difference)];
        red += weight * pixel[0];
        green += weight * pixel[1];
        blue += weight * pixel[2];
        weights += weight;
      }
    }
    std::uint8_t *result = &out[4 * (y * width + x)];
    result[0] = static_cast<std::uint8_t>(red / weights + 0.5f);
    result[1] = static_cast<std::uint8_t>(green / weights + 0.5f);
    result[2] = static_cast<std::uint8_t>(blue / weights + 0.5f);
    result[3] = self[3];
  };

  // Each thread, the calling one among them, takes some rows, then some others, until none is left. They all read `in`,
  // and each writes rows of `out` that are its own.
  arena::parallel_for(height, rows_at_a_time, [&](std::size_t begin, std::size_t end) {
    for (std::size_t y = begin; y < end; y++) {
      for (std::size_t x = 0; x < width; x++) paint(x, y);
    }
  });
}
ARENA_KERNEL(smooth, in, out, width, height, radius, contrast)
