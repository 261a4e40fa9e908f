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

// Ends the program when nothing goes on for a minute, so that who waits for ever fails its test.
class Watchdog {
public:
  Watchdog() {
    thread_ = std::thread{[this] {
      for (int waited = 0; !over_; waited++) {
        if (went_on_.exchange(false)) waited = 0;
        if (waited == 6000) {
          std::fputs("nothing has gone on for a minute\n", stderr);
          std::abort();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }};
  }
  ~Watchdog() {
    over_ = true;
    thread_.join();
  }
  void goes_on() { went_on_ = true; }

private:
  std::atomic<bool> over_{false}, went_on_{false};
  std::thread thread_;
};
