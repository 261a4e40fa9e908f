#include "kernels.hpp"

#include <algorithm>

using namespace kernels;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

void apply_filter(std::span<const float> in, std::span<float> out);
void scale(std::span<const float> in, std::span<float> out, float factor);
void add(std::span<const float> a, std::span<const float> b, std::span<float> out);
void multiply_add(std::span<const float> a, std::span<const float> b, std::span<float> out, float factor);
float dot(std::span<const float> a, std::span<const float> b);
float sum(std::span<const float> in);
struct MinMax {
  float low;
  float high;
};
MinMax min_max(std::span<const float> in);
float rms(std::span<const float> in);
void fir(std::span<const float> in, std::span<const float> taps, std::span<float> history, std::span<float> out);
void biquad(std::span<const float> in, std::span<const float> coefficients, std::span<float> state,
            std::span<float> out);

namespace {

constexpr double epsilon = 1.0 / 8388608; // 2^-23, from 1 to the next f32
constexpr std::uint32_t capacity = 1 << 20;

std::uint32_t used() { return arena::current().mark().offset; }

// Cuts `length` into blocks of 1 to `largest`, the same ones in every run.
std::vector<std::size_t> cuts(std::size_t length, std::size_t largest) {
  std::mt19937 random{7};
  std::vector<std::size_t> blocks;
  while (length > 0) {
    blocks.push_back(std::min<std::size_t>(length, 1 + random() % largest));
    length -= blocks.back();
  }
  return blocks;
}

} // namespace

// --- apply_filter ---------------------------------------------------------------------------------------------------

TEST_CASE("apply_filter weighs 1 4 6 4 1 over 16 with clamped edges") {
  for (const std::size_t length : lengths()) {
    const Floats in = noise(length);
    Doubles wanted(length), bound(length);
    for (std::size_t i = 0; i < length; i++) {
      double largest = 0;
      const double weights[] = {1, 4, 6, 4, 1};
      for (std::size_t k = 0; k < 5; k++) {
        const std::size_t at = i + k < 2 ? 0 : std::min(i + k - 2, length - 1);
        wanted[i] += weights[k] / 16 * double{in[at]};
        largest = std::max(largest, std::abs(double{in[at]}));
      }
      bound[i] = epsilon * 2 * largest;
    }
    for (const std::size_t skip : {0u, 1u}) {
      CAPTURE(length);
      CAPTURE(skip);
      const Block<float> out(length, skip);
      apply_filter(in, out);
      CHECK(excess<float>(out, wanted, bound) == "");
      CHECK(out.guarded());
      const Block<float> place(in, skip);
      apply_filter(place, place);
      CHECK(difference(place, out.span()) == "");
      CHECK(place.guarded());
    }
  }
}

TEST_CASE("apply_filter turns an impulse into its weights, exactly") {
  Floats in(21), out(21), wanted(21);
  in[10] = 16;
  for (const std::size_t k : {0u, 1u, 2u, 3u, 4u}) wanted[8 + k] = Floats{1, 4, 6, 4, 1}[k];
  apply_filter(in, out);
  CHECK(difference(out, wanted) == "");
}

TEST_CASE("apply_filter carries NaN and infinity to the five outputs around it and no further") {
  for (const float odd : {not_a_number, infinity, -infinity}) {
    for (std::size_t at = 0; at < 23; at++) {
      Floats in = noise(23), clean(23), out(23);
      apply_filter(in, clean);
      in[at] = odd;
      apply_filter(in, out);
      for (std::size_t i = 0; i < 23; i++) {
        CAPTURE(at);
        CAPTURE(i);
        const bool reached = i + 2 >= at && at + 2 >= i;
        CHECK((reached ? !std::isfinite(out[i]) : same(out[i], clean[i])));
      }
    }
  }
}

// --- scale, add, multiply_add ---------------------------------------------------------------------------------------

TEST_CASE("scale, add and multiply_add compute each element as f32 does") {
  for (const std::size_t length : lengths()) {
    Floats a = noise(length), b = noise(length, -100, 100);
    std::reverse(b.begin(), b.end());
    const float odd[] = {not_a_number, infinity, -infinity, 0.0f, -0.0f, 1e-42f, 3e38f};
    for (std::size_t i = 0; i < length; i += 5) a[i] = odd[i / 5 % 7];
    for (std::size_t i = 0; i < length; i += 3) b[i] = odd[i / 3 % 7];
    Floats scaled(length), added(length), mixed(length);
    for (std::size_t i = 0; i < length; i++) {
      scaled[i] = a[i] * 1.7f;
      added[i] = a[i] + b[i];
      const float product = b[i] * -0.3f;
      mixed[i] = a[i] + product;
    }
    for (const std::size_t skip : {0u, 1u, 2u, 3u}) {
      CAPTURE(length);
      CAPTURE(skip);
      const Block<float> out(length, skip);
      const auto check = [&](const Floats &wanted) {
        CHECK(difference(out, wanted) == "");
        CHECK(out.guarded());
      };
      scale(a, out, 1.7f);
      check(scaled);
      add(a, b, out);
      check(added);
      multiply_add(a, b, out, -0.3f);
      check(mixed);
      // In place of the first input, then of the second.
      std::copy(a.begin(), a.end(), out.span().begin());
      scale(out, out, 1.7f);
      check(scaled);
      std::copy(a.begin(), a.end(), out.span().begin());
      add(out, b, out);
      check(added);
      std::copy(b.begin(), b.end(), out.span().begin());
      multiply_add(a, out, out, -0.3f);
      check(mixed);
    }
  }
}

TEST_CASE("inputs may start at any element") {
  const Floats values = noise(64);
  const std::span<const float> all{values};
  for (std::size_t skip = 0; skip < 8; skip++) {
    const Floats copy(values.begin() + static_cast<std::ptrdiff_t>(skip), values.end());
    Floats out(copy.size()), wanted(copy.size());
    add(all.subspan(skip), copy, out);
    add(copy, copy, wanted);
    CHECK(difference(out, wanted) == "");
    CHECK(sum(all.subspan(skip)) == sum(copy));
    CHECK(dot(all.subspan(skip), copy) == dot(copy, copy));
  }
}

// --- dot, sum, rms, min_max -----------------------------------------------------------------------------------------

TEST_CASE("dot, sum and rms stay within 2^-17 of the sum of magnitudes") {
  std::vector<std::size_t> all = lengths();
  all.push_back(300001);
  for (const std::size_t length : all) {
    // Around 1 with one sign the errors of a naive sum pile up; around 0 they cancel.
    for (const float low : {-1.0f, 0.5f}) {
      const Floats a = noise(length, low, 1.5f);
      Floats b = a;
      std::reverse(b.begin(), b.end());
      double total = 0, magnitudes = 0, products = 0, product_magnitudes = 0, squares = 0;
      for (std::size_t i = 0; i < length; i++) {
        total += double{a[i]};
        magnitudes += std::abs(double{a[i]});
        products += double{a[i]} * double{b[i]};
        product_magnitudes += std::abs(double{a[i]} * double{b[i]});
        squares += double{a[i]} * double{a[i]};
      }
      CAPTURE(length);
      CHECK(std::abs(double{sum(a)} - total) <= magnitudes / 131072);
      CHECK(std::abs(double{dot(a, b)} - products) <= product_magnitudes / 131072);
      const double mean = length == 0 ? 0 : std::sqrt(squares / static_cast<double>(length));
      CHECK(std::abs(double{rms(a)} - mean) <= mean / 131072);
    }
  }
}

TEST_CASE("each element counts once in dot, sum and rms") {
  for (const std::size_t length : lengths()) {
    for (std::size_t at = 0; at < length; at++) {
      Floats in(length);
      in[at] = 3;
      const bool counted =
          sum(in) == 3 && dot(in, in) == 9 && rms(in) == static_cast<float>(std::sqrt(9 / static_cast<double>(length)));
      if (!counted) FAIL_CHECK("element " << at << " of " << length);
    }
  }
}

TEST_CASE("nothing sums up to 0") {
  CHECK(same(sum({}), 0.0f));
  CHECK(same(dot({}, {}), 0.0f));
  CHECK(same(rms({}), 0.0f));
}

TEST_CASE("NaN and infinity in dot, sum and rms") {
  for (const std::size_t length : {1u, 3u, 16u, 21u, 1040u}) {
    for (const std::size_t at : {std::size_t{0}, length / 2, length - 1}) {
      CAPTURE(length);
      CAPTURE(at);
      Floats in(length, 1.0f);
      const Floats ones = in;
      in[at] = not_a_number;
      CHECK(std::isnan(sum(in)));
      CHECK(std::isnan(dot(in, ones)));
      CHECK(std::isnan(dot(ones, in)));
      CHECK(std::isnan(rms(in)));
      in[at] = -infinity;
      CHECK(sum(in) == -infinity);
      CHECK(dot(in, ones) == -infinity);
      CHECK(rms(in) == infinity);
      if (length == 1) continue;
      in[at == 0 ? 1 : 0] = infinity;
      CHECK(std::isnan(sum(in)));
    }
  }
}

TEST_CASE("rms of magnitudes whose squares f32 can't hold") {
  CHECK(rms(Floats(3000, 1e18f)) == doctest::Approx(1e18));
  CHECK(rms(Floats(40, 2e19f)) == infinity);
  CHECK(rms(Floats(40, 1e-30f)) == 0);
}

TEST_CASE("min_max finds the extremes wherever they are") {
  for (const std::size_t length : lengths()) {
    const Floats in = noise(length);
    for (std::size_t at = 0; at < length; at++) {
      Floats with = in;
      with[at] = -2;
      with[length - 1 - at] = with[length - 1 - at] == -2 ? -2.0f : 2.0f;
      const auto [low, high] = min_max(with);
      const float wanted = *std::max_element(with.begin(), with.end());
      if (low != -2 || high != wanted) FAIL_CHECK("element " << at << " of " << length << ": " << low << " " << high);
    }
  }
}

TEST_CASE("min_max passes over NaN and gives an empty range for nothing") {
  for (const std::size_t length : lengths()) {
    const MinMax none = min_max(Floats(length, not_a_number));
    CHECK(none.low == infinity);
    CHECK(none.high == -infinity);
    for (std::size_t at = 0; at < length; at++) {
      Floats in(length, not_a_number);
      in[at] = 5;
      const auto [low, high] = min_max(in);
      if (low != 5 || high != 5) FAIL_CHECK("element " << at << " of " << length << ": " << low << " " << high);
      in.assign(length, 5.0f);
      in[at] = not_a_number;
      const MinMax rest = min_max(in);
      if (length > 1 && (rest.low != 5 || rest.high != 5)) FAIL_CHECK("NaN as element " << at << " of " << length);
    }
  }
  const MinMax all = min_max(Floats{1, -infinity, infinity, 2});
  CHECK(all.low == -infinity);
  CHECK(all.high == infinity);
}

// --- fir ------------------------------------------------------------------------------------------------------------

TEST_CASE("fir sums taps times inputs, through its history") {
  arena_open(capacity);
  for (const std::size_t count : {1u, 2u, 3u, 5u, 16u, 33u, 1500u}) {
    const Floats taps = noise(count);
    for (const std::size_t length : lengths()) {
      const Floats in = noise(length), past = noise(count - 1, -2, 2);
      Doubles wanted(length), bound(length);
      for (std::size_t i = 0; i < length; i++) {
        double magnitude = 0;
        for (std::size_t k = 0; k < count; k++) {
          const double x = k <= i ? double{in[i - k]} : double{past[past.size() + i - k]};
          wanted[i] += double{taps[k]} * x;
          magnitude += std::abs(double{taps[k]} * x);
        }
        bound[i] = magnitude * epsilon * static_cast<double>(count);
      }
      Floats kept = past;
      kept.insert(kept.end(), in.begin(), in.end());
      kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(count - 1));

      CAPTURE(count);
      CAPTURE(length);
      const Block<float> out(length, length % 2), history(past, 1);
      fir(in, taps, history, out);
      CHECK(excess<float>(out, wanted, bound) == "");
      CHECK(difference(history, kept) == "");
      CHECK(out.guarded());
      CHECK(history.guarded());
      const Block<float> place(in, 1), other(past);
      fir(place, taps, other, place);
      CHECK(difference(place, out.span()) == "");
      CHECK(difference(other, kept) == "");
      CHECK(place.guarded());
      CHECK(used() == 0);
    }
  }
}

TEST_CASE("fir gives the same bits however the signal is cut into blocks") {
  arena_open(capacity);
  const Floats in = noise(2500);
  for (const std::size_t count : {1u, 4u, 37u, 200u}) {
    const Floats taps = noise(count);
    Floats whole(in.size()), history(count - 1);
    fir(in, taps, history, whole);
    for (const std::size_t largest : {1u, 5u, 64u, 300u}) {
      Floats pieces(in.size()), past(count - 1);
      std::size_t done = 0;
      for (const std::size_t length : cuts(in.size(), largest)) {
        fir(std::span{in}.subspan(done, length), taps, past, std::span{pieces}.subspan(done, length));
        done += length;
      }
      CHECK(difference(pieces, whole) == "");
      CHECK(difference(past, history) == "");
    }
  }
}

TEST_CASE("fir forgets NaN and infinity after as many outputs as there are taps") {
  arena_open(capacity);
  const Floats taps = noise(9);
  for (const float odd : {not_a_number, infinity}) {
    Floats in = noise(60), clean(60), out(60), history(8);
    fir(in, taps, history, clean);
    in[20] = odd;
    history.assign(8, 0.0f);
    fir(in, taps, history, out);
    for (std::size_t i = 0; i < 60; i++) {
      CAPTURE(i);
      CHECK((i >= 20 && i < 29 ? !std::isfinite(out[i]) : same(out[i], clean[i])));
    }
  }
}

// --- biquad ---------------------------------------------------------------------------------------------------------

namespace {

// The low-pass of the Audio EQ Cookbook, for a cut-off in parts of the sample rate.
Floats low_pass(double cut_off, double q) {
  const double angle = 2 * 3.14159265358979323846 * cut_off, alpha = std::sin(angle) / (2 * q);
  const double b1 = 1 - std::cos(angle), a0 = 1 + alpha;
  Floats coefficients;
  for (const double value : {b1 / 2, b1, b1 / 2, -2 * std::cos(angle), 1 - alpha})
    coefficients.push_back(static_cast<float>(value / a0));
  return coefficients;
}

Floats sections(std::size_t count) {
  Floats all;
  for (std::size_t s = 0; s < count; s++) {
    const Floats one = low_pass(0.02 + 0.07 * static_cast<double>(s), 0.6 + 0.3 * static_cast<double>(s));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

// The difference equation as it is written in the comment of biquad, in double.
Doubles reference(const Floats &in, const Floats &coefficients) {
  Doubles x(in.begin(), in.end());
  for (std::size_t s = 0; s < coefficients.size() / 5; s++) {
    const float *c = &coefficients[5 * s];
    Doubles y(x.size());
    for (std::size_t i = 0; i < x.size(); i++) {
      const auto at = [i](const Doubles &of, std::size_t back) { return i < back ? 0 : of[i - back]; };
      y[i] = double{c[0]} * x[i] + double{c[1]} * at(x, 1) + double{c[2]} * at(x, 2) - double{c[3]} * at(y, 1) -
             double{c[4]} * at(y, 2);
    }
    x = y;
  }
  return x;
}

} // namespace

TEST_CASE("biquad follows its difference equation") {
  for (const std::size_t length : lengths()) {
    const Floats in = noise(length);
    for (std::size_t count = 1; count <= 6; count++) {
      const Floats coefficients = sections(count);
      const Doubles wanted = reference(in, coefficients);
      CAPTURE(length);
      CAPTURE(count);
      const Block<float> out(length, 1), state(Floats(2 * count));
      biquad(in, coefficients, state, out);
      CHECK(excess<float>(out, wanted, Doubles(length, 2e-6)) == "");
      CHECK(out.guarded());
      CHECK(state.guarded());
      const Block<float> place(in), other(Floats(2 * count));
      biquad(place, coefficients, other, place);
      CHECK(difference(place, out.span()) == "");
      CHECK(difference(other, state.span()) == "");
      CHECK(place.guarded());
    }
  }
}

TEST_CASE("biquad is as exact as its comment says from a hundredth of the sample rate up") {
  const Floats in = noise(20000);
  for (const double cut_off : {0.01, 0.02, 0.05, 0.1, 0.25, 0.45}) {
    for (const double q : {0.5, 0.7071, 2.0}) {
      const Floats coefficients = low_pass(cut_off, q);
      const Doubles wanted = reference(in, coefficients);
      double loudest = 0, worst = 0;
      Floats out(in.size()), state(2);
      biquad(in, coefficients, state, out);
      for (std::size_t i = 0; i < in.size(); i++) {
        loudest = std::max(loudest, std::abs(wanted[i]));
        worst = std::max(worst, std::abs(double{out[i]} - wanted[i]));
      }
      CAPTURE(cut_off);
      CAPTURE(q);
      CHECK(worst <= (cut_off < 0.1 ? 1e-5 : 1e-6) * loudest);
    }
  }
}

TEST_CASE("biquad gives the same bits however the signal is cut and its sections are spread over calls") {
  const Floats in = noise(2500);
  for (std::size_t count = 1; count <= 5; count++) {
    const Floats coefficients = sections(count);
    Floats whole(in.size()), state(2 * count);
    biquad(in, coefficients, state, whole);

    Floats pieces(in.size()), kept(2 * count);
    std::size_t done = 0;
    for (const std::size_t length : cuts(in.size(), 100)) {
      biquad(std::span{in}.subspan(done, length), coefficients, kept, std::span{pieces}.subspan(done, length));
      done += length;
    }
    CHECK(difference(pieces, whole) == "");
    CHECK(difference(kept, state) == "");

    Floats stages = in, own(2 * count);
    for (std::size_t s = 0; s < count; s++)
      biquad(stages, std::span{coefficients}.subspan(5 * s, 5), std::span{own}.subspan(2 * s, 2), stages);
    CHECK(difference(stages, whole) == "");
    CHECK(difference(own, state) == "");
  }
}

TEST_CASE("biquad rings into exact silence without denormal numbers") {
  for (std::size_t count = 1; count <= 3; count++) {
    const Floats coefficients = sections(count);
    Floats in(20000), out(in.size()), state(2 * count);
    in[0] = 1;
    biquad(in, coefficients, state, out);
    for (const float value : out)
      if (value != 0 && std::abs(value) < 1e-36f) FAIL_CHECK(value << " with " << count << " sections");
    CHECK(out.back() == 0);
    CHECK(difference(state, Floats(2 * count)) == "");
  }
}

TEST_CASE("biquad keeps NaN and infinity in its state until it is cleared") {
  const Floats coefficients = sections(3);
  for (const float odd : {not_a_number, infinity}) {
    Floats in = noise(200), clean(200), out(200), state(6);
    biquad(in, coefficients, state, clean);
    in[50] = odd;
    state.assign(6, 0.0f);
    biquad(in, coefficients, state, out);
    for (std::size_t i = 0; i < 200; i++) {
      CAPTURE(i);
      CHECK((i < 50 ? same(out[i], clean[i]) : !std::isfinite(out[i])));
    }
    in = noise(200);
    biquad(in, coefficients, state, out);
    CHECK(std::isnan(out.back()));
    state.assign(6, 0.0f);
    biquad(in, coefficients, state, out);
    CHECK(difference(out, clean) == "");
  }
}

// --- Lengths --------------------------------------------------------------------------------------------------------

TEST_CASE("signals of unequal lengths are refused with both lengths") {
  const Floats three = noise(3), four = noise(4);
  const Block<float> out(4);
  const std::string text = "in has 3 elements, out has 4: they must be equal";
  CHECK(failure([&] { apply_filter(three, out); }) == text);
  CHECK(failure([&] { scale(three, out, 1); }) == text);
  CHECK(failure([&] { add(three, four, out); }) == "a has 3 elements, b has 4: they must be equal");
  CHECK(failure([&] { add(three, three, out); }) == "a has 3 elements, out has 4: they must be equal");
  CHECK(failure([&] { multiply_add(four, three, out, 1); }) == "a has 4 elements, b has 3: they must be equal");
  CHECK(failure([&] { multiply_add(three, three, out, 1); }) == "a has 3 elements, out has 4: they must be equal");
  CHECK(failure([&] { dot(three, {}); }) == "a has 3 elements, b has 0: they must be equal");
  Floats two(2), none;
  CHECK(failure([&] { fir(three, four, two, out); }) == text);
  CHECK(failure([&] { fir(four, four, two, out); }) ==
        "history has 2 elements, taps has 4: history must have one less");
  CHECK(failure([&] { fir(four, {}, none, out); }) == "history has 0 elements, taps has 0: history must have one less");
  const Floats five(5);
  CHECK(failure([&] { biquad(three, five, two, out); }) == text);
  CHECK(failure([&] { biquad(four, {}, none, out); }) ==
        "coefficients has 0 elements, a section has 5: there must be 1 section or more");
  CHECK(failure([&] { biquad(four, four, two, out); }) ==
        "coefficients has 4 elements, a section has 5: there must be 1 section or more");
  CHECK(failure([&] { biquad(four, Floats(7), two, out); }) ==
        "coefficients has 7 elements, a section has 5: there must be 1 section or more");
  Floats state(4);
  CHECK(failure([&] { biquad(four, five, state, out); }) ==
        "state has 4 elements, coefficients has 5: state must have 2 for each 5");
  CHECK(out.guarded());
}
