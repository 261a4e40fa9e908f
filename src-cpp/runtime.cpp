// The hooks of abi.h, and what kernels reach through memory.hpp and fail.hpp: the current arena, frame memory, failure.
#include "arena_bind/kernel.hpp"

#ifdef __wasm_atomics__
#include "threads.hpp"
#endif
#ifndef __wasm__
#include <memory>
#endif

namespace {

#ifndef __wasm_atomics__
constinit arena::Arena first_arena;
constinit arena::Arena *current_arena = &first_arena;
#endif
constinit ARENA_THREAD_LOCAL arena::Failure failure{};

// The outermost scratch of this thread, so that a trap, which runs no destructor, gives its memory back as well.
constinit ARENA_THREAD_LOCAL arena::CurrentMark scratch_mark{};
constinit ARENA_THREAD_LOCAL std::uint32_t scratch_depth = 0;

void append(std::string_view text) {
  const std::size_t room = sizeof failure.text - failure.length;
  failure.length += static_cast<std::uint32_t>(text.copy(failure.text + failure.length, room));
}

void append(std::uint64_t number) {
  char digits[20]; // of 2^64 - 1, written from the back
  char *first = digits + sizeof digits;
  do *--first = static_cast<char>('0' + number % 10);
  while (number /= 10);
  append({first, static_cast<std::size_t>(digits + sizeof digits - first)});
}

} // namespace

namespace arena {

#ifdef __wasm_atomics__
Failure &last_failure() noexcept { return failure; }
#else
Arena &current() noexcept { return *current_arena; }
#endif

scratch::scratch() noexcept : mark_(current().mark()) {
  if (scratch_depth++ == 0) scratch_mark = mark_;
}

scratch::~scratch() {
  current().rewind(mark_);
  scratch_depth--;
}

namespace detail {

void stop(Status status, std::uint32_t requested, const Part *parts, std::size_t count) {
  failure.status = static_cast<std::uint32_t>(status);
  failure.requested = requested;
  failure.length = 0;
  for (const Part *part = parts; part != parts + count; part++) {
    append({part->text, part->length});
    if (part->numeric) append(part->number);
  }
#ifdef __wasm__
  __builtin_trap();
#else
  throw KernelFailure{status, requested, {failure.text, failure.length}};
#endif
}

void *take(std::size_t count, std::size_t size, std::size_t align) {
  // 2^32 - 1 bytes never fit: a capacity is a multiple of 8 below 2^32.
  const std::uint32_t asked = count > 0xffffffff / size ? 0xffffffff : static_cast<std::uint32_t>(count * size);
  const std::uint32_t offset =
      current().allocate(asked, align < block_alignment ? block_alignment : static_cast<std::uint32_t>(align));
  if (offset == none) {
    const Part text = Part::of(std::string_view{"arena::alloc"});
    stop(Status::out_of_memory, asked, &text, 1);
  }
  return reinterpret_cast<void *>(current().base + offset);
}

} // namespace detail
} // namespace arena

extern "C" {

std::uintptr_t arena_alloc(arena::Current *arena, std::uint32_t bytes, std::uint32_t align) {
  const std::uint32_t offset = arena->allocate(bytes, align);
  return offset == arena::none ? 0 : arena->base + offset;
}

std::uintptr_t arena_alloc_persistent(arena::Current *arena, std::uint32_t bytes, std::uint32_t align) {
  const std::uint32_t offset = arena->allocate_persistent(bytes, align);
  return offset == arena::none ? 0 : arena->base + offset;
}

#ifndef __wasm_atomics__ // a lease has its own

void arena_rewind(arena::Arena *arena, std::uint32_t epoch, std::uint32_t offset) { arena->rewind({epoch, offset}); }

void arena_reset(arena::Arena *arena) { arena->reset(); }

arena::Arena *arena_partition(arena::Arena *, std::uintptr_t block, std::uint32_t capacity) {
  arena::Arena *made = reinterpret_cast<arena::Arena *>(block);
  made->open(block + arena::partition_header, capacity);
  return made;
}

arena::Arena *arena_use(arena::Arena *next) {
  arena::Arena *before = current_arena;
  current_arena = next;
  return before;
}

#endif

arena::Failure *arena_recover() {
  if (scratch_depth) arena::current().rewind(scratch_mark);
  scratch_depth = 0;
  return &failure;
}

} // extern "C"

#ifdef __wasm__

extern "C" {

// The linker's: the first byte after stack and data.
extern char __heap_base;

static std::uintptr_t align_up(std::uintptr_t address, std::uintptr_t align) {
  return (address + align - 1) & ~(align - 1);
}

std::uint32_t arena_abi_version() { return ARENA_ABI_VERSION; }

arena::Current *arena_open(std::uint32_t capacity) {
  std::uintptr_t base = reinterpret_cast<std::uintptr_t>(&__heap_base);
#ifdef __wasm_atomics__
  base = arena::open_threads(base);
#endif
  base = align_up(base, arena::arena_boundary);
  const std::uint64_t end = std::uint64_t{__builtin_wasm_memory_size(0)} << 16;
  if (capacity == 0 || capacity % arena::block_alignment != 0 || end < base || capacity > end - base) return nullptr;
#ifdef __wasm_atomics__
  return arena::open_shared(base, capacity);
#else
  first_arena.open(base, capacity);
  return &first_arena;
#endif
}

std::uintptr_t arena_stack_get() {
  std::uintptr_t top;
  __asm__ volatile(".globaltype __stack_pointer, i32\n"
                   "global.get __stack_pointer\n"
                   "local.set %0"
                   : "=r"(top));
  return top;
}

void arena_stack_set(std::uintptr_t top) {
  __asm__ volatile(".globaltype __stack_pointer, i32\n"
                   "local.get %0\n"
                   "global.set __stack_pointer" ::"r"(top));
}

// What the C++ library calls when it gives up, such as at() out of range without exceptions.
[[noreturn]] void __wrap_abort() { arena::fail("abort() was called, as where C++ would throw"); }

} // extern "C"

#else

// The native twin, for testing kernels: an arena in ordinary memory, opened afresh by every call.
arena::Current *arena_open(std::uint32_t capacity) {
  static std::unique_ptr<std::byte[]> memory;
  if (capacity == 0 || capacity % arena::block_alignment != 0) return nullptr;
  memory.reset(new std::byte[std::size_t{capacity} + arena::largest_alignment]);
  const std::uintptr_t align = arena::largest_alignment;
  current_arena = &first_arena;
  first_arena.open((reinterpret_cast<std::uintptr_t>(memory.get()) + align - 1) & ~(align - 1), capacity);
  return &first_arena;
}

#endif
