// Two or three threads against one small arena, in every order that a few interruptions can produce. The arena is
// sequentially consistent throughout, so an order of its operations is all that a machine can vary.
#include "arena_bind/arena.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

using arena::none;

// Runs its bodies on a thread each, one at a time: whoever runs may be interrupted in step() only. So an order is the
// list of choices made there, and the next one is found by changing the last choice that has an alternative.
class Orders {
public:
  Orders(int interruptions, std::vector<std::function<void()>> bodies) : interruptions_(interruptions) {
    for (std::size_t i = 0; i < bodies.size(); i++) lanes_.push_back(std::make_unique<Lane>());
    for (std::size_t i = 0; i < bodies.size(); i++) {
      lanes_[i]->thread = std::thread{[this, i, body = std::move(bodies[i])] {
        current = this;
        for (lanes_[i]->turn.acquire(); !stopped_; lanes_[i]->turn.acquire()) {
          body();
          finish();
        }
      }};
    }
  }
  Orders(const Orders &) = delete;
  Orders &operator=(const Orders &) = delete;
  ~Orders() {
    stopped_ = true;
    for (auto &lane : lanes_) {
      lane->turn.release();
      lane->thread.join();
    }
  }

  // Runs all bodies in the next order; false when there is none left.
  bool run() {
    if (started_ && !advance()) return false;
    started_ = true;
    position_ = 0;
    left_ = interruptions_;
    for (auto &lane : lanes_) lane->finished = false;
    running_ = lanes_.size(); // nobody
    hand_over();
    idle_.acquire();
    return true;
  }

  static void step() {
    if (current) current->interrupt();
  }

private:
  struct Lane {
    std::thread thread;
    std::binary_semaphore turn{0};
    bool finished = false;
  };
  struct Choice {
    std::size_t taken, alternatives;
  };

  void interrupt() {
    if (left_ == 0) return;
    const std::size_t self = running_;
    std::vector<std::size_t> others = unfinished();
    std::erase(others, self);
    const std::size_t choice = choose(others.size() + 1);
    if (choice == 0) return;
    left_--;
    start(others[choice - 1]);
    lanes_[self]->turn.acquire();
  }
  void finish() {
    lanes_[running_]->finished = true;
    if (unfinished().empty()) idle_.release();
    else hand_over();
  }
  void hand_over() {
    const std::vector<std::size_t> lanes = unfinished();
    start(lanes[choose(lanes.size())]);
  }
  void start(std::size_t lane) {
    running_ = lane;
    lanes_[lane]->turn.release();
  }
  std::vector<std::size_t> unfinished() const {
    std::vector<std::size_t> lanes;
    for (std::size_t i = 0; i < lanes_.size(); i++)
      if (!lanes_[i]->finished) lanes.push_back(i);
    return lanes;
  }
  std::size_t choose(std::size_t alternatives) {
    if (alternatives == 1) return 0;
    if (position_ == choices_.size()) choices_.push_back({0, alternatives});
    return choices_[position_++].taken;
  }
  bool advance() {
    while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().alternatives) choices_.pop_back();
    if (choices_.empty()) return false;
    choices_.back().taken++;
    return true;
  }

  static inline thread_local Orders *current = nullptr;
  const int interruptions_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Choice> choices_;
  std::size_t position_ = 0, running_ = 0;
  int left_ = 0;
  bool started_ = false, stopped_ = false;
  std::binary_semaphore idle_{0};
};

// Interruptible before and after each operation. Between two operations on `floor` the arena always turns to the word,
// so this reaches every order of the operations on both.
struct SteppedWord {
  std::atomic<std::uint64_t> value;

  SteppedWord(std::uint64_t initial) : value(initial) {}
  void store(std::uint64_t desired) { value.store(desired); }
  std::uint64_t load() const {
    Orders::step();
    const std::uint64_t seen = value.load();
    Orders::step();
    return seen;
  }
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    return compare_exchange_strong(expected, desired);
  }
  bool compare_exchange_strong(std::uint64_t &expected, std::uint64_t desired) {
    Orders::step();
    const bool exchanged = value.compare_exchange_strong(expected, desired);
    Orders::step();
    return exchanged;
  }
};
using SteppedArena = arena::BasicArena<SteppedWord>;

// Three arenas with a mistake each, for proof that the cases below notice.
struct TornWord : SteppedWord { // compares and stores, but not in one step
  using SteppedWord::SteppedWord;
  bool compare_exchange_weak(std::uint64_t &expected, std::uint64_t desired) {
    const std::uint64_t seen = load();
    const bool equal = seen == expected;
    expected = seen;
    if (equal) value.store(desired);
    return equal;
  }
};
struct TrustingFrames : SteppedArena { // claims without a second look at the floor
  std::uint32_t allocate(std::uint32_t bytes) {
    std::uint64_t seen = word.load();
    for (;;) {
      if (bytes > floor.load() - offset_of(seen)) return none;
      if (word.compare_exchange_weak(seen, seen + bytes)) return offset_of(seen);
    }
  }
};
struct TrustingPersistents : SteppedArena { // claims without a second look at the word
  std::uint32_t allocate_persistent(std::uint32_t bytes) {
    std::uint32_t seen = floor.load();
    for (;;) {
      if (bytes > seen - mark().offset) return none;
      if (floor.compare_exchange_weak(seen, seen - bytes)) return seen - bytes;
    }
  }
};

// One arena, what it has granted, and whether that can be true.
template <class Arena> struct Trial {
  struct Block {
    std::uint32_t start, bytes;
    std::uint64_t epoch; // of a frame block
    bool persistent;

    std::uint64_t end() const { return std::uint64_t{start} + bytes; }
  };
  static constexpr std::uint64_t unknown = 1ull << 32; // an epoch ended while the block was being allocated

  Arena arena;
  std::vector<Block> blocks; // only one body runs at a time
  std::uint32_t resets = 0;

  explicit Trial(std::uint32_t capacity) { arena.open(65536, capacity); }
  std::uint64_t epoch() const { return Arena::epoch_of(arena.word.value); }
  std::uint32_t top() const { return Arena::offset_of(arena.word.value); }

  void frame(std::uint32_t bytes) {
    const std::uint64_t before = epoch();
    const std::uint32_t start = arena.allocate(bytes);
    if (start != none) blocks.push_back({start, bytes, epoch() == before ? before : unknown, false});
  }
  void persistent(std::uint32_t bytes) {
    const std::uint32_t start = arena.allocate_persistent(bytes);
    if (start != none) blocks.push_back({start, bytes, 0, true});
  }
  void reset() {
    arena.reset();
    resets++;
  }

  bool lives(const Block &block) const {
    return block.persistent ? block.start >= arena.floor && block.end() <= arena.capacity
                            : block.epoch != epoch() || block.end() <= top();
  }
  bool may_overlap(const Block &a, const Block &b) const {
    if (a.persistent && b.persistent) return false;
    if (a.persistent || b.persistent) return (a.persistent ? b : a).epoch != epoch();
    return a.epoch == unknown || b.epoch == unknown || a.epoch != b.epoch;
  }
  bool sound() const {
    for (const Block &a : blocks) {
      if (!lives(a)) return false;
      for (const Block &b : blocks)
        if (&a != &b && a.start < b.end() && b.start < a.end() && !may_overlap(a, b)) return false;
    }
    return epoch() == resets && top() <= arena.floor;
  }
  // Whether every byte that is not free was granted: a refused claim leaves nothing behind.
  bool exact() const {
    std::uint32_t used = 0;
    for (const Block &block : blocks) used += block.bytes;
    return used == top() + arena.capacity - arena.floor;
  }
};

template <class Arena = SteppedArena> using Body = std::function<void(Trial<Arena> &)>;

struct Tally {
  std::uint64_t orders = 0, frames = 0, persistents = 0, faults = 0, inexact = 0;
};

template <class Arena = SteppedArena>
Tally in_every_order(int interruptions, std::uint32_t capacity, const std::vector<Body<Arena>> &bodies) {
  std::optional<Trial<Arena>> trial;
  std::vector<std::function<void()>> bound;
  for (const auto &body : bodies) bound.push_back([&] { body(*trial); });
  Orders orders{interruptions, bound};
  Tally tally;
  while (trial.emplace(capacity), orders.run()) {
    tally.orders++;
    for (const auto &block : trial->blocks) (block.persistent ? tally.persistents : tally.frames)++;
    tally.inexact += !trial->exact();
    tally.faults += !trial->sound();
  }
  return tally;
}

template <class Arena = SteppedArena> Body<Arena> frame(std::uint32_t bytes) {
  return [bytes](Trial<Arena> &trial) { trial.frame(bytes); };
}
template <class Arena = SteppedArena> Body<Arena> persistent(std::uint32_t bytes) {
  return [bytes](Trial<Arena> &trial) { trial.persistent(bytes); };
}

template <class Arena = SteppedArena> Tally race_for_offsets() {
  return in_every_order<Arena>(3, 64, {frame<Arena>(8), frame<Arena>(8), frame<Arena>(8)});
}
template <class Arena = SteppedArena> Tally race_for_the_last_room() {
  return in_every_order<Arena>(10, 64, {frame<Arena>(48), persistent<Arena>(48)});
}

} // namespace

TEST_CASE("in every order, three frame blocks get three places") {
  const Tally tally = race_for_offsets();
  CHECK(tally.faults == 0);
  CHECK(tally.inexact == 0);
  CHECK(tally.frames == 3 * tally.orders);
}

TEST_CASE("control: a compare-exchange in two steps gives one place to two blocks") {
  CHECK(race_for_offsets<arena::BasicArena<TornWord>>().faults > 0);
}

TEST_CASE("in every order, the last room goes to a frame block or to a persistent one") {
  const Tally tally = race_for_the_last_room();
  CHECK(tally.faults == 0);
  CHECK(tally.inexact == 0);
  CHECK(tally.frames > 0);
  CHECK(tally.persistents > 0);
}

TEST_CASE("control: without a second look at the other end, both get the last room") {
  CHECK(race_for_the_last_room<TrustingFrames>().faults > 0);
  CHECK(race_for_the_last_room<TrustingPersistents>().faults > 0);
}

TEST_CASE("in every order, blocks from both ends keep apart") {
  Tally tally;
  SUBCASE("two frame blocks, one persistent") { tally = in_every_order(3, 64, {frame(32), frame(24), persistent(32)}); }
  SUBCASE("one frame block, two persistent") {
    tally = in_every_order(3, 64, {frame(48), persistent(32), persistent(40)});
  }
  SUBCASE("a frame that ends before its second block") {
    const Body<> two_frames = [](auto &trial) {
      trial.reset();
      trial.frame(24);
    };
    tally = in_every_order(3, 64, {frame(40), two_frames, persistent(32)});
  }
  SUBCASE("a frame that ends between persistent blocks") {
    const Body<> one_frame = [](auto &trial) {
      trial.frame(40);
      trial.reset();
    };
    tally = in_every_order(3, 64, {one_frame, persistent(32), persistent(8)});
  }
  CHECK(tally.faults == 0);
  CHECK(tally.frames > 0);
  CHECK(tally.persistents > 0);
}

TEST_CASE("in every order, a size near 2^32 is refused, also while the ends have crossed for a moment") {
  const std::uint32_t wraps = 0u - 40;
  const Tally frames = in_every_order(3, 64, {frame(48), persistent(32), frame(wraps)});
  CHECK(frames.faults == 0);
  const Tally persistents = in_every_order(3, 64, {frame(48), persistent(32), persistent(wraps)});
  CHECK(persistents.faults == 0);
}

TEST_CASE("in every order, each reset counts") {
  const Body<> reset = [](auto &trial) { trial.reset(); };
  const Tally tally = in_every_order(3, 64, {reset, reset, frame(8)});
  CHECK(tally.faults == 0);
  CHECK(tally.frames == tally.orders);
}

TEST_CASE("in every order, a mark leaves the blocks of the next epoch alone") {
  const Tally tally = in_every_order(4, 64,
                                     {[](auto &trial) {
                                        const arena::Mark mark = trial.arena.mark();
                                        trial.arena.allocate(8);
                                        if (mark.epoch == 0) trial.arena.rewind(mark);
                                      },
                                      [](auto &trial) {
                                        trial.reset();
                                        trial.frame(24);
                                      }});
  CHECK(tally.faults == 0);
  CHECK(tally.frames == tally.orders);
}
