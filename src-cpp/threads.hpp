// What runtime.cpp and threads.cpp know of each other; for builds with threads.
#pragma once

#include "arena_bind/kernel.hpp"

namespace arena {

// Lays out the threads' stacks and thread_locals from `base` on, starts the first thread, and returns where they end.
std::uintptr_t open_threads(std::uintptr_t base);

// The first arena, over `capacity` bytes from `base` on, as the owner sees it.
Current *open_shared(std::uintptr_t base, std::uint32_t capacity);

// Of this thread.
Failure &last_failure() noexcept;

} // namespace arena
