// Work split over the threads of the registry, for kernels built with threads. In a build for one thread, and where no
// worker is free, the same code runs at once in the caller, with the same chunks in another order.
//
//   arena::parallel_for(rows, 16, [&](std::size_t begin, std::size_t end) { ... });
//
// The caller takes part, and goes on when all is done. Calls nest. What a body takes from arena::alloc is taken back
// when the body returns: results go into memory that the caller has. Bodies that run at the same time must not write
// the same memory, unless by std::atomic. arena::fail and traps in a body end the kernel: chunks not begun are left
// out.
#pragma once

#include <new>

#include "kernel.hpp"

#ifdef __wasm_atomics__
#include "jobs.hpp"
#endif

namespace arena {

#ifdef __wasm_atomics__

// How many threads may work at once, the caller among them; 1 in a build for one thread.
std::uint32_t thread_count() noexcept;

// For kernels that `registry.run` runs. Elsewhere `progress` does nothing, and `cancelled` is false.
void progress(double done) noexcept; // from 0 to 1, for `onProgress`
bool cancelled() noexcept;           // whether the caller's AbortSignal was aborted: return soon, the result is dropped

#else

inline std::uint32_t thread_count() noexcept { return 1; }
inline void progress(double) noexcept {}
inline bool cancelled() noexcept { return false; }

#endif

namespace detail {

#ifdef __wasm_atomics__
void run_chunks(std::uint32_t count, Chunk chunk, const void *context); // stops the kernel when a chunk has failed
Job *begin_spawn();                                                     // nullptr: run it at once
void end_spawn(std::atomic<std::uint64_t> &group, Job &job, std::uint32_t owner);
void wait_for(std::atomic<std::uint64_t> &group);
std::uint32_t this_thread() noexcept;
#endif

template <class Body> void call(Body &body, std::size_t begin, std::size_t end) {
  const scratch memory;
  if constexpr (std::is_invocable_v<Body &, std::size_t, std::size_t>) body(begin, end);
  else
    for (; begin != end; begin++) body(begin);
}

} // namespace detail

// Calls body(begin, end), or body(i) for each of them, for all of 0 to n - 1 in chunks of `grain` (the last one may be
// shorter; 0 counts as 1). The chunks are the same for any number of threads: so are results that depend on them.
template <class Body> void parallel_for(std::size_t n, std::size_t grain, Body &&body) {
  static_assert(std::is_invocable_v<Body &, std::size_t, std::size_t> || std::is_invocable_v<Body &, std::size_t>,
                "arena-bind: arena::parallel_for calls body(begin, end) or body(i), with std::size_t");
  if (n == 0) return;
  if (grain == 0) grain = 1;
#ifdef __wasm_atomics__
  struct Context {
    std::size_t n, grain;
    std::remove_reference_t<Body> *body;
  };
  const Context context{n, grain, &body};
  const auto chunk = [](const void *given, std::uint32_t index) {
    const Context &at = *static_cast<const Context *>(given);
    const std::size_t begin = index * at.grain;
    detail::call(*at.body, begin, at.n - begin < at.grain ? at.n : begin + at.grain);
  };
  detail::run_chunks(static_cast<std::uint32_t>((n - 1) / grain + 1), chunk, &context);
#else
  for (std::size_t begin = 0, end = 0; begin != n; begin = end) {
    end = n - begin < grain ? n : begin + grain;
    detail::call(body, begin, end);
  }
#endif
}

// Waits for what was spawned into it, in `wait` or when it dies. One thread makes it and waits; what runs in it may
// spawn more into it.
class wait_group {
public:
#ifdef __wasm_atomics__
  wait_group() noexcept : owner_(detail::this_thread()) {}
  ~wait_group() { wait(); }
  void wait() { detail::wait_for(slots_); }
#else
  wait_group() noexcept {}
  ~wait_group() {}
  void wait() noexcept {}
#endif
  wait_group(const wait_group &) = delete;
  wait_group &operator=(const wait_group &) = delete;

private:
#ifdef __wasm_atomics__
  std::atomic<std::uint64_t> slots_{0}; // bits of the jobs that are not done
  std::uint32_t owner_;
  template <class Body> friend void spawn(wait_group &group, Body body);
#endif
};

// Runs body() on any thread, at once or later; it is over when `group.wait()` returns. The body is copied: it may
// capture up to 64 bytes of plain values, or references to what outlives the wait.
template <class Body> void spawn([[maybe_unused]] wait_group &group, Body body) {
#ifdef __wasm_atomics__
  static_assert(sizeof(Body) <= detail::job_storage && alignof(Body) <= 16 && std::is_trivially_copyable_v<Body>,
                "arena-bind: arena::spawn copies bodies of up to 64 bytes: capture references or plain values");
  if (detail::Job *job = detail::begin_spawn()) {
    job->context = new (job->storage) Body(body);
    job->chunk = [](const void *given, std::uint32_t) {
      const scratch memory;
      Body copy = *static_cast<const Body *>(given);
      copy();
    };
    detail::end_spawn(group.slots_, *job, group.owner_);
    return;
  }
#endif
  const scratch memory;
  body();
}

} // namespace arena
