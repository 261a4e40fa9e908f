// What the kernels refuse. Each message holds the names and lengths of both sides. The failures stay out of line, so
// that a check costs its kernel a comparison and few bytes.
#pragma once

#include <arena_bind/kernel.hpp>

#include <cstdint>
#include <limits>

namespace check {

[[noreturn, gnu::noinline]] inline void fail(const char *text) { arena::fail(text); }

// "a has 3 elements, out has 4: rule". `b_has` is a name with its verb, because it isn't always a span.
[[noreturn, gnu::noinline]] inline void fail_lengths(const char *a, std::size_t a_length, const char *b_has,
                                                     std::uint64_t b_length, const char *rule) {
  arena::fail(a, " has ", a_length, " elements, ", b_has, " ", b_length, ": ", rule);
}

inline void equal(const char *a, std::size_t a_length, const char *b_has, std::uint64_t b_length) {
  if (a_length != b_length) fail_lengths(a, a_length, b_has, b_length, "they must be equal");
}

// a * b * times, or the largest number that a message can hold; no span is that long.
[[gnu::noinline]] inline std::uint64_t product(std::uint32_t a, std::uint32_t b, std::uint32_t times = 1) {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t once = std::uint64_t{a} * b;
  return once > largest / times ? largest : once * times;
}

// Two blocks must not share memory. An empty one shares none, though it may have the address of the next one.
[[gnu::noinline]] inline void apart(const char *a_name, const void *a, const void *a_end, const char *b_name,
                                    const void *b, const void *b_end) {
  if (a != a_end && b != b_end && a < b_end && b < a_end)
    arena::fail(a_name, " overlaps ", b_name, ": they must be different blocks");
}
template <class T> void apart(const char *a_name, std::span<const T> a, const char *b_name, std::span<T> b) {
  apart(a_name, a.data(), a.data() + a.size(), b_name, b.data(), b.data() + b.size());
}

} // namespace check
