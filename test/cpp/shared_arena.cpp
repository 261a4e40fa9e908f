// The word that threads share: who is inside, whose frame ends when, and what is claimed. See lease.cpp for what each
// thread makes of it. What the real threads below find by luck, test/models/arena.pml finds by search.
#include "arena_bind/shared_arena.hpp"

#include "threads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace {

using arena::none;
using arena::SharedArena;

constexpr std::uint32_t largest_capacity = 0xfffffff8;
constexpr std::uint64_t last_epoch = 0xffffff;

template <class Word> struct BasicOpened : arena::BasicSharedArena<Word> {
  using Shared = arena::BasicSharedArena<Word>;

  explicit BasicOpened(std::uint32_t bytes, std::uintptr_t address = 65536) { Shared::open(address, bytes); }
  std::uint32_t top() const { return Shared::offset_of(Shared::word.load()); }
  std::uint32_t epoch() const { return Shared::epoch_of(Shared::word.load()); }
  std::uint32_t within() const { return Shared::inside(Shared::word.load()); }
};
using Opened = BasicOpened<std::atomic<std::uint64_t>>;

// Does something else just before a compare-exchange: what another thread might do there.
struct InterruptedWord {
  std::atomic<std::uint64_t> value;
  std::function<void()> before;

  InterruptedWord(std::uint64_t initial) : value(initial) {}
  void store(std::uint64_t desired) { value.store(desired); }
  std::uint64_t load() const { return value.load(); }
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    if (const auto interruption = std::exchange(before, nullptr)) interruption();
    return value.compare_exchange_strong(expected, desired);
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_weak(expected, desired);
  }
};

} // namespace

TEST_CASE("a shared arena is empty when opened, and again when opened anew") {
  Opened arena{4096};
  for (int round = 0; round < 2; round++) {
    CHECK(arena.word.load() == 0);
    CHECK(arena.floor == 4096);
    CHECK(arena.peak == 0);
    CHECK(arena.wraps == 0);
    arena.enter(1);
    CHECK(arena.claim(4096 - 64) == 0);
    CHECK(arena.allocate_persistent(64) == 4096 - 64);
    arena.leave(1);
    arena.open(65536, 4096);
  }
}

TEST_CASE("the last thread to leave ends the frame, in whatever order they came and go") {
  Random random{1};
  Opened arena{1 << 20};
  for (std::uint32_t frame = 0; frame < 1000; frame++) {
    std::vector<std::uint32_t> bits{1, 2, 4, 8, 16, 32, 64, 128};
    std::shuffle(bits.begin(), bits.end(), random);
    bits.resize(1 + random() % 8);
    for (const std::uint32_t bit : bits) arena.enter(bit);
    REQUIRE(arena.claim(64) == 0);
    std::shuffle(bits.begin(), bits.end(), random);
    while (bits.size() > 1) {
      arena.leave(bits.back());
      bits.pop_back();
      REQUIRE(arena.epoch() == frame);
      REQUIRE(arena.top() == 64);
    }
    REQUIRE(arena.within() == bits[0]);
    arena.leave(bits[0]);
    REQUIRE(arena.epoch() == frame + 1);
    REQUIRE(arena.top() == 0);
    REQUIRE(arena.within() == 0);
  }
  CHECK(arena.peak == 64);
}

TEST_CASE("a reset names exactly who is inside, and then changes nothing") {
  for (std::uint32_t within = 0; within < 256; within++) {
    for (std::uint32_t who = 1; who < 256; who *= 2) {
      Opened arena{4096};
      for (std::uint32_t bit = 1; bit < 256; bit *= 2)
        if (within & bit) arena.enter(bit);
      if (within) arena.claim(72);
      const std::uint64_t before = arena.word.load();
      const std::uint32_t others = within & ~who;
      REQUIRE(arena.reset(who) == others);
      if (others || within == 0) {
        REQUIRE(arena.word.load() == before);
        REQUIRE(arena.peak == 0);
      } else {
        REQUIRE(arena.epoch() == 1);
        REQUIRE(arena.top() == 0);
        REQUIRE(arena.within() == 0);
        REQUIRE(arena.peak == 72);
      }
    }
  }
}

TEST_CASE("each frame has a stamp of its own, also when the epoch comes to 0 again") {
  for (const bool resets : {false, true}) {
    Opened arena{4096};
    std::set<std::uint64_t> stamps;
    for (int turn = 0; turn < 3; turn++) {
      arena.word.store((last_epoch - 4) << 40);
      for (int frame = 0; frame < 10; frame++) {
        const std::uint64_t stamp = arena.enter(1);
        CHECK(stamps.insert(stamp).second);
        CHECK(arena.enter(2) == stamp);
        CHECK(arena.stamp() == stamp);
        arena.leave(2);
        CHECK(arena.stamp() == stamp);
        if (resets) CHECK(arena.reset(1) == 0);
        else arena.leave(1);
      }
      CHECK(arena.epoch() == 5);
      CHECK(arena.wraps == std::uint32_t(turn + 1));
    }
  }
}

TEST_CASE("who enters while the epoch comes to 0 is in one frame or in the other, and its stamp says in which") {
  using Interrupted = BasicOpened<InterruptedWord>;
  Interrupted arena{4096};
  arena.word.store(last_epoch << 40);
  const std::uint64_t stamp = arena.enter(1);
  std::uint64_t met = 0;
  arena.word.before = [&] { met = arena.enter(2); };
  arena.leave(1);
  CHECK(arena.epoch() == last_epoch); // not ended: the other came first
  CHECK(arena.within() == 2);
  CHECK(met != stamp); // a vain attempt may give one frame two stamps, which only lets extents lapse too early
  arena.leave(2);
  CHECK(arena.epoch() == 0);
  CHECK(arena.enter(1) != stamp);
  CHECK(arena.stamp() != met);
}

TEST_CASE("an arena is claimed to its last 8 bytes, and sizes near 2^32 touch neither epoch nor bits") {
  for (const std::uint32_t capacity : {std::uint32_t{8}, std::uint32_t{4096}, largest_capacity}) {
    for (const std::uint32_t kept : {0u, 8u}) {
      Opened arena{capacity};
      arena.word.store(last_epoch << 40);
      arena.enter(0xff);
      CHECK(arena.allocate_persistent(kept) == capacity - kept);
      if (capacity < largest_capacity) CHECK(arena.claim(largest_capacity) == none);
      if (kept) CHECK(arena.claim(capacity) == none);
      CHECK(arena.claim(capacity - kept) == 0);
      CHECK(arena.claim(8) == none);
      CHECK(arena.claim(largest_capacity) == none);
      CHECK(arena.claim(0) == capacity - kept);
      CHECK(arena.allocate_persistent(1) == none);
      CHECK(arena.top() == capacity - kept);
      CHECK(arena.epoch() == last_epoch);
      CHECK(arena.within() == 0xff);
    }
  }
}

TEST_CASE("a claim that a persistent block crosses is given back, unless somebody has entered since") {
  using Interrupted = BasicOpened<InterruptedWord>;
  for (const bool another_enters : {false, true}) {
    Interrupted arena{128};
    arena.enter(1);
    // Between the claim's look at the floor and its compare-exchange.
    arena.word.before = [&] {
      CHECK(arena.allocate_persistent(64) == 64);
      if (another_enters) arena.enter(2);
    };
    if (!another_enters) {
      CHECK(arena.claim(128) == none);
      CHECK(arena.top() == 0);
      CHECK(arena.claim(64) == 0);
    } else {
      CHECK(arena.claim(128) == none); // the word has changed: it looks again
      CHECK(arena.claim(64) == 0);
    }
    CHECK(arena.floor == 64);
  }
}

namespace {

struct Turns {
  std::uint32_t frames = 0, blocks = 0, refused = 0, overwritten = 0, misnamed = 0;
};

// Each thread enters, claims, writes what is its own, finds it unchanged, and leaves; or ends the frame by a reset if
// it may.
Turns take_turns(std::uint32_t rounds) {
  constexpr std::uint32_t capacity = 1 << 15; // for blocks enough where a busy machine lets few frames end
  const auto memory = std::make_unique<std::uint64_t[]>(capacity / 8);
  Opened arena{capacity, reinterpret_cast<std::uintptr_t>(memory.get())};
  arena.word.store((last_epoch - 100) << 40);
  std::atomic<std::uint32_t> blocks{0}, refused{0}, overwritten{0}, misnamed{0};
  together(thread_count, [&](std::uint32_t self) {
    struct Block {
      std::uint64_t *words;
      std::uint32_t count;
    };
    Random random{self};
    const std::uint32_t who = 1u << self;
    std::vector<Block> mine;
    for (std::uint32_t round = 0; round < rounds; round++) {
      const std::uint64_t stamp = arena.enter(who);
      const std::uint64_t pattern = std::uint64_t{self + 1} << 32 | round;
      mine.clear();
      for (std::uint32_t wanted = random() % 16; wanted > 0; wanted--) {
        const std::uint32_t words = random() % 32, start = arena.claim(8 * words);
        if (start == none) continue;
        mine.push_back({memory.get() + start / 8, words});
        // Plainly: that nobody else writes there at the same time, ThreadSanitizer sees.
        std::fill_n(mine.back().words, words, pattern);
        if (random() % 8 == 0) std::this_thread::yield();
      }
      blocks += static_cast<std::uint32_t>(mine.size());
      misnamed += (arena.stamp() & last_epoch) != (stamp & last_epoch);
      for (const Block &block : mine)
        overwritten += !std::all_of(block.words, block.words + block.count, [=](auto word) { return word == pattern; });
      if (round % 2 == 0) {
        const std::uint32_t others = arena.reset(who);
        misnamed += (others & who) != 0;
        refused += others != 0;
        if (others == 0) continue;
      }
      arena.leave(who);
      if (random() % 4 == 0) std::this_thread::yield();
    }
  });
  const std::uint32_t frames = (arena.epoch() - std::uint32_t(last_epoch - 100)) & std::uint32_t(last_epoch);
  return {frames, blocks, refused, overwritten, misnamed};
}

} // namespace

TEST_CASE("eight threads come and go over the epoch's end: nobody's block changes before its frame has ended") {
  const Turns turns = take_turns(1000);
  CHECK(turns.overwritten == 0);
  CHECK(turns.misnamed == 0);
  CHECK(turns.refused > 0);
  CHECK(turns.frames > 100); // the epoch has come to 0
  CHECK(turns.blocks > 8 * 1000);
}

TEST_CASE("of a claim and a persistent block that race for the last room, never both get it") {
  constexpr int rounds = 4000;
  SharedArena arena;
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
    arena.enter(1);
    opened = round;
    reach(met, round);
    const std::uint32_t frame = arena.claim(64);
    reach(finished, round);
    both += frame != none && persistent != none;
    left_behind += SharedArena::offset_of(arena.word.load()) != (frame == none ? 0u : 64u);
    left_behind += arena.floor != (persistent == none ? 64u : 0u);
  }
  other.join();
  CHECK(both == 0);
  CHECK(left_behind == 0);
}
