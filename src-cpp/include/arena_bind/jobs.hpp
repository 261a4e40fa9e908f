// Work that threads share: jobs, of which any thread takes chunk after chunk, and tasks, which one worker runs as a
// whole. Users see parallel.hpp; this is what stands behind it where there are threads. test/models/jobs.pml is its
// model.
//
// A job lives in one of 64 slots until the thread that submitted it has seen it done. Its claim word is count << 32 |
// next chunk, of which one fetch_add takes a chunk and tells the count: whoever comes late to a slot that is in use
// again works on the new job, and never mixes two. A worker's bit stands in `members` before it claims and until it has
// run its last chunk, so that a job is done when nothing is left to claim and no member is there, and so that the death
// of a worker is healed by taking its bit away.
#pragma once

#include <bit>
#include <cstring>

#include "abi.h"
#include "lease.hpp"

namespace arena::detail {

inline constexpr std::uint32_t most_jobs = 64;
inline constexpr std::uint32_t most_tasks = 32;
inline constexpr std::uint32_t most_chunks = 0xffffff00; // late claims count on, and must not come to 2^32
inline constexpr std::uint32_t task_slots = 64;          // of a kernel's export, two for each parameter
inline constexpr std::uint32_t job_storage = 64;         // bytes for what arena::spawn copies
inline constexpr std::uint32_t stuck_after = 10; // seconds, or more, without an end of a chunk: a worker counts as lost
inline constexpr std::uint32_t nobody = 0xffffffff;
inline constexpr std::uint32_t orphan = 1u << 31; // of a job's submitter, who has given up: the last member frees it

// Runs chunk `index` of a job.
using Chunk = void (*)(const void *context, std::uint32_t index);

// `Members` holds the bits; tests put a broken one here to prove that they would notice.
template <class Members = std::atomic<std::uint32_t>> struct alignas(64) BasicJob {
  std::atomic<std::uint64_t> claim{0};
  Members members{0};                    // bits of workers
  std::atomic<std::uint32_t> failing{0}; // who comes first writes `failure`, and then sets `failed`
  std::atomic<std::uint32_t> failed{0};
  std::atomic<std::uint32_t> submitter{0}; // index of a thread, plus 1; 0 when the slot is free; see also `orphan`
  Chunk chunk{nullptr};
  const void *context{nullptr};
  SharedArena *shared{nullptr}; // which chunks allocate from; its submitter is inside
  alignas(16) std::byte storage[job_storage]{};
  Failure failure{};
};

// Of a task's state word: what it is, and of a running one the worker in the upper bits.
enum : std::uint32_t { task_free = 0, task_queued = 1, task_running = 2, task_kinds = 0xff };

struct Task {
  std::atomic<std::uint32_t> state{task_free};
  std::atomic<std::uint32_t> cancelled{0};
  std::atomic<float> progress{0};
  std::atomic<std::uint32_t> order{0}; // which of two queued ones came first
  std::uint32_t kernel{0};             // index into the host's list
  std::uint32_t count{0};              // of `slots` in use
  std::uint32_t wide[2]{};             // bits of the slots that hold an int64, the others hold a double
  SharedArena *shared{nullptr};        // which it allocates from; who submitted it is inside until it is done
  alignas(8) std::byte slots[task_slots][8]{};
};

// How a job ended for who submitted it: all chunks have run; one has failed; a worker has not come back from one.
enum class End { done, failed, lost };

// One thread of the program: the owner, a worker of the pool, or an attached one.
struct Thread {
  Lease own;                   // of an owner or attached thread: of the arena that its registry was made with
  Lease *lease{&own};          // what kernels allocate from now: another registry of this thread may be calling
  std::uint32_t index{0};      // 0 is the owner
  std::uint32_t worker{0};     // its bit in `members`; 0 for all but workers
  std::uint32_t may_wait{0};   // whether this thread may sleep on a word; else it spins
  std::uint32_t task{nobody};  // index of the one it runs
  std::uintptr_t stack_low{0}; // where its stack ends; 0 for the default one, whose overflow traps
  std::uintptr_t stack_top{0};
  mutable std::atomic<std::uint32_t> pauses{0}; // read by nobody: see wait_for_members
};

// How often a thread looks at a word before it sleeps on it, or when it can't sleep, before it gives up.
struct Patience {
  static constexpr std::uint32_t spins = 2000; // some microseconds
  static constexpr std::uint64_t looks = std::uint64_t{stuck_after} * 250'000'000;
};

template <class Members = std::atomic<std::uint32_t>, class Looks = Patience> class BasicJobs {
public:
  // By compare-exchange: what V8's baseline compiler makes of a 64-bit fetch_and or fetch_or (Node 20) loses changes.
  static void change_bits(std::atomic<std::uint64_t> &word, std::uint64_t bits, bool set) noexcept {
    std::uint64_t seen = word.load();
    while (!word.compare_exchange_weak(seen, set ? seen | bits : seen & ~bits)) {}
  }

  using Job = BasicJob<Members>;

  // --- For who submits ----------------------------------------------------------------------------------------------

  // A slot for a job of `thread`; nullptr when all are in use: then the work is to be done at once.
  Job *acquire(const Thread &thread) noexcept {
    std::uint64_t seen = used_.load();
    do {
      if (~seen == 0) return nullptr;
    } while (!used_.compare_exchange_weak(seen, seen | (seen + 1)));
    Job &job = jobs_[std::countr_one(seen)];
    job.submitter.store(thread.index + 1);
    job.shared = thread.lease->shared;
    // In this order: a late comer that died may be failing this slot right now, for nobody.
    job.failed.store(0);
    job.failing.store(0);
    return &job;
  }

  // From here on workers take chunks. `job.chunk` and `job.context` are set.
  void submit(Job &job, std::uint32_t count, std::uint32_t wake) noexcept {
    job.claim.store(std::uint64_t{count} << 32);
    signal(wake);
  }

  // As `submit`, one chunk, for a group that remembers slots as bits and whose `owner` waits for it. Whoever spawns may
  // be another thread, at work for the owner: the job is the owner's only when it can be waited for and called off.
  void submit_to(std::atomic<std::uint64_t> &group, Job &job, std::uint32_t owner) noexcept {
    submit(job, 1, 1);
    job.submitter.store(owner + 1);
    change_bits(group, std::uint64_t{1} << index_of(job), true);
  }

  // Runs chunks until none is left, then waits for those of others. The slot stays the thread's, with `job.failure`, to
  // be released; but when a worker is lost, it is free by itself once that has been healed.
  End finish(Job &job, const Thread &thread) {
    take_chunks(job);
    if (!wait_for_members(job, thread)) {
      abandon(job);
      return End::lost;
    }
    return job.failed.load() ? End::failed : End::done;
  }

  // As `finish` and `release`, for all jobs of a group; `why` is of the first that failed. Stops where a worker is
  // lost.
  End finish_all(std::atomic<std::uint64_t> &group, const Thread &thread, Failure &why) {
    End all = End::done;
    while (const std::uint64_t slots = group.load()) {
      Job &job = jobs_[std::countr_zero(slots)];
      const End end = finish(job, thread);
      change_bits(group, slots & (0 - slots), false); // before the slot can be another job's
      if (end == End::lost) return end;
      if (end == End::failed && all == End::done) {
        why = job.failure;
        all = end;
      }
      release(job);
    }
    return all;
  }

  // Gives the slot back. Nobody is in it.
  void release(Job &job) noexcept {
    job.submitter.store(0);
    change_bits(used_, std::uint64_t{1} << index_of(job), false);
  }

  // Whether work that `thread` submitted may still be running: its memory must stay.
  [[nodiscard]] bool busy(std::uint32_t thread) const noexcept {
    // Not all slots: the end of every frame asks, and nearly always none is in use.
    for (std::uint64_t used = used_.load(); used; used &= used - 1) {
      if ((jobs_[std::countr_zero(used)].submitter.load() & ~orphan) == thread + 1) return true;
    }
    return false;
  }

  // --- For workers --------------------------------------------------------------------------------------------------

  // Sleeps until there is a task, and runs chunks of jobs meanwhile; `check(job)` follows each. Returns the task's
  // index; `nobody` when closed.
  template <class Check> std::uint32_t work(Thread &thread, Check check) {
    for (;;) {
      const std::uint32_t seen = signal_.load(); // before looking: what comes after is not slept over
      if (closed_.load()) return nobody;
      if (help(thread, check)) continue;
      const std::uint32_t task = claim_task(thread);
      if (task != nobody) return task;
      bool changed = false;
      for (std::uint32_t i = 0; i < Looks::spins && !changed; i++) changed = signal_.load() != seen;
      if (!changed) wait(signal_, seen, -1);
    }
  }

  void close() noexcept {
    closed_.store(1);
    signal(most_workers);
  }

  // --- When a thread has stopped ------------------------------------------------------------------------------------

  // Takes a worker out of every job: it was stopped by a trap or from outside, and what it worked on fails with `why`.
  // False when others still work on a job that it had submitted, and whose data lies on its stack: to be tried again.
  // Once true, it must not be called again for the same end of a thread.
  bool heal(std::uint32_t index, std::uint32_t worker, const Failure &why) noexcept {
    bool alone = true;
    for (bool found = true; found;) { // until there is none: what ran in one may have spawned another
      found = false;
      for (Job &job : jobs_) {
        const std::uint32_t submitter = job.submitter.load();
        if ((submitter & ~orphan) != index + 1) continue;
        if (submitter == index + 1) job.claim.store(0);
        if (submitter & orphan || job.members.load() & ~worker) {
          alone = false;
        } else {
          release(job);
          found = true;
        }
      }
    }
    if (!alone) return false;
    for (Job &job : jobs_) {
      if (job.members.load() & worker) {
        fail(job, why);
        leave(job, worker);
      } else {
        notify(job.members, most_workers); // it may have left the job, and ended before it said so
        free_orphan(job);
      }
    }
    signal(most_workers); // a wake-up may have ended with it
    return true;
  }

  // Ends the jobs of a thread that has stopped: `waiter`, the thread itself or one that knows of its end, waits until
  // nobody works on them. False when somebody still does after a while.
  bool call_off(const Thread &thread, const Thread &waiter) {
    for (bool found = true; found;) { // as in `heal`
      found = false;
      for (Job &job : jobs_) {
        if (job.submitter.load() != thread.index + 1) continue;
        job.claim.store(0);
        if (wait_for_members(job, waiter)) release(job);
        else abandon(job);
        found = true;
      }
    }
    return !busy(thread.index);
  }

  // The first failure of a job is the one that is told. No further chunk is begun. For a member of it.
  void fail(Job &job, const Failure &why) noexcept {
    exhaust(job);
    if (job.failing.exchange(1) != 0) return;
    job.failure = why;
    job.failed.store(1);
  }

  // --- Tasks --------------------------------------------------------------------------------------------------------

  Task tasks[most_tasks];

  // For the host, which has filled it in; only the host changes a task's state again when it has run.
  void submit_task(std::uint32_t index) noexcept {
    Task &task = tasks[index];
    task.cancelled.store(0);
    task.progress.store(0);
    task.order.store(order_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
    task.state.store(task_queued);
    signal(1);
  }

  // Takes a task back that nobody runs yet.
  bool withdraw(std::uint32_t index) noexcept {
    std::uint32_t expected = task_queued;
    return tasks[index].state.compare_exchange_strong(expected, task_free);
  }

private:
  Job jobs_[most_jobs];
  std::atomic<std::uint64_t> used_{0};   // bits of the slots
  std::atomic<std::uint32_t> signal_{0}; // changes whenever there may be something to do
  std::atomic<std::uint32_t> closed_{0};
  std::atomic<std::uint32_t> order_{0};

  std::uint32_t index_of(const Job &job) const noexcept { return static_cast<std::uint32_t>(&job - jobs_); }

  void signal(std::uint32_t wake) noexcept {
    signal_.fetch_add(1);
    notify(signal_, wake);
  }

  static bool has_chunks(std::uint64_t claim) noexcept {
    return static_cast<std::uint32_t>(claim) < static_cast<std::uint32_t>(claim >> 32);
  }

  // No chunk is left to claim.
  static void exhaust(Job &job) noexcept {
    std::uint64_t seen = job.claim.load();
    while (has_chunks(seen) && !job.claim.compare_exchange_weak(seen, seen >> 32 << 32 | seen >> 32)) {}
  }

  static void take_chunks(Job &job) {
    while (has_chunks(job.claim.load())) {
      const std::uint64_t claim = job.claim.fetch_add(1);
      if (has_chunks(claim)) job.chunk(job.context, static_cast<std::uint32_t>(claim));
    }
  }

  template <class Check> bool help(Thread &thread, Check check) {
    bool helped = false;
    for (std::uint64_t used = used_.load(); used; used &= used - 1) {
      Job &job = jobs_[std::countr_zero(used)];
      if (!has_chunks(job.claim.load())) continue;
      job.members.fetch_or(thread.worker);
      while (has_chunks(job.claim.load())) {
        const std::uint64_t claim = job.claim.fetch_add(1);
        if (!has_chunks(claim)) break;
        thread.lease->work_for(*job.shared); // known once a chunk of this job is ours
        job.chunk(job.context, static_cast<std::uint32_t>(claim));
        check(job);
        helped = true;
      }
      leave(job, thread.worker);
    }
    return helped;
  }

  void leave(Job &job, std::uint32_t worker) noexcept {
    const std::uint32_t others = job.members.fetch_and(~worker) & ~worker;
    if (others) return;
    notify(job.members, 1);
    free_orphan(job);
  }

  void abandon(Job &job) noexcept {
    job.claim.store(0);
    job.submitter.fetch_or(orphan);
    free_orphan(job);
  }

  void free_orphan(Job &job) noexcept {
    std::uint32_t submitter = job.submitter.load();
    if (submitter & orphan && job.members.load() == 0 && job.submitter.compare_exchange_strong(submitter, 0))
      release(job);
  }

  // False when the workers in it haven't come back for so long that they may have been ended from outside.
  static bool wait_for_members(Job &job, const Thread &thread) noexcept {
    std::uint32_t seen = 0;
    for (std::uint32_t i = 0; i < Looks::spins; i++) {
      if ((seen = job.members.load()) == 0) return true;
    }
    if (thread.may_wait) {
      // Who isn't the owner can wait for ever: the owner's host looks after workers meanwhile.
      const std::int64_t most = thread.index == 0 ? std::int64_t{stuck_after} * 1'000'000'000 : -1;
      while ((seen = job.members.load()) != 0) {
        if (!wait(job.members, seen, most) && job.members.load() == seen) return false;
      }
      return true;
    }
    // A clock is not to be had here, so each look is made to take a while by what no compiler leaves out: 4 ns where
    // processors are fast, 11 ns where they are slow. A look alone takes 0.4 ns, and a busy machine may well leave a
    // worker without a processor for the 2 seconds that all of them took.
    for (std::uint64_t i = 0; i < Looks::looks; i++) {
      if (job.members.load() == 0) return true;
      thread.pauses.fetch_add(1, std::memory_order_relaxed);
    }
    return false;
  }

  // The queued task that came first.
  std::uint32_t claim_task(Thread &thread) noexcept {
    for (;;) {
      std::uint32_t best = nobody, first = 0;
      for (std::uint32_t i = 0; i < most_tasks; i++) {
        if (tasks[i].state.load() != task_queued) continue;
        const std::uint32_t order = tasks[i].order.load(std::memory_order_relaxed);
        if (best != nobody && static_cast<std::int32_t>(order - first) >= 0) continue;
        best = i;
        first = order;
      }
      if (best == nobody) return nobody;
      std::uint32_t expected = task_queued;
      if (!tasks[best].state.compare_exchange_strong(expected, task_running | thread.index << 8)) continue;
      thread.task = best;
      return best;
    }
  }

  // Sleeps while the word is `seen`, at most so many nanoseconds (-1: any time). False when the time is over.
  static bool wait(std::atomic<std::uint32_t> &word, std::uint32_t seen, std::int64_t nanoseconds) noexcept {
#ifdef __wasm__
    return __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int *>(&word), static_cast<int>(seen), nanoseconds) !=
           2;
#else
    (void)nanoseconds; // natively, for tests
    word.wait(seen);
    return true;
#endif
  }

  static void notify(std::atomic<std::uint32_t> &word, std::uint32_t count) noexcept {
#ifdef __wasm__
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int *>(&word), count);
#else
    if (count > 1) word.notify_all();
    else word.notify_one();
#endif
  }
};

using Job = BasicJob<>;
using Jobs = BasicJobs<>;

} // namespace arena::detail
