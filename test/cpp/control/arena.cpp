// Under ThreadSanitizer this must end with "data race" and a failure: the arena with a plain word instead of an atomic
// one. If it passes, the same mistake would pass in the tests.
#include "arena_bind/arena.hpp"

#include <thread>

namespace {

class PlainWord {
public:
  PlainWord(std::uint64_t initial) : value_(initial) {}
  void store(std::uint64_t desired) { value_ = desired; }
  std::uint64_t load() const { return value_; }
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    const bool equal = value_ == expected;
    expected = value_;
    if (equal) value_ = desired;
    return equal;
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_weak(expected, desired);
  }

private:
  std::uint64_t value_;
};

} // namespace

int main() {
  arena::BasicArena<PlainWord> arena;
  arena.open(65536, 1 << 20);
  const auto fill = [&arena] {
    while (arena.allocate(8) != arena::none) {}
  };
  std::thread first{fill}, second{fill};
  first.join();
  second.join();
}
