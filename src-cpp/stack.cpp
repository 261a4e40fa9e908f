// In debug builds the compiler has every function of the user's begin with a call of the last one here, so that an
// overflow of the stack is named before anything is written below it. Linked only where something calls it.
#include "stack.hpp"

#include <iterator>

namespace arena {

constinit ARENA_THREAD_LOCAL std::uintptr_t stack_limit = 0;

} // namespace arena

namespace {

constexpr std::uint32_t reserve = 1024; // bytes, for functions that don't begin with the call: those of libraries
constexpr std::uint32_t room = 8192;    // bytes above, to say what happened

[[noreturn, gnu::noinline]] void tell() {
  using arena::detail::Part;
  const Part text[] = {
      Part::of("the stack of "),
      Part::of(arena::stack_size),
      Part::of(" bytes overflowed in a kernel: take large arrays from arena::scratch, and recurse less deeply"),
  };
  arena::detail::stop(arena::Status::trapped, 0, text, std::size(text));
}

[[noreturn, gnu::noinline, gnu::no_instrument_function]] void overflow() {
  arena_stack_set(arena::stack_limit + reserve + room); // nobody returns to the frames that lie there
  tell();
}

} // namespace

extern "C" [[gnu::no_instrument_function]] void __cyg_profile_func_enter_bare() {
  // The difference has a sign, since a large frame reaches down past address 0.
  if (static_cast<std::int32_t>(arena_stack_get() - (arena::stack_limit + reserve)) < 0) overflow();
}
