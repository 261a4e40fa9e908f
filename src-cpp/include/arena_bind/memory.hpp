// Frame memory for the body of a kernel: arena::alloc and arena::scratch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "abi.h"

#if !defined(__wasm__) || defined(__wasm_atomics__)
#define ARENA_THREAD_LOCAL thread_local
#else
#define ARENA_THREAD_LOCAL
#endif

namespace arena {

// The arena that the running kernel allocates from: that of the registry which called it.
Current &current() noexcept;

namespace detail {
void *take(std::size_t count, std::size_t size, std::size_t align); // from the current frame; stops when out of memory
}

// `count` elements of frame memory, gone with the frame; contents undefined. Stops the kernel when it doesn't fit.
template <class T> std::span<T> alloc(std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>, "arena-bind: frame memory runs no destructors; use a plain type");
  static_assert(alignof(T) <= largest_alignment, "arena-bind: blocks are aligned to 4096 bytes at most");
  return {static_cast<T *>(detail::take(count, sizeof(T), alignof(T))), count};
}

// An inner frame: what is allocated while it lives is taken back when it dies.
class scratch {
public:
  scratch() noexcept;
  ~scratch();
  scratch(const scratch &) = delete;
  scratch &operator=(const scratch &) = delete;

  template <class T> std::span<T> alloc(std::size_t count) { return arena::alloc<T>(count); }

private:
  CurrentMark mark_;
};

} // namespace arena
