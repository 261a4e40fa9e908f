// What the tests of the kernels share: lengths and values to try, blocks with guards around them, comparisons that say
// where they failed.
#pragma once

#include <arena_bind/kernel.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace kernels {

inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

// Every remainder that whole vectors can leave, and some lengths around the sizes in which kernels work.
inline std::vector<std::size_t> lengths() {
  std::vector<std::size_t> all;
  for (std::size_t length = 0; length <= 70; length++) all.push_back(length);
  for (const std::size_t length : {127u, 128u, 129u, 1000u, 1023u, 1024u, 1025u, 3001u}) all.push_back(length);
  return all;
}

// The same values in every run.
inline std::vector<float> noise(std::size_t length, float low = -1, float high = 1) {
  std::mt19937 random{static_cast<unsigned>(length) + 1};
  std::vector<float> values(length);
  for (float &value : values) value = low + (high - low) * static_cast<float>(random() >> 8) / 16777216.0f;
  return values;
}
inline std::vector<std::uint8_t> noise_bytes(std::size_t length) {
  std::mt19937 random{static_cast<unsigned>(length) + 1};
  std::vector<std::uint8_t> values(length);
  for (std::uint8_t &value : values) value = static_cast<std::uint8_t>(random() >> 24);
  return values;
}

// Memory for outputs: `length` elements, `skip` elements off an aligned address, between guards that must not change.
template <class T> class Block {
public:
  explicit Block(std::size_t length, std::size_t skip = 0) : bytes_((length + skip + 2 * margin) * sizeof(T), fill) {
    span_ = {reinterpret_cast<T *>(bytes_.data()) + margin + skip, length};
  }
  // The same with contents, for kernels that work in place.
  explicit Block(std::span<const T> contents, std::size_t skip = 0) : Block(contents.size(), skip) {
    std::copy(contents.begin(), contents.end(), span_.begin());
  }
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  operator std::span<T>() const { return span_; }
  operator std::span<const T>() const { return span_; }
  std::span<T> span() const { return span_; }
  T &operator[](std::size_t i) const { return span_[i]; }

  bool guarded() const {
    const auto *first = reinterpret_cast<const std::uint8_t *>(span_.data());
    const auto *last = first + span_.size_bytes();
    for (const std::uint8_t &byte : bytes_)
      if ((&byte < first || &byte >= last) && byte != fill) return false;
    return true;
  }

private:
  static constexpr std::size_t margin = 64;
  static constexpr std::uint8_t fill = 0xa5;
  std::vector<std::uint8_t> bytes_;
  std::span<T> span_;
};

template <class T> bool same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof a) == 0;
}

// Where `got` is not `wanted` to the bit (NaNs count as one); empty when it is everywhere.
template <class T> std::string difference(std::span<const T> got, std::span<const T> wanted) {
  std::ostringstream text;
  if (got.size() != wanted.size()) text << got.size() << " elements for " << wanted.size();
  for (std::size_t i = 0; i < got.size() && text.str().empty(); i++)
    if (!same(got[i], wanted[i])) text << "at " << i << ": " << +got[i] << " for " << +wanted[i];
  return text.str();
}
template <class A, class B> std::string difference(const A &got, const B &wanted) {
  using T = std::remove_const_t<typename decltype(std::span{wanted})::element_type>;
  return difference<T>(std::span<const T>{got}, std::span<const T>{wanted});
}

// Where `got` is further from `wanted` than `bound`; empty when it is nowhere.
template <class T>
std::string excess(std::span<const T> got, const std::vector<double> &wanted, const std::vector<double> &bound) {
  std::ostringstream text;
  text.precision(9);
  if (got.size() != wanted.size()) text << got.size() << " elements for " << wanted.size();
  for (std::size_t i = 0; i < got.size() && text.str().empty(); i++)
    if (!(std::abs(static_cast<double>(got[i]) - wanted[i]) <= bound[i]))
      text << "at " << i << ": " << +got[i] << " for " << wanted[i] << " within " << bound[i];
  return text.str();
}

// The message with which a kernel stops; empty when it doesn't.
template <class Kernel> std::string failure(const Kernel &kernel) {
  try {
    kernel();
  } catch (const arena::KernelFailure &stopped) {
    return std::string{stopped.text};
  }
  return {};
}

} // namespace kernels
