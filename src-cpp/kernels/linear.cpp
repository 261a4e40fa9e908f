// Linear algebra on row-major f32 matrices.
#include "check.hpp"
#include "lanes.hpp"
#include "share.hpp"

using lanes::f32x4, lanes::load, lanes::store;

namespace {

constexpr double nanoseconds = 0.16; // of a product and its sum

// A tile of the product: `rows` x (`vectors` times the lanes of V, which may be a plain float).
template <std::size_t rows, class V, std::size_t vectors> void multiply_tile(const float *a, std::size_t inner,
                                                                             const float *b, std::size_t b_stride,
                                                                             float *out, std::size_t out_stride) {
  constexpr std::size_t lanes = sizeof(V) / sizeof(float);
  V sums[rows][vectors] = {};
  const float *next[rows];
  for (std::size_t row = 0; row < rows; row++) next[row] = a + row * inner;
  LANES_ROLLED for (std::size_t k = 0; k < inner; k++) {
    for (std::size_t row = 0; row < rows; row++)
      for (std::size_t v = 0; v < vectors; v++) sums[row][v] += load<V>(b + v * lanes) * *next[row];
    for (const float *&value : next) value++;
    b += b_stride;
  }
  for (std::size_t row = 0; row < rows; row++)
    for (std::size_t v = 0; v < vectors; v++) store(out + row * out_stride + v * lanes, sums[row][v]);
}

} // namespace

/// Multiplies two matrices: `out = a b`.
///
/// All are row-major: `a` has `rows` x `inner` elements, `b` has `inner` x `columns` and `out` has `rows` x `columns`.
/// `out[r, c]` is the sum of `a[r, k] * b[k, c]`, added up in f32 from the first k to the last, so the result is that
/// of the plain triple loop to the bit and its error below `inner * 2^-23` of the sum of `|a[r, k] * b[k, c]|`.
///
/// `out` must not overlap `a` or `b`. Any of the sizes may be 0; with an `inner` of 0, `out` is filled with zeros. NaN
/// and infinities as in IEEE 754.
void matmul(std::span<const float> a, std::span<const float> b, std::span<float> out, std::uint32_t rows,
            std::uint32_t inner, std::uint32_t columns) {
  check::equal("a", a.size(), "rows * inner is", check::product(rows, inner));
  check::equal("b", b.size(), "inner * columns is", check::product(inner, columns));
  check::equal("out", out.size(), "rows * columns is", check::product(rows, columns));
  check::apart("a", a, "out", out);
  check::apart("b", b, "out", out);
  if (out.empty()) return;
  if (inner == 0) {
    std::memset(out.data(), 0, out.size_bytes());
    return;
  }

  // Tiles are as large as the product allows: 4 x 8 fill the vector registers. The last one in each direction starts
  // early instead of being smaller, and computes some elements again.
  const std::size_t width = columns >= 8 ? 8 : columns >= 4 ? 4 : 1, height = width != 4 && rows >= 4 ? 4 : 1;
  const auto multiply = width == 8   ? (height == 4 ? multiply_tile<4, f32x4, 2> : multiply_tile<1, f32x4, 2>)
                        : width == 4 ? multiply_tile<1, f32x4, 1>
                                     : (height == 4 ? multiply_tile<4, float, 1> : multiply_tile<1, float, 1>);
  // A strip of b, as wide as a tile, is copied when many tiles use it: its rows lie far apart in a wide b.
  const bool packing = width == 8 && rows >= 16;
  // Threads share the strips, or the rows where there are more of them: then each chunk copies the strips for itself.
  // The last tile, which starts early, goes with the one before.
  const bool by_rows = !share::alone() && rows > columns;
  const std::size_t wide = columns / width, high = rows / height;
  const double item =
      nanoseconds * inner * (by_rows ? static_cast<double>(height * columns) : static_cast<double>(width * rows));
  const std::size_t grain = std::max<std::size_t>(share::grain_of(item), by_rows ? 16 : 1);
  share::among_threads(by_rows ? high : wide, grain, [&](std::size_t begin, std::size_t end) {
    const std::size_t first_row = by_rows ? begin * height : 0, last_row = by_rows && end < high ? end * height : rows;
    const std::size_t first_column = by_rows ? 0 : begin * width;
    const std::size_t last_column = !by_rows && end < wide ? end * width : columns;
    arena::scratch scratch;
    const std::span<float> packed = scratch.alloc<float>(packing ? std::size_t{8} * inner : 0);
    for (std::size_t next_column = first_column; next_column < last_column; next_column += width) {
      const std::size_t column = std::min(next_column, columns - width);
      const float *strip = b.data() + column;
      std::size_t stride = columns;
      if (packing) {
        LANES_ROLLED for (std::size_t k = 0; k < inner; k++) {
          store(&packed[8 * k], load<f32x4>(strip + k * columns));
          store(&packed[8 * k + 4], load<f32x4>(strip + k * columns + 4));
        }
        strip = packed.data();
        stride = 8;
      }
      for (std::size_t next_row = first_row; next_row < last_row; next_row += height) {
        const std::size_t row = std::min(next_row, rows - height);
        multiply(a.data() + row * inner, inner, strip, stride, &out[row * columns + column], columns);
      }
    }
  });
}
ARENA_KERNEL(matmul, a, b, out, rows, inner, columns)
