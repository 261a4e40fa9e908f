// A plate reverb after Jon Dattorro, "Effect Design, Part 1" (J. Audio Eng. Soc. 45, 1997): four diffusers, then a tank
// of two halves that feed each other, tapped all over.
#include <arena_bind/kernel.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace {

constexpr float paper_rate = 29761;     // samples per second, which all lengths below are for
constexpr float excursion = 8;          // samples
constexpr float wobble = 1;             // Hz
constexpr float most_pre_delay = 0.25f; // seconds
constexpr float most_feedback = 0.98f;

// WebAssembly can't flush denormals to zero, and calculates with them many times slower: so no tail gets that quiet.
constexpr float whisper = 1e-18f;

// What was pushed up to `most` samples ago.
class Delay {
public:
  explicit Delay(std::size_t most) : samples_(std::bit_ceil(most + 1)) {}

  void push(float sample) { samples_[++now_ & (samples_.size() - 1)] = sample; }
  // The sample pushed `back` pushes before the last one.
  float operator[](std::size_t back) const { return samples_[(now_ - back) & (samples_.size() - 1)]; }
  // Between two samples: `offset` is added to `back`, apart from it, so that it keeps its fine steps.
  float between(std::size_t back, float offset) const {
    const float below = std::floor(offset), part = offset - below;
    const std::size_t whole = back + static_cast<std::size_t>(static_cast<std::ptrdiff_t>(below));
    const float near = (*this)[whole];
    return near + ((*this)[whole + 1] - near) * part;
  }

private:
  std::vector<float> samples_; // of a power of two
  std::size_t now_ = 0;
};

// Smears a sound in time and leaves its spectrum as it is. `length` is what it reads back: fixed, or in motion.
class Allpass {
public:
  Allpass(std::size_t length, std::size_t room = 0) : line_(length + room), length_(length) {}

  float run(float in, float gain) { return mix(in, line_[length_ - 1], gain); }
  float run(float in, float gain, float offset) { return mix(in, line_.between(length_ - 1, offset), gain); }
  float operator[](std::size_t back) const { return line_[back]; }

private:
  float mix(float in, float delayed, float gain) {
    const float stored = in - gain * delayed;
    line_.push(stored);
    return delayed + gain * stored;
  }

  Delay line_;
  std::size_t length_;
};

class Plate {
public:
  explicit Plate(float rate) : rate_(rate), step_(2 * std::sin(std::numbers::pi * wobble / rate)) {}

  void run(float &left, float &right, float mix, float decay, float damping, std::size_t pre_delay) {
    before_.push((left + right) / 2 + whisper);
    float in = before_[pre_delay];
    for (int i = 0; i < 4; i++) in = diffusers_[i].run(in, i < 2 ? 0.75f : 0.625f);

    const float from_left = left_.end(), from_right = right_.end();
    left_.run(in + decay * from_right, decay, damping, static_cast<float>(sine_) * reach_);
    right_.run(in + decay * from_left, decay, damping, static_cast<float>(cosine_) * reach_);
    cosine_ -= step_ * sine_;
    sine_ += step_ * cosine_;

    left += (0.6f * hear(right_, left_, left_taps_) - left) * mix;
    right += (0.6f * hear(left_, right_, right_taps_) - right) * mix;
  }

  std::size_t samples(float seconds) const { return static_cast<std::size_t>(std::lround(seconds * rate_)); }

private:
  // A length of the paper's at the rate in use.
  std::size_t at(float length) const { return samples(length / paper_rate); }

  struct Half {
    Allpass moving;
    Delay first;
    Allpass allpass;
    Delay second;
    std::size_t first_length, second_length;
    float damped = 0;

    float end() const { return second[second_length - 1]; }
    void run(float in, float decay, float damping, float offset) {
      first.push(moving.run(in, -0.7f, offset));
      const float delayed = first[first_length];
      damped = delayed + (damped - delayed) * damping;
      second.push(allpass.run(damped * decay, 0.5f));
    }
  };
  Half half(float moving, float first, float allpass, float second) const {
    const std::size_t room = static_cast<std::size_t>(reach_) + 2;
    return {{at(moving), room}, Delay{at(first)}, {at(allpass)}, Delay{at(second)}, at(first), at(second)};
  }

  using Taps = std::array<std::size_t, 7>;
  static float hear(const Half &other, const Half &own, const Taps &taps) {
    return other.first[taps[0]] + other.first[taps[1]] - other.allpass[taps[2]] + other.second[taps[3]] -
           own.first[taps[4]] - own.allpass[taps[5]] - own.second[taps[6]];
  }

  float rate_;
  float reach_ = excursion * rate_ / paper_rate;
  // Two oscillators, a quarter of a turn apart, by rotation.
  double step_, sine_ = 0, cosine_ = 1;
  Delay before_{samples(most_pre_delay)};
  Allpass diffusers_[4] = {{at(142)}, {at(107)}, {at(379)}, {at(277)}};
  Half left_ = half(672, 4453, 1800, 3720);
  Half right_ = half(908, 4217, 2656, 3163);
  Taps left_taps_{at(266), at(2974), at(1913), at(1996), at(1990), at(187), at(1066)};
  Taps right_taps_{at(353), at(3627), at(1228), at(2673), at(2111), at(335), at(121)};
};

// What an AudioParam hands over.
class Control {
public:
  Control(std::string_view name, std::span<const float> values, std::size_t length, float most) : values_(values) {
    if (values.size() != 1 && values.size() != length)
      arena::fail(name, " has ", values.size(), " elements: expected 1 or ", length);
    for (const float value : values) {
      if (!(value >= 0 && value <= most)) arena::fail(name, " is out of range");
    }
  }
  float operator[](std::size_t i) const { return values_[values_.size() == 1 ? 0 : i]; }

private:
  std::span<const float> values_;
};

// Its lines are std::vectors, which lie in persistent memory: they outlive every frame. One per registry.
std::optional<Plate> plate;

} // namespace

/// Makes an empty plate for a sound of `rate` samples per second.
void prepare(float rate) {
  if (!(rate >= 8000 && rate <= 384000)) arena::fail("rate is out of range: expected 8000 to 384000");
  plate.emplace(rate);
}
ARENA_KERNEL(prepare, rate)

/// Adds the reverb to a sound in place. `mix` is the share of the reverb, 0 to 1; `decay` what the tank keeps on each
/// way, and `damping` how much of the highs it swallows, 0 to 0.98; `pre_delay` is in seconds, 0 to 0.25. Each of the
/// four has one element, or one for each sample, as the parameters of an AudioWorklet have.
void reverb(std::span<float> left, std::span<float> right, std::span<const float> mix, std::span<const float> decay,
            std::span<const float> damping, std::span<const float> pre_delay) {
  if (!plate) arena::fail("call prepare first");
  const std::size_t length = left.size();
  if (right.size() != length) arena::fail("left has ", length, " elements, right has ", right.size());
  const Control mixed{"mix", mix, length, 1}, kept{"decay", decay, length, most_feedback};
  const Control damped{"damping", damping, length, most_feedback}, late{"pre_delay", pre_delay, length, most_pre_delay};
  for (std::size_t i = 0; i < length; i++)
    plate->run(left[i], right[i], mixed[i], kept[i], damped[i], plate->samples(late[i]));
}
ARENA_KERNEL(reverb, left, right, mix, decay, damping, pre_delay)
