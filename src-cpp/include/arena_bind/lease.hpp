// What one thread allocates from in an arena that it shares: extents of its own, in which it bumps without atomics.
//
// Extents of 64 KiB serve small blocks; a large block is an extent by itself. When the thread's frame ends it keeps
// them for its next one, so that a thread which goes on while another stays inside takes nothing more; when the arena's
// frame has ended, they lapse. Only their own thread touches a lease and the headers of its extents.
#pragma once

#include "shared_arena.hpp"

namespace arena {

inline constexpr std::uint32_t extent_bytes = 65536;
inline constexpr std::uint32_t largest_small = extent_bytes / 4; // bytes; a larger block gets an extent of its own

// A point in a thread's frame, to come back to.
struct LeaseMark {
  std::uint32_t frame;
  std::uint32_t extent;
  std::uint32_t offset;
  std::uint32_t large;
};

template <class Shared = SharedArena> struct BasicLease {
  // Where the word and the floor of an Arena are, so that the host bumps both in one way.
  std::uint32_t offset{0};      // of the next small block in the arena
  std::uint32_t frame{0};       // how many frames this thread has ended
  std::uint32_t limit{0};       // where the extent ends; 0 between frames, so that every block then comes to `allocate`
  std::uint32_t extent{none};   // the one that is bumped in
  std::uint32_t allocations{0}; // as in BasicArena
  std::uint32_t capacity{0};    // of the arena, as is `base`
  std::uintptr_t base{0};

  Shared *shared{nullptr};
  std::uint32_t who{0};       // this thread's bit in the word; 0 when it works only for threads that are inside
  std::uint32_t inside{0};    // whether the bit is set
  std::uint32_t taken{0};     // set by the thread that attaches to it: two must not
  std::uint32_t held{0};      // whether its frame has ended while work was going on that it had started
  std::uint32_t large{none};  // the last large extent that is in use
  std::uint32_t first{none};  // head of the chain of extents
  std::uint32_t larges{none}; // head of the list of large ones: in use up to `large`, then those to be used again
  std::uint64_t stamp{0};     // of the frame that they were taken in

  // Not thread-safe: the thread doesn't use it yet.
  void open(Shared &arena, std::uint32_t bit) noexcept {
    *this = {};
    shared = &arena;
    who = bit;
    capacity = arena.capacity;
    base = arena.base;
  }

  // As BasicArena::allocate. Enters the frame when the thread isn't inside.
  std::uint32_t allocate(std::uint32_t bytes, std::uint32_t align = block_alignment) noexcept {
    if (!inside) enter();
    held = 0;
    if (bytes <= largest_small) {
      std::uint32_t at = bump(bytes, align);
      if (at == none && next_extent()) at = bump(bytes, align);
      if (at != none) return count(at);
    }
    return count(take_large(bytes, align));
  }

  std::uint32_t allocate_persistent(std::uint32_t bytes, std::uint32_t align = block_alignment) noexcept {
    return count(shared->allocate_persistent(bytes, align));
  }

  [[nodiscard]] LeaseMark mark() const noexcept { return {frame, extent, offset, large}; }

  // Takes back what this thread allocated since `mark`, innermost first. A mark from an earlier frame changes nothing.
  void rewind(const LeaseMark &mark) noexcept {
    if (mark.frame != frame || !inside) return;
    pause();
    large = mark.large;
    if (mark.extent != none) resume(mark.extent, mark.offset);
  }

  // Ends this thread's frame. Extents stay for the next one, unless `holding`: then others still work on them.
  void leave(bool holding = false) noexcept {
    frame++;
    pause();
    if (!inside) return;
    held = holding;
    if (holding) {
      first = larges = none;
      return;
    }
    inside = 0;
    shared->leave(who);
  }

  // Ends the arena's frame, unless others are inside it: then nothing changes, and it returns their bits.
  std::uint32_t reset() noexcept {
    if (const std::uint32_t others = shared->reset(who)) return others;
    frame++;
    pause();
    inside = held = 0;
    return 0;
  }

  // Enters without allocating, so that the frame lasts while others work for this thread. False when it is inside
  // already.
  bool begin_visit() noexcept {
    if (inside) return false;
    enter();
    return true;
  }

  // Leaves again after `begin_visit`, unless something has been allocated since: then the frame's end does that.
  void end_visit() noexcept {
    if (!inside || large != none || extent != none) return;
    inside = 0;
    shared->leave(who);
  }

  // For a thread without a bit: it goes on for one that is inside `arena`.
  void work_for(Shared &arena) noexcept {
    const std::uint64_t now = arena.stamp();
    if (shared == &arena && stamp == now && inside) return;
    const std::uint32_t counted = allocations;
    open(arena, 0);
    allocations = counted;
    inside = 1;
    stamp = now;
  }

private:
  struct Header { // at the start of each extent
    std::uint32_t next;
    std::uint32_t end;
  };
  Header &header(std::uint32_t at) const noexcept { return *reinterpret_cast<Header *>(base + at); }

  // Goes into no extent yet: a mark that is taken before the first block must hold in whichever frame that comes.
  void enter() noexcept {
    const std::uint64_t now = shared->enter(who);
    inside = 1;
    if (stamp != now) first = larges = none;
    stamp = now;
  }

  void resume(std::uint32_t at, std::uint32_t from) noexcept {
    extent = at;
    offset = from;
    limit = header(at).end;
  }

  void pause() noexcept {
    extent = large = none;
    offset = limit = 0;
  }

  std::uint32_t count(std::uint32_t at) noexcept {
    allocations += at != none;
    return at;
  }

  std::uint32_t padding_at(std::uint32_t at, std::uint32_t align) const noexcept {
    return static_cast<std::uint32_t>((std::uintptr_t{0} - (base + at)) & (align - 1));
  }

  std::uint32_t bump(std::uint32_t bytes, std::uint32_t align) noexcept {
    const std::uint32_t room = limit - offset;
    const std::uint32_t padding = padding_at(offset, align);
    if (limit == 0 || padding > room || bytes > room - padding) return none;
    const std::uint32_t at = offset + padding;
    offset = at + Arena::round_up(bytes); // extents end at multiples of 8
    return at;
  }

  // Goes to the next extent of the chain, a new one where it ends. False when the arena has no room for one.
  bool next_extent() noexcept {
    std::uint32_t &link = extent == none ? first : header(extent).next;
    if (link == none) {
      const std::uint32_t at = shared->claim(extent_bytes);
      if (at == none) return false;
      header(at) = {none, at + extent_bytes};
      link = at;
    }
    resume(link, link + sizeof(Header));
    return true;
  }

  // The smallest of the large extents not in use that has room, or a new one; it comes behind the last one in use. A
  // thread that takes the same sizes in each frame, in whatever order, takes nothing more.
  std::uint32_t take_large(std::uint32_t bytes, std::uint32_t align) noexcept {
    const std::uint64_t size =
        sizeof(Header) + std::uint64_t{align} - block_alignment + ((std::uint64_t{bytes} + 7) & ~std::uint64_t{7});
    std::uint32_t *const behind = large == none ? &larges : &header(large).next;
    std::uint32_t *best = nullptr;
    std::uint32_t least = 0;
    for (std::uint32_t *link = behind; *link != none; link = &header(*link).next) {
      const std::uint32_t start = *link + sizeof(Header), end = header(*link).end;
      const std::uint32_t room = end - start, padding = padding_at(start, align);
      if (padding > room || bytes > room - padding || (best && end - *link >= least)) continue;
      best = link;
      least = end - *link;
      if (least == size) break;
    }
    std::uint32_t at = none;
    if (best) {
      at = *best;
      *best = header(at).next;
    } else {
      if (size > 0xffffffff) return none;
      at = shared->claim(static_cast<std::uint32_t>(size));
      if (at == none) return none;
      header(at).end = at + static_cast<std::uint32_t>(size);
    }
    header(at).next = *behind;
    *behind = at;
    large = at;
    const std::uint32_t start = at + sizeof(Header);
    return start + padding_at(start, align);
  }
};

using Lease = BasicLease<>;

} // namespace arena
