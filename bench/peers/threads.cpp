// Kernels of bench/threads.mjs that do nothing but wake a worker.
#include <arena_bind/parallel.hpp>

#include <atomic>

/// Hands out two empty chunks. Who has called takes both when nobody else comes in time.
void two_chunks() {
  arena::parallel_for(2, 1, [](std::size_t) {});
}
ARENA_KERNEL(two_chunks)

/// The same, but each chunk waits for the other one to begin, on another thread.
void two_threads() {
  std::atomic<int> begun{0};
  arena::parallel_for(2, 1, [&](std::size_t) {
    begun++;
    while (begun.load() < 2) {}
  });
}
ARENA_KERNEL(two_threads)
