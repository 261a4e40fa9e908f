// Kernels of three views: as ARENA_KERNEL exports them, and as plain functions of three addresses and a count, which is
// how users of bare exports write them.
#include <arena_bind/kernel.hpp>

namespace {

template <class T> void each(const T *a, const T *b, T *out, std::size_t length, auto body) {
  for (std::size_t i = 0; i < length; i++) out[i] = static_cast<T>(body(a[i], b[i]));
}

} // namespace

#define BOTH(name, T, expression)                                                                                      \
  void name(std::span<const T> a, std::span<const T> b, std::span<T> out) {                                            \
    if (a.size() != out.size() || b.size() != out.size()) arena::fail("three lengths");                                \
    each(a.data(), b.data(), out.data(), out.size(), [](auto x, auto y) { return expression; });                       \
  }                                                                                                                    \
  ARENA_KERNEL(name, a, b, out)                                                                                        \
  extern "C" __attribute__((export_name("raw_" #name))) void raw_##name(const T *a, const T *b, T *out,                \
                                                                        std::size_t length) {                          \
    each(a, b, out, length, [](auto x, auto y) { return expression; });                                                \
  }

BOTH(add_f32, float, x + y)
BOTH(subtract_f32, float, x - y)
BOTH(multiply_f32, float, x *y)
BOTH(add_i16, std::int16_t, x + y)
BOTH(blend_u8, std::uint8_t, (x + y) >> 1)
BOTH(add_f64, double, x + y)

struct Particle {
  float x, y, vx, vy;
  bool alive;
};
ARENA_STRUCT(Particle, x, y, vx, vy, alive)

void step(std::span<Particle> particles, float dt) {
  for (Particle &particle : particles) {
    particle.x += particle.vx * dt;
    particle.y += particle.vy * dt;
  }
}
ARENA_KERNEL(step, particles, dt)

void drift(arena::columns<Particle> particles, float dt) {
  for (std::size_t i = 0; i < particles.x.size(); i++) {
    particles.x[i] += particles.vx[i] * dt;
    particles.y[i] += particles.vy[i] * dt;
  }
}
ARENA_KERNEL(drift, particles, dt)
