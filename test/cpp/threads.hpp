// What the tests of several threads share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <thread>
#include <vector>

inline constexpr std::uint32_t thread_count = 8;

// Runs body(0) to body(count - 1) on a thread each, from a common start.
template <class Body> void together(std::uint32_t count, const Body &body) {
  std::latch start{count};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < count; i++) {
    threads.emplace_back([&start, &body, i] {
      start.arrive_and_wait();
      body(i);
    });
  }
  for (std::thread &thread : threads) thread.join();
}

// The same numbers for the same seed. (<random> takes the compiler longer than what is tested here.)
class Random {
public:
  using result_type = std::uint32_t;

  explicit Random(std::uint32_t seed) : state_(0x9e3779b97f4a7c15 * (seed + 1)) {}
  std::uint32_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  static constexpr std::uint32_t min() { return 0; }
  static constexpr std::uint32_t max() { return 0xffffffff; }

private:
  std::uint64_t state_;
};

// Two steps, each atomic, where there should be one: ThreadSanitizer has no complaint, so the tests have to find it out
// by themselves. The yield makes it as sure on one core as on many.
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

// Ends the program when a test waits for ever: it has failed then.
class Watchdog {
public:
  explicit Watchdog(const char *what) {
    thread_ = std::thread{[this, what] {
      for (int tenths = 0; tenths < 1200 && !over_; tenths++)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (over_) return;
      std::fprintf(stderr, "waiting for two minutes: %s\n", what);
      std::abort();
    }};
  }
  ~Watchdog() {
    over_ = true;
    thread_.join();
  }

private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};
