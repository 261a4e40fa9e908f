// Every kind of parameter and result, for module-right.ts and module-wrong.ts.
#include <arena_bind/kernel.hpp>

/// A point that moves.
struct Particle {
  float x, y;
  std::int64_t id;
  bool alive;
};
ARENA_STRUCT(Particle, x, y, id, alive)

struct Color {
  std::uint8_t red, green, blue;
};
ARENA_STRUCT(Color, red, green, blue)

struct Range {
  float low, high;
};
ARENA_STRUCT(Range, low, high)

/// Mixes one signal into another.
///
/// `in` is only read.
void mix(std::span<const float> in, std::span<float> out, double amount, bool loud) {
  for (std::size_t i = 0; i < out.size() && i < in.size(); i++) {
    out[i] += in[i] * static_cast<float>(loud ? 2 * amount : amount);
  }
}
ARENA_KERNEL(mix, in, out, amount, loud)

std::int64_t count(std::span<const std::int16_t> samples, std::uint64_t limit) {
  return static_cast<std::int64_t>(samples.size() < limit ? samples.size() : limit);
}
ARENA_KERNEL(count, samples, limit)

Range range(std::span<const float> in) { return in.empty() ? Range{0, 0} : Range{in.front(), in.back()}; }
ARENA_KERNEL(range, in)

std::uint32_t letters(std::string_view text) { return static_cast<std::uint32_t>(text.size()); }
ARENA_KERNEL(letters, text)

bool step(std::span<Particle> particles, float seconds) {
  for (Particle &particle : particles) particle.x += seconds;
  return !particles.empty();
}
ARENA_KERNEL(step, particles, seconds)

std::uint32_t brightness(std::span<const Color> colors) { return colors.empty() ? 0 : colors.front().green; }
ARENA_KERNEL(brightness, colors)

void drift(arena::columns<Particle> particles) {
  for (float &x : particles.x) x += 1;
}
ARENA_KERNEL(drift, particles)
