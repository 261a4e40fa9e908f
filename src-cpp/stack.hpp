// Where the stack of a thread ends, for builds with checks.
#pragma once

#include "arena_bind/kernel.hpp"

namespace arena {

// The lowest byte of this thread's stack. 0 is right for the stack that a module begins with, which lies lowest.
extern ARENA_THREAD_LOCAL std::uintptr_t stack_limit;

} // namespace arena
