// The arena: a word and a range. Frame blocks grow up from the bottom of the range, persistent blocks grow down from
// its top, and one atomic 64-bit word (epoch << 32 | offset) says which frame it is and how far it has got.
//
// Safe to use from any number of threads, but for one rule: nobody may allocate frame blocks while another thread
// rewinds, which would take back its blocks and could confuse a claim that is being given back.
// Offsets count bytes from `base`; every block starts at a multiple of 8.
#pragma once

#include <atomic>
#include <cstdint>

namespace arena {

inline constexpr std::uint32_t block_alignment = 8;      // bytes; also the unit a block's size is rounded up to
inline constexpr std::uint32_t largest_alignment = 4096; // bytes
inline constexpr std::uint32_t none = 0xffffffff;        // no offset: it isn't a multiple of 8, so no block has it

#if defined(__wasm__) && !defined(__wasm_atomics__)
// Without threads: what is used of std::atomic here, without the steps that compilers keep for its sake.
template <class T> class Cell {
public:
  constexpr Cell(T value = 0) noexcept : value_(value) {}
  [[nodiscard]] T load(std::memory_order = {}) const noexcept { return value_; }
  void store(T value, std::memory_order = {}) noexcept { value_ = value; }
  T fetch_add(T more, std::memory_order = {}) noexcept { return (value_ += more) - more; }
  bool compare_exchange_strong(T &expected, T desired, std::memory_order = {}) noexcept {
    const bool same = value_ == expected;
    if (same) value_ = desired;
    else expected = value_;
    return same;
  }
  bool compare_exchange_weak(T &expected, T desired, std::memory_order = {}) noexcept {
    return compare_exchange_strong(expected, desired);
  }

private:
  T value_;
};
#else
template <class T> using Cell = std::atomic<T>;
#endif

// A point in a frame, to come back to. It lapses when its epoch ends.
struct Mark {
  std::uint32_t epoch;
  std::uint32_t offset;
};

// `Word` holds the 64-bit word; tests put a broken one here to prove that they would notice.
template <class Word = Cell<std::uint64_t>> struct BasicArena {
  Word word{0};                       // epoch << 32 | offset of the next frame block
  Cell<std::uint32_t> floor{0};       // offset of the lowest persistent block; `capacity` when there is none
  Cell<std::uint32_t> peak{0};        // bytes: the most that any frame reached, up to its last rewind or reset
  Cell<std::uint32_t> allocations{0}; // blocks handed out by C++ since `open`, modulo 2^32
  std::uint32_t capacity{0};          // bytes, a multiple of 8
  std::uintptr_t base{0};             // address of offset 0, a multiple of 8

  // Takes `bytes` at `address` into use. Not thread-safe: nobody may use the arena yet.
  void open(std::uintptr_t address, std::uint32_t bytes) noexcept {
    base = address;
    capacity = bytes;
    word.store(0);
    floor.store(bytes);
    peak.store(0);
    allocations.store(0);
  }

  // A frame block of at least `bytes` (0 is allowed), at an address that is a multiple of `align` (a power of two,
  // 8..4096). Returns its offset, or `none` when it does not fit; contents are undefined.
  // Near exhaustion, a block that races a persistent one for the same last room may be refused: never both get it.
  std::uint32_t allocate(std::uint32_t bytes, std::uint32_t align = block_alignment) noexcept {
    std::uint64_t seen = word.load();
    for (;;) {
      const std::uint32_t top = offset_of(seen);
      const std::uint32_t limit = floor.load();
      const std::uint32_t room = limit > top ? limit - top : 0; // `top` may pass the floor until a lost claim is undone
      const auto padding = static_cast<std::uint32_t>((std::uintptr_t{0} - (base + top)) & (align - 1));
      if (padding > room || bytes > room - padding) return none; // by subtraction: no sum of sizes that could wrap
      // Room is a multiple of 8, so the rounded block fits where the exact one did, and the sum stays in 32 bits.
      const std::uint32_t taken = padding + round_up(bytes);
      if (!word.compare_exchange_weak(seen, seen + taken)) continue;
      if (top + taken <= floor.load()) {
        allocations.fetch_add(1, std::memory_order_relaxed);
        return top + padding;
      }
      // A persistent block lowered the floor in between. Give the claim back; if another block already stands on it,
      // these bytes stay unused until the next reset.
      seen += taken;
      word.compare_exchange_strong(seen, seen - taken);
      return none;
    }
  }

  // A block that outlives every reset, taken from the top of the range. Same contract as `allocate`; never given back.
  std::uint32_t allocate_persistent(std::uint32_t bytes, std::uint32_t align = block_alignment) noexcept {
    std::uint32_t seen = floor.load();
    for (;;) {
      const std::uint32_t top = offset_of(word.load());
      const std::uint32_t room = seen > top ? seen - top : 0;
      if (bytes > room) return none;
      const auto padding = static_cast<std::uint32_t>((base + seen - bytes) & (align - 1)); // rounds the size up too
      if (padding > room - bytes) return none;
      const std::uint32_t start = seen - bytes - padding;
      if (!floor.compare_exchange_weak(seen, start)) continue;
      if (offset_of(word.load()) <= start) {
        allocations.fetch_add(1, std::memory_order_relaxed);
        return start;
      }
      // A frame block took the room first. Give the claim back; if a later persistent claim stands on it, it stays.
      std::uint32_t claimed = start;
      floor.compare_exchange_strong(claimed, seen);
      return none;
    }
  }

  [[nodiscard]] Mark mark() const noexcept {
    const std::uint64_t now = word.load();
    return {epoch_of(now), offset_of(now)};
  }

  // Takes back every frame block handed out since `mark`, whoever allocated it. A mark from an earlier epoch has lapsed
  // and changes nothing. Marks are used innermost first: once another rewind has passed a mark, newer blocks may stand
  // across it.
  void rewind(Mark mark) noexcept {
    std::uint64_t seen = word.load();
    while (epoch_of(seen) == mark.epoch && offset_of(seen) > mark.offset) {
      if (!word.compare_exchange_weak(seen, pack(mark.epoch, mark.offset))) continue;
      raise_peak(offset_of(seen));
      return;
    }
  }

  // Ends the frame: one step to (epoch + 1, 0), whatever the frame held. Persistent blocks stay.
  void reset() noexcept {
    std::uint64_t seen = word.load();
    while (!word.compare_exchange_weak(seen, pack(epoch_of(seen) + 1, 0))) {}
    raise_peak(offset_of(seen));
  }

  static constexpr std::uint32_t round_up(std::uint32_t bytes) noexcept { return (bytes + 7) & ~std::uint32_t{7}; }
  static constexpr std::uint32_t epoch_of(std::uint64_t value) noexcept {
    return static_cast<std::uint32_t>(value >> 32);
  }
  static constexpr std::uint32_t offset_of(std::uint64_t value) noexcept { return static_cast<std::uint32_t>(value); }
  static constexpr std::uint64_t pack(std::uint32_t epoch, std::uint32_t offset) noexcept {
    return std::uint64_t{epoch} << 32 | offset;
  }

private:
  void raise_peak(std::uint32_t reached) noexcept {
    std::uint32_t seen = peak.load(std::memory_order_relaxed);
    while (reached > seen && !peak.compare_exchange_weak(seen, reached, std::memory_order_relaxed)) {}
  }
};

using Arena = BasicArena<>;

} // namespace arena
