// The constants of abi.h as exported data, compiled only to be read by tools/abi.mjs; it never ships.
// Each export holds the address of one 32-bit value; its name is the name in src-ts/abi.gen.ts.
#include "arena_bind/abi.h"

#define CONSTANT(name, value)                                                                                          \
  extern "C" {                                                                                                         \
  extern const std::uint32_t name;                                                                                     \
  __attribute__((used, visibility("default"))) const std::uint32_t name = static_cast<std::uint32_t>(value);           \
  }

CONSTANT(ABI_VERSION, ARENA_ABI_VERSION)
CONSTANT(DEFAULT_CAPACITY, arena::default_capacity)
CONSTANT(BLOCK_ALIGNMENT, arena::block_alignment)
CONSTANT(LARGEST_ALIGNMENT, arena::largest_alignment)
CONSTANT(STACK_SIZE, arena::stack_size)
CONSTANT(OFFSET_OF_WORD, offsetof(arena::Arena, word))
CONSTANT(OFFSET_OF_FLOOR, offsetof(arena::Arena, floor))
CONSTANT(OFFSET_OF_PEAK, offsetof(arena::Arena, peak))
CONSTANT(OFFSET_OF_ALLOCATIONS, offsetof(arena::Arena, allocations))
CONSTANT(OFFSET_OF_CAPACITY, offsetof(arena::Arena, capacity))
CONSTANT(OFFSET_OF_BASE, offsetof(arena::Arena, base))
CONSTANT(OFFSET_OF_FAILURE_STATUS, offsetof(arena::Failure, status))
CONSTANT(OFFSET_OF_FAILURE_REQUESTED, offsetof(arena::Failure, requested))
CONSTANT(OFFSET_OF_FAILURE_LENGTH, offsetof(arena::Failure, length))
CONSTANT(OFFSET_OF_FAILURE_TEXT, offsetof(arena::Failure, text))
CONSTANT(STATUS_OK, arena::Status::ok)
CONSTANT(STATUS_FAILED, arena::Status::failed)
CONSTANT(STATUS_OUT_OF_MEMORY, arena::Status::out_of_memory)
