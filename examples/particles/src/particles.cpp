// Discs that bounce off each other, off the walls and off the pointer. Who touches whom is looked up in a grid of cells
// as wide as the widest disc, so that the time grows with their number and not with its square.
#include <arena_bind/kernel.hpp>

#include <algorithm>
#include <cmath>

/// A disc; lengths are in pixels, times in seconds. It weighs what its area is.
struct Particle {
  float x, y;
  float vx, vy;
  float radius;
  float glow; // 1 at a hit, fading to 0
};
ARENA_STRUCT(Particle, x, y, vx, vy, radius, glow)
// The page hands the array to the graphics card as it lies in memory: see renderer.ts.
static_assert(sizeof(Particle) == 6 * sizeof(float));

/// What collisions leave as it is, but for friction: the energy of all particles, and their momentum.
struct Motion {
  double energy, x, y;
};
ARENA_STRUCT(Motion, energy, x, y)

namespace {

constexpr float fading = 2.5f;   // of the glow, per second
constexpr float brightest = 400; // pixels per second at which two meet

struct Grid {
  float cell; // width in pixels
  std::uint32_t columns, rows;

  std::uint32_t column(float x) const { return limit(x, columns); }
  std::uint32_t row(float y) const { return limit(y, rows); }

private:
  // Positions that are no numbers land in the first cell.
  std::uint32_t limit(float position, std::uint32_t count) const {
    const float at = position / cell;
    return at > 0 ? static_cast<std::uint32_t>(std::min(at, static_cast<float>(count - 1))) : 0;
  }
};

// Pushes two discs apart and exchanges their momentum along the line between their centres; `bounce` is the share of
// the speed that they keep.
void collide(Particle &a, Particle &b, float bounce) {
  const float dx = b.x - a.x, dy = b.y - a.y, reach = a.radius + b.radius;
  const float square = dx * dx + dy * dy;
  if (square >= reach * reach || square == 0) return;
  const float distance = std::sqrt(square), nx = dx / distance, ny = dy / distance;
  const float heavy_a = a.radius * a.radius, heavy_b = b.radius * b.radius;
  const float share = heavy_b / (heavy_a + heavy_b); // of the way that a goes

  const float overlap = reach - distance;
  a.x -= nx * overlap * share;
  a.y -= ny * overlap * share;
  b.x += nx * overlap * (1 - share);
  b.y += ny * overlap * (1 - share);

  const float approach = (a.vx - b.vx) * nx + (a.vy - b.vy) * ny;
  if (approach <= 0) return;
  const float change = (1 + bounce) * approach;
  a.vx -= nx * change * share;
  a.vy -= ny * change * share;
  b.vx += nx * change * (1 - share);
  b.vy += ny * change * (1 - share);
  const float hit = std::min(1.0f, approach * approach / (brightest * brightest));
  a.glow = std::max(a.glow, hit);
  b.glow = std::max(b.glow, hit);
}

void bounce_off(float &position, float &speed, float low, float high, float bounce) {
  if (position < low) {
    position = low;
    speed = std::abs(speed) * bounce;
  } else if (position > high) {
    position = high;
    speed = -std::abs(speed) * bounce;
  }
}

} // namespace

/// Moves all particles by `seconds` inside a box of `width` by `height`. `gravity` is in pixels per second squared,
/// `bounce` the share of its speed, 0 to 1, that a hit leaves.
void step(std::span<Particle> particles, float seconds, float width, float height, float gravity, float bounce,
          arena::scratch &memory) {
  if (!(seconds > 0 && seconds <= 1)) arena::fail("seconds is out of range: expected more than 0 and at most 1");
  if (!(width > 0 && height > 0)) arena::fail("the box is empty: width and height must be above 0");
  if (!(bounce >= 0 && bounce <= 1)) arena::fail("bounce is out of range: expected 0 to 1");
  if (particles.empty()) return;

  float widest = 0;
  for (const Particle &p : particles) widest = std::max(widest, p.radius);
  if (!(widest > 0 && 2 * widest <= std::min(width, height)))
    arena::fail("a radius is out of range: expected more than 0, and discs that fit into the box");

  for (Particle &p : particles) {
    p.vy += gravity * seconds;
    p.x += p.vx * seconds;
    p.y += p.vy * seconds;
    p.glow = std::max(0.0f, p.glow - fading * seconds);
    bounce_off(p.x, p.vx, p.radius, width - p.radius, bounce);
    bounce_off(p.y, p.vy, p.radius, height - p.radius, bounce);
  }

  // Not many more cells than particles, however small these are.
  const float least = std::sqrt(width * height / static_cast<float>(particles.size())) / 2;
  const float cell = std::max(2 * widest, least);
  const Grid grid{cell, static_cast<std::uint32_t>(width / cell) + 1, static_cast<std::uint32_t>(height / cell) + 1};

  // Counting sort: the particles of cell c are sorted[start[c]] up to sorted[start[c + 1]].
  const std::size_t cells = std::size_t{grid.columns} * grid.rows;
  const std::span<std::uint32_t> start = memory.alloc<std::uint32_t>(cells + 1);
  const std::span<std::uint32_t> home = memory.alloc<std::uint32_t>(particles.size());
  const std::span<std::uint32_t> sorted = memory.alloc<std::uint32_t>(particles.size());
  std::fill(start.begin(), start.end(), 0);
  for (std::size_t i = 0; i < particles.size(); i++) {
    home[i] = grid.row(particles[i].y) * grid.columns + grid.column(particles[i].x);
    start[home[i]]++;
  }
  for (std::size_t c = 1; c <= cells; c++) start[c] += start[c - 1];
  for (std::size_t i = particles.size(); i-- > 0;) sorted[--start[home[i]]] = static_cast<std::uint32_t>(i);

  for (std::uint32_t row = 0; row < grid.rows; row++) {
    for (std::uint32_t column = 0; column < grid.columns; column++) {
      const std::size_t here = std::size_t{row} * grid.columns + column;
      for (std::uint32_t i = start[here]; i < start[here + 1]; i++) {
        Particle &particle = particles[sorted[i]];
        // Each pair once: the rest of this cell and the next one, which follow each other, then three of the row below.
        const std::uint32_t beside = std::min(column + 1, grid.columns - 1);
        for (std::uint32_t j = i + 1; j < start[here - column + beside + 1]; j++)
          collide(particle, particles[sorted[j]], bounce);
        if (row + 1 == grid.rows) continue;
        const std::size_t below = here - column + grid.columns;
        const std::uint32_t end = start[below + beside + 1];
        for (std::uint32_t j = start[below + column - std::min(column, 1u)]; j < end; j++)
          collide(particle, particles[sorted[j]], bounce);
      }
    }
  }
}
ARENA_KERNEL(step, particles, seconds, width, height, gravity, bounce)

/// Pulls the particles within `reach` pixels of a point towards it, or pushes them away where `pull` is below 0: by
/// `pull` pixels per second at the point itself, and less the further away they are.
void attract(std::span<Particle> particles, float x, float y, float reach, float pull) {
  if (!(reach > 0)) arena::fail("reach is out of range: expected more than 0");
  for (Particle &p : particles) {
    const float dx = x - p.x, dy = y - p.y, distance = std::hypot(dx, dy);
    if (distance >= reach || distance == 0) continue;
    const float change = pull * (1 - distance / reach) / distance;
    p.vx += dx * change;
    p.vy += dy * change;
  }
}
ARENA_KERNEL(attract, particles, x, y, reach, pull)

/// The energy and the momentum of all particles.
Motion motion(std::span<const Particle> particles) {
  Motion sum{};
  for (const Particle &p : particles) {
    const double mass = double{p.radius} * p.radius, vx = p.vx, vy = p.vy;
    sum.energy += mass * (vx * vx + vy * vy) / 2;
    sum.x += mass * vx;
    sum.y += mass * vy;
  }
  return sum;
}
ARENA_KERNEL(motion, particles)
