// Three kernels: with state in a register, with a number as the result, and with scratch memory.
#include "filters.hpp"

#include <arena_bind/kernel.hpp>

#include <algorithm>
#include <cmath>

/// Smooths a signal: each sample moves by `factor` of the way towards the next.
void smooth(std::span<const float> in, std::span<float> out, float factor) {
  if (in.size() != out.size()) arena::fail("in has ", in.size(), " elements, out has ", out.size());
  float last = 0;
  for (std::size_t i = 0; i < in.size(); i++) out[i] = last += (in[i] - last) * factor;
}
ARENA_KERNEL(smooth, in, out, factor)

/// The root mean square of a signal; 0 for an empty one.
float loudness(std::span<const float> in) {
  double sum = 0;
  for (const float sample : in) sum += double{sample} * sample;
  return in.empty() ? 0 : static_cast<float>(std::sqrt(sum / static_cast<double>(in.size())));
}
ARENA_KERNEL(loudness, in)

/// Replaces each sample by the median of itself and its two neighbours; works in place as well.
void median(std::span<const float> in, std::span<float> out) {
  if (in.size() != out.size()) arena::fail("in has ", in.size(), " elements, out has ", out.size());
  if (in.empty()) return;
  arena::scratch memory;
  const std::span<float> padded = memory.alloc<float>(in.size() + 2);
  std::copy(in.begin(), in.end(), padded.begin() + 1);
  padded.front() = in.front();
  padded.back() = in.back();
  for (std::size_t i = 0; i < out.size(); i++) {
    const float a = padded[i], b = padded[i + 1], c = padded[i + 2];
    out[i] = std::max(std::min(a, b), std::min(std::max(a, b), c));
  }
}
ARENA_KERNEL(median, in, out)
