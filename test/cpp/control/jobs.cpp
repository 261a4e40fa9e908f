// Under ThreadSanitizer this must end with "data race": jobs that a worker becomes a member of only when it has claimed
// a chunk. Who waits for the job doesn't see it. If it passes, the same mistake would pass in the tests.
#include "arena_bind/jobs.hpp"

#include "../threads.hpp"

namespace {

using namespace arena::detail;

// Puts bits in when the chunk is at work.
class LateMembers : public std::atomic<std::uint32_t> {
public:
  using std::atomic<std::uint32_t>::atomic;
  void fetch_or(std::uint32_t bits) {
    late = this;
    late_bits = bits;
  }
  static bool is_worker() { return late_bits != 0; }
  static void arrive() { late->std::atomic<std::uint32_t>::fetch_or(late_bits); }

private:
  static inline thread_local LateMembers *late = nullptr;
  static inline thread_local std::uint32_t late_bits = 0;
};

using LateJobs = BasicJobs<LateMembers>;

// Relaxed: they put the steps in order, and nothing else.
std::atomic<bool> inside{false}, finished{false}, written{false};

void reach(const std::atomic<bool> &step) {
  while (!step.load(std::memory_order_relaxed)) std::this_thread::yield();
}

// The worker is in its chunk from before the owner has run its own until the job is done.
void run(const void *context, std::uint32_t index) {
  if (LateMembers::is_worker()) {
    inside.store(true, std::memory_order_relaxed);
    reach(finished);
    LateMembers::arrive();
  } else {
    reach(inside);
  }
  static_cast<int *>(const_cast<void *>(context))[index] = 1;
  if (LateMembers::is_worker()) written.store(true, std::memory_order_relaxed);
}

} // namespace

int main() {
  Watchdog watchdog;
  static LateJobs jobs;
  arena::SharedArena arena;
  Thread owner, worker;
  owner.own.open(arena, 1);
  worker.worker = 1;
  std::thread helper{[&] { jobs.work(worker, [](LateJobs::Job &) {}); }};
  int ran[4] = {};
  LateJobs::Job *job = jobs.acquire(owner);
  job->context = ran;
  job->chunk = run;
  jobs.submit(*job, 4, 1);
  jobs.finish(*job, owner);
  finished.store(true, std::memory_order_relaxed);
  reach(written);                   // of accesses at the very same time, ThreadSanitizer misses some
  for (int &index : ran) index = 0; // plainly: whoever has waited for the job may do so
  jobs.release(*job);
  jobs.close();
  helper.join();
}
