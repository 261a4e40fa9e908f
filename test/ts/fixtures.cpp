// Kernels for the tests of the TypeScript side: every kind of parameter and result, and every way to misbehave.
#include <arena_bind/kernel.hpp>
#include <arena_bind/parallel.hpp>
#include <arena_bind/ring.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace {

int constructed = 0;
struct Counted {
  Counted() { constructed++; }
} counted;
const std::vector<int> table{1, 2, 3, 4};

} // namespace

extern "C" __attribute__((used, export_name("plain_sum"))) float plain_sum(const float *data, std::uint32_t length) {
  float sum = 0;
  for (std::uint32_t i = 0; i < length; i++) sum += data[i];
  return sum;
}

// Plain exports say nothing about themselves: views become addresses, and a missing length is added.
#define PLAIN(name) extern "C" __attribute__((used, export_name(#name)))

PLAIN(plain_scale_into) void plain_scale_into(const float *in, float *out, std::uint32_t length, float factor) {
  for (std::uint32_t i = 0; i < length; i++) out[i] = in[i] * factor;
}
PLAIN(plain_wide) std::int64_t plain_wide(std::int64_t value) { return value + 1; }
PLAIN(plain_nothing) std::int32_t plain_nothing() { return 42; }
PLAIN(plain_ten)
std::uint32_t plain_ten(const std::uint8_t *data, int b, int c, int d, int e, int f, int g, int h, int i,
                        std::uint32_t length) {
  std::uint32_t sum = 0;
  for (std::uint32_t k = 0; k < length; k++) sum += data[k];
  return sum + static_cast<std::uint32_t>(b + c + d + e + f + g + h + i);
}
PLAIN(plain_trap) void plain_trap() { __builtin_trap(); }

/// How often the static constructors ran.
int constructions() { return constructed; }
ARENA_KERNEL(constructions)

/// A static std::vector filled by a static constructor: it must outlive every reset.
int table_sum() {
  int sum = 0;
  for (const int value : table) sum += value;
  return sum;
}
ARENA_KERNEL(table_sum)

/// Sorts through a std::vector, so through operator new and delete.
void sort_copy(std::span<const float> in, std::span<float> out) {
  std::vector<float> values;
  for (const float value : in) values.push_back(value);
  for (std::size_t i = 1; i < values.size(); i++)
    for (std::size_t k = i; k > 0 && values[k] < values[k - 1]; k--) std::swap(values[k], values[k - 1]);
  for (std::size_t i = 0; i < out.size() && i < values.size(); i++) out[i] = values[i];
}
ARENA_KERNEL(sort_copy, in, out)

enum class Shape : std::uint8_t { round, square };
double scalars(bool flag, std::int8_t i8, std::uint8_t u8, std::int16_t i16, std::uint16_t u16, std::int32_t i32,
               std::uint32_t u32, float f32, double f64, Shape shape) {
  return flag + i8 + u8 + i16 + u16 + i32 + static_cast<double>(u32) + static_cast<double>(f32) + f64 +
         static_cast<int>(shape);
}
ARENA_KERNEL(scalars, flag, i8, u8, i16, u16, i32, u32, f32, f64, shape)

std::uint32_t identity_u32(std::uint32_t value) { return value; }
ARENA_KERNEL(identity_u32, value)
std::int64_t identity_i64(std::int64_t value) { return value; }
ARENA_KERNEL(identity_i64, value)
std::uint64_t identity_u64(std::uint64_t value) { return value; }
ARENA_KERNEL(identity_u64, value)
bool is_positive(float value) { return value > 0; }
ARENA_KERNEL(is_positive, value)
std::uint32_t text_bytes(std::string_view text) { return static_cast<std::uint32_t>(text.size()); }
ARENA_KERNEL(text_bytes, text)

/// A scalar before a span: parameters come in any order.
void fill(float value, std::span<float> out) {
  for (float &element : out) element = value;
}
ARENA_KERNEL(fill, value, out)

struct Everything {
  bool flag;
  std::int8_t small;
  std::uint32_t big;
  double real;
  std::int64_t wide;
};
ARENA_STRUCT(Everything, flag, small, big, real, wide)
Everything everything() { return {true, -1, 4294967295u, 0.5, -1}; }
ARENA_KERNEL(everything)

/// One of each element type; returns the lengths' sum.
std::uint32_t all_elements(std::span<const std::int8_t> i8, std::span<const std::uint8_t> u8,
                           std::span<std::int16_t> i16, std::span<std::uint16_t> u16, std::span<std::int32_t> i32,
                           std::span<std::uint32_t> u32, std::span<std::int64_t> i64, std::span<std::uint64_t> u64,
                           std::span<double> f64) {
  return static_cast<std::uint32_t>(i8.size() + u8.size() + i16.size() + u16.size() + i32.size() + u32.size() +
                                    i64.size() + u64.size() + f64.size());
}
ARENA_KERNEL(all_elements, i8, u8, i16, u16, i32, u32, i64, u64, f64)

std::uint32_t sum_bytes(std::span<const std::uint8_t> in) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : in) sum += byte;
  return sum;
}
ARENA_KERNEL(sum_bytes, in)

double sum_doubles(std::span<const double> in) {
  double sum = 0;
  for (const double value : in) sum += value;
  return sum;
}
ARENA_KERNEL(sum_doubles, in)

struct Extremes {
  float low;
  float high;
};
ARENA_STRUCT(Extremes, low, high)
/// The least and the greatest element.
Extremes extremes(std::span<const float> in) {
  Extremes found{in[0], in[0]};
  for (const float value : in) {
    if (value < found.low) found.low = value;
    if (value > found.high) found.high = value;
  }
  return found;
}
ARENA_KERNEL(extremes, in)

/// Where the C stack stands: it must be at the same place for every call.
std::uint32_t stack_pointer() { return static_cast<std::uint32_t>(arena_stack_get()); }
ARENA_KERNEL(stack_pointer)

// --- Misbehaviour ---------------------------------------------------------------------------------------------------

void trap() { __builtin_trap(); }
ARENA_KERNEL(trap)
void fail_plainly(std::uint32_t count) { arena::fail("no room for ", count, " guests"); }
ARENA_KERNEL(fail_plainly, count)
void fail_with_status() { arena::fail(static_cast<arena::Status>(17), "status seventeen"); }
ARENA_KERNEL(fail_with_status)
void fail_at_length() {
  const char text[] = "0123456789abcdef";
  arena::fail(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text,
              text);
}
ARENA_KERNEL(fail_at_length)

/// Recursion with 1 KiB of C stack per step, until it overflows.
std::int32_t overflow_stack(std::int32_t depth) {
  volatile char block[1024];
  block[depth & 1023] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow_stack(depth + 1) + block[(depth + 1) & 1023];
}
ARENA_KERNEL(overflow_stack, depth)

/// Recursion with no C stack at all: the engine's own stack overflows.
using Recursion = std::int32_t (*)(std::int32_t);
std::int32_t recurse(std::int32_t depth);
volatile Recursion next_step = recurse;
std::int32_t recurse(std::int32_t depth) { return depth < 0 ? 0 : next_step(depth + 1) + 1; }
ARENA_KERNEL(recurse, depth)

/// Writes after the end of memory.
void write_wild(std::uint32_t address) { *reinterpret_cast<volatile char *>(static_cast<std::uintptr_t>(address)) = 1; }
ARENA_KERNEL(write_wild, address)

/// Takes scratch memory, then traps: the memory must come back.
void trap_in_scratch(std::uint32_t bytes) {
  arena::scratch scratch;
  scratch.alloc<std::uint8_t>(bytes)[0] = 1;
  __builtin_trap();
}
ARENA_KERNEL(trap_in_scratch, bytes)

/// Takes scratch memory, then fails.
void fail_in_scratch(std::uint32_t bytes) {
  arena::scratch scratch;
  scratch.alloc<std::uint8_t>(bytes)[0] = 1;
  arena::fail("failed with ", bytes, " bytes of scratch");
}
ARENA_KERNEL(fail_in_scratch, bytes)

/// Uses scratch memory and returns; the frame is as it was.
std::uint32_t use_scratch(std::uint32_t bytes) {
  arena::scratch scratch;
  const std::span<std::uint8_t> block = scratch.alloc<std::uint8_t>(bytes);
  block[0] = 7;
  return block[0];
}
ARENA_KERNEL(use_scratch, bytes)

/// Takes frame memory that stays until the reset; returns its address.
std::uint32_t take_frame_memory(std::uint32_t bytes) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(arena::alloc<std::uint8_t>(bytes).data()));
}
ARENA_KERNEL(take_frame_memory, bytes)

/// Every way to the heap; returns 0, or the number of the first check that failed.
std::uint32_t exercise_heap() {
  const auto aligned = [](void *block, std::size_t align) {
    return block && reinterpret_cast<std::uintptr_t>(block) % align == 0;
  };
  auto *zeros = static_cast<unsigned char *>(std::calloc(100, 3));
  for (int i = 0; i < 300; i++)
    if (zeros[i] != 0) return 1;
  for (int i = 0; i < 300; i++) zeros[i] = static_cast<unsigned char>(i);
  auto *grown = static_cast<unsigned char *>(std::realloc(zeros, 5000));
  for (int i = 0; i < 300; i++)
    if (grown[i] != static_cast<unsigned char>(i)) return 2;
  if (std::realloc(grown, 10) != grown) return 3;
  std::free(grown);
  void *volatile refused =
      std::calloc(0x10000, 0x10000); // the product wraps; volatile, or the compiler assumes success
  if (refused) return 4;
  for (std::size_t align = 16; align <= 4096; align *= 2) {
    void *block = ::operator new(24, std::align_val_t{align});
    if (!aligned(block, align)) return 5;
    void *other = std::aligned_alloc(align, 4096);
    if (!aligned(other, align)) return 6;
    std::memset(block, 1, 24);
    std::memset(other, 2, 4096);
    if (static_cast<unsigned char *>(block)[23] != 1) return 7;
    ::operator delete(block, std::align_val_t{align});
    std::free(other);
  }
  void *wide = nullptr;
  if (posix_memalign(&wide, 256, 10) != 0 || !aligned(wide, 256)) return 8;
  std::free(wide);
  refused = ::operator new(0x7fffffff, std::nothrow);
  if (refused) return 9;
  refused = ::operator new(0x7fffffff, std::align_val_t{64}, std::nothrow);
  if (refused) return 10;
  return 0;
}
ARENA_KERNEL(exercise_heap)

/// operator new with no end: out of memory inside a kernel.
void exhaust_new() {
  for (;;) {
    volatile char *block = new char[1 << 20];
    block[0] = 1;
  }
}
ARENA_KERNEL(exhaust_new)
void call_abort() { std::vector<int>().at(3); }
ARENA_KERNEL(call_abort)

// --- Rings ----------------------------------------------------------------------------------------------------------

/// Makes a stream louder: as much as there is, and as the other ring has room for. It stands in docs/streams.md.
std::uint32_t amplify(std::span<std::byte> input, std::span<std::byte> output, float gain) {
  arena::ring<float> in{input}, out{output};
  std::uint32_t moved = 0;
  for (const auto there = in.peek(); const std::span<const float> part : {there.first, there.second})
    for (const float sample : part.first(std::min(part.size(), out.writable()))) {
      const float louder = gain * sample;
      moved += static_cast<std::uint32_t>(out.write({&louder, 1}));
    }
  in.release(moved);
  return moved;
}
ARENA_KERNEL(amplify, input, output, gain)

std::uint32_t ring_write(std::span<std::byte> ring, std::span<const std::int16_t> from) {
  return static_cast<std::uint32_t>(arena::ring<std::int16_t>{ring}.write(from));
}
ARENA_KERNEL(ring_write, ring, from)
std::uint32_t ring_read(std::span<std::byte> ring, std::span<std::int16_t> to) {
  return static_cast<std::uint32_t>(arena::ring<std::int16_t>{ring}.read(to));
}
ARENA_KERNEL(ring_read, ring, to)
void ring_commit(std::span<std::byte> ring, std::uint32_t count) { arena::ring<std::int16_t>{ring}.commit(count); }
ARENA_KERNEL(ring_commit, ring, count)
void ring_release(std::span<std::byte> ring, std::uint32_t count) { arena::ring<std::int16_t>{ring}.release(count); }
ARENA_KERNEL(ring_release, ring, count)

// --- Threads --------------------------------------------------------------------------------------------------------

/// Takes blocks of frame memory and fills each with what only `owner` writes, then counts the words that have changed.
std::uint32_t own_blocks(std::uint32_t owner, std::uint32_t count) {
  struct alignas(64) Line {
    std::uint32_t words[16];
  };
  const std::span<std::span<std::uint32_t>> blocks = arena::alloc<std::span<std::uint32_t>>(count);
  std::uint32_t random = owner;
  for (std::span<std::uint32_t> &block : blocks) {
    random = random * 1664525 + 1013904223;
    const std::uint32_t kind = random >> 24;
    if (kind < 2) block = arena::alloc<std::uint32_t>(5000); // an extent by itself
    else if (kind < 64) block = {arena::alloc<Line>(1)[0].words, 16};
    else block = arena::alloc<std::uint32_t>(random >> 16 & 31);
    for (std::uint32_t &word : block) word = owner;
  }
  std::uint32_t changed = 0;
  for (const std::span<std::uint32_t> block : blocks)
    for (const std::uint32_t word : block) changed += word != owner;
  return changed;
}
ARENA_KERNEL(own_blocks, owner, count)

/// The same with some 200 bytes of C stack per step.
std::uint32_t own_stack(std::uint32_t owner, std::uint32_t depth) {
  volatile std::uint32_t words[48];
  for (volatile std::uint32_t &word : words) word = owner + depth;
  std::uint32_t changed = depth == 0 ? 0 : own_stack(owner, depth - 1);
  for (volatile std::uint32_t &word : words) changed += word != owner + depth;
  return changed;
}
ARENA_KERNEL(own_stack, owner, depth)

/// On all threads at once. Returns how many took part, or 0 when something has changed.
std::uint32_t own_stacks(std::uint32_t chunks, std::uint32_t depth) {
  std::atomic<std::uint32_t> changed{0}, started{0};
  const std::uint32_t threads = arena::thread_count();
  arena::parallel_for(chunks, 1, [&](std::size_t chunk) {
    // The first ones wait for each other, so that every thread is in one.
    if (started++ < threads)
      while (started < threads) {}
    changed += own_stack(static_cast<std::uint32_t>(chunk), depth);
  });
  return changed == 0 ? threads : 0;
}
ARENA_KERNEL(own_stacks, chunks, depth)

/// Tells how far it is, and returns how many times it did.
std::uint32_t tell_progress(double done) {
  arena::progress(done);
  return 1;
}
ARENA_KERNEL(tell_progress, done)

/// Stays in the chunks of two threads, both of which `state` counts first, until it is negative.
void hold_chunks(std::span<std::int32_t> state) {
  std::int32_t *const word = state.data();
  arena::parallel_for(2, 1, [word](std::size_t) {
    if (__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST) < 0) return;
    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) >= 0) {}
  });
}
ARENA_KERNEL(hold_chunks, state)

/// Writes just below the stack of a worker, as an overflow does, and stops it.
void spoil_stack() {
  std::atomic<std::uint32_t> started{0};
  const std::uintptr_t caller = arena_stack_get();
  arena::parallel_for(2, 1, [&](std::size_t) {
    started++;
    while (started < 2) {} // one is the caller's, whose stack is the lowest
    const std::uintptr_t top = arena_stack_get();
    if (top <= caller) return;
    *reinterpret_cast<volatile std::uint32_t *>(top - arena::stack_size) = 1;
    __builtin_trap();
  });
}
ARENA_KERNEL(spoil_stack)
