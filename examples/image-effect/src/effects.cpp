// An oil painting by the Kuwahara filter: each pixel becomes the mean of that one of four windows around it which
// varies least, so that edges stay sharp and everything else turns into strokes.
#include <arena_bind/kernel.hpp>

#include <algorithm>
#include <array>

namespace {

constexpr std::uint32_t largest_radius = 64; // pixels

// Of red, green and blue, and of the squares of all three. Sums from the picture's corner on may wrap around; those of
// a window are differences of four of them, and right all the same, since 65 * 65 * 3 * 255 * 255 < 2^32.
using Sums = std::uint32_t __attribute__((vector_size(16)));
using Means = float __attribute__((vector_size(16)));
using Levels = std::int32_t __attribute__((vector_size(16)));

// sums[y][x] is over all pixels above y and left of x: any window costs four loads.
void sum_up(std::span<const std::uint8_t> rgba, std::span<Sums> sums, std::size_t width) {
  const std::size_t stride = width + 1;
  std::fill_n(sums.begin(), stride, Sums{});
  for (std::size_t y = 0; (y + 1) * stride < sums.size(); y++) {
    const Sums *above = &sums[y * stride];
    Sums *row = &sums[(y + 1) * stride];
    const std::uint8_t *pixel = &rgba[y * width * 4];
    Sums line{};
    row[0] = line;
    for (std::size_t x = 0; x < width; x++, pixel += 4) {
      const std::uint32_t r = pixel[0], g = pixel[1], b = pixel[2];
      line += Sums{r, g, b, r * r + g * g + b * b};
      row[x + 1] = above[x + 1] + line;
    }
  }
}

// The mean of a window, and in the last place its weight, which falls steeply as the window varies more. To take only
// the calmest window would leave hard corners where two are nearly equal.
Means weigh(Sums sum, float share) {
  const Means mean = __builtin_convertvector(sum, Means) * share;
  const float variance = mean[3] - (mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]);
  const float spread = 4 + std::max(variance, 0.0f); // of 4, one level's noise is not worth a choice
  const float weight = 1 / (spread * spread * spread * spread);
  return Means{mean[0], mean[1], mean[2], 1} * weight;
}

constexpr auto shares = [] {
  std::array<float, largest_radius + 2> made{};
  for (std::size_t i = 1; i < made.size(); i++) made[i] = 1 / static_cast<float>(i);
  return made;
}();

} // namespace

/// Paints an RGBA picture with a brush of `radius` pixels, 0 to 64; alpha stays. `out` may be `in`.
void oil_paint(std::span<const std::uint8_t> in, std::span<std::uint8_t> out, std::uint32_t width, std::uint32_t height,
               std::uint32_t radius, arena::scratch &memory) {
  const std::uint64_t expected = std::uint64_t{width} * height * 4;
  if (in.size() != expected) arena::fail("in has ", in.size(), " bytes: ", width, " x ", height, " RGBA is ", expected);
  if (out.size() != in.size()) arena::fail("in has ", in.size(), " bytes, out has ", out.size());
  if (radius > largest_radius) arena::fail("radius is ", radius, ": expected at most ", largest_radius);
  if (in.empty()) return;

  const std::size_t stride = width + std::size_t{1};
  const std::span<Sums> sums = memory.alloc<Sums>(stride * (height + std::size_t{1}));
  sum_up(in, sums, width);

  for (std::uint32_t y = 0; y < height; y++) {
    // The windows end at the pixel itself, which all four contain, and at the picture's edges.
    const std::uint32_t top = y - std::min(y, radius), bottom = std::min(y + radius, height - 1) + 1;
    const Sums *rows[] = {&sums[top * stride], &sums[y * stride], &sums[(y + 1) * stride], &sums[bottom * stride]};
    for (std::uint32_t x = 0; x < width; x++) {
      const std::uint32_t left = x - std::min(x, radius), right = std::min(x + radius, width - 1) + 1;
      const auto window = [&](const Sums *from, const Sums *to, std::uint32_t first, std::uint32_t last,
                              std::uint32_t lines) {
        return weigh(to[last] - to[first] - from[last] + from[first], shares[last - first] * shares[lines]);
      };
      const std::uint32_t above = y + 1 - top, below = bottom - y;
      const Means sum = window(rows[0], rows[2], left, x + 1, above) + window(rows[0], rows[2], x, right, above) +
                        window(rows[1], rows[3], left, x + 1, below) + window(rows[1], rows[3], x, right, below);
      const Levels colour = __builtin_convertvector(sum * (1 / sum[3]) + 0.5f, Levels);
      const std::size_t at = (std::size_t{y} * width + x) * 4;
      for (std::size_t i = 0; i < 3; i++) out[at + i] = static_cast<std::uint8_t>(colour[i]);
      out[at + 3] = in[at + 3];
    }
  }
}
ARENA_KERNEL(oil_paint, in, out, width, height, radius)
