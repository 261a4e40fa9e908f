// An equalizer and a limiter that work on a sound block by block, and remember what they need in `state`.
#include <arena_bind/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

/// One band of the equalizer.
struct Band {
  std::uint8_t shape; // a Shape
  double frequency;   // Hz: the corner of a shelf, the middle of a peak
  double gain;        // dB
  double q;
};
ARENA_STRUCT(Band, shape, frequency, gain, q)

/// What a meter shows.
struct Level {
  float peak;    // the largest sample, without its sign
  double energy; // the sum of all squares
};
ARENA_STRUCT(Level, peak, energy)

namespace {

enum Shape { low_shelf, peak, high_shelf };
constexpr std::size_t coefficients_per_band = 5; // b0 b1 b2 a1 a2
constexpr std::size_t state_per_band = 2;

} // namespace

/// Works out the coefficients of each band for a sound of `rate` samples per second: 5 per band.
/// `shape` is 0 for a low shelf, 1 for a peak, 2 for a high shelf.
void design(std::span<const Band> bands, double rate, std::span<double> coefficients) {
  const std::size_t expected = bands.size() * coefficients_per_band;
  if (coefficients.size() != expected)
    arena::fail("coefficients has ", coefficients.size(), " elements: expected ", expected);
  for (std::size_t i = 0; i < bands.size(); i++) {
    const Band &band = bands[i];
    if (band.shape > high_shelf) arena::fail("band ", i, " has the shape ", band.shape, ": expected 0 to 2");
    if (!(band.frequency > 0 && band.frequency < rate / 2))
      arena::fail("the frequency of band ", i, " must lie between 0 and half of the sample rate");
    if (!(band.q > 0)) arena::fail("the q of band ", i, " must be above 0");

    // Robert Bristow-Johnson's cookbook.
    const double a = std::pow(10, band.gain / 40);
    const double w = 2 * std::numbers::pi * band.frequency / rate, cosine = std::cos(w);
    const double alpha = std::sin(w) / (2 * band.q), slope = 2 * std::sqrt(a) * alpha;
    const double side = band.shape == low_shelf ? -1 : 1; // the shelves mirror each other
    double b0, b1, b2, a0, a1, a2;
    if (band.shape == peak) {
      b0 = 1 + alpha * a, b1 = -2 * cosine, b2 = 1 - alpha * a;
      a0 = 1 + alpha / a, a1 = -2 * cosine, a2 = 1 - alpha / a;
    } else {
      b0 = a * (a + 1 + side * (a - 1) * cosine + slope);
      b1 = -side * 2 * a * (a - 1 + side * (a + 1) * cosine);
      b2 = a * (a + 1 + side * (a - 1) * cosine - slope);
      a0 = a + 1 - side * (a - 1) * cosine + slope;
      a1 = side * 2 * (a - 1 - side * (a + 1) * cosine);
      a2 = a + 1 - side * (a - 1) * cosine - slope;
    }
    double *out = &coefficients[i * coefficients_per_band];
    for (const double value : {b0, b1, b2, a1, a2}) *out++ = value / a0;
  }
}
ARENA_KERNEL(design, bands, rate, coefficients)

/// Filters one channel in place through all bands. `state` has 2 elements per band, 0 before the first block.
void equalize(std::span<const double> coefficients, std::span<double> state, std::span<float> samples) {
  const std::size_t bands = coefficients.size() / coefficients_per_band;
  if (coefficients.size() != bands * coefficients_per_band || state.size() != bands * state_per_band)
    arena::fail("expected 5 coefficients and 2 elements of state per band, not ", coefficients.size(), " and ",
                state.size());
  for (std::size_t band = 0; band < bands; band++) {
    const double *c = &coefficients[band * coefficients_per_band];
    const double b0 = c[0], b1 = c[1], b2 = c[2], a1 = c[3], a2 = c[4];
    double s1 = state[band * 2], s2 = state[band * 2 + 1]; // transposed direct form 2
    for (float &sample : samples) {
      const double in = sample, out = b0 * in + s1;
      s1 = b1 * in - a1 * out + s2;
      s2 = b2 * in - a2 * out;
      sample = static_cast<float>(out);
    }
    state[band * 2] = s1;
    state[band * 2 + 1] = s2;
  }
}
ARENA_KERNEL(equalize, coefficients, state, samples)

/// Turns a sound down, softly and ahead of time, wherever it would exceed `ceiling`; never a sample gets through above
/// it. `samples` holds `channels` channels one after the other, which are turned down alike. They come out `lookahead`
/// samples later. `release` is in samples too. `state` has (channels + 2) * lookahead + 1 elements, 0 before the first
/// block.
void limit(std::span<float> samples, std::uint32_t channels, float ceiling, std::uint32_t lookahead, float release,
           std::span<float> state, arena::scratch &memory) {
  if (channels == 0 || samples.size() % channels != 0)
    arena::fail("samples has ", samples.size(), " elements: expected as many for each of ", channels, " channels");
  if (!(ceiling > 0)) arena::fail("ceiling is out of range: expected more than 0");
  if (!(release >= 1)) arena::fail("release is out of range: expected at least 1 sample");
  const std::size_t ahead = lookahead, expected = (channels + std::size_t{2}) * ahead + 1;
  if (state.size() != expected) arena::fail("state has ", state.size(), " elements: expected ", expected);
  const std::size_t length = samples.size() / channels;

  // Each line is what the last block left, then this one. A line of cuts says how much to take off, 0 to 1.
  const auto begin = [&](std::size_t line) {
    const std::span<float> made = memory.alloc<float>(ahead + length);
    std::copy_n(state.begin() + static_cast<std::ptrdiff_t>(line * ahead), ahead, made.begin());
    return made;
  };
  const auto end = [&](std::size_t line, std::span<const float> from) {
    std::copy_n(from.end() - static_cast<std::ptrdiff_t>(ahead), ahead,
                state.begin() + static_cast<std::ptrdiff_t>(line * ahead));
  };

  const std::span<float> wanted = begin(channels), held = begin(channels + 1);
  for (std::size_t i = 0; i < length; i++) {
    float loudest = 0;
    for (std::size_t channel = 0; channel < channels; channel++)
      loudest = std::max(loudest, std::abs(samples[channel * length + i]));
    wanted[ahead + i] = loudest > ceiling ? 1 - ceiling / loudest : 0;
  }
  end(channels, wanted);

  // The largest cut of the window, which is let go of slowly; the window is short enough to be looked through each
  // time.
  float &last = state.back();
  const double keep = std::exp(-1.0 / release);
  for (std::size_t i = 0; i < length; i++) {
    const float *window = &wanted[i];
    last = std::max(static_cast<float>(last * keep), *std::max_element(window, window + ahead + 1));
    held[ahead + i] = last;
  }
  end(channels + 1, held);

  // Their mean over the window: of all those that hold the sample's own cut, so none is too small.
  const std::span<float> gain = memory.alloc<float>(length);
  for (std::size_t i = 0; i < length; i++) {
    float sum = 0;
    for (std::size_t j = 0; j <= ahead; j++) sum += held[i + j];
    gain[i] = 1 - sum / static_cast<float>(ahead + 1);
  }

  for (std::size_t channel = 0; channel < channels; channel++) {
    arena::scratch line;
    const std::span<float> delayed = begin(channel), out = samples.subspan(channel * length, length);
    std::copy(out.begin(), out.end(), delayed.begin() + static_cast<std::ptrdiff_t>(ahead));
    end(channel, delayed);
    for (std::size_t i = 0; i < length; i++)
      out[i] = std::clamp(delayed[i] * gain[i], -ceiling, ceiling); // of rounding
  }
}
ARENA_KERNEL(limit, samples, channels, ceiling, lookahead, release, state)

/// Reads the meter: `[peak, energy]`.
Level level(std::span<const float> samples) {
  Level level{};
  for (const float sample : samples) {
    level.peak = std::max(level.peak, std::abs(sample));
    level.energy += double{sample} * sample;
  }
  return level;
}
ARENA_KERNEL(level, samples)
