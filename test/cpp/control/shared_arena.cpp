// Under ThreadSanitizer this must end with "data race": a shared arena whose word is loaded, compared and stored in
// steps. Two threads then get one place, and write there. If it passes, the same mistake would pass in the tests.
#include "arena_bind/shared_arena.hpp"

#include "../threads.hpp"

namespace {

class TornWord {
public:
  TornWord(std::uint64_t initial) : value_(initial) {}
  void store(std::uint64_t desired) { value_.store(desired); }
  std::uint64_t load() const { return value_.load(); }
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    const std::uint64_t seen = load();
    const bool equal = seen == expected;
    expected = seen;
    // Both threads come as far as this before one goes on; relaxed, so that nothing else is put in order by it.
    awaited.fetch_sub(1, std::memory_order_relaxed);
    while (awaited.load(std::memory_order_relaxed) > 0) std::this_thread::yield();
    if (equal) store(desired);
    return equal;
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_weak(expected, desired);
  }

  static inline std::atomic<int> awaited{0};

private:
  std::atomic<std::uint64_t> value_;
};

using Shared = arena::BasicSharedArena<TornWord>;

alignas(64) std::byte memory[1 << 20];

} // namespace

int main() {
  Watchdog watchdog;
  Shared arena;
  arena.open(reinterpret_cast<std::uintptr_t>(memory), sizeof memory);
  arena.enter(3);
  TornWord::awaited = 2;
  std::atomic<std::uint32_t> turn{0}; // of accesses at the very same time, ThreadSanitizer misses some
  together(2, [&](std::uint32_t self) {
    const std::uint32_t at = arena.claim(1024);
    while (turn.load(std::memory_order_relaxed) != self) std::this_thread::yield();
    memory[at] = std::byte{1};
    turn.fetch_add(1, std::memory_order_relaxed);
  });
}
