// An arena that several threads share. One atomic 64-bit word is the arbiter of everything: which frame it is, who is
// inside it, and how far it has got. Each thread bumps within extents of its own (lease.hpp) and comes here for the
// next.
//
// A thread is inside from its first block of a frame to the frame's end. Only when nobody is inside does the offset go
// back to 0, in the same compare-exchange that finds nobody there: no block is ever handed out twice while its frame
// lasts. test/models/arena.pml is this file's model.
#pragma once

#include "arena.hpp"

namespace arena {

// `Word` holds the 64-bit word; tests put a broken one here to prove that they would notice.
template <class Word = std::atomic<std::uint64_t>> struct BasicSharedArena {
  Word word{0};                        // epoch << 40 | inside << 32 | offset; a bit of `inside` is a thread
  std::atomic<std::uint32_t> floor{0}; // as in BasicArena
  std::atomic<std::uint32_t> peak{0};  // as in BasicArena
  std::atomic<std::uint32_t> wraps{0}; // how often the epoch, which has 24 bits, may have come to 0 again
  std::uint32_t capacity{0};           // bytes, a multiple of 8
  std::uintptr_t base{0};              // address of offset 0, a multiple of 8

  // As BasicArena::open.
  void open(std::uintptr_t address, std::uint32_t bytes) noexcept {
    base = address;
    capacity = bytes;
    word.store(0);
    floor.store(bytes);
    peak.store(0);
    wraps.store(0);
  }

  // Enters the frame: from here on it can't end before the bits of `who` have left. Returns its stamp. Another frame
  // never has the same, but the same one may have two, when a reset was tried in vain.
  std::uint64_t enter(std::uint32_t who) noexcept {
    std::uint64_t seen = word.load();
    while (!word.compare_exchange_weak(seen, seen | bits(who))) {}
    return stamp();
  }

  // What tells this frame from every other; for those inside, and for whom they wait.
  [[nodiscard]] std::uint64_t stamp() const noexcept {
    return std::uint64_t{wraps.load()} << 32 | epoch_of(word.load());
  }

  // Leaves the frame. The last one ends it, and takes back every frame block.
  void leave(std::uint32_t who) noexcept {
    std::uint64_t seen = word.load();
    for (;;) {
      const bool last = (inside(seen) & ~who) == 0;
      if (word.compare_exchange_weak(seen, last ? next(seen) : seen & ~bits(who))) {
        if (last) raise_peak(offset_of(seen));
        return;
      }
    }
  }

  // Ends the frame, unless others than `who` are inside: then nothing changes, and it returns their bits.
  std::uint32_t reset(std::uint32_t who) noexcept {
    std::uint64_t seen = word.load();
    for (;;) {
      if (const std::uint32_t others = inside(seen) & ~who) return others;
      if (inside(seen) == 0) return 0; // it has been reset: only who is inside may move the epoch, or it could run away
      if (!word.compare_exchange_weak(seen, next(seen))) continue;
      raise_peak(offset_of(seen));
      return 0;
    }
  }

  // `bytes` (a multiple of 8) for a thread that is inside, until the frame ends. Returns their offset, or `none`.
  std::uint32_t claim(std::uint32_t bytes) noexcept {
    std::uint64_t seen = word.load();
    for (;;) {
      const std::uint32_t top = offset_of(seen);
      const std::uint32_t limit = floor.load();
      if (bytes > (limit > top ? limit - top : 0)) return none;
      if (!word.compare_exchange_weak(seen, seen + bytes)) continue;
      if (top + bytes <= floor.load()) return top;
      // A persistent block lowered the floor in between: give the claim back, if it is still the last one.
      seen += bytes;
      word.compare_exchange_strong(seen, seen - bytes);
      return none;
    }
  }

  // As BasicArena::allocate_persistent.
  std::uint32_t allocate_persistent(std::uint32_t bytes, std::uint32_t align = block_alignment) noexcept {
    std::uint32_t seen = floor.load();
    for (;;) {
      const std::uint32_t top = offset_of(word.load());
      const std::uint32_t room = seen > top ? seen - top : 0;
      if (bytes > room) return none;
      const auto padding = static_cast<std::uint32_t>((base + seen - bytes) & (align - 1));
      if (padding > room - bytes) return none;
      const std::uint32_t start = seen - bytes - padding;
      if (!floor.compare_exchange_weak(seen, start)) continue;
      if (offset_of(word.load()) <= start) return start;
      std::uint32_t claimed = start;
      floor.compare_exchange_strong(claimed, seen);
      return none;
    }
  }

  static constexpr std::uint32_t offset_of(std::uint64_t value) noexcept { return static_cast<std::uint32_t>(value); }
  static constexpr std::uint32_t inside(std::uint64_t value) noexcept {
    return static_cast<std::uint32_t>(value >> 32) & 0xff;
  }
  static constexpr std::uint32_t epoch_of(std::uint64_t value) noexcept {
    return static_cast<std::uint32_t>(value >> 40);
  }

private:
  static constexpr std::uint64_t bits(std::uint32_t who) noexcept { return std::uint64_t{who} << 32; }

  // The word of the frame after this one, with nobody inside. An epoch that comes again is told from the one before by
  // `wraps`: every attempt raises it anew before its compare-exchange, so that who enters sees it raised.
  std::uint64_t next(std::uint64_t seen) noexcept {
    const std::uint64_t epoch = (epoch_of(seen) + 1) & 0xffffff;
    if (epoch == 0) wraps.fetch_add(1);
    return epoch << 40;
  }

  void raise_peak(std::uint32_t reached) noexcept {
    std::uint32_t seen = peak.load(std::memory_order_relaxed);
    while (reached > seen && !peak.compare_exchange_weak(seen, reached, std::memory_order_relaxed)) {}
  }
};

using SharedArena = BasicSharedArena<>;

} // namespace arena
