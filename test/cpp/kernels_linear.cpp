#include "kernels.hpp"

using namespace kernels;
using Floats = std::vector<float>;

void matmul(std::span<const float> a, std::span<const float> b, std::span<float> out, std::uint32_t rows,
            std::uint32_t inner, std::uint32_t columns);

namespace {

constexpr std::uint32_t capacity = 1 << 20;

Floats product(const Floats &a, const Floats &b, std::size_t rows, std::size_t inner, std::size_t columns) {
  Floats out(rows * columns);
  for (std::size_t r = 0; r < rows; r++)
    for (std::size_t c = 0; c < columns; c++)
      for (std::size_t k = 0; k < inner; k++) {
        const float term = a[r * inner + k] * b[k * columns + c];
        out[r * columns + c] += term;
      }
  return out;
}

void check(const Floats &a, const Floats &b, std::uint32_t rows, std::uint32_t inner, std::uint32_t columns) {
  const Block<float> out(std::size_t{rows} * columns, rows % 4);
  matmul(a, b, out, rows, inner, columns);
  CAPTURE(rows);
  CAPTURE(inner);
  CAPTURE(columns);
  CHECK(difference(out, product(a, b, rows, inner, columns)) == "");
  CHECK(out.guarded());
  CHECK(arena::current().mark().offset == 0);
}

} // namespace

TEST_CASE("matmul gives the bits of the plain triple loop for all small sizes") {
  arena_open(capacity);
  for (std::uint32_t rows = 0; rows <= 9; rows++)
    for (const std::uint32_t inner : {0u, 1u, 2u, 5u, 17u})
      for (std::uint32_t columns = 0; columns <= 19; columns++)
        check(noise(rows * inner), noise(inner * columns), rows, inner, columns);
}

TEST_CASE("matmul gives the bits of the plain triple loop for larger sizes") {
  arena_open(capacity);
  for (const std::uint32_t rows : {1u, 15u, 16u, 17u, 70u})
    for (const std::uint32_t inner : {1u, 33u, 70u})
      for (const std::uint32_t columns : {1u, 3u, 7u, 8u, 9u, 65u, 100u})
        check(noise(rows * inner), noise(inner * columns), rows, inner, columns);
}

TEST_CASE("NaN and infinity reach the elements whose row or column holds them") {
  arena_open(capacity);
  for (const float odd : {not_a_number, infinity}) {
    Floats a = noise(20 * 6), b = noise(6 * 13);
    a[7 * 6 + 2] = odd;
    b[4 * 13 + 11] = odd;
    check(a, b, 20, 6, 13);
    Floats out(20 * 13);
    matmul(a, b, out, 20, 6, 13);
    for (std::size_t i = 0; i < out.size(); i++) {
      const bool reached = i / 13 == 7 || i % 13 == 11;
      if (std::isfinite(out[i]) == reached) FAIL_CHECK("element " << i << " is " << out[i]);
    }
  }
}

TEST_CASE("matmul refuses lengths that don't fit its sizes, with all of them") {
  arena_open(capacity);
  const Floats six(6), eight(8);
  const Block<float> out(12);
  CHECK(failure([&] { matmul(six, eight, out, 2, 4, 2); }) ==
        "a has 6 elements, rows * inner is 8: they must be equal");
  CHECK(failure([&] { matmul(six, eight, out, 3, 2, 5); }) ==
        "b has 8 elements, inner * columns is 10: they must be equal");
  CHECK(failure([&] { matmul(six, eight, out, 3, 2, 4); }) == "");
  CHECK(failure([&] { matmul(six, six, out, 3, 2, 3); }) ==
        "out has 12 elements, rows * columns is 9: they must be equal");
  // Products that would be 0 or small in 32 or 64 bits.
  CHECK(failure([&] { matmul({}, {}, {}, 65536, 65536, 0); }) ==
        "a has 0 elements, rows * inner is 4294967296: they must be equal");
  CHECK(failure([&] { matmul({}, {}, {}, 0, 0xffffffff, 0xffffffff); }) ==
        "b has 0 elements, inner * columns is 9223372036854775807: they must be equal");
  CHECK(failure([&] { matmul({}, {}, {}, 0, 0, 0xffffffff); }) == "");
  CHECK(out.guarded());
}

TEST_CASE("matmul refuses an output over its inputs") {
  arena_open(capacity);
  Floats memory(12);
  const std::span<float> all{memory}, first = all.subspan(0, 4), middle = all.subspan(3, 4), last = all.subspan(4, 4);
  CHECK(failure([&] { matmul(first, last, first, 2, 2, 2); }) == "a overlaps out: they must be different blocks");
  CHECK(failure([&] { matmul(last, first, middle, 2, 2, 2); }) == "a overlaps out: they must be different blocks");
  CHECK(failure([&] { matmul(last, first, first, 2, 2, 2); }) == "b overlaps out: they must be different blocks");
  CHECK(failure([&] { matmul(first, first, last, 2, 2, 2); }) == "");
  CHECK(failure([&] { matmul(first.subspan(0, 0), first.subspan(2, 0), first, 2, 0, 2); }) == "");
}

TEST_CASE("matmul says so when the arena has no room for its copies, and gives back what it took") {
  arena_open(64);
  const Floats a(16 * 8), b(8 * 8);
  Floats out(16 * 8);
  arena::Status status = arena::Status::ok;
  try {
    matmul(a, b, out, 16, 8, 8);
  } catch (const arena::KernelFailure &stopped) {
    status = stopped.status;
  }
  CHECK(status == arena::Status::out_of_memory);
  CHECK(arena::current().mark().offset == 0);
}
