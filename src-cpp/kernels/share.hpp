// How kernels share their work with the threads of the registry. What they compute doesn't depend on how it is split:
// where there is one thread it takes everything at once, so that a build for one thread has no trace of this.
#pragma once

#include <arena_bind/parallel.hpp>

#include <algorithm>

namespace share {

// Nanoseconds that a chunk is to take: so long that handing it out doesn't count, so short that nobody waits long for
// the last one of another. What one item takes is as measured on one machine: it need only be right within a few times.
inline constexpr double chunk = 50'000;

// Chunks that each thread finds between two waits for all of them.
inline constexpr std::size_t between_waits = 8;

inline bool alone() { return arena::thread_count() == 1; }

// How many items, of so many nanoseconds each, make a chunk.
inline std::size_t grain_of(double nanoseconds) { return static_cast<std::size_t>(std::max(1.0, chunk / nanoseconds)); }

// How many of `rows`, in chunks of `grain`, are worked on between two waits. More of them take more memory.
inline std::size_t band_of(std::size_t rows, std::size_t grain) {
  return alone() ? 1 : std::min(rows, grain * between_waits * arena::thread_count());
}

// Calls body(begin, end) for all of 0 to n - 1, in chunks of `grain` where there are threads.
template <class Body> void among_threads(std::size_t n, [[maybe_unused]] std::size_t grain, const Body &body) {
#ifdef __wasm_atomics__
  arena::parallel_for(n, alone() ? n : grain, body);
#else
  body(std::size_t{0}, n);
#endif
}

} // namespace share
