// The kernels natively, like any other function: only what takes memory from the arena wants arena_open first.
#include "filters.hpp"

#include <arena_bind/kernel.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

int failures = 0;

void check(bool good, const char *what) {
  if (good) return;
  std::printf("failed: %s\n", what);
  failures++;
}

} // namespace

int main() {
  arena_open(1 << 20);

  std::vector<float> out(4);
  smooth(std::vector<float>{1, 1, 0, 0}, out, 0.5f);
  check(out == std::vector<float>{0.5f, 0.75f, 0.375f, 0.1875f}, "smooth moves half of the way");

  check(loudness(std::vector<float>{3, -3, 3, -3}) == 3, "loudness of a square wave is its height");
  check(loudness({}) == 0, "loudness of nothing is 0");

  median(std::vector<float>{0, 9, 1, 1}, out);
  check(out == std::vector<float>{0, 1, 1, 1}, "median removes a click");
  check(arena::current().mark().offset == 0, "median gives its memory back");

  std::string message;
  try {
    median(std::vector<float>(3), out);
  } catch (const arena::KernelFailure &failure) {
    message = failure.text;
  }
  check(message == "in has 3 elements, out has 4", "median refuses lengths that differ");

  if (failures == 0) std::puts("all passed");
  return failures == 0 ? 0 : 1;
}
