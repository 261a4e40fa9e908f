// What people write without a thought of WebAssembly: each kernel uses a part of the C++ library.
#include <arena_bind/kernel.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared.hpp"

#ifndef STEPS
#define STEPS 100
#endif

float median(std::span<const float> in) {
  std::vector<float> sorted(in.begin(), in.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted.at(sorted.size() / 2);
}
ARENA_KERNEL(median, in)

// Filled before the first call, from the heap.
static const std::vector<double> sines = [] {
  std::vector<double> table;
  for (int i = 0; i < STEPS; i++) table.push_back(std::sin(i));
  return table;
}();
double sine(std::int32_t i) { return sines.at(static_cast<std::size_t>(i)); }
ARENA_KERNEL(sine, i)

static std::optional<std::ptrdiff_t> find(std::span<const std::int32_t> in, std::int32_t value) {
  const auto found = std::find(in.begin(), in.end(), value);
  if (found == in.end()) return {};
  return found - in.begin();
}
std::int32_t find_or(std::span<const std::int32_t> in, std::int32_t value, std::int32_t other) {
  return static_cast<std::int32_t>(find(in, value).value_or(other));
}
ARENA_KERNEL(find_or, in, value, other)

std::uint32_t words(std::string_view text) {
  std::map<std::string, int> ordered;
  std::unordered_map<std::string, int> hashed;
  for (std::string word; const char c : std::string(text) + ' ') {
    if (c != ' ') word += c;
    else {
      ordered[word]++;
      hashed[word]++;
      word.clear();
    }
  }
  return static_cast<std::uint32_t>(ordered.size() * 100 + hashed.size());
}
ARENA_KERNEL(words, text)

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : Shape {
  double side;
  explicit Square(double side) : side(side) {}
  double area() const override { return side * side; }
};
struct Disc : Shape {
  double radius;
  explicit Disc(double radius) : radius(radius) {}
  double area() const override { return 3 * radius * radius; }
};
double areas(double size) {
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Square>(size));
  shapes.push_back(std::make_unique<Disc>(size));
  const std::shared_ptr<Shape> shared = std::make_shared<Square>(1);
  const std::function<double(double, const std::unique_ptr<Shape> &)> add = [&](double sum, const auto &shape) {
    return sum + shape->area() + shared->area();
  };
  return std::accumulate(shapes.begin(), shapes.end(), 0.0, add);
}
ARENA_KERNEL(areas, size)

std::uint32_t print(double value, std::span<std::int8_t> out) {
  const std::string text = std::to_string(7) + ' ' + std::to_string(value);
  const int size = std::snprintf(reinterpret_cast<char *>(out.data()), out.size(), "%s %.2e", text.c_str(), value);
  return static_cast<std::uint32_t>(size);
}
ARENA_KERNEL(print, value, out)

double parse(std::string_view text) {
  int whole = 0;
  std::from_chars(text.data(), text.data() + text.size(), whole);
  return whole + std::stoi(std::string(text)) + std::strtod(std::string(text).c_str(), nullptr);
}
ARENA_KERNEL(parse, text)

std::uint32_t mersenne(std::uint32_t seed) {
  std::mt19937 engine(seed);
  return static_cast<std::uint32_t>(engine());
}
ARENA_KERNEL(mersenne, seed)

float special(float x) {
  const std::array<float, 3> values = {std::tgamma(x), std::pow(x, 1.5f), std::hypot(x, 3.0f)};
  return std::accumulate(values.begin(), values.end(), 0.0f);
}
ARENA_KERNEL(special, x)

std::int32_t count() {
  static const std::unique_ptr<std::int32_t> calls(new std::int32_t(0));
  return ++*calls;
}
ARENA_KERNEL(count)

// In other files: C++, C, an object, an archive.
std::int32_t elsewhere(std::int32_t n) { return twice(n) + from_cpp(n) + from_c(n) + from_object(n) + from_archive(n); }
ARENA_KERNEL(elsewhere, n)

std::int32_t overflow(std::int32_t n) { return n + 1; }
ARENA_KERNEL(overflow, n)

double at(std::uint32_t i) { return std::vector<double>(3).at(i); }
ARENA_KERNEL(at, i)
