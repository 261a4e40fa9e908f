// A stream in a block of memory: one end writes, the other end reads, neither waits for the other, nothing is
// allocated. The ends may be in C++ or JavaScript (src-ts/ring.ts), in one thread or in two.
//
//   void amplify(std::span<std::byte> input, std::span<std::byte> output, float gain) {
//     arena::ring<float> in{input}, out{output};
//     const auto [first, second] = in.peek();
//     ...
//   }
//
// One thread at a time writes, and one reads. Two writers, or two readers, are not noticed before the indices make no
// sense any more.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include "kernel.hpp"

namespace arena {

inline constexpr std::uint32_t ring_alignment = 64; // bytes: a cache line, so that the ends don't slow each other down
inline constexpr std::uint32_t ring_magic = 0x31676e72; // "rng1": another digit when the layout changes
// Indices run modulo 2^30, not 2^32: JavaScript engines hold such numbers without a place on their heap.
inline constexpr std::uint32_t ring_index_mask = (1u << 30) - 1;
inline constexpr std::uint32_t ring_largest = 1u << 29; // elements: half of the indices, so that full is not empty
// Elements, or the capacity where that is less: through so many, behind the data, the JavaScript of either end copies
// what lies in two parts.
inline constexpr std::uint32_t ring_stage = 1024;

// What lies before the elements. `Index` is atomic; tests put a broken one here to prove that they would notice.
template <class Index> struct BasicRingHeader {
  alignas(ring_alignment) std::uint32_t magic{0}; // ring_magic
  std::uint32_t type{0};                          // the element's name in signatures: 'f' | '3' << 8 | '2' << 16
  std::uint32_t capacity{0};                      // elements, a power of two

  // The writer's:
  alignas(ring_alignment) Index written{0}; // index behind the last element written
  Index overruns{0};                        // elements for which there was no room, modulo 2^30
  Index room_wanted{0};                     // the writer sleeps until there is room for so many; 0: it is awake

  // The reader's:
  alignas(ring_alignment) Index read{0}; // index behind the last element read
  Index underruns{0};                    // elements that were asked for and not there, modulo 2^30
  Index elements_wanted{0};              // the reader sleeps until so many are there; 0: it is awake
};
using RingHeader = BasicRingHeader<std::atomic<std::uint32_t>>;

// Elements in the order of the stream, which may go on at the start of the ring.
template <class T> struct ring_parts {
  std::span<T> first, second;
  [[nodiscard]] std::size_t size() const noexcept { return first.size() + second.size(); }
};

template <class T, class Index = std::atomic<std::uint32_t>> class basic_ring {
  static_assert(detail::Element<T>,
                "arena-bind: arena::ring<T> is of 8- to 64-bit integers, std::byte, float or double");
  using Header = BasicRingHeader<Index>;

public:
  // The ring that Ring.create (JavaScript) or `format` has made in `block`. Stops the kernel when it is none of T.
  explicit basic_ring(std::span<std::byte> block) : header_{reinterpret_cast<Header *>(block.data())} {
    if (block.size() < sizeof(Header) || !aligned(block) || header_->magic != ring_magic)
      fail("the block of ", block.size(), " bytes is no ring: pass ring.block");
    if (header_->type != type) {
      const char came[] = {letter(0), letter(8), letter(16), 0};
      fail("the ring is of ", std::string_view{came}, ", not of ", detail::element_name<T>());
    }
    if (block.size() < bytes(header_->capacity)) fail("the block of ", block.size(), " bytes is only a part of a ring");
    elements_ = reinterpret_cast<T *>(block.data() + sizeof(Header));
  }

  // Makes an empty ring in `block`, with the largest capacity that fits.
  static basic_ring format(std::span<std::byte> block) {
    if (!aligned(block)) fail("a ring's block must start at a multiple of ", ring_alignment, " bytes");
    std::uint32_t capacity = ring_largest;
    while (capacity > 1 && bytes(capacity) > block.size()) capacity /= 2;
    if (capacity < 2) fail("a block of ", block.size(), " bytes is too small for a ring: ", bytes(2), " are the least");
    new (block.data()) Header{.magic = ring_magic, .type = type, .capacity = capacity};
    return basic_ring{block};
  }

  // What a ring of so many elements, a power of two, takes.
  static constexpr std::uint64_t bytes(std::uint32_t capacity) noexcept {
    const std::uint64_t stage = capacity < ring_stage ? capacity : ring_stage;
    return sizeof(Header) + (capacity + 2 * stage) * sizeof(T);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return header_->capacity; }

  // --- The writer's end ---

  // Copies in as many elements as fit, and returns how many these were; the others count as overruns.
  std::size_t write(std::span<const T> from) {
    const ring_parts<T> room = reserve();
    const std::size_t count = from.size() < room.size() ? from.size() : room.size();
    const std::size_t before = count < room.first.size() ? count : room.first.size();
    copy(room.first.data(), from.data(), before);
    copy(room.second.data(), from.data() + before, count - before);
    commit(count);
    if (count < from.size()) add(header_->overruns, from.size() - count);
    return count;
  }

  // Elements for which there is room: never fewer until this end writes.
  [[nodiscard]] std::size_t writable() const noexcept { return capacity() - clamped(); }

  // The room itself, to be filled in place: from its start, then `commit`.
  [[nodiscard]] ring_parts<T> reserve() const {
    return parts<T>(header_->written.load(std::memory_order_relaxed), capacity() - checked());
  }

  // Gives the first `count` elements of `reserve()` to the reader.
  void commit(std::size_t count) {
    if (count > writable()) fail("commit(", count, ") of a ring that has room for ", writable(), " elements");
    if (count == 0) return;
    advance(header_->written, count);
    wake(header_->elements_wanted, header_->written, readable());
  }

  // --- The reader's end ---

  // Copies out as many elements as there are, and returns how many these were; those missing count as underruns.
  std::size_t read(std::span<T> to) {
    const ring_parts<const T> there = peek();
    const std::size_t count = to.size() < there.size() ? to.size() : there.size();
    const std::size_t before = count < there.first.size() ? count : there.first.size();
    copy(to.data(), there.first.data(), before);
    copy(to.data() + before, there.second.data(), count - before);
    release(count);
    if (count < to.size()) add(header_->underruns, to.size() - count);
    return count;
  }

  // Elements that are there: never fewer until this end reads.
  [[nodiscard]] std::size_t readable() const noexcept { return clamped(); }

  // The elements themselves, in place, until `release`.
  [[nodiscard]] ring_parts<const T> peek() const {
    return parts<const T>(header_->read.load(std::memory_order_relaxed), checked());
  }

  // Gives the room of the first `count` elements of `peek()` back to the writer.
  void release(std::size_t count) {
    if (count > readable()) fail("release(", count, ") of a ring that has ", readable(), " elements");
    if (count == 0) return;
    advance(header_->read, count);
    wake(header_->room_wanted, header_->read, writable());
  }

  // --- Counters, for anybody ---

  [[nodiscard]] std::uint32_t overruns() const noexcept { return header_->overruns.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t underruns() const noexcept { return header_->underruns.load(std::memory_order_relaxed); }

private:
  static constexpr std::uint32_t type = [] {
    std::uint32_t packed = 0;
    for (std::uint32_t shift = 0; const char c : detail::element_name<T>()) {
      packed |= static_cast<std::uint32_t>(c) << shift;
      shift += 8;
    }
    return packed;
  }();

  [[nodiscard]] char letter(std::uint32_t shift) const { return static_cast<char>(header_->type >> shift); }

  static bool aligned(std::span<std::byte> block) {
    return reinterpret_cast<std::uintptr_t>(block.data()) % ring_alignment == 0;
  }

  // Each end loads its own index as well as the other's, without knowing which is which.
  [[nodiscard]] std::uint32_t used() const noexcept {
    const std::uint32_t read = header_->read.load(std::memory_order_acquire);
    return (header_->written.load(std::memory_order_acquire) - read) & ring_index_mask;
  }

  // To one who is neither end, both may have moved on between the two loads.
  [[nodiscard]] std::size_t clamped() const noexcept {
    const std::uint32_t count = used();
    return count < header_->capacity ? count : header_->capacity;
  }

  [[nodiscard]] std::uint32_t checked() const {
    const std::uint32_t count = used();
    if (count <= header_->capacity) return count;
    fail("a ring of ", header_->capacity, " elements can't hold ", count, ": one thread may write and one read");
  }

  template <class U> ring_parts<U> parts(std::uint32_t index, std::size_t count) const {
    const std::uint32_t start = index & (header_->capacity - 1);
    const std::size_t straight = header_->capacity - start;
    if (count <= straight) return {{elements_ + start, count}, {}};
    return {{elements_ + start, straight}, {elements_, count - straight}};
  }

  // Sequentially consistent, as is the load in `wake`: the end that goes to sleep stores what it wants and then looks
  // at the index, so that one of the two sees the other.
  static void advance(Index &index, std::size_t count) noexcept {
    const std::uint32_t next = index.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(count);
    index.store(next & ring_index_mask, std::memory_order_seq_cst);
  }

  static void wake([[maybe_unused]] Index &wanted, [[maybe_unused]] Index &index, [[maybe_unused]] std::size_t there) {
#ifdef __wasm_atomics__
    // Only JavaScript sleeps on rings.
    const std::uint32_t least = wanted.load(std::memory_order_seq_cst);
    if (least != 0 && there >= least) __builtin_wasm_memory_atomic_notify(reinterpret_cast<int *>(&index), 1);
#endif
  }

  static void add(Index &counter, std::size_t count) noexcept {
    const std::uint32_t sum = counter.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(count);
    counter.store(sum & ring_index_mask, std::memory_order_relaxed);
  }

  static void copy(T *to, const T *from, std::size_t count) noexcept {
    if (count != 0) std::memcpy(to, from, count * sizeof(T));
  }

  Header *header_;
  T *elements_ = nullptr;
};

template <class T> using ring = basic_ring<T>;

} // namespace arena
