// Three kernels for series of measurements: an outlier's end, where the peaks are, another rate.
#include <arena_bind/kernel.hpp>

#include <algorithm>

/// Replaces each element by the median of the `width` elements around it, an odd number; at both ends by that of the
/// elements that are there. Outliers vanish, steps stay sharp. The input has no NaN.
void median(std::span<const float> in, std::span<float> out, std::uint32_t width, arena::scratch &memory) {
  if (in.size() != out.size()) arena::fail("in has ", in.size(), " elements, out has ", out.size());
  if (width % 2 == 0) arena::fail("width is ", width, ": expected an odd number");
  const std::size_t half = width / 2;

  // The window, sorted; a step takes one element out and puts another in.
  const std::span<float> window = memory.alloc<float>(std::min<std::size_t>(width, in.size()));
  float *const first = window.data();
  float *last = first;
  const auto insert = [&](float value) {
    float *const place = std::upper_bound(first, last, value);
    std::move_backward(place, last, last + 1);
    *place = value;
    last++;
  };
  for (std::size_t i = 0; i < std::min(half, in.size()); i++) insert(in[i]);
  for (std::size_t i = 0; i < in.size(); i++) {
    if (i > half) {
      float *const gone = std::lower_bound(first, last, in[i - half - 1]);
      last = std::move(gone + 1, last, gone);
    }
    if (half < in.size() - i) insert(in[i + half]);
    const std::ptrdiff_t count = last - first;
    out[i] = count % 2 ? first[count / 2] : (first[count / 2 - 1] + first[count / 2]) / 2;
  }
}
ARENA_KERNEL(median, in, out, width)

/// Finds the elements above `threshold` that are larger than both neighbours, or the first ones of a plateau that is.
/// Writes their indices to `out`, in order, and returns how many there are; `out` must have room for all.
std::uint32_t peaks(std::span<const float> in, float threshold, std::span<std::uint32_t> out) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < in.size();) {
    std::size_t end = i + 1; // of the plateau
    while (end < in.size() && in[end] == in[i]) end++;
    const bool rises = i == 0 || in[i - 1] < in[i];
    const bool falls = end == in.size() || in[end] < in[i];
    if (in[i] > threshold && rises && falls) {
      if (count == out.size()) arena::fail("there are more peaks than out has elements, ", out.size());
      out[count++] = static_cast<std::uint32_t>(i);
    }
    i = end;
  }
  return count;
}
ARENA_KERNEL(peaks, in, threshold, out)

/// Stretches or squeezes `in` to as many elements as `out` has, in straight lines from one element to the next. The
/// first and the last element stay.
void resample(std::span<const float> in, std::span<float> out) {
  if (in.empty()) arena::fail("in is empty");
  const double step = out.size() > 1 ? static_cast<double>(in.size() - 1) / static_cast<double>(out.size() - 1) : 0;
  for (std::size_t i = 0; i < out.size(); i++) {
    const double place = static_cast<double>(i) * step;
    const std::size_t before = std::min(static_cast<std::size_t>(place), in.size() - 1);
    const std::size_t after = std::min(before + 1, in.size() - 1);
    const auto part = static_cast<float>(place - static_cast<double>(before));
    out[i] = in[before] + (in[after] - in[before]) * part;
  }
}
ARENA_KERNEL(resample, in, out)
