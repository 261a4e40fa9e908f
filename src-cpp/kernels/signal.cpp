// Signals: f32 sequences, filtered, combined and measured.
#include "check.hpp"
#include "lanes.hpp"

#include <algorithm>
#include <limits>

using lanes::f32x4, lanes::load, lanes::store;

namespace {

// One step of map(): `count` elements by vectors of type V, which may be a plain float.
template <class V, std::size_t count, class Body, class... In>
void map_in_steps(float *&to, std::size_t &left, Body body, const In *&...in) {
  constexpr std::size_t lanes = sizeof(V) / sizeof(float);
  LANES_ROLLED for (; left >= count; left -= count) {
    for (std::size_t k = 0; k < count; k += lanes) store(to + k, V{body(load<V>(in + k)...)});
    to += count;
    ((in += count), ...);
  }
}

// out[i] = body(in[i]...). An input may be the same block as `out`. Four vectors a step, from addresses that are
// counted up: V8 leaves loops of wasm as they are, and computes an address anew for each access by index.
template <class Body, class... In> void map(std::span<float> out, Body body, const In *...in) {
  float *to = out.data();
  std::size_t left = out.size();
  map_in_steps<f32x4, 16>(to, left, body, in...);
  map_in_steps<f32x4, 4>(to, left, body, in...);
  map_in_steps<float, 1>(to, left, body, in...);
}

// The sum of term(in[i]...). Floats are added up for 1024 elements at most, in 16 running sums, and those in a double:
// so the error stays below 2^-17 of the sum of the terms' magnitudes, however long the input is.
template <class Term, class... In> double total(std::size_t length, Term term, const In *...in) {
  double sum = 0;
  while (length >= 16) {
    f32x4 sums[4] = {};
    std::size_t steps = std::min<std::size_t>(length, 1024) / 16;
    length -= 16 * steps;
    LANES_ROLLED for (; steps > 0; steps--) {
      for (std::size_t k = 0; k < 4; k++) sums[k] += term(load<f32x4>(in + 4 * k)...);
      ((in += 16), ...);
    }
    const f32x4 all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    sum += double{all[0]} + double{all[1]} + double{all[2]} + double{all[3]};
  }
  LANES_ROLLED for (; length > 0; length--) sum += double{term(*in++...)};
  return sum;
}

[[gnu::noinline]] double total_of_products(const float *a, const float *b, std::size_t length) {
  return total(length, [](auto x, auto y) { return x * y; }, a, b);
}

} // namespace

/// Smooths a signal with the binomial filter 1 4 6 4 1.
///
/// `out[i] = (in[i-2] + 4 in[i-1] + 6 in[i] + 4 in[i+1] + in[i+2]) / 16`; beyond its ends the signal is taken to go on
/// with its first and last element. The weights are those of Burt and Adelson, "The Laplacian Pyramid as a Compact
/// Image Code" (1983), a small approximation of a Gaussian.
///
/// `in` and `out` have the same length and may be the same block. Empty is fine. A NaN or infinity reaches the five
/// outputs around it. The result is within 2^-22 of the largest of the five magnitudes, which may reach 1.7e38.
void apply_filter(std::span<const float> in, std::span<float> out) {
  check::equal("in", in.size(), "out has", out.size());
  const std::size_t length = in.size();
  if (length == 0) return;
  const auto weigh = [](auto a, auto b, auto c, auto d, auto e) {
    return (a + e) * 0.0625f + (b + d) * 0.25f + c * 0.375f;
  };

  // The inputs around the current position are held in registers: where `in` is `out` they are overwritten in memory.
  float before[2] = {in[0], in[0]};
  std::size_t i = 0;
  if (length >= 8) {
    f32x4 previous = lanes::splat(in[0]), current = load<f32x4>(&in[0]);
    for (; i + 8 <= length; i += 4) {
      const f32x4 next = load<f32x4>(&in[i + 4]);
      const f32x4 a = __builtin_shufflevector(previous, current, 2, 3, 4, 5);
      const f32x4 b = __builtin_shufflevector(previous, current, 3, 4, 5, 6);
      const f32x4 d = __builtin_shufflevector(current, next, 1, 2, 3, 4);
      const f32x4 e = __builtin_shufflevector(current, next, 2, 3, 4, 5);
      store(&out[i], f32x4{weigh(a, b, current, d, e)});
      previous = current;
      current = next;
    }
    before[0] = previous[2];
    before[1] = previous[3];
  }
  float a = before[0], b = before[1], c = in[i], d = in[std::min(i + 1, length - 1)];
  LANES_ROLLED for (; i < length; i++) {
    const float e = in[std::min(i + 2, length - 1)];
    out[i] = weigh(a, b, c, d, e);
    a = b;
    b = c;
    c = d;
    d = e;
  }
}
ARENA_KERNEL(apply_filter, in, out)

/// Multiplies a signal by a factor: `out[i] = in[i] * factor`.
///
/// `in` and `out` have the same length and may be the same block. Empty is fine. Each element is the correctly rounded
/// product, NaN and infinities as in IEEE 754.
void scale(std::span<const float> in, std::span<float> out, float factor) {
  check::equal("in", in.size(), "out has", out.size());
  map(out, [factor](auto x) { return x * factor; }, in.data());
}
ARENA_KERNEL(scale, in, out, factor)

/// Adds two signals: `out[i] = a[i] + b[i]`.
///
/// All three have the same length, and `out` may be the same block as `a` or `b`. Empty is fine. Each element is the
/// correctly rounded sum, NaN and infinities as in IEEE 754.
void add(std::span<const float> a, std::span<const float> b, std::span<float> out) {
  check::equal("a", a.size(), "b has", b.size());
  check::equal("a", a.size(), "out has", out.size());
  map(out, [](auto x, auto y) { return x + y; }, a.data(), b.data());
}
ARENA_KERNEL(add, a, b, out)

/// Mixes one signal into another: `out[i] = a[i] + b[i] * factor`.
///
/// All three have the same length, and `out` may be the same block as `a` or `b`. Empty is fine. The product is rounded
/// before the sum, as in JavaScript's `Math.fround`; NaN and infinities as in IEEE 754.
void multiply_add(std::span<const float> a, std::span<const float> b, std::span<float> out, float factor) {
  check::equal("a", a.size(), "b has", b.size());
  check::equal("a", a.size(), "out has", out.size());
  map(out, [factor](auto x, auto y) { return x + y * factor; }, a.data(), b.data());
}
ARENA_KERNEL(multiply_add, a, b, out, factor)

/// The dot product of two signals: the sum of `a[i] * b[i]`.
///
/// `a` and `b` have the same length; empty ones give 0. A NaN in either gives NaN. The error is below 2^-17 of the sum
/// of `|a[i] * b[i]|` whatever the length, as long as no product or running sum leaves the range of f32.
float dot(std::span<const float> a, std::span<const float> b) {
  check::equal("a", a.size(), "b has", b.size());
  return static_cast<float>(total_of_products(a.data(), b.data(), a.size()));
}
ARENA_KERNEL(dot, a, b)

/// The sum of a signal.
///
/// An empty one gives 0. A NaN gives NaN, and so do infinities of both signs. The error is below 2^-17 of the sum of
/// the magnitudes whatever the length, as long as no running sum leaves the range of f32.
float sum(std::span<const float> in) {
  return static_cast<float>(total(in.size(), [](auto x) { return x; }, in.data()));
}
ARENA_KERNEL(sum, in)

struct MinMax {
  float low;
  float high;
};
ARENA_STRUCT(MinMax, low, high)

/// The smallest and the largest element, as the tuple `[low, high]`.
///
/// NaNs are passed over, so a signal with gaps still has a range. Where nothing is left, in an empty signal or one of
/// NaNs only, the result is `[Infinity, -Infinity]`: the range that any other one extends. Exact; 0 and -0 count as
/// equal.
MinMax min_max(std::span<const float> in) {
  const float infinity = std::numeric_limits<float>::infinity();
  f32x4 low = lanes::splat(infinity), high = -low, low2 = low, high2 = high;
  std::size_t i = 0;
  LANES_ROLLED for (; i + 8 <= in.size(); i += 8) {
    const auto x = load<f32x4>(&in[i]), x2 = load<f32x4>(&in[i + 4]);
    low = lanes::smaller(low, x);
    low2 = lanes::smaller(low2, x2);
    high = lanes::larger(high, x);
    high2 = lanes::larger(high2, x2);
  }
  LANES_ROLLED for (; i < in.size(); i++) {
    low = lanes::smaller(low, lanes::splat(in[i]));
    high = lanes::larger(high, lanes::splat(in[i]));
  }
  low = lanes::smaller(low, low2);
  high = lanes::larger(high, high2);
  return {std::min({low[0], low[1], low[2], low[3]}), std::max({high[0], high[1], high[2], high[3]})};
}
ARENA_KERNEL(min_max, in)

/// The root mean square of a signal: the square root of the sum of `in[i]^2` over its length.
///
/// An empty one gives 0. A NaN gives NaN, an infinity gives infinity. The relative error is below 2^-17. Magnitudes
/// above 1.8e19 overflow to infinity and those below 1e-19 lose their precision, because f32 can't hold their squares.
float rms(std::span<const float> in) {
  if (in.empty()) return 0;
  const double squares = total_of_products(in.data(), in.data(), in.size());
  return static_cast<float>(__builtin_sqrt(squares / static_cast<double>(in.size())));
}
ARENA_KERNEL(rms, in)

namespace {

constexpr std::size_t together = 16; // outputs computed at the same time by fir

// The newest inputs of the outputs start at `newest`, the older ones lie before it.
void filter(const float *newest, std::span<const float> taps, float *out) {
  f32x4 sums[together / 4] = {};
  LANES_ROLLED for (const float tap : taps) {
    for (std::size_t v = 0; v < together / 4; v++) sums[v] += load<f32x4>(newest + 4 * v) * tap;
    newest--;
  }
  for (std::size_t v = 0; v < together / 4; v++) store(out + 4 * v, sums[v]);
}

} // namespace

/// Filters a signal with a finite impulse response (FIR) filter, block after block.
///
/// `out[i]` is the sum of `taps[k] * in[i-k]` over all taps (Oppenheim and Schafer, "Discrete-Time Signal Processing",
/// direct form). `history` holds the inputs before `in`, oldest first: one element less than `taps`, zeros at the
/// start. It is updated, so keep it in a persistent block and pass the same one with the next block, which may be
/// shorter than the history.
///
/// `in` and `out` have the same length and may be the same block; `taps` and `history` must not overlap `out` or each
/// other. An empty `in` changes nothing. A NaN or infinity reaches as many outputs as there are taps.
/// The error is below `taps.length * 2^-23` of the sum of `|taps[k] * in[i-k]|`, and how the signal is cut into blocks
/// makes no difference to a single bit.
void fir(std::span<const float> in, std::span<const float> taps, std::span<float> history, std::span<float> out) {
  check::equal("in", in.size(), "out has", out.size());
  if (taps.size() != history.size() + 1)
    check::fail_lengths("history", history.size(), "taps has", taps.size(), "history must have one less");

  // Inputs pass through a line of their own, behind the history: each output finds all its inputs in one run, and `out`
  // may be `in`. It is longer by the inputs of outputs that are computed but not wanted.
  constexpr std::size_t longest = 1024;
  const std::size_t before = history.size();
  arena::scratch scratch;
  float *line = scratch.alloc<float>(before + std::min(in.size(), longest) + together).data();
  float *past = before > 0 ? history.data() : line; // an empty span may have no address
  for (std::size_t done = 0; done < in.size();) {
    const std::size_t length = std::min(in.size() - done, longest);
    std::memcpy(line, past, before * sizeof(float));
    std::memcpy(line + before, &in[done], length * sizeof(float));
    for (std::size_t i = 0; i < length; i += together) {
      float some[together];
      const bool whole = length - i >= together;
      filter(line + before + i, taps, whole ? &out[done + i] : some);
      if (!whole) std::memcpy(&out[done + i], some, (length - i) * sizeof(float));
    }
    std::memcpy(past, line + length, before * sizeof(float));
    done += length;
  }
}
ARENA_KERNEL(fir, in, taps, history, out)

namespace {

struct Section {
  float b0, b1, b2, a1, a2;
};

// A run short enough that a state above `quiet` can't spend long among the denormals before it is looked at again.
constexpr std::size_t run = 64;
constexpr float quiet = 1e-30f;

float flushed(float state) { return __builtin_fabsf(state) < quiet ? 0 : state; }

// One sample goes through all `count` sections before the next: each section waits for its own last output alone, so
// a CPU works on several of them at a time.
template <std::size_t count>
void filter_sections(const float *in, float *out, std::size_t length, const float *coefficients, float *states) {
  Section sections[count];
  float first[count], second[count]; // the states
  for (std::size_t s = 0; s < count; s++) {
    sections[s] = load<Section>(coefficients + 5 * s);
    first[s] = states[2 * s];
    second[s] = states[2 * s + 1];
  }
  for (std::size_t i = 0; i < length;) {
    LANES_ROLLED for (const std::size_t end = std::min(length, i + run); i < end; i++) {
      float x = in[i];
      for (std::size_t s = 0; s < count; s++) {
        const Section &section = sections[s];
        const float y = section.b0 * x + first[s];
        first[s] = (section.b1 * x + second[s]) - section.a1 * y;
        second[s] = section.b2 * x - section.a2 * y;
        x = y;
      }
      out[i] = x;
    }
    for (std::size_t s = 0; s < count; s++) {
      first[s] = flushed(first[s]);
      second[s] = flushed(second[s]);
    }
  }
  for (std::size_t s = 0; s < count; s++) {
    states[2 * s] = first[s];
    states[2 * s + 1] = second[s];
  }
}

} // namespace

/// Filters a signal with biquad sections in series, block after block.
///
/// Each section is `y[i] = b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2]`, computed in transposed direct form
/// II (Oppenheim and Schafer, "Discrete-Time Signal Processing"). `coefficients` holds `b0 b1 b2 a1 a2` for each
/// section, divided by a0; the W3C Audio EQ Cookbook by R. Bristow-Johnson has formulas for them. `state` holds two
/// elements for each section, zeros at the start. It is updated, so keep it in a persistent block and pass the same one
/// with the next block. Coefficients may change between blocks.
///
/// `in` and `out` have the same length and may be the same block; `coefficients` and `state` must not overlap `out`. An
/// empty `in` changes nothing. A NaN or infinity stays in the state: fill it with zeros to recover. State and sums are
/// f32, so the error grows as the cut-off falls: below 1e-5 of the loudest output for a low-pass at a hundredth of the
/// sample rate, 1e-6 at a tenth. After every 64 samples, and at the end of a call, states within 1e-30 of zero become
/// zero: a filter that rings into silence would go on with denormal numbers, which slow many CPUs down a hundredfold.
void biquad(std::span<const float> in, std::span<const float> coefficients, std::span<float> state,
            std::span<float> out) {
  check::equal("in", in.size(), "out has", out.size());
  const std::size_t sections = coefficients.size() / 5;
  if (sections == 0 || coefficients.size() % 5 != 0)
    check::fail_lengths("coefficients", coefficients.size(), "a section has", 5, "there must be 1 section or more");
  if (state.size() != 2 * sections)
    check::fail_lengths("state", state.size(), "coefficients has", coefficients.size(), "state must have 2 for each 5");

  const float *from = in.data();
  std::size_t done = 0;
  for (; sections - done >= 2; done += 2, from = out.data())
    filter_sections<2>(from, out.data(), in.size(), &coefficients[5 * done], &state[2 * done]);
  for (; done < sections; done++, from = out.data())
    filter_sections<1>(from, out.data(), in.size(), &coefficients[5 * done], &state[2 * done]);
}
ARENA_KERNEL(biquad, in, coefficients, state, out)
