// Under ThreadSanitizer this must end with "data race": jobs that a worker becomes a member of only when it has claimed
// a chunk. Who waits for the job doesn't see it. If it passes, the same mistake would pass in the tests.
#include "arena_bind/jobs.hpp"

#include <thread>

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
  static void arrive() {
    if (late_bits) late->std::atomic<std::uint32_t>::fetch_or(late_bits);
  }

private:
  static inline thread_local LateMembers *late = nullptr;
  static inline thread_local std::uint32_t late_bits = 0;
};

using LateJobs = BasicJobs<LateMembers>;

} // namespace

int main() {
  static LateJobs jobs;
  arena::SharedArena arena;
  Thread owner, worker;
  owner.own.open(arena, 1);
  worker.worker = 1;
  std::thread helper{[&] { jobs.work(worker, [](LateJobs::Job &) {}); }};
  for (int round = 0; round < 10000; round++) {
    int ran[4] = {};
    LateJobs::Job *job = jobs.acquire(owner);
    job->context = ran;
    job->chunk = [](const void *context, std::uint32_t index) {
      std::this_thread::yield();
      LateMembers::arrive();
      static_cast<int *>(const_cast<void *>(context))[index] = 1;
    };
    jobs.submit(*job, 4, 1);
    jobs.finish(*job, owner);
    jobs.release(*job);
  }
  jobs.close();
  helper.join();
}
