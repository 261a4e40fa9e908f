// Kernels over structs, in every way they travel.
#include <arena_bind/kernel.hpp>

namespace physics {

/// A body in the plane.
struct Particle {
  float x, y;
  double mass;
  std::int64_t id;
  std::uint8_t kind;
  bool alive;
  std::int16_t charge;
  float hidden; // not named below
};
ARENA_STRUCT(Particle, x, y, mass, id, kind, alive, charge)

} // namespace physics

using physics::Particle;

struct alignas(64) Wide {
  float lanes[4]; // not named below
  std::uint32_t tag;
};
ARENA_STRUCT(Wide, tag)

struct Color {
  std::uint8_t red, green, blue;
};
ARENA_STRUCT(Color, red, green, blue)

struct Range {
  double low, high;
  std::uint64_t count;
  bool any;
};
ARENA_STRUCT(Range, low, high, count, any)

// Names that mean something else in JavaScript and TypeScript.
struct Kernels {
  float constructor, prototype, length, function;
};
ARENA_STRUCT(Kernels, constructor, prototype, length, function)
struct function {
  int yield;
};
ARENA_STRUCT(function, yield)

float odd_names(std::span<Kernels> let, std::span<function> arguments) {
  arguments[0].yield += 1;
  return let[0].constructor + let[0].function;
}
ARENA_KERNEL(odd_names, let, arguments)

/// Moves every particle that is alive, and ages its id.
void move(std::span<Particle> particles, float dx, float dy) {
  for (Particle &particle : particles) {
    if (!particle.alive) continue;
    particle.x += dx;
    particle.y += dy;
    particle.id++;
    particle.hidden += 1;
  }
}
ARENA_KERNEL(move, particles, dx, dy)

Range masses(std::span<const Particle> particles) {
  Range range{0, 0, 0, false};
  for (const Particle &particle : particles) {
    if (!range.any || particle.mass < range.low) range.low = particle.mass;
    if (!range.any || particle.mass > range.high) range.high = particle.mass;
    range.any = true;
    range.count++;
  }
  return range;
}
ARENA_KERNEL(masses, particles)

void drift(arena::columns<Particle> particles, float dx) {
  for (std::size_t i = 0; i < particles.x.size(); i++) {
    if (particles.alive[i]) particles.x[i] += dx;
    particles.charge[i] = static_cast<std::int16_t>(-particles.charge[i]);
  }
}
ARENA_KERNEL(drift, particles, dx)

double total_mass(arena::columns<const Particle> particles) {
  double sum = 0;
  for (const double mass : particles.mass) sum += mass;
  return sum;
}
ARENA_KERNEL(total_mass, particles)

std::uint32_t tag_all(std::span<Wide> wide, std::uint32_t first) {
  for (Wide &each : wide) each.tag = first++;
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(wide.data()) % 64);
}
ARENA_KERNEL(tag_all, wide, first)

// A struct beside views, strings and hidden scratch memory, in one list of parameters.
std::uint32_t paint(std::string_view name, std::span<Color> colors, arena::scratch &scratch,
                    std::span<const float> light) {
  const std::span<std::uint8_t> copy = scratch.alloc<std::uint8_t>(light.size());
  for (std::size_t i = 0; i < light.size(); i++) copy[i] = static_cast<std::uint8_t>(light[i] * 255);
  for (std::size_t i = 0; i < colors.size(); i++) colors[i] = {copy[i % copy.size()], colors[i].green, 7};
  return static_cast<std::uint32_t>(name.size());
}
ARENA_KERNEL(paint, name, colors, light)
