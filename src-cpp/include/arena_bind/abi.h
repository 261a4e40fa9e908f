// The contract between the wasm and its host: every export, offset and status that the TypeScript side relies on.
// tools/generate.mjs turns them into src-ts/abi.gen.ts; nothing here is typed a second time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arena.hpp"
#include "lease.hpp"

// Raised whenever a module built before could no longer be driven by a runtime built after.
#define ARENA_ABI_VERSION 2

namespace arena {

namespace detail {
struct Task;
}

inline constexpr std::uint32_t most_workers = 32; // threads of a pool
inline constexpr std::uint32_t most_attached = 7; // bits of the word, but for the owner's

// What the host allocates from, by its address: an arena, or where threads share it, a thread's lease of it.
#ifdef __wasm_atomics__
using Current = Lease;
using CurrentMark = LeaseMark;
#else
using Current = Arena;
using CurrentMark = Mark;
#endif

// Why a kernel stopped. 0 is never reported; values are never renumbered. Kernels may use their own from 16 up.
enum class Status : std::uint32_t {
  ok = 0,            // no failure has been reported
  failed = 1,        // the kernel called arena::fail
  out_of_memory = 2, // the kernel asked the arena for more than was free
  trapped = 3,       // its stack overflowed, or another thread that worked for the kernel did not survive it
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
inline constexpr std::uint32_t partition_header = 192;      // bytes, for the records of an arena within another one
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
ARENA_HOOK(arena_open) arena::Current *arena_open(std::uint32_t capacity);

// See Arena::allocate and Arena::allocate_persistent. 0 when it doesn't fit.
ARENA_HOOK(arena_alloc) std::uintptr_t arena_alloc(arena::Current *arena, std::uint32_t bytes, std::uint32_t align);
ARENA_HOOK(arena_alloc_persistent)
std::uintptr_t arena_alloc_persistent(arena::Current *arena, std::uint32_t bytes, std::uint32_t align);

// See Arena::rewind and Arena::reset.
ARENA_HOOK(arena_rewind) void arena_rewind(arena::Current *arena, std::uint32_t epoch, std::uint32_t offset);
ARENA_HOOK(arena_reset) void arena_reset(arena::Current *arena);

// The ARENA_ABI_VERSION that the module was built with.
ARENA_HOOK(arena_abi_version) std::uint32_t arena_abi_version();

// After a trap: gives back the scratch memory of the kernel that stopped, and returns what it said, for the host to
// read and to set `status` back to ok.
ARENA_HOOK(arena_recover) arena::Failure *arena_recover();

// The stack pointer of this instance: read once before any kernel runs, put back after a trap.
ARENA_HOOK(arena_stack_get) std::uintptr_t arena_stack_get();
ARENA_HOOK(arena_stack_set) void arena_stack_set(std::uintptr_t top);

// Another arena, with a word and resets of its own, in a persistent block of `arena` that has partition_header +
// `capacity` bytes and begins at a multiple of 64.
ARENA_HOOK(arena_partition)
arena::Current *arena_partition(arena::Current *arena, std::uintptr_t block, std::uint32_t capacity);

// From here on, kernels of this thread allocate from `arena`. Returns what they allocated from before.
ARENA_HOOK(arena_use) arena::Current *arena_use(arena::Current *arena);

// --- Only in builds for threads. Thread 0 is the owner, then come `pool` workers, then those to be attached.
// -----------

// Comes before arena_open: how many threads there will be, and whether the owner may sleep on a word. Returns the bytes
// that their stacks and thread_locals take before the arena.
ARENA_HOOK(arena_threads)
std::uint32_t arena_threads(std::uint32_t pool, std::uint32_t attached, std::uint32_t may_wait);

// For the owner: prepares the stack of a thread that is about to start, and returns its top, for arena_stack_set there.
ARENA_HOOK(arena_thread_stack) std::uintptr_t arena_thread_stack(std::uint32_t thread);

// The first call in a new thread, on its own stack.
ARENA_HOOK(arena_thread_start) void arena_thread_start(std::uint32_t thread, std::uint32_t may_wait);

// For the owner: a lease of `arena` for a thread to be attached; and its end, when that thread runs no more. 0 when
// workers are still at what it has begun: to be called again.
ARENA_HOOK(arena_attach) arena::Current *arena_attach(arena::Current *arena, std::uint32_t thread);
ARENA_HOOK(arena_detach) std::uint32_t arena_detach(std::uint32_t thread);

// The end of this thread's frame. `holding`: work that it has started may be going on. Returns whether it is held open.
ARENA_HOOK(arena_leave) std::uint32_t arena_leave(arena::Current *arena, std::uint32_t holding);

// When such work has ended: lets go of a frame that was held open. 0 when something is still going on.
ARENA_HOOK(arena_release) std::uint32_t arena_release(arena::Current *arena);

// Ends the frame of all threads, unless others are inside: then it returns their bits, and nothing changes.
ARENA_HOOK(arena_end) std::uint32_t arena_end(arena::Current *arena);

// See Lease::rewind.
ARENA_HOOK(arena_rewind_lease)
void arena_rewind_lease(arena::Current *arena, std::uint32_t frame, std::uint32_t extent, std::uint32_t offset,
                        std::uint32_t large);

// A worker's life: works for others until there is a task, and returns its index, or 2^32 - 1 when it is to end.
ARENA_HOOK(arena_work) std::uint32_t arena_work();

// The worker has run its task, or a trap has stopped it. 0 when its stack has overflowed: then the failure says so.
ARENA_HOOK(arena_task_done) std::uint32_t arena_task_done();

// The tasks, filled in by the owner; submitted for a lease; taken back (1) if no worker has it yet.
ARENA_HOOK(arena_tasks) arena::detail::Task *arena_tasks();
ARENA_HOOK(arena_task_submit) void arena_task_submit(std::uint32_t task, arena::Current *arena);
ARENA_HOOK(arena_task_withdraw) std::uint32_t arena_task_withdraw(std::uint32_t task);

// A worker was stopped, by a trap or from outside: what it worked on fails with this thread's failure. 0 when others
// still work on what it had submitted: to be called again. Once 1, the thread may start again.
ARENA_HOOK(arena_heal) std::uint32_t arena_heal(std::uint32_t thread);

// After a trap in this thread: waits until nobody works for it any more.
ARENA_HOOK(arena_call_off) void arena_call_off();

// Ends all workers, when they have done what they are at.
ARENA_HOOK(arena_close) void arena_close();

} // extern "C"
