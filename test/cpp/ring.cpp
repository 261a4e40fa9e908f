// The ring: what each end may do, and two threads at its ends, whose memory ThreadSanitizer watches.
#include "arena_bind/ring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using arena::ring;

constexpr std::uint32_t end_of_indices = arena::ring_index_mask + 1;

// An aligned block of exactly so many bytes, so that AddressSanitizer sees whoever leaves it.
class Block {
public:
  explicit Block(std::size_t size) : size_{size}, memory_{::operator new(size, alignment)} {}
  ~Block() { ::operator delete(memory_, alignment); }
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;
  [[nodiscard]] std::span<std::byte> bytes() const { return {static_cast<std::byte *>(memory_), size_}; }

private:
  static constexpr std::align_val_t alignment{arena::ring_alignment};
  std::size_t size_;
  void *memory_;
};

// An empty ring that has been in use for so long that its indices are here.
template <class T> ring<T> ring_in(const Block &block, std::uint32_t index = 0) {
  ring<T> made = ring<T>::format(block.bytes());
  auto *header = reinterpret_cast<arena::RingHeader *>(block.bytes().data());
  header->written = index;
  header->read = index;
  return made;
}

template <class Action> std::string failure_of(const Action &action) {
  try {
    action();
  } catch (const arena::KernelFailure &failure) {
    return std::string{failure.text};
  }
  return "no failure";
}

// The nth element of a stream.
template <class T> T element(std::uint64_t nth) { return static_cast<T>(nth % 127); }

struct Run {
  std::uint64_t wrong = 0;                   // elements that came out otherwise than they went in
  std::uint64_t dropped = 0, missing = 0;    // elements that an end asked for and didn't get
  std::uint64_t overruns = 0, underruns = 0; // what the ring has counted of them
  std::uint64_t left = 0;                    // in the ring
};

// One thread writes `count` elements in pieces of all sizes, copying them or in place; another reads them.
template <class T> Run stream(std::uint32_t capacity, std::uint64_t count, std::uint32_t index) {
  const Block block{ring<T>::bytes(capacity)};
  const ring<T> made = ring_in<T>(block, index);
  Run run;
  std::thread writer{[&] {
    ring<T> out{block.bytes()};
    std::mt19937 random{1};
    std::vector<T> piece(2 * capacity);
    for (std::uint64_t written = 0; written < count;) {
      const auto size = std::min<std::uint64_t>(random() % piece.size() + 1, count - written);
      std::size_t taken = 0;
      if (random() % 2) {
        for (std::size_t i = 0; i < size; i++) piece[i] = element<T>(written + i);
        taken = out.write({piece.data(), size});
        run.dropped += size - taken;
      } else {
        const auto room = out.reserve();
        for (const std::span<T> part : {room.first, room.second})
          for (std::size_t i = 0; i < part.size() && taken < size; i++) part[i] = element<T>(written + taken++);
        out.commit(taken);
      }
      written += taken;
      if (taken == 0) std::this_thread::yield();
    }
  }};
  std::thread reader{[&] {
    ring<T> in{block.bytes()};
    std::mt19937 random{2};
    std::vector<T> piece(2 * capacity);
    for (std::uint64_t read = 0; read < count;) {
      const std::size_t size = random() % piece.size() + 1;
      std::size_t taken = 0;
      if (random() % 2) {
        taken = in.read({piece.data(), size});
        for (std::size_t i = 0; i < taken; i++) run.wrong += piece[i] != element<T>(read + i);
        run.missing += size - taken;
      } else {
        const auto there = in.peek();
        for (const std::span<const T> part : {there.first, there.second})
          for (std::size_t i = 0; i < part.size() && taken < size; i++)
            run.wrong += part[i] != element<T>(read + taken++);
        in.release(taken);
      }
      read += taken;
      if (taken == 0) std::this_thread::yield();
    }
  }};
  writer.join();
  reader.join();
  run.overruns = made.overruns();
  run.underruns = made.underruns();
  run.left = made.readable();
  return run;
}

} // namespace

TEST_CASE("a ring takes what fits, gives what is there, and counts the rest") {
  const Block block{ring<int>::bytes(8)};
  ring<int> made = ring_in<int>(block, end_of_indices - 3);
  CHECK(made.capacity() == 8);
  std::vector<int> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 1);
  CHECK(made.write({numbers.data(), 5}) == 5);
  CHECK(made.write({numbers.data() + 5, 5}) == 3);
  CHECK(made.readable() == 8);
  CHECK(made.writable() == 0);
  CHECK(made.write(numbers) == 0);
  CHECK(made.overruns() == 12);
  std::vector<int> got(10, -1);
  CHECK(made.read(got) == 8);
  CHECK(got == std::vector{1, 2, 3, 4, 5, 6, 7, 8, -1, -1});
  CHECK(made.read({}) == 0);
  CHECK(made.underruns() == 2);
  CHECK(made.writable() == 8);
}

TEST_CASE("in place, what there is lies in two parts where it goes over the end") {
  const Block block{ring<float>::bytes(8)};
  ring<float> made = ring_in<float>(block, end_of_indices - 3);
  const auto room = made.reserve();
  CHECK(room.first.size() == 3);
  CHECK(room.second.size() == 5);
  CHECK(room.size() == 8);
  std::fill(room.first.begin(), room.first.end(), 1.0f);
  room.second[0] = 2;
  made.commit(4);
  made.commit(0);
  CHECK(made.reserve().first.data() == &room.second[1]);
  CHECK(made.reserve().second.empty());
  const auto there = made.peek();
  CHECK(there.first.data() == room.first.data());
  CHECK(there.size() == 4);
  CHECK(there.second[0] == 2);
  made.release(3);
  CHECK(made.peek().first.size() == 1);
  CHECK(made.peek().first[0] == 2);
  CHECK(made.peek().second.empty());
}

TEST_CASE("a block gets the largest ring that fits; a ring is found in it again") {
  const auto capacity = [](std::size_t bytes) {
    const Block block{bytes};
    return ring<double>::format(block.bytes()).capacity();
  };
  CHECK(capacity(ring<double>::bytes(2)) == 2);
  CHECK(capacity(ring<double>::bytes(2048)) == 2048);
  CHECK(capacity(ring<double>::bytes(2048) - 1) == 1024);
  CHECK(capacity(ring<double>::bytes(2048) + 5000) == 2048);

  const Block block{ring<double>::bytes(16)};
  const double number = 0.5;
  ring<double>::format(block.bytes()).write({&number, 1});
  double got = 0;
  CHECK(ring<double>{block.bytes()}.read({&got, 1}) == 1);
  CHECK(got == number);
}

TEST_CASE("what is no ring, or not of this type, and more than there is are failures") {
  const Block block{1024};
  std::memset(block.bytes().data(), 0, 1024);
  const auto open = [](std::span<std::byte> bytes) { return [=] { ring<float>{bytes}; }; };
  CHECK(failure_of(open(block.bytes())) == "the block of 1024 bytes is no ring: pass ring.block");
  CHECK(failure_of(open({})) == "the block of 0 bytes is no ring: pass ring.block");
  CHECK(failure_of([&] { ring<float>::format(block.bytes().subspan(8)); }) ==
        "a ring's block must start at a multiple of 64 bytes");
  CHECK(failure_of([&] { ring<float>::format(block.bytes().first(215)); }) ==
        "a block of 215 bytes is too small for a ring: 216 are the least");
  ring<float> made = ring<float>::format(block.bytes());
  CHECK(made.capacity() == 64);
  CHECK(failure_of(open(block.bytes().first(512))) == "the block of 512 bytes is only a part of a ring");
  CHECK(failure_of([&] { ring<std::int32_t>{block.bytes()}; }) == "the ring is of f32, not of i32");
  CHECK(failure_of([&] { ring<std::byte>{block.bytes()}; }) == "the ring is of f32, not of u8");
  CHECK(failure_of([&] { made.commit(65); }) == "commit(65) of a ring that has room for 64 elements");
  CHECK(failure_of([&] { made.release(1); }) == "release(1) of a ring that has 0 elements");
  reinterpret_cast<arena::RingHeader *>(block.bytes().data())->written = 65;
  const std::string broken = "a ring of 64 elements can't hold 65: one thread may write and one read";
  CHECK(failure_of([&] { (void)made.peek(); }) == broken);
  CHECK(failure_of([&] { (void)made.reserve(); }) == broken);
  CHECK(made.readable() == 64); // for those who only look, the two indices may be of different moments
}

TEST_CASE_TEMPLATE("two threads: what comes out is what went in, in rings of all sizes", T, std::uint8_t, std::int16_t,
                   float, double, std::uint64_t) {
  for (const std::uint32_t capacity : {2u, 4u, 64u, 4096u}) {
    CAPTURE(capacity);
    const Run run = stream<T>(capacity, std::uint64_t{capacity} * 200 + 5000, end_of_indices - capacity * 50);
    CHECK(run.wrong == 0);
    CHECK(run.left == 0);
    CHECK(run.overruns == run.dropped);
    CHECK(run.underruns == run.missing);
  }
}
