// What threads make of an arena that they share: extents, frames, marks, visits, and what is held.
#include "arena_bind/lease.hpp"

#include "threads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using arena::Lease;
using arena::LeaseMark;
using arena::none;
using arena::SharedArena;

constexpr std::uint32_t header = 8; // bytes at the start of each extent
constexpr std::uint64_t last_epoch = 0xffffff;

// An arena over memory of its own, with a lease for each of its threads.
struct Shared {
  std::unique_ptr<std::uint64_t[]> memory;
  SharedArena arena;
  Lease leases[thread_count];

  // `shift` moves the base away from a multiple of the largest alignment.
  explicit Shared(std::uint32_t capacity, std::uint32_t shift = 0)
      : memory(new std::uint64_t[(capacity + arena::largest_alignment + shift) / 8]) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
    arena.open((address + arena::largest_alignment - 1) / arena::largest_alignment * arena::largest_alignment + shift,
               capacity);
    for (std::uint32_t i = 0; i < thread_count; i++) leases[i].open(arena, 1u << i);
  }
  std::uint32_t top() const { return SharedArena::offset_of(arena.word.load()); }
  std::uint32_t epoch() const { return SharedArena::epoch_of(arena.word.load()); }
  std::uint32_t within() const { return SharedArena::inside(arena.word.load()); }
};

// Blocks of one thread, filled with what nobody else writes.
class Blocks {
public:
  explicit Blocks(std::uint32_t self) : pattern_(std::uint64_t{self + 1} << 32) {}

  // False when it was refused, or lies where it may not.
  bool add(const SharedArena &arena, std::uint32_t at, std::uint32_t bytes, std::uint32_t align) {
    if (at == none) return false;
    misplaced += (arena.base + at) % align != 0 || at + bytes > arena.capacity;
    auto *words = reinterpret_cast<std::uint64_t *>(arena.base + at);
    blocks_.push_back({words, (bytes + 7) / 8, ++pattern_});
    std::fill_n(words, (bytes + 7) / 8, pattern_); // plainly, so that ThreadSanitizer sees who else writes there
    return true;
  }
  std::size_t count() const { return blocks_.size(); }
  // All but the first `kept` end here. Each must be as it was written.
  void end(std::size_t kept = 0) {
    for (; blocks_.size() > kept; blocks_.pop_back()) {
      const Block &block = blocks_.back();
      overwritten += !std::all_of(block.words, block.words + block.count,
                                  [&](std::uint64_t word) { return word == block.pattern; });
    }
  }

  std::uint32_t overwritten = 0, misplaced = 0;

private:
  struct Block {
    std::uint64_t *words;
    std::uint32_t count;
    std::uint64_t pattern;
  };
  std::vector<Block> blocks_;
  std::uint64_t pattern_;
};

} // namespace

TEST_CASE("a thread enters with its first block, bumps in its extent, and leaves with its frame") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[2];
  CHECK(lease.limit == 0);
  CHECK(lease.allocate(1) == header);
  CHECK(shared.within() == 4);
  CHECK(lease.allocate(8) == header + 8);
  CHECK(lease.allocate(0) == header + 16);
  CHECK(lease.allocate(16) == header + 16);
  CHECK(lease.offset == header + 32);
  CHECK(lease.limit == arena::extent_bytes);
  CHECK(shared.top() == arena::extent_bytes);
  CHECK(lease.allocations == 4);
  lease.leave();
  CHECK(lease.limit == 0);
  CHECK(lease.frame == 1);
  CHECK(shared.within() == 0);
  CHECK(shared.top() == 0);
  CHECK(shared.epoch() == 1);
  lease.leave(); // nothing was allocated
  CHECK(lease.frame == 2);
  CHECK(shared.epoch() == 1);
}

TEST_CASE("blocks of all sizes and alignments lie where they may, and nobody's else") {
  for (const std::uint32_t shift : {0u, 8u, 4088u}) {
    Shared shared{12 << 20, shift};
    Blocks blocks[] = {Blocks{0}, Blocks{1}};
    for (int round = 0; round < 2; round++) {
      for (std::uint32_t align = 8; align <= arena::largest_alignment; align *= 2) {
        for (const std::uint32_t bytes : {0u, 1u, 100u, 8192u, 16384u, 16385u, 65536u, 200000u}) {
          for (std::uint32_t i = 0; i < 2; i++)
            REQUIRE(blocks[i].add(shared.arena, shared.leases[i].allocate(bytes, align), bytes, align));
        }
      }
      for (std::uint32_t i = 0; i < 2; i++) {
        blocks[i].end();
        CHECK(blocks[i].overwritten == 0);
        CHECK(blocks[i].misplaced == 0);
      }
      shared.leases[0].leave();
      const std::uint32_t taken = shared.top();
      CHECK(taken > 5 << 20);
    }
  }
}

TEST_CASE("a thread that goes on while another stays inside takes nothing more after its first frames") {
  Shared shared{8 << 20};
  CHECK(shared.leases[7].begin_visit());
  std::uint32_t taken = 0;
  for (int frame = 0; frame < 200; frame++) {
    for (std::uint32_t i = 0; i < 3; i++) {
      Lease &lease = shared.leases[i];
      Random random{i};
      for (int block = 0; block < 60; block++) {
        const bool large = block % 20 == 10;
        REQUIRE(lease.allocate(random() % (large ? 100000 : 8000), 8u << random() % 10) != none);
      }
      lease.leave();
    }
    if (frame == 1) taken = shared.top();
  }
  CHECK(taken > 3 * 3 * arena::extent_bytes);
  CHECK(shared.top() == taken);
  CHECK(shared.within() == 128);
  shared.leases[7].end_visit();
  CHECK(shared.epoch() == 1);
}

TEST_CASE("large extents are used again, in any order of sizes") {
  Shared shared{8 << 20};
  CHECK(shared.leases[7].begin_visit());
  Lease &lease = shared.leases[0];
  Blocks blocks{0};
  for (int frame = 0; frame < 50; frame++) {
    std::uint32_t sizes[] = {20000, 40000, 60000, 80000, 100000}; // 300000 in all
    std::shuffle(std::begin(sizes), std::end(sizes), Random(std::uint32_t(frame)));
    for (const std::uint32_t bytes : sizes) REQUIRE(blocks.add(shared.arena, lease.allocate(bytes), bytes, 8));
    blocks.end();
    CHECK(blocks.overwritten == 0);
    lease.leave();
  }
  CHECK(shared.top() == 300000 + 5 * header);
}

TEST_CASE("extents lapse when the arena's frame has ended, by whomever, and however often since") {
  for (const int way : {0, 1, 2, 3}) {
    Shared shared{1 << 20};
    Lease &kept = shared.leases[0], &other = shared.leases[1];
    shared.arena.word.store((last_epoch - 1) << 40);
    kept.allocate(8);
    kept.allocate(20000);
    kept.leave();
    if (way == 1) {
      other.allocate(8);
      CHECK(other.reset() == 0);
    }
    if (way == 2) { // over the epoch's end
      other.allocate(8);
      other.leave();
    }
    if (way == 3) { // and around to where it was
      other.allocate(8);
      other.leave();
      shared.arena.word.store((last_epoch - 1) << 40);
    }
    Blocks a{0}, b{1};
    CHECK(b.add(shared.arena, other.allocate(100), 100, 8));
    CHECK(b.add(shared.arena, other.allocate(20000), 20000, 8));
    CHECK(a.add(shared.arena, kept.allocate(100), 100, 8));
    CHECK(a.add(shared.arena, kept.allocate(20000), 20000, 8));
    a.end();
    b.end();
    CHECK(a.overwritten + b.overwritten == 0);
  }
}

TEST_CASE("a rewind takes back what was allocated since its mark, in extents and in large blocks") {
  Shared shared{8 << 20};
  CHECK(shared.leases[7].begin_visit());
  Lease &lease = shared.leases[0];
  Blocks blocks{0};
  std::uint32_t taken = 0;
  Random random{1};
  const auto add = [&] {
    const std::uint32_t bytes = random() % 8 == 0 ? random() % 60000 : random() % 3000, align = 8u << random() % 10;
    REQUIRE(blocks.add(shared.arena, lease.allocate(bytes, align), bytes, align));
  };
  for (int frame = 0; frame < 60; frame++) {
    struct Open {
      LeaseMark mark;
      std::size_t kept;
    };
    std::vector<Open> open;
    for (int step = 0; step < 200; step++) {
      const std::uint32_t choice = random() % 8;
      if (choice == 0 && open.size() < 6) {
        open.push_back({lease.mark(), blocks.count()});
      } else if (choice == 1 && !open.empty()) {
        blocks.end(open.back().kept);
        lease.rewind(open.back().mark);
        open.pop_back();
      } else if (blocks.count() < 60) {
        add();
      }
    }
    blocks.end();
    lease.leave();
    if (frame == 30) taken = shared.top();
  }
  CHECK(blocks.overwritten == 0);
  CHECK(blocks.misplaced == 0);
  CHECK(shared.top() <= taken + taken / 4);
}

TEST_CASE("a rewind to the start of a frame takes back all, and one to a frame that has ended nothing") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[0];
  const LeaseMark start = lease.mark();
  const std::uint32_t first = lease.allocate(8);
  lease.allocate(60000);
  lease.allocate(10000);
  const LeaseMark middle = lease.mark();
  lease.rewind(start);
  CHECK(lease.allocate(8) == first);
  lease.leave();
  lease.allocate(64);
  const std::uint32_t offset = lease.offset;
  lease.rewind(start);
  lease.rewind(middle);
  CHECK(lease.offset == offset);
}

TEST_CASE("a mark from a visit holds in the frame after it") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[0], &other = shared.leases[1];
  lease.allocate(100);
  shared.leases[7].begin_visit();
  lease.leave();
  CHECK(lease.begin_visit()); // its extents are there to be used again
  const LeaseMark mark = lease.mark();
  shared.leases[7].end_visit();
  lease.end_visit(); // and lapse here
  Blocks a{0}, b{1};
  CHECK(b.add(shared.arena, other.allocate(100), 100, 8));
  CHECK(a.add(shared.arena, lease.allocate(100), 100, 8));
  a.end();
  lease.rewind(mark);
  CHECK(a.add(shared.arena, lease.allocate(200), 200, 8));
  a.end();
  b.end();
  CHECK(a.overwritten + b.overwritten == 0);
}

TEST_CASE("a visit ends where it began, unless something was allocated that has not been rewound") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[0];
  for (int round = 0; round < 2; round++) { // without extents, and with
    shared.leases[7].begin_visit();
    CHECK(lease.begin_visit());
    CHECK_FALSE(lease.begin_visit());
    CHECK(shared.within() == 129);
    lease.end_visit();
    CHECK(shared.within() == 128);
    lease.end_visit();

    lease.begin_visit();
    const LeaseMark mark = lease.mark();
    lease.allocate(8);
    lease.end_visit();
    CHECK(shared.within() == 129);
    lease.rewind(mark);
    lease.end_visit();
    CHECK(shared.within() == 128);

    lease.begin_visit();
    lease.allocate(100000);
    lease.end_visit();
    CHECK(shared.within() == 129);
    lease.leave();
    CHECK(shared.within() == 128);
  }
}

TEST_CASE("what is held when a frame ends is left alone by the next ones") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[0];
  Blocks held{0}, next{1};
  CHECK(held.add(shared.arena, lease.allocate(100), 100, 8));
  CHECK(held.add(shared.arena, lease.allocate(20000), 20000, 8));
  lease.leave(true);
  CHECK(lease.held);
  CHECK(shared.within() == 1);
  CHECK(shared.leases[1].reset() == 1);
  for (int frame = 0; frame < 3; frame++) {
    CHECK(next.add(shared.arena, lease.allocate(100), 100, 8));
    CHECK(next.add(shared.arena, lease.allocate(20000), 20000, 8));
    CHECK_FALSE(lease.held);
    lease.leave(true);
  }
  held.end();
  next.end();
  CHECK(held.overwritten + next.overwritten == 0);
  lease.leave();
  CHECK(shared.epoch() == 1);
}

TEST_CASE("near its end an arena gives what it has left, from either side") {
  constexpr std::uint32_t capacity = 3 * arena::extent_bytes / 2;
  Shared shared{capacity};
  Lease &lease = shared.leases[0], &other = shared.leases[1];
  Blocks blocks{0};
  CHECK(lease.allocate(8) != none);
  // Half an extent is left: less than other's first one, but enough for the block.
  CHECK(blocks.add(shared.arena, other.allocate(1000), 1000, 8));
  while (blocks.add(shared.arena, other.allocate(1000), 1000, 8)) {}
  CHECK(blocks.count() == arena::extent_bytes / 2 / (1000 + header));
  const std::uint32_t left = capacity - shared.top();
  CHECK(other.allocate_persistent(left + 1) == none);
  CHECK(other.allocate_persistent(left) == capacity - left);
  CHECK(other.allocate(8) == none);
  CHECK(lease.allocate(8) != none); // within its extent
  CHECK(lease.allocate(16385) == none);
  blocks.end();
  CHECK(blocks.overwritten == 0);
  lease.leave();
  other.leave();
  CHECK(shared.top() == 0);
  CHECK(shared.arena.peak == capacity - left);

  while (lease.allocate_persistent(4000) != none) {}
  CHECK(shared.arena.floor < 4000);
  const std::uint32_t room = shared.arena.floor;
  CHECK(lease.allocate(room) == none); // it needs a header
  CHECK(lease.allocate(room - header) == header);
  CHECK(lease.allocate(1) == none);
}

TEST_CASE("sizes up to 2^32 - 1 are refused, and nothing is taken") {
  Shared shared{1 << 20};
  Lease &lease = shared.leases[0];
  for (std::uint32_t align = 8; align <= arena::largest_alignment; align *= 2) {
    for (std::uint32_t bytes = none; bytes > none - 5000; bytes -= 7) {
      REQUIRE(lease.allocate(bytes, align) == none);
      REQUIRE(lease.allocate_persistent(bytes, align) == none);
    }
    REQUIRE(lease.allocate(1 << 20, align) == none);
  }
  CHECK(shared.top() == 0);
  CHECK(lease.allocations == 0);
  CHECK(lease.allocate(8) == header);
}

TEST_CASE("a reset is refused with the names of those inside, and then the thread goes on where it was") {
  Shared shared{1 << 20};
  for (std::uint32_t i = 0; i < thread_count; i++) {
    Lease &lease = shared.leases[i];
    lease.allocate(100);
    const std::uint32_t offset = lease.offset, frame = lease.frame;
    CHECK(lease.reset() == (1u << i) - 1);
    CHECK(lease.offset == (i == 0 ? 0 : offset));
    CHECK(lease.frame == (i == 0 ? frame + 1 : frame));
    if (i == 0) lease.allocate(100);
  }
  CHECK(shared.epoch() == 1);
  for (std::uint32_t i = 1; i < thread_count; i++) shared.leases[i].leave();
  CHECK(shared.leases[1].reset() == 1);
  CHECK(shared.leases[0].reset() == 0);
  CHECK(shared.leases[0].reset() == 0); // and again, which changes nothing
  CHECK(shared.epoch() == 2);
}

TEST_CASE("who works for others keeps its extents while their frame lasts") {
  Shared shared{1 << 20}, another{1 << 20};
  Lease worker;
  worker.open(shared.arena, 0);
  shared.leases[0].begin_visit();
  worker.work_for(shared.arena);
  const std::uint32_t first = worker.allocate(8);
  const LeaseMark mark = worker.mark();
  worker.work_for(shared.arena);
  CHECK(worker.allocate(8) == first + 8);
  worker.rewind(mark);
  CHECK(worker.allocate(8) == first + 8);
  CHECK(shared.within() == 1);

  another.leases[0].begin_visit();
  worker.work_for(another.arena);
  CHECK(worker.base == another.arena.base);
  CHECK(worker.allocate(8) == header);

  shared.leases[0].leave();
  shared.leases[0].allocate(8);
  worker.work_for(shared.arena);
  CHECK(worker.allocate(8) == arena::extent_bytes + header); // behind the one of this frame
  CHECK(worker.allocations == 5);
}

namespace {

struct Turns {
  std::uint32_t frames = 0, resets = 0, blocks = 0, refused = 0, overwritten = 0, misplaced = 0, misnamed = 0;
};

// Frames of eight threads, with all that they may do, in an arena that is too small for all of them.
Turns take_turns(std::uint32_t rounds) {
  constexpr std::uint32_t capacity = 700 << 10;
  Shared shared{capacity, 8};
  shared.arena.word.store((last_epoch - 10) << 40);
  std::atomic<std::uint32_t> resets{0}, blocks{0}, refused{0}, overwritten{0}, misplaced{0}, misnamed{0};
  std::barrier pause{thread_count};
  together(thread_count, [&](std::uint32_t self) {
    Lease &lease = shared.leases[self];
    Blocks mine{self}, for_ever{self + thread_count};
    Random random{self};
    const auto one_in = [&](std::uint32_t number) { return random() % number == 0; };
    const auto add = [&] {
      const std::uint32_t bytes = one_in(40) ? random() % 40000 : random() % 400;
      const std::uint32_t align = 8u << (one_in(8) ? random() % 10 : 0);
      refused += !mine.add(shared.arena, lease.allocate(bytes, align), bytes, align);
      if (one_in(64)) std::this_thread::yield();
    };
    for (std::uint32_t round = 1; round <= rounds; round++) {
      const bool visits = one_in(4) && lease.begin_visit();
      for (std::uint32_t some = random() % 16; some > 0; some--) add();
      if (one_in(2)) {
        const LeaseMark mark = lease.mark();
        const std::size_t kept = mine.count();
        for (std::uint32_t some = random() % 16; some > 0; some--) add();
        blocks += static_cast<std::uint32_t>(mine.count() - kept);
        mine.end(kept);
        lease.rewind(mark);
      }
      if (one_in(100)) for_ever.add(shared.arena, lease.allocate_persistent(64, 64), 64, 64);
      if (visits) lease.end_visit();
      const bool paused = round % 8 == 0;
      if (!paused && one_in(8)) {
        lease.leave(true); // what it has allocated stays its own
        continue;
      }
      blocks += static_cast<std::uint32_t>(mine.count());
      mine.end();
      if (one_in(4)) {
        const std::uint32_t others = lease.reset();
        misnamed += (others & lease.who) != 0;
        resets += others == 0;
      }
      lease.leave();
      if (paused) pause.arrive_and_wait();
    }
    for_ever.end();
    overwritten += mine.overwritten + for_ever.overwritten;
    misplaced += mine.misplaced + for_ever.misplaced;
  });
  const std::uint32_t frames = (shared.epoch() - std::uint32_t(last_epoch - 10)) & std::uint32_t(last_epoch);
  return {frames, resets, blocks, refused, overwritten, misplaced, misnamed};
}

} // namespace

TEST_CASE("eight threads frame, rewind, visit, hold and reset over the epoch's end: nobody's block ever changes") {
  const Turns turns = take_turns(400);
  CHECK(turns.overwritten == 0);
  CHECK(turns.misplaced == 0);
  CHECK(turns.misnamed == 0);
  CHECK(turns.frames > 10); // the epoch has come to 0
  CHECK(turns.resets > 0);
  CHECK(turns.refused > 0);
  CHECK(turns.blocks > 8 * 400 * 4);
}
