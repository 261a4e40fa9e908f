// Pictures: rows of bytes without gaps between them, from the top left.
#include "check.hpp"
#include "lanes.hpp"
#include "share.hpp"

using lanes::f32x4, lanes::i16x8, lanes::i32x4, lanes::u16x8, lanes::u8x16;
using lanes::load, lanes::store;
using Byte = std::uint8_t;

namespace {

// Eight bytes from integers, saturated.
void store_bytes(Byte *to, i32x4 a, i32x4 b) {
  const i16x8 narrow = lanes::narrow(a, b);
  store(to, lanes::bits<lanes::i64x2>(lanes::narrow_to_bytes(narrow, narrow))[0]);
}

} // namespace

/// Turns a colour picture into a grey one by its luma.
///
/// `luma[i] = 0.2126 R + 0.7152 G + 0.0722 B` of the i-th pixel, by Rec. ITU-R BT.709, whose primaries are those of
/// sRGB. In integers and exact: `(6966 R + 23436 G + 2366 B + 16384) >> 15`, so that grey stays as it is. Alpha plays
/// no part.
///
/// `rgba` holds R, G, B and A of each pixel, four elements for each one of `luma`; they must not overlap. Empty is
/// fine.
void rgba_to_luma(std::span<const Byte> rgba, std::span<Byte> luma) {
  constexpr int red = 6966, green = 23436, blue = 2366, half = 16384, bits = 15;
  if (rgba.size() % 4 != 0 || rgba.size() / 4 != luma.size())
    check::fail_lengths("rgba", rgba.size(), "luma has", luma.size(), "rgba must have 4 for each");
  check::apart("rgba", rgba, "luma", luma);
  const auto four = [&](const Byte *pixels) {
    const auto pairs = load<u16x8>(pixels);
    const auto red_blue = lanes::bits<i16x8>(u16x8{pairs & 255}), green_alpha = lanes::bits<i16x8>(u16x8{pairs >> 8});
    const i32x4 sums = lanes::dot_pairs(red_blue, i16x8{red, blue, red, blue, red, blue, red, blue}) +
                       lanes::dot_pairs(green_alpha, i16x8{green, 0, green, 0, green, 0, green, 0});
    return i32x4{(sums + half) >> bits};
  };
  share::among_threads(luma.size(), share::grain_of(1), [&](std::size_t begin, std::size_t end) {
    lanes::in_groups<16, 4>(
        rgba.data() + 4 * begin, luma.data() + begin, end - begin, [&](const Byte *pixels, Byte *to) {
          const i16x8 first = lanes::narrow(four(pixels), four(pixels + 16));
          store(to, lanes::narrow_to_bytes(first, lanes::narrow(four(pixels + 32), four(pixels + 48))));
        });
  });
}
ARENA_KERNEL(rgba_to_luma, rgba, luma)

namespace {

constexpr float largest_sigma = 1000;

// e to the power of -x for x > 0, to 1e-6 of itself; 0 beyond 40, where a float that is added to 1 no longer shows it.
// Not the C library's: that one differs from platform to platform, and its table weighs 2 KB.
double decay(double x) {
  if (x > 40) return 0;
  const double small = x / 1024;
  double power = 1 - small * (1 - small / 2 * (1 - small / 3 * (1 - small / 4)));
  LANES_ROLLED for (int i = 0; i < 10; i++) power *= power;
  return power;
}

// out[i] = weights[0] * middle[0][i] + the sum of weights[k] * (middle[-k][i] + middle[k][i]) for k from 1 to `radius`.
// `length` is a multiple of 16.
[[gnu::noinline]] void weigh(const float *const *middle, const float *weights, std::size_t radius, float *out,
                             std::size_t length) {
  for (std::size_t i = 0; i < length; i += 16) {
    f32x4 sums[4];
    for (std::size_t v = 0; v < 4; v++) sums[v] = load<f32x4>(middle[0] + i + 4 * v) * weights[0];
    LANES_ROLLED for (std::size_t k = 1; k <= radius; k++) {
      const float *before = middle[-static_cast<std::ptrdiff_t>(k)] + i, *after = middle[k] + i;
      for (std::size_t v = 0; v < 4; v++)
        sums[v] += (load<f32x4>(before + 4 * v) + load<f32x4>(after + 4 * v)) * weights[k];
    }
    for (std::size_t v = 0; v < 4; v++) store(out + i + 4 * v, sums[v]);
  }
}

} // namespace

/// Blurs a grey picture with a Gaussian of standard deviation `sigma`, in pixels.
///
/// Rows, then columns, are weighed by `exp(-k*k / (2*sigma*sigma))` for k from -r to r with `r = ceil(3*sigma)`, scaled
/// to a sum of 1 (R. Szeliski, "Computer Vision", linear filtering). Beyond its edges the picture goes on with its
/// outermost pixels. Values between are f32 and the result is the nearest integer: it is off by 1 at most, and only
/// near a tie.
///
/// `in` and `out` have `width * height` elements, one channel each, and may be the same block. Empty is fine. `sigma`
/// is above 0 and at most 1000, anything else is an error. Takes memory of the arena for up to 2 r + 2 rows of floats
/// while it runs; with threads, for up to a whole picture of floats.
void gaussian_blur(std::span<const Byte> in, std::span<Byte> out, std::uint32_t width, std::uint32_t height,
                   float sigma) {
  check::equal("in", in.size(), "width * height is", check::product(width, height));
  check::equal("in", in.size(), "out has", out.size());
  if (!(sigma > 0 && sigma <= largest_sigma)) check::fail("sigma must be above 0 and at most 1000");
  if (in.empty()) return;
  const double deviation = double{sigma};
  const auto radius = static_cast<std::size_t>(static_cast<int>(__builtin_ceil(3 * deviation)));
  const std::size_t taps = 2 * radius + 1;
  arena::scratch scratch;

  // Each weight is the one before times a ratio that itself shrinks by a constant ratio.
  float *weights = scratch.alloc<float>(radius + 1).data();
  const double first = decay(0.5 / (deviation * deviation));
  double weight = 1, ratio = first, total = -1;
  LANES_ROLLED for (std::size_t k = 0; k <= radius; k++) {
    weights[k] = static_cast<float>(weight);
    total += 2 * weight;
    weight *= ratio;
    ratio *= first * first;
  }
  LANES_ROLLED for (std::size_t k = 0; k <= radius; k++) weights[k] = static_cast<float>(double{weights[k]} / total);

  // Rows weighed along x stay until the rows around them have been computed from them: one slot for each of the taps,
  // or for each row of a lower picture; and for the other rows of a band, which threads share. Every row read for a
  // band has left `in` before the band is written, so `out` may be `in`.
  const std::size_t stride = (std::size_t{width} + 15) & ~std::size_t{15};
  const std::size_t grain = share::grain_of(0.4 * static_cast<double>(stride * (radius + 2)));
  const std::size_t band = share::band_of(height, grain);
  const std::size_t slots = std::min<std::size_t>(taps + band - 1, height);
  struct Tools {
    float *line; // a row of `in` with its edges drawn out
    const float **sources;
  };
  const auto take = [&] {
    return Tools{arena::alloc<float>(stride + 2 * radius).data(), arena::alloc<const float *>(taps).data()};
  };
  const Tools ours = take();
  float **rows = scratch.alloc<float *>(slots).data();
  LANES_ROLLED for (std::size_t slot = 0; slot < slots; slot++) rows[slot] = scratch.alloc<float>(stride).data();

  for (std::size_t ready = 0, done = 0; done < height; done += band) { // `ready` rows are weighed along x
    const std::size_t next = std::min<std::size_t>(done + band, height);
    const std::size_t wanted = std::min<std::size_t>(next + radius, height);
    share::among_threads(wanted - ready, grain, [&](std::size_t begin, std::size_t end) {
      const auto [line, sources] = share::alone() ? ours : take();
      for (std::size_t y = ready + begin; y < ready + end; y++) {
        const Byte *row = &in[y * width];
        LANES_ROLLED for (std::size_t x = 0; x < radius; x++) line[x] = row[0];
        lanes::in_groups<8>(row, line + radius, width, [](const Byte *bytes, float *to) {
          const i16x8 pixels = lanes::load_bytes(bytes);
          store(to, lanes::to_floats(lanes::lower(pixels)));
          store(to + 4, lanes::to_floats(lanes::upper(pixels)));
        });
        LANES_ROLLED for (float *to = line + radius + width; to != line + stride + 2 * radius; to++) *to =
            row[width - 1];
        LANES_ROLLED for (std::size_t k = 0; k < taps; k++) sources[k] = line + k;
        weigh(sources + radius, weights, radius, rows[y % slots], stride);
      }
    });
    ready = wanted;
    share::among_threads(next - done, grain, [&](std::size_t begin, std::size_t end) {
      const auto [line, sources] = share::alone() ? ours : take();
      for (std::size_t y = done + begin; y < done + end; y++) {
        LANES_ROLLED for (std::size_t k = 0; k < taps; k++) {
          const std::size_t source = y + k < radius ? 0 : std::min<std::size_t>(y + k - radius, height - 1);
          sources[k] = rows[source % slots];
        }
        weigh(sources + radius, weights, radius, line, stride);
        lanes::in_groups<8>(line, &out[y * width], width, [](const float *from, Byte *to) {
          store_bytes(to, lanes::nearest(load<f32x4>(from)), lanes::nearest(load<f32x4>(from + 4)));
        });
      }
    });
  }
}
ARENA_KERNEL(gaussian_blur, in, out, width, height, sigma)

/// Finds edges: the magnitude of the Sobel gradient, saturated at 255.
///
/// `out = min(255, round(sqrt(gx*gx + gy*gy)))` with gx weighed `-1 0 1, -2 0 2, -1 0 1` over the 3 x 3 pixels around
/// and gy the same on its side (I. Sobel and G. Feldman, 1968), so edges count alike in all directions. Nothing is
/// scaled: a straight edge of 64 and more gives 255. Beyond its edges the picture goes on with its outermost pixels.
/// Exact.
///
/// `in` and `out` have `width * height` elements, one channel each, and may be the same block. Empty is fine. Takes
/// memory of the arena for three rows while it runs; with threads, for three rows each, and for a copy of `in` if it is
/// `out`.
void sobel(std::span<const Byte> in, std::span<Byte> out, std::uint32_t width, std::uint32_t height) {
  check::equal("in", in.size(), "width * height is", check::product(width, height));
  check::equal("in", in.size(), "out has", out.size());
  const auto magnitude = [](i16x8 pairs) {
    // Not lanes::nearest, which takes longer to handle what can't be here. Beside 2^23 a float has no bits for
    // fractions.
    const float shift = 8388608;
    const f32x4 exact = lanes::square_root(lanes::to_floats(lanes::dot_pairs(pairs, pairs)));
    return i32x4{lanes::bits<i32x4>(exact + shift) - lanes::bits<std::int32_t>(shift)};
  };
  if (in.empty()) return;
  arena::scratch scratch;
  const std::size_t grain = share::grain_of(1.5 * width);
  const Byte *from = in.data();
  if (!share::alone() && height > grain && from < out.data() + out.size() && out.data() < from + in.size()) {
    Byte *kept = scratch.alloc<Byte>(in.size()).data(); // another thread may write a row that is still to be read
    std::memcpy(kept, from, in.size());
    from = kept;
  }
  // Copies of three rows take turns, longer by a pixel at both ends and by what is read for outputs that aren't wanted.
  // Row y is copied before row y - 1 of `out` is written, so `out` may be `in`.
  const std::size_t stride = std::size_t{width} + 10;
  share::among_threads(height, grain, [&](std::size_t begin, std::size_t end) {
    Byte *copies = arena::alloc<std::array<Byte, 3>>(stride).data()->data(); // 3 * stride might wrap, this can't
    const auto copy = [=](std::size_t y) { return copies + y % 3 * stride; };
    LANES_ROLLED for (std::size_t y = begin == 0 ? 0 : begin - 1; y <= end; y++) {
      Byte *below = copy(y);
      const Byte *row = from + std::min<std::size_t>(y, height - 1) * width;
      below[0] = row[0];
      std::memcpy(below + 1, row, width);
      below[width + 1] = row[width - 1];
      if (y <= begin) continue;
      const Byte *middle = copy(y - 1), *above = y == 1 ? middle : copy(y - 2);
      Byte *to = &out[(y - 1) * width];
      for (std::size_t x = 0; x < width; x += 8) {
        const auto at = [x](const Byte *line, std::size_t column) { return lanes::load_bytes(line + x + column); };
        const i16x8 across = at(middle, 2) - at(middle, 0), down = at(below, 1) - at(above, 1);
        const i16x8 falling = at(below, 2) - at(above, 0), rising = at(above, 2) - at(below, 0);
        const i16x8 gx = falling + rising + across + across, gy = falling - rising + down + down;
        const i32x4 first = magnitude(__builtin_shufflevector(gx, gy, 0, 8, 1, 9, 2, 10, 3, 11));
        const i32x4 second = magnitude(__builtin_shufflevector(gx, gy, 4, 12, 5, 13, 6, 14, 7, 15));
        Byte some[8];
        const bool whole = width - x >= 8;
        store_bytes(whole ? to + x : some, first, second);
        if (!whole) std::memcpy(to + x, some, width - x);
      }
    }
  });
}
ARENA_KERNEL(sobel, in, out, width, height)

/// Counts how often each value occurs: `bins[v]` becomes the number of elements of `in` that equal v.
///
/// `bins` has 256 elements and is overwritten, not added to. An empty `in` gives zeros. Exact.
void histogram(std::span<const Byte> in, std::span<std::uint32_t> bins) {
  check::equal("bins", bins.size(), "a histogram has", 256);
  // Not SIMD, which has no scatter. Values are loaded four at a time, before the counts are: with a load of a byte
  // between any two of them some processes took three times as long as others (AMD Zen 1).
  std::memset(bins.data(), 0, bins.size_bytes());
  const Byte *from = in.data();
  std::uint32_t *counts = bins.data();
  std::size_t left = in.size();
  LANES_ROLLED for (; left >= 4; left -= 4) {
    const auto values = load<std::uint32_t>(from);
    for (std::size_t k = 0; k < 4; k++) counts[values >> 8 * k & 255]++;
    from += 4;
  }
  LANES_ROLLED for (; left > 0; left--) counts[*from++]++;
}
ARENA_KERNEL(histogram, in, bins)

/// Looks every byte up in a table: `out[i] = table[in[i]]`. For gamma curves, thresholds and the like.
///
/// `table` has 256 elements and must not overlap `out`. `in` and `out` have the same length and may be the same block.
/// Empty is fine. Exact.
void lut(std::span<const Byte> in, std::span<const Byte> table, std::span<Byte> out) {
  check::equal("in", in.size(), "out has", out.size());
  check::equal("table", table.size(), "a table has", 256);
  // Not SIMD: a shuffle reaches 16 entries, and 16 shuffles with their masks take longer than 16 loads.
  const Byte *values = table.data(), *from = in.data();
  Byte *to = out.data();
  std::size_t left = in.size();
  LANES_ROLLED for (; left >= 4; left -= 4) {
    for (std::size_t k = 0; k < 4; k++) to[k] = values[from[k]];
    from += 4;
    to += 4;
  }
  LANES_ROLLED for (; left > 0; left--) *to++ = values[*from++];
}
ARENA_KERNEL(lut, in, table, out)

/// Turns an RGB picture into the planes of floats that neural networks take.
///
/// `out[c, y, x] = (in[y, x, c] / 255 - mean[c]) / deviation[c]` for the channels c of 0, 1 and 2: from interleaved
/// bytes (height, width, channel) to one plane after the other (channel, height, width).
///
/// `in` and `out` have `3 * width * height` elements and must not overlap; `mean` and `deviation` have 3, each for a
/// channel. Empty is fine. A deviation of 0 is an error; NaN and infinities reach their whole channel as in IEEE 754.
/// Computed as `in * s + t` with s and t rounded to f32: the error is below 2^-22 of `(1 + |mean[c]|) /
/// |deviation[c]|`.
void normalize_hwc_to_chw(std::span<const Byte> in, std::span<float> out, std::span<const float> mean,
                          std::span<const float> deviation, std::uint32_t width, std::uint32_t height) {
  check::equal("in", in.size(), "3 * width * height is", check::product(width, height, 3));
  check::equal("in", in.size(), "out has", out.size());
  check::equal("mean", mean.size(), "a pixel has", 3);
  check::equal("deviation", deviation.size(), "a pixel has", 3);
  float slopes[3], offsets[3];
  LANES_ROLLED for (std::size_t c = 0; c < 3; c++) {
    if (deviation[c] == 0) check::fail("deviation must not be 0");
    slopes[c] = static_cast<float>(1 / (255 * double{deviation[c]}));
    offsets[c] = static_cast<float>(-double{mean[c]} / double{deviation[c]});
  }
  const std::size_t plane = out.size() / 3;
  share::among_threads(plane, share::grain_of(4), [&](std::size_t i, std::size_t end) {
    const Byte *from = in.data() + 3 * i;
    float *to[3] = {out.data() + i, out.data() + plane + i, out.data() + 2 * plane + i};
    LANES_ROLLED for (; i + 10 <= end; i += 8) { // the bytes of a channel within four pixels are 10, but 16 are loaded
      for (std::size_t c = 0; c < 3; c++) {
        for (std::size_t k = 0; k < 8; k += 4) {
          const auto v = load<u8x16>(from + 3 * k + c);
          const auto channel = lanes::pick<0, 16, 16, 16, 3, 16, 16, 16, 6, 16, 16, 16, 9, 16, 16, 16>(v);
          store(to[c] + k, f32x4{lanes::to_floats(lanes::bits<i32x4>(channel)) * slopes[c] + offsets[c]});
        }
        to[c] += 8;
      }
      from += 24;
    }
    LANES_ROLLED for (; i < end; i++) LANES_ROLLED for (std::size_t c = 0; c < 3; c++) out[c * plane + i] =
        static_cast<float>(in[3 * i + c]) * slopes[c] + offsets[c];
  });
}
ARENA_KERNEL(normalize_hwc_to_chw, in, out, mean, deviation, width, height)
