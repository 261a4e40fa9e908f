// The hooks, and what kernels reach: failure, frame memory, scratch. Natively a kernel that stops throws KernelFailure.
#include "arena_bind/kernel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Stopped {
  arena::Status status;
  std::uint32_t requested;
  std::string text;
};

template <class Kernel> Stopped stopped(const Kernel &kernel) {
  try {
    kernel();
  } catch (const arena::KernelFailure &failure) {
    return {failure.status, failure.requested, std::string{failure.text}};
  }
  return {arena::Status::ok, 0, {}};
}

template <class... Parts> std::string message(const Parts &...parts) {
  return stopped([&] { arena::fail(arena::Status::failed, parts...); }).text;
}

bool aligned(const void *address, std::uintptr_t align) {
  return reinterpret_cast<std::uintptr_t>(address) % align == 0;
}

} // namespace

TEST_CASE("arena_open wants a positive multiple of 8") {
  for (const std::uint32_t capacity : {0u, 1u, 7u, 12u, 65537u, 0xffffffffu}) CHECK(arena_open(capacity) == nullptr);
  for (const std::uint32_t capacity : {8u, 4096u, arena::default_capacity}) {
    arena::Arena *arena = arena_open(capacity);
    REQUIRE(arena != nullptr);
    CHECK(arena == &arena::current());
    CHECK(arena->capacity == capacity);
    CHECK(arena->floor == capacity);
    CHECK(arena->base % arena::arena_boundary == 0);
  }
}

TEST_CASE("the default capacity is exactly 64 MiB") { CHECK(arena::default_capacity == 64 * 1024 * 1024); }

TEST_CASE("the hooks give addresses of memory that can be written from the first byte to the last, and 0 for none") {
  arena::Arena *arena = arena_open(4096);
  const std::uintptr_t frame = arena_alloc(arena, 96, 8);
  CHECK(frame == arena->base);
  const std::uintptr_t persistent = arena_alloc_persistent(arena, 4000, 32);
  CHECK(persistent == arena->base + 96);
  std::memset(reinterpret_cast<void *>(frame), 1, 96);
  std::memset(reinterpret_cast<void *>(persistent), 2, 4000);
  CHECK(*reinterpret_cast<char *>(frame + 95) == 1);
  CHECK(arena_alloc(arena, 1, 8) == 0);
  CHECK(arena_alloc_persistent(arena, 1, 8) == 0);
  CHECK(arena_alloc(arena, 0xffffffff, 4096) == 0);
  CHECK(arena_alloc_persistent(arena, 0xffffffff, 4096) == 0);

  arena_rewind(arena, 0, 32);
  CHECK(arena_alloc(arena, 1, 8) == frame + 32);
  arena_reset(arena);
  CHECK(arena->mark().epoch == 1);
  CHECK(arena_alloc(arena, 1, 8) == frame);
  arena_rewind(arena, 0, 0); // of the epoch before
  CHECK(arena_alloc(arena, 1, 8) == frame + 8);
}

TEST_CASE("a message is its texts and integers in a row") {
  CHECK(message() == "");
  CHECK(message("") == "");
  CHECK(message("in has ", 3, " elements, out has ", 4u) == "in has 3 elements, out has 4");
  CHECK(message(std::string{"a"}, std::string_view{}, std::string_view{"bc"}.substr(0, 1)) == "ab");
  CHECK(message(0) == "0");
  CHECK(message(-1, " ", 10, " ", -10) == "-1 10 -10");
  CHECK(message(0.5f, " ", -2.0, " ", 1e6, " ", 123456.0, " ", 0.0001, " ", 1.25e-5) ==
        "0.5 -2 1e+06 123456 0.0001 1.25e-05");
  CHECK(message(3.14159265358979, " ", 999999.9, " ", 100.0, " ", -0.0) == "3.14159 1e+06 100 -0");
  CHECK(message(std::numeric_limits<double>::max(), " ", std::numeric_limits<double>::denorm_min()) ==
        "1.79769e+308 4.94066e-324");
  CHECK(message(std::numeric_limits<float>::infinity(), " ", -std::numeric_limits<double>::infinity(), " ",
                std::numeric_limits<float>::quiet_NaN()) == "infinity -infinity nan");
  CHECK(message(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(message(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(message(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(message(std::numeric_limits<std::int32_t>::min()) == "-2147483648");
  CHECK(message(std::int8_t{-128}, ",", std::uint8_t{255}, ",", std::int16_t{-32768}) == "-128,255,-32768");
  CHECK(message(true, false) == "10");
}

TEST_CASE("a message longer than its room is cut there, also inside a number") {
  constexpr std::size_t room = sizeof arena::Failure{}.text;
  const std::string exact(room, 'x'), longer(room + 1, 'y'), almost(room - 2, 'z');
  CHECK(message(exact) == exact);
  CHECK(message(longer) == longer.substr(0, room));
  CHECK(message(exact, "more", 1) == exact);
  CHECK(message(almost, 1234) == almost + "12");
  CHECK(message(almost, -1234) == almost + "-1");
  CHECK(message("short") == "short");
  CHECK(stopped([] { arena::fail(3u, " left"); }).text == "3 left");
}

TEST_CASE("a failure carries its status; arena_recover hands out what the host reads") {
  const Stopped plain = stopped([] { arena::fail("no ", 1); });
  CHECK(plain.status == arena::Status::failed);
  CHECK(plain.requested == 0);
  const auto own = static_cast<arena::Status>(17);
  CHECK(stopped([&] { arena::fail(own, "user"); }).status == own);
  const arena::Failure *failure = arena_recover();
  CHECK(failure->status == 17);
  CHECK(failure->requested == 0);
  CHECK(std::string_view{failure->text, failure->length} == "user");
}

TEST_CASE("each thread has a failure of its own") {
  Stopped other{};
  const Stopped here = stopped([&] {
    try {
      arena::fail("here");
    } catch (const arena::KernelFailure &) {
      std::thread{[&] { other = stopped([] { arena::fail("somewhere else"); }); }}.join();
      throw;
    }
  });
  CHECK(here.text == "here");
  CHECK(other.text == "somewhere else");
}

TEST_CASE("arena::alloc gives frame memory, aligned for its type") {
  struct alignas(256) Wide {
    char byte;
  };
  arena::Arena *arena = arena_open(65536);
  const std::span<std::uint8_t> bytes = arena::alloc<std::uint8_t>(3);
  const std::span<double> doubles = arena::alloc<double>(5);
  const std::span<Wide> wide = arena::alloc<Wide>(2);
  CHECK(bytes.size() == 3);
  CHECK(aligned(bytes.data(), 8));
  CHECK(doubles.size() == 5);
  CHECK(reinterpret_cast<std::byte *>(doubles.data()) == reinterpret_cast<std::byte *>(bytes.data()) + 8);
  CHECK(wide.size() == 2);
  CHECK(aligned(wide.data(), 256));
  CHECK(arena::alloc<float>(0).empty());
  CHECK(arena->mark().offset == 256 + 2 * 256);
  CHECK(arena->allocations == 4);
}

TEST_CASE("arena::alloc stops the kernel when the memory is not there, however large the product") {
  arena::Arena *arena = arena_open(4096);
  const auto none_fits = [&](const Stopped &stop, std::uint32_t requested) {
    CHECK(stop.status == arena::Status::out_of_memory);
    CHECK(stop.requested == requested);
    CHECK(stop.text == "arena::alloc");
    CHECK(arena->mark().offset == 0);
  };
  none_fits(stopped([] { arena::alloc<double>(513); }), 4104);
  none_fits(stopped([] { arena::alloc<std::uint8_t>(0xfffffff8); }), 0xfffffff8);
  none_fits(stopped([] { arena::alloc<std::uint8_t>(0xffffffff); }), 0xffffffff);
  none_fits(stopped([] { arena::alloc<double>(0x20000000); }), 0xffffffff);                 // 2^32 bytes
  none_fits(stopped([] { arena::alloc<double>(0x20000001); }), 0xffffffff);                 // 8 more: 8 modulo 2^32
  none_fits(stopped([] { arena::alloc<double>(std::size_t{1} << 61); }), 0xffffffff);       // 2^64 bytes
  none_fits(stopped([] { arena::alloc<double>((std::size_t{1} << 61) + 1); }), 0xffffffff); // 8 modulo 2^64
  CHECK(arena::alloc<double>(512).size() == 512);
}

TEST_CASE("scratch takes back what was allocated while it lived, nested too") {
  arena::Arena *arena = arena_open(4096);
  arena::alloc<double>(1);
  {
    arena::scratch outer;
    outer.alloc<double>(2);
    {
      arena::scratch inner;
      inner.alloc<double>(4);
      arena::alloc<double>(8);
      CHECK(arena->mark().offset == 8 * 15);
    }
    CHECK(arena->mark().offset == 8 * 3);
    outer.alloc<double>(1);
    CHECK(arena->mark().offset == 8 * 4);
  }
  CHECK(arena->mark().offset == 8);
}

TEST_CASE("after a trap arena_recover takes back the scratch memory of the kernel, and no more than that") {
  arena::Arena *arena = arena_open(4096);
  arena::alloc<double>(1);
  arena_recover(); // no scratch was open
  CHECK(arena->mark().offset == 8);

  // A trap runs no destructor.
  alignas(arena::scratch) std::byte storage[2][sizeof(arena::scratch)];
  auto *outer = new (storage[0]) arena::scratch;
  outer->alloc<double>(2);
  auto *inner = new (storage[1]) arena::scratch;
  inner->alloc<double>(4);
  arena_recover();
  CHECK(arena->mark().offset == 8);

  arena::alloc<double>(1); // the next kernel, whose memory a second recovery must leave alone
  arena_recover();
  CHECK(arena->mark().offset == 16);
  {
    arena::scratch next;
    next.alloc<double>(1);
  }
  CHECK(arena->mark().offset == 16);
}

TEST_CASE("a kernel that stops inside a scratch leaves none of it behind") {
  arena::Arena *arena = arena_open(4096);
  stopped([] {
    arena::scratch memory;
    memory.alloc<double>(4);
    memory.alloc<double>(4096);
  });
  CHECK(arena->mark().offset == 0);
  arena::alloc<double>(1);
  arena_recover();
  CHECK(arena->mark().offset == 8);
}
