// Under ThreadSanitizer this must end with "data race": a lease that keeps its extents when the arena's frame has
// ended, and goes on in what another thread has by then. If it passes, the same mistake would pass in the tests.
#include "arena_bind/lease.hpp"

#include <thread>

namespace {

// All frames are one to those who enter.
struct Timeless : arena::SharedArena {
  std::uint64_t enter(std::uint32_t who) noexcept {
    arena::SharedArena::enter(who);
    return 0;
  }
};

alignas(64) std::byte memory[1 << 20];

} // namespace

int main() {
  Timeless arena;
  arena.open(reinterpret_cast<std::uintptr_t>(memory), sizeof memory);
  std::atomic<int> turn{0}; // relaxed: it puts the steps in order, and nothing else
  const auto reach = [&turn](int step) {
    while (turn.load(std::memory_order_relaxed) != step) std::this_thread::yield();
  };
  const auto end = [&turn] { turn.fetch_add(1, std::memory_order_relaxed); };
  std::thread first{[&] {
    arena::BasicLease<Timeless> lease;
    lease.open(arena, 1);
    memory[lease.allocate(64)] = std::byte{1};
    lease.leave();
    end();
    reach(2);
    memory[lease.allocate(64)] = std::byte{1};
  }};
  reach(1);
  arena::BasicLease<Timeless> lease;
  lease.open(arena, 2);
  memory[lease.allocate(64)] = std::byte{2};
  end();
  first.join();
}
