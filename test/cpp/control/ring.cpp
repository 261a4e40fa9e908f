// Under ThreadSanitizer this must end with "data race": a ring whose indices are atomic and order nothing. If it
// passes, the same mistake would pass in the tests.
#include "arena_bind/ring.hpp"

#include <new>
#include <thread>

namespace {

class RelaxedIndex {
public:
  RelaxedIndex(std::uint32_t initial = 0) : value_{initial} {}
  std::uint32_t load(std::memory_order) const { return value_.load(std::memory_order_relaxed); }
  void store(std::uint32_t desired, std::memory_order) { value_.store(desired, std::memory_order_relaxed); }

private:
  std::atomic<std::uint32_t> value_;
};

using Ring = arena::basic_ring<float, RelaxedIndex>;

} // namespace

int main() {
  alignas(arena::ring_alignment) static std::byte block[Ring::bytes(64)];
  Ring out = Ring::format(block);
  std::thread reader{[] {
    Ring in{block};
    float number;
    for (int read = 0; read < 100000; std::this_thread::yield())
      while (in.readable() > 0) read += static_cast<int>(in.read({&number, 1}));
  }};
  const float number = 1;
  for (int written = 0; written < 100000; std::this_thread::yield())
    while (out.writable() > 0 && written < 100000) written += static_cast<int>(out.write({&number, 1}));
  reader.join();
}
