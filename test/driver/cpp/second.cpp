// The second file of a module; it has a kernel of its own.
#include <arena_bind/kernel.hpp>

#include "shared.hpp"

std::int32_t from_cpp(std::int32_t n) { return 10 * twice(n); }

void fill(std::span<std::int32_t> out, std::int32_t value) {
  for (std::int32_t &element : out) element = value;
}
ARENA_KERNEL(fill, out, value)
