// The contract between the wasm and its host: every export, offset and status that the TypeScript side relies on.
// tools/generate.mjs turns them into src-ts/abi.gen.ts; nothing here is typed a second time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arena.hpp"

// Raised whenever a module built before could no longer be driven by a runtime built after.
#define ARENA_ABI_VERSION 2

namespace arena {

// Why a kernel stopped. 0 is never reported; values are never renumbered. Kernels may use their own from 16 up.
enum class Status : std::uint32_t {
  ok = 0,            // no failure has been reported
  failed = 1,        // the kernel called arena::fail
  out_of_memory = 2, // the kernel asked the arena for more than was free
  first_user = 16,   // the first value that is free for kernels of users
};

// What a kernel said before it stopped; written by arena::fail, read and cleared by the host.
struct Failure {
  std::uint32_t status;    // a Status
  std::uint32_t requested; // bytes asked for, when out_of_memory
  std::uint32_t length;    // bytes of `text`, without a terminator
  char text[244];          // UTF-8; longer messages are cut
};

inline constexpr std::uint32_t stack_size = 65536; // bytes of C stack, lowest in memory: its overflow traps
#ifdef ARENA_HOT
// Leaves room behind static data, so that a changed build can take this one's place while the arena stays.
inline constexpr std::uint32_t arena_boundary = 1048576; // bytes: the first arena starts at such a multiple
#else
inline constexpr std::uint32_t arena_boundary = 64; // bytes: the first arena starts at such a multiple
#endif
inline constexpr std::uint32_t default_capacity = 67108864; // bytes

// How the host finds a kernel: the export `name` and the exported address `arena_kernel_name` of its signature, a
// NUL-terminated line such as  arena:2:scale(in:const f32[],out:f32[],factor:f32):void  (2 is the ABI version), which
// can also be searched for in the bytes. Types of parameters:
//   f32                                     a scalar
//   f32[], const f32[]                      a span
//   string                                  UTF-8 bytes
//   Particle{x f32 0;alive bool 4;8 4}[]    a span of structs: name, type and offset of each field; size and alignment
//   Particle{x f32 0;alive bool 4;8 4}{}    columns: a span per field, of u8 where the field is a bool
// In the export every scalar, span and string takes two slots, so that one caller serves every order of them: a span or
// string is (address, elements), a scalar is (value, 0); columns take two slots per field. A struct is returned as the
// address of its bytes, which the result [low:f32@0,high:f32@4] describes as name, type and offset.

} // namespace arena

// The hooks. Addresses and sizes are unsigned 32-bit bytes; an address of 0 means none.
#ifdef __wasm__
// Some run before their thread has a stack of its own, so none of them begins with the check of stack.cpp.
#define ARENA_HOOK(name) __attribute__((used, export_name(#name), no_instrument_function))
#else
#define ARENA_HOOK(name)
#endif

extern "C" {

// Opens the first and largest arena over `capacity` bytes after the module's own data and returns its address; 0 when
// the memory is too small or `capacity` is not a positive multiple of 8. Comes before _initialize, so that static
// constructors have an arena to allocate from, and once in the life of a memory.
ARENA_HOOK(arena_open) arena::Arena *arena_open(std::uint32_t capacity);

// See Arena::allocate and Arena::allocate_persistent. 0 when it doesn't fit.
ARENA_HOOK(arena_alloc) std::uintptr_t arena_alloc(arena::Arena *arena, std::uint32_t bytes, std::uint32_t align);
ARENA_HOOK(arena_alloc_persistent)
std::uintptr_t arena_alloc_persistent(arena::Arena *arena, std::uint32_t bytes, std::uint32_t align);

// See Arena::rewind and Arena::reset.
ARENA_HOOK(arena_rewind) void arena_rewind(arena::Arena *arena, std::uint32_t epoch, std::uint32_t offset);
ARENA_HOOK(arena_reset) void arena_reset(arena::Arena *arena);

// The ARENA_ABI_VERSION that the module was built with.
ARENA_HOOK(arena_abi_version) std::uint32_t arena_abi_version();

// After a trap: gives back the scratch memory of the kernel that stopped, and returns what it said, for the host to
// read and to set `status` back to ok.
ARENA_HOOK(arena_recover) arena::Failure *arena_recover();

// The stack pointer of this instance: read once before any kernel runs, put back after a trap.
ARENA_HOOK(arena_stack_get) std::uintptr_t arena_stack_get();
ARENA_HOOK(arena_stack_set) void arena_stack_set(std::uintptr_t top);

} // extern "C"
