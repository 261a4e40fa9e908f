// Under ThreadSanitizer this must end with "data race": a shared arena whose word is loaded, compared and stored in
// steps. Two threads then get one place, and write there. If it passes, the same mistake would pass in the tests.
#include "arena_bind/shared_arena.hpp"

#include <thread>

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
    // Waits a while for the other thread to come as far as this; relaxed, so that nothing is put in order by it.
    within_.fetch_add(1, std::memory_order_relaxed);
    for (int i = 0; i < 100 && within_.load(std::memory_order_relaxed) < 2; i++) std::this_thread::yield();
    if (equal) store(desired);
    within_.fetch_sub(1, std::memory_order_relaxed);
    return equal;
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_weak(expected, desired);
  }

private:
  std::atomic<std::uint64_t> value_;
  std::atomic<int> within_{0};
};

using Shared = arena::BasicSharedArena<TornWord>;

alignas(64) std::byte memory[1 << 20];

} // namespace

int main() {
  Shared arena;
  arena.open(reinterpret_cast<std::uintptr_t>(memory), sizeof memory);
  arena.enter(3);
  std::atomic<int> started{0};
  const auto fill = [&] {
    for (started++; started < 2;) std::this_thread::yield();
    for (std::uint32_t at = arena.claim(1024); at != arena::none; at = arena.claim(1024)) memory[at] = std::byte{1};
  };
  std::thread first{fill}, second{fill};
  first.join();
  second.join();
}
