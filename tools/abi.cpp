// The constants and hooks of abi.h as exported data, compiled only to be read by tools/generate.mjs; it never ships.
// Each export is the address of one 32-bit value, named as in src-ts/abi.gen.ts; of a hook, 1 << 8 when it returns
// something, plus the number of its parameters. All of them are 32-bit numbers.
#include "arena_bind/abi.h"

#include <type_traits>

#define CONSTANT(name, value)                                                                                          \
  extern "C" {                                                                                                         \
  extern const std::uint32_t name;                                                                                     \
  __attribute__((used, visibility("default"))) const std::uint32_t name = static_cast<std::uint32_t>(value);           \
  }

static_assert(offsetof(arena::Arena, floor) == offsetof(arena::Arena, word) + 8, "TypeScript shows both in one array");

CONSTANT(ABI_VERSION, ARENA_ABI_VERSION)
CONSTANT(DEFAULT_CAPACITY, arena::default_capacity)
CONSTANT(BLOCK_ALIGNMENT, arena::block_alignment)
CONSTANT(LARGEST_ALIGNMENT, arena::largest_alignment)
CONSTANT(STACK_SIZE, arena::stack_size)
CONSTANT(OFFSET_OF_WORD, offsetof(arena::Arena, word))
CONSTANT(OFFSET_OF_PEAK, offsetof(arena::Arena, peak))
CONSTANT(OFFSET_OF_ALLOCATIONS, offsetof(arena::Arena, allocations))
CONSTANT(OFFSET_OF_CAPACITY, offsetof(arena::Arena, capacity))
CONSTANT(OFFSET_OF_BASE, offsetof(arena::Arena, base))
CONSTANT(OFFSET_OF_FAILURE_STATUS, offsetof(arena::Failure, status))
CONSTANT(OFFSET_OF_FAILURE_REQUESTED, offsetof(arena::Failure, requested))
CONSTANT(OFFSET_OF_FAILURE_LENGTH, offsetof(arena::Failure, length))
CONSTANT(OFFSET_OF_FAILURE_TEXT, offsetof(arena::Failure, text))
CONSTANT(STATUS_OK, arena::Status::ok)
CONSTANT(STATUS_OUT_OF_MEMORY, arena::Status::out_of_memory)

namespace {
template <class R, class... P> constexpr std::uint32_t shape_of(R (*)(P...)) {
  static_assert(((sizeof(P) == 4) && ...), "hooks take 32-bit numbers");
  return (std::is_void_v<R> ? 0 : 1 << 8) + sizeof...(P);
}
} // namespace

#define HOOK(name) CONSTANT(hook_##name, shape_of(decltype(&name){}))
HOOK(arena_abi_version)
HOOK(arena_open)
HOOK(arena_alloc)
HOOK(arena_alloc_persistent)
HOOK(arena_rewind)
HOOK(arena_reset)
HOOK(arena_recover)
HOOK(arena_stack_get)
HOOK(arena_stack_set)
