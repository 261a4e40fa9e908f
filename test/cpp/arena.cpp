// One thread against the arena's promises. It never dereferences its base, so any address and capacity will do.
#include "arena_bind/arena.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using arena::none;

constexpr std::uint32_t largest_capacity = 0xfffffff8; // the last multiple of 8 below 2^32

struct Opened : arena::Arena {
  explicit Opened(std::uint32_t bytes, std::uintptr_t address = 65536) { open(address, bytes); }
  std::uint32_t top() const { return mark().offset; }
  std::uint32_t epoch() const { return mark().epoch; }
};

// 1 << 3 to 1 << 12: every alignment that may be asked for.
std::vector<std::uint32_t> alignments() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t align = arena::block_alignment; align <= arena::largest_alignment; align *= 2)
    all.push_back(align);
  return all;
}

} // namespace

TEST_CASE("an arena is empty when opened, and again when opened anew") {
  Opened arena{4096};
  for (int round = 0; round < 2; round++) {
    CHECK(arena.epoch() == 0);
    CHECK(arena.top() == 0);
    CHECK(arena.floor == 4096);
    CHECK(arena.peak == 0);
    CHECK(arena.allocations == 0);
    CHECK(arena.allocate(4096 - 64) == 0);
    CHECK(arena.allocate_persistent(64) == 4096 - 64);
    arena.reset();
    arena.open(65536, 4096);
  }
}

TEST_CASE("a block of every size from 0 to 4096 takes that size rounded up to 8") {
  std::uint32_t rounded = 0;
  for (std::uint32_t bytes = 0; bytes <= 4096; bytes++) {
    while (rounded < bytes) rounded += 8;
    Opened arena{16384};
    REQUIRE(arena.allocate(bytes) == 0);
    REQUIRE(arena.allocate(bytes) == rounded);
    REQUIRE(arena.top() == 2 * rounded);
    REQUIRE(arena.allocate_persistent(bytes) == 16384 - rounded);
    REQUIRE(arena.allocate_persistent(bytes) == 16384 - 2 * rounded);
  }
}

TEST_CASE("around its capacity an arena grants exactly what fits, from either side") {
  for (const std::uint32_t capacity :
       {8u, 64u, 4096u, 67108864u, 0x7ffffff8u, 0x80000000u, 0x80000008u, largest_capacity}) {
    CAPTURE(capacity);
    for (const std::uint32_t used : {0u, 8u, capacity / 2 & ~7u, capacity - 8, capacity}) {
      CAPTURE(used);
      const std::uint32_t room = capacity - used;
      const std::uint32_t first = room < 4200 ? 0 : room - 4200;
      const std::uint32_t last = room > none - 4200 ? none : room + 4200;
      for (std::uint32_t bytes = first; bytes != last; bytes++) {
        Opened up{capacity}, down{capacity};
        up.allocate(used);
        down.allocate_persistent(used);
        const bool fits = bytes <= room;
        const std::uint32_t lower = (room - bytes) / 8 * 8;
        // Compared here: a check takes longer, and these are many sizes.
        const bool right =
            up.allocate(bytes) == (fits ? used : none) && up.top() == (fits ? used + (bytes + 7) / 8 * 8 : used) &&
            down.allocate_persistent(bytes) == (fits ? lower : none) && down.floor == (fits ? lower : room);
        if (!right) {
          CAPTURE(bytes);
          REQUIRE(right);
        }
      }
    }
  }
}

TEST_CASE("sizes up to 2^32 - 1 never wrap, whatever is asked of a full or an empty arena") {
  for (const std::uint32_t capacity : {8u, 4096u, 67108864u, 0x80000000u, largest_capacity}) {
    for (const std::uintptr_t base : {std::uintptr_t{8}, std::uintptr_t{65536}, std::uintptr_t{1} << 40}) {
      for (const std::uint32_t align : alignments()) {
        CAPTURE(capacity);
        CAPTURE(base);
        CAPTURE(align);
        for (const std::uint32_t used : {0u, 8u, capacity - 8, capacity}) {
          Opened up{capacity, base}, down{capacity, base};
          up.allocate(used);
          down.allocate_persistent(used);
          const auto refused = [&](std::uint32_t bytes) {
            return up.allocate(bytes, align) == none && up.allocate_persistent(bytes, align) == none &&
                   down.allocate(bytes, align) == none && down.allocate_persistent(bytes, align) == none;
          };
          const std::uint32_t last = std::max(capacity, none - 5000);
          std::uint32_t bytes = none;
          while (bytes > last && refused(bytes)) bytes--;
          REQUIRE(bytes == last); // or the first one that was granted
          REQUIRE(up.top() == used);
          REQUIRE(up.floor == capacity);
          REQUIRE(down.top() == 0);
          REQUIRE(down.floor == capacity - used);
        }
      }
    }
  }
}

TEST_CASE("every alignment holds from every starting point, and takes no more padding than it must") {
  for (const std::uint32_t align : alignments()) {
    CAPTURE(align);
    for (std::uint32_t start = 0; start <= 2 * arena::largest_alignment; start += 8) {
      for (const std::uintptr_t base :
           {std::uintptr_t{65536}, std::uintptr_t{65536 + 8}, std::uintptr_t{65536 + 4088}}) {
        Opened arena{65536, base};
        arena.allocate(start);
        const std::uint32_t block = arena.allocate(1, align);
        REQUIRE((base + block) % align == 0);
        REQUIRE(block >= start);
        REQUIRE(block - start < align);
        REQUIRE(arena.top() == block + 8);

        arena.allocate_persistent(start);
        const std::uint32_t floor = arena.floor;
        const std::uint32_t persistent = arena.allocate_persistent(1, align);
        REQUIRE((base + persistent) % align == 0);
        REQUIRE(persistent < floor);
        REQUIRE(floor - persistent <= align);
        REQUIRE(arena.floor == persistent);
      }
    }
  }
}

TEST_CASE("an aligned block is refused by the bytes that its alignment pads") {
  for (const std::uint32_t align : alignments()) {
    CAPTURE(align);
    const std::uintptr_t base = 65536;
    Opened exact{3 * arena::largest_alignment, base}; // 8 bytes in, a block at `align` and 8 more bytes after it
    exact.allocate(8);
    const std::uint32_t room = exact.capacity - align;
    CHECK(exact.allocate(room + 1, align) == none);
    CHECK(exact.top() == 8);
    CHECK(exact.allocate(room, align) == align);
    CHECK(exact.top() == exact.capacity);

    Opened down{3 * arena::largest_alignment, base + 8}; // the lowest aligned place is `align - 8` bytes in
    CHECK(down.allocate_persistent(down.capacity - align + 9, align) == none);
    CHECK(down.floor == down.capacity);
    CHECK(down.allocate_persistent(down.capacity - align + 8, align) == align - 8);
  }
}

TEST_CASE("blocks fill an arena to the last byte, and then only those of 0 bytes fit") {
  Opened arena{4096};
  for (std::uint32_t offset = 0; offset < 4096; offset += 8) REQUIRE(arena.allocate(offset % 16 ? 8 : 1) == offset);
  CHECK(arena.allocate(1) == none);
  CHECK(arena.allocate_persistent(1) == none);
  CHECK(arena.allocate(0) == 4096);
  CHECK(arena.allocate_persistent(0) == 4096);
  CHECK(arena.top() == 4096);
  CHECK(arena.floor == 4096);
  arena.reset();
  for (std::uint32_t offset = 4096; offset > 0; offset -= 8) REQUIRE(arena.allocate_persistent(1) == offset - 8);
  CHECK(arena.allocate_persistent(1) == none);
  CHECK(arena.allocate(1) == none);
  CHECK(arena.allocate(0) == 0);
  CHECK(arena.allocate_persistent(0) == 0);
}

TEST_CASE("frame and persistent blocks share the range and meet without a gap or an overlap") {
  Opened arena{1024};
  SUBCASE("the frame comes second") {
    CHECK(arena.allocate_persistent(1000) == 24);
    CHECK(arena.allocate(25) == none);
    CHECK(arena.allocate(24) == 0);
  }
  SUBCASE("the persistent block comes second") {
    CHECK(arena.allocate(1000) == 0);
    CHECK(arena.allocate_persistent(25) == none);
    CHECK(arena.allocate_persistent(24) == 1000);
  }
  SUBCASE("an aligned frame block needs its padding below the floor") {
    CHECK(arena.allocate_persistent(1024 - 72) == 72);
    CHECK(arena.allocate(8) == 0);
    CHECK(arena.allocate(9, 64) == none);
    CHECK(arena.allocate(8, 64) == 64);
  }
  SUBCASE("an aligned persistent block must not be carried into the frame") {
    CHECK(arena.allocate(1024 - 72) == 0); // up to 952; below it the last multiple of 64 is 896
    CHECK(arena.allocate_persistent(65, 64) == none);
    CHECK(arena.allocate_persistent(64, 64) == 960);
    CHECK(arena.allocate_persistent(8, 64) == none);
    CHECK(arena.allocate_persistent(8) == 952);
  }
  CHECK(arena.allocate(1) == none);
  CHECK(arena.allocate_persistent(1) == none);
}

TEST_CASE("a reset takes back the frame in one step and leaves persistent blocks alone") {
  Opened arena{1024};
  CHECK(arena.allocate_persistent(24) == 1000);
  for (std::uint32_t epoch = 0; epoch < 100; epoch++) {
    REQUIRE(arena.epoch() == epoch);
    REQUIRE(arena.allocate(1000) == 0);
    REQUIRE(arena.allocate(1) == none);
    arena.reset();
    REQUIRE(arena.top() == 0);
    REQUIRE(arena.floor == 1000);
  }
}

TEST_CASE("marks nest") {
  Opened arena{4096};
  std::vector<arena::Mark> marks;
  for (std::uint32_t depth = 0; depth < 32; depth++) {
    marks.push_back(arena.mark());
    REQUIRE(marks.back().offset == 64 * depth);
    arena.allocate(60);
  }
  for (std::uint32_t depth = 32; depth-- > 0;) {
    arena.rewind(marks[depth]);
    REQUIRE(arena.top() == 64 * depth);
    arena.rewind(marks[depth]); // nothing is left to take back
    REQUIRE(arena.top() == 64 * depth);
  }
  CHECK(arena.epoch() == 0);
}

TEST_CASE("an outer mark takes back what inner ones guarded, and they do not bring it back") {
  Opened arena{4096};
  arena.allocate(8);
  const arena::Mark outer = arena.mark();
  arena.allocate(8);
  const arena::Mark inner = arena.mark();
  arena.allocate(8);
  arena.rewind(outer);
  CHECK(arena.top() == 8);
  arena.rewind(inner);
  CHECK(arena.top() == 8);
}

TEST_CASE("a mark of another epoch changes nothing") {
  Opened arena{4096};
  arena.allocate(64);
  const arena::Mark mark = arena.mark();
  arena.reset();
  arena.allocate(1024);
  arena.rewind(mark);
  CHECK(arena.top() == 1024);
  arena.rewind({2, 0});
  CHECK(arena.top() == 1024);
  CHECK(arena.epoch() == 1);
  CHECK(arena.peak == 64);
}

TEST_CASE("after epoch 2^32 - 1 comes epoch 0") {
  Opened arena{4096};
  const auto last = arena::Arena::pack(0xffffffff, 0);
  arena.word.store(last);
  CHECK(arena.allocate(4096) == 0); // a full arena: the largest offset beside the largest epoch
  CHECK(arena.epoch() == 0xffffffff);
  const arena::Mark mark = arena.mark();
  arena.reset();
  CHECK(arena.epoch() == 0);
  CHECK(arena.top() == 0);
  CHECK(arena.allocate(4096) == 0);
  arena.rewind({mark.epoch, 0});
  CHECK(arena.top() == 4096);
  arena.reset();
  CHECK(arena.epoch() == 1);
}

TEST_CASE("offsets up to the largest capacity never reach into the epoch") {
  Opened arena{largest_capacity};
  arena.reset();
  CHECK(arena.allocate(largest_capacity) == 0);
  CHECK(arena.epoch() == 1);
  CHECK(arena.top() == largest_capacity);
  arena.reset();
  CHECK(arena.epoch() == 2);
  CHECK(arena.peak == largest_capacity);
}

TEST_CASE("peak is the most that any frame has reached, and knows it from each rewind and reset") {
  Opened arena{4096};
  const arena::Mark start = arena.mark();
  arena.allocate(100);
  CHECK(arena.peak == 0);
  arena.rewind(start);
  CHECK(arena.peak == 104);
  arena.allocate(8);
  arena.reset();
  CHECK(arena.peak == 104);
  arena.allocate(4096);
  arena.allocate(4096);
  arena.reset();
  CHECK(arena.peak == 4096);
  arena.reset();
  CHECK(arena.peak == 4096);
}

TEST_CASE("allocations counts what was granted on both sides, modulo 2^32") {
  Opened arena{64};
  arena.allocate(8);
  arena.allocate(0);
  arena.allocate_persistent(8);
  CHECK(arena.allocations == 3);
  arena.allocate(64);
  arena.allocate_persistent(64);
  CHECK(arena.allocations == 3);
  arena.reset();
  CHECK(arena.allocations == 3);
  arena.allocations = 0xffffffff;
  arena.allocate(8);
  CHECK(arena.allocations == 0);
}

TEST_CASE("a compare-exchange that fails for no reason is tried again") {
  struct Fickle : std::atomic<std::uint64_t> { // weak ones may: on x86 they never do
    using std::atomic<std::uint64_t>::atomic;
    int failures = 0;
    bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
      if (failures++ % 4 == 3) return compare_exchange_strong(expected, desired);
      expected = load();
      return false;
    }
  };
  arena::BasicArena<Fickle> arena;
  arena.open(65536, 4096);
  CHECK(arena.allocate(8) == 0);
  const arena::Mark mark = arena.mark();
  CHECK(arena.allocate(100, 64) == 64);
  CHECK(arena.mark().offset == 64 + 104);
  arena.rewind(mark);
  CHECK(arena.mark().offset == 8);
  arena.reset();
  CHECK(arena.mark().epoch == 1);
  CHECK(arena.mark().offset == 0);
  CHECK(arena.allocations == 2);
  CHECK(arena.word.failures == 16);
}

// The arena in the plainest arithmetic: 128-bit addresses, one search for each block.
namespace {

using Wide = __int128;

struct Model {
  Wide base, capacity, top{0}, floor, peak{0};
  std::uint32_t epoch{0}, allocations{0};

  Model(std::uintptr_t address, std::uint32_t bytes) : base(address), capacity(bytes), floor(bytes) {}

  std::uint32_t allocate(Wide bytes, Wide align) {
    Wide start = (base + top + align - 1) / align * align - base;
    if (start + bytes > floor) return none;
    top = (start + bytes + 7) / 8 * 8;
    allocations++;
    return static_cast<std::uint32_t>(start);
  }
  std::uint32_t allocate_persistent(Wide bytes, Wide align) {
    if (bytes > floor) return none;
    Wide start = (base + floor - bytes) / align * align - base;
    if (start < top) return none;
    floor = start;
    allocations++;
    return static_cast<std::uint32_t>(start);
  }
  void raise_peak() { peak = top > peak ? top : peak; }
  void rewind(arena::Mark mark) {
    if (mark.epoch != epoch || mark.offset >= top) return;
    raise_peak();
    top = mark.offset;
  }
  void reset() {
    raise_peak();
    epoch++;
    top = 0;
  }
};

} // namespace

TEST_CASE("a million random steps agree with plain arithmetic") {
  std::mt19937 random{20};
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  for (int round = 0; round < 1000; round++) {
    CAPTURE(round);
    const std::uint32_t capacity = (below(2) ? none - below(1u << below(32)) : 8 + below(1u << below(32))) & ~7u;
    const std::uintptr_t bases[] = {8, 65536, 0x7fffffff8, std::uintptr_t{1} << 47};
    const std::uintptr_t base = bases[below(4)] + std::uintptr_t{8} * below(1024);
    Opened arena{capacity, base};
    Model model{base, capacity};
    std::vector<arena::Mark> marks;
    for (int step = 0; step < 1000; step++) {
      CAPTURE(step);
      const std::uint32_t align = 8u << below(10);
      const std::uint32_t room = arena.floor - arena.top();
      const std::uint32_t bytes = below(4) == 0   ? none - below(1u << below(32)) // hopeless, mostly
                                  : below(8) == 0 ? room - below(64) + below(64)  // just about fits
                                                  : below(1 + room / (1 + below(64)));
      switch (below(10)) {
      case 0:
      case 1:
      case 2:
        REQUIRE(arena.allocate(bytes) == model.allocate(bytes, 8));
        break;
      case 3:
      case 4:
        REQUIRE(arena.allocate(bytes, align) == model.allocate(bytes, align));
        break;
      case 5:
        REQUIRE(arena.allocate_persistent(bytes / 16, align) == model.allocate_persistent(bytes / 16, align));
        break;
      case 6:
        REQUIRE(arena.allocate_persistent(bytes, align) == model.allocate_persistent(bytes, align));
        break;
      case 7:
        marks.push_back(arena.mark());
        break;
      case 8:
        if (!marks.empty()) {
          arena.rewind(marks.back());
          model.rewind(marks.back());
          marks.pop_back();
        }
        break;
      default:
        if (below(8) == 0) {
          arena.reset();
          model.reset();
        }
      }
      if (arena.top() == model.top && arena.floor == model.floor && arena.epoch() == model.epoch &&
          arena.peak == model.peak && arena.allocations == model.allocations)
        continue;
      CHECK(arena.top() == model.top);
      CHECK(arena.floor == model.floor);
      CHECK(arena.epoch() == model.epoch);
      CHECK(arena.peak == model.peak);
      REQUIRE(arena.allocations == model.allocations);
      return;
    }
  }
}
