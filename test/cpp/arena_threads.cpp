// Real threads against one arena, as fast as they can. What they find by luck, arena_orders.cpp finds by search; here
// the machine reorders, and ThreadSanitizer watches.
#include "arena_bind/arena.hpp"

#include "threads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using arena::none;

// The control: compares and stores, but not in one step. Each step is atomic, so that ThreadSanitizer has no complaint
// and the tests have to find it out by themselves. The yield makes it as sure on one core as on many.
class TornWord {
public:
  TornWord(std::uint64_t initial) : value_(initial) {}
  void store(std::uint64_t desired) { value_.store(desired); }
  std::uint64_t load() const { return value_.load(); }
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    const std::uint64_t seen = load();
    const bool equal = seen == expected;
    expected = seen;
    if (seen % 4096 == 0) std::this_thread::yield();
    if (equal) store(desired);
    return equal;
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_weak(expected, desired);
  }

private:
  std::atomic<std::uint64_t> value_;
};

struct Block {
  std::uint32_t epoch, start, bytes, align;

  std::uint32_t end() const { return start + (bytes + 7) / 8 * 8; }
  bool operator<(const Block &other) const {
    if (epoch != other.epoch) return epoch < other.epoch;
    if (start != other.start) return start < other.start;
    // Of empty blocks at one place, the one that was aligned furthest came first: its padding is the one that was
    // taken.
    return end() != other.end() ? end() < other.end() : align > other.align;
  }
};

std::uint32_t count_overlaps(std::vector<Block> &blocks) {
  std::sort(blocks.begin(), blocks.end());
  std::uint32_t overlaps = 0;
  for (std::size_t i = 1; i < blocks.size(); i++)
    overlaps += blocks[i].epoch == blocks[i - 1].epoch && blocks[i].start < blocks[i - 1].end();
  return overlaps;
}

struct Filled {
  std::uint32_t blocks = 0;      // granted
  std::uint32_t counted = 0;     // by the arena
  std::uint32_t overlaps = 0;    // of neighbours
  std::uint32_t overwritten = 0; // blocks whose contents are no longer what their owner wrote
  std::uint32_t lost = 0;        // bytes that belong to no block and that no alignment explains
  bool crossed = false;          // the frame and the persistent blocks
};

// Eight threads fill an arena, `persistent` of them from the top. Each writes its own pattern into each of its blocks.
template <class Word> Filled fill(std::uint32_t persistent) {
  constexpr std::uint32_t capacity = 1 << 21;
  const auto memory = std::make_unique<std::uint64_t[]>((capacity + arena::largest_alignment) / 8);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
  arena::BasicArena<Word> arena;
  arena.open((address + arena::largest_alignment - 1) & ~std::uintptr_t{arena::largest_alignment - 1}, capacity);
  const auto pattern = [](std::uint32_t owner, std::size_t nth) { return std::uint64_t{owner + 1} << 32 | nth; };
  // Atomic, so that an overlap is a wrong pattern and not yet a data race: those are for the arena's own words.
  const auto word_at = [&](std::uint32_t offset) {
    return std::atomic_ref{*reinterpret_cast<std::uint64_t *>(arena.base + offset)};
  };

  std::vector<Block> owned[thread_count];
  together(thread_count, [&](std::uint32_t self) {
    std::mt19937 random{self};
    for (;;) {
      const std::uint32_t bytes = random() % 256, align = 8u << random() % 4;
      const std::uint32_t start =
          self < persistent ? arena.allocate_persistent(bytes, align) : arena.allocate(bytes, align);
      if (start == none) return;
      const Block block{0, start, bytes, align};
      for (std::uint32_t at = start; at < block.end(); at += 8)
        word_at(at).store(pattern(self, owned[self].size()), std::memory_order_relaxed);
      owned[self].push_back(block);
    }
  });

  Filled filled;
  std::vector<Block> all;
  for (std::uint32_t owner = 0; owner < thread_count; owner++) {
    for (std::size_t nth = 0; nth < owned[owner].size(); nth++) {
      const Block &block = owned[owner][nth];
      bool intact = true;
      for (std::uint32_t at = block.start; at < block.end(); at += 8) intact &= word_at(at) == pattern(owner, nth);
      filled.overwritten += !intact;
      all.push_back(block);
    }
  }
  filled.blocks = static_cast<std::uint32_t>(all.size());
  filled.counted = arena.allocations;
  filled.overlaps = count_overlaps(all);
  filled.crossed = arena.mark().offset > arena.floor;
  std::uint32_t end = 0;
  for (const Block &block : all) {
    const std::uint32_t padding = static_cast<std::uint32_t>(-(arena.base + end) & (block.align - 1));
    if (block.start > end + padding) filled.lost += block.start - end - padding;
    end = block.end();
  }
  filled.lost += arena.mark().offset - end;
  return filled;
}

struct Resets {
  std::uint32_t made = 0, counted = 0;               // resets, by their thread and by the arena
  std::uint32_t blocks = 0, known = 0, overlaps = 0; // blocks granted, those whose epoch is known, and of those
  bool peak_fits = false;                            // not below any known block, not above the capacity
};

// Seven threads allocate while the eighth resets. A block's epoch is known when the epoch was the same before and after
// it was allocated.
template <class Word> Resets allocate_while_one_resets() {
  constexpr std::uint32_t capacity = 1 << 15, blocks_each = 10000, makers = thread_count - 1;
  arena::BasicArena<Word> arena;
  arena.open(65536, capacity);
  std::vector<Block> known[makers];
  std::atomic<std::uint32_t> unfinished{makers};
  Resets result;
  together(thread_count, [&](std::uint32_t self) {
    if (self == makers) {
      for (; unfinished > 0; std::this_thread::yield()) {
        arena.reset();
        result.made++;
      }
      return;
    }
    std::mt19937 random{self};
    for (std::uint32_t made = 0; made < blocks_each;) {
      const std::uint32_t bytes = random() % 256, before = arena.mark().epoch;
      const std::uint32_t start = arena.allocate(bytes);
      if (start == none) {
        std::this_thread::yield();
        continue;
      }
      if (arena.mark().epoch == before) known[self].push_back({before, start, bytes, 8});
      if (++made % 16 == 0) std::this_thread::yield();
    }
    unfinished--;
  });
  arena.reset();
  result.made++;

  std::vector<Block> all;
  for (const auto &blocks : known) all.insert(all.end(), blocks.begin(), blocks.end());
  result.counted = arena.mark().epoch;
  result.blocks = arena.allocations;
  result.known = static_cast<std::uint32_t>(all.size());
  result.overlaps = count_overlaps(all);
  result.peak_fits = arena.peak <= capacity;
  for (const Block &block : all) result.peak_fits &= block.end() <= arena.peak;
  return result;
}

} // namespace

TEST_CASE("eight threads fill a frame: no overlap, nothing overwritten, nothing lost") {
  for (std::uint32_t round = 0; round < 8; round++) {
    const Filled filled = fill<std::atomic<std::uint64_t>>(0);
    CHECK(filled.overlaps == 0);
    CHECK(filled.overwritten == 0);
    CHECK(filled.lost == 0);
    CHECK(filled.blocks == filled.counted);
    CHECK(filled.blocks > (1 << 21) / (256 + 64));
    CHECK_FALSE(filled.crossed);
  }
}

TEST_CASE("eight threads fill an arena from both ends: no overlap, nothing overwritten") {
  for (std::uint32_t round = 0; round < 8; round++) {
    const Filled filled = fill<std::atomic<std::uint64_t>>(1 + round % 7);
    CHECK(filled.overlaps == 0);
    CHECK(filled.overwritten == 0);
    CHECK(filled.blocks == filled.counted);
    CHECK_FALSE(filled.crossed);
  }
}

TEST_CASE("control: with a compare-exchange in two steps the same threads overlap and overwrite each other") {
  std::uint32_t overlaps = 0, overwritten = 0;
  for (int round = 0; round < 4; round++) {
    const Filled filled = fill<TornWord>(0);
    overlaps += filled.overlaps;
    overwritten += filled.overwritten;
  }
  CHECK(overlaps > 0);
  CHECK(overwritten > 0);
}

TEST_CASE("while one thread resets, blocks of one epoch never overlap and no reset is lost") {
  const Resets resets = allocate_while_one_resets<std::atomic<std::uint64_t>>();
  CHECK(resets.overlaps == 0);
  CHECK(resets.counted == resets.made);
  CHECK(resets.blocks == 7 * 10000);
  CHECK(resets.known > resets.blocks / 2);
  CHECK(resets.made > 10);
  CHECK(resets.peak_fits);
}

TEST_CASE("control: with a compare-exchange in two steps they do overlap, or resets are lost") {
  const Resets resets = allocate_while_one_resets<TornWord>();
  CHECK(resets.overlaps > 0);
  CHECK(resets.counted < resets.made);
}

TEST_CASE("of a frame and a persistent block that race for the last room, never both get it") {
  constexpr int rounds = 20000;
  arena::Arena arena;
  std::atomic<int> opened{0}, met{0}, finished{0}; // the last round that got so far
  std::uint32_t persistent = none;
  const auto reach = [](const std::atomic<int> &stage, int round) {
    for (int spins = 0; stage < round; spins++)
      if (spins > 1000) std::this_thread::yield();
  };
  std::thread other{[&] {
    for (int round = 1; round <= rounds; round++) {
      reach(opened, round);
      met = round;
      for (std::atomic<int> wait{round % 64}; wait > 0; wait--) {} // a little later each time
      persistent = arena.allocate_persistent(64);
      finished = round;
    }
  }};
  int both = 0, left_behind = 0;
  for (int round = 1; round <= rounds; round++) {
    arena.open(65536, 64);
    opened = round;
    reach(met, round);
    const std::uint32_t frame = arena.allocate(64);
    reach(finished, round);
    both += frame != none && persistent != none;
    left_behind += arena.mark().offset != (frame == none ? 0u : 64u);
    left_behind += arena.floor != (persistent == none ? 64u : 0u);
  }
  other.join();
  CHECK(both == 0);
  CHECK(left_behind == 0);
}
