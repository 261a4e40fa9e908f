// Jobs and tasks with real threads: workers that sleep, help and die, and threads that submit.
#include "arena_bind/jobs.hpp"

#include "threads.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using arena::Failure;
using arena::LeaseMark;
using arena::none;
using arena::SharedArena;
using namespace arena::detail;

// Sleeps almost at once, so that the tests see it; gives up soon.
struct Impatience {
  static constexpr std::uint32_t spins = 10;
  static constexpr std::uint64_t looks = 1'000'000;
};
using TestJobs = BasicJobs<std::atomic<std::uint32_t>, Impatience>;
using TestJob = TestJobs::Job;

struct Death {};

Failure failure(std::string_view text) {
  Failure made{1, 0, 0, {}};
  made.length = static_cast<std::uint32_t>(text.copy(made.text, sizeof made.text));
  return made;
}
std::string text_of(const Failure &made) { return {made.text, made.length}; }

// Threads 0 to submitters - 1 of `threads` submit; then come the workers, whose std::threads are here.
class Pool {
public:
  Pool(std::uint32_t submitters, std::uint32_t workers) : submitters_(submitters), lives_(workers) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    arena.open((address + 63) / 64 * 64, capacity);
    for (std::uint32_t i = 0; i < submitters; i++) {
      threads[i].index = i;
      threads[i].may_wait = 1;
      threads[i].own.open(arena, 1u << i);
    }
    for (std::uint32_t i = 0; i < workers; i++) start(i);
  }
  ~Pool() {
    jobs.close();
    for (Life &life : lives_)
      if (life.thread.joinable()) life.thread.join();
  }

  Thread &worker(std::uint32_t i) { return threads[submitters_ + i]; }
  void start(std::uint32_t i) {
    Thread &thread = worker(i);
    thread.~Thread();
    new (&thread) Thread;
    thread.index = submitters_ + i;
    thread.worker = 1u << i;
    thread.may_wait = 1;
    lives_[i].over = false;
    lives_[i].thread = std::thread{[this, i] { live(i); }};
  }
  // Waits until a worker has died, and heals it, as often as that takes.
  void heal(std::uint32_t i, std::string_view why) {
    lives_[i].over.wait(false);
    while (!jobs.heal(submitters_ + i, 1u << i, failure(why))) std::this_thread::yield();
    lives_[i].thread.join();
  }
  bool is_healed(std::uint32_t i) { // tried once, when it has died
    lives_[i].over.wait(false);
    return jobs.heal(submitters_ + i, 1u << i, failure("not yet"));
  }

  // A whole job of `thread`.
  End run(Thread &thread, std::uint32_t count, Chunk chunk, const void *context, std::string *why = nullptr) {
    TestJob *job = jobs.acquire(thread);
    if (!job) {
      for (std::uint32_t i = 0; i < count; i++) chunk(context, i);
      inline_runs++;
      return End::done;
    }
    const bool visit = thread.lease->begin_visit();
    job->chunk = chunk;
    job->context = context;
    jobs.submit(*job, count, thread_count);
    const End end = jobs.finish(*job, thread);
    if (end == End::lost) return end;
    if (why) *why = text_of(job->failure);
    jobs.release(*job);
    if (visit) thread.lease->end_visit();
    return end;
  }
  // Whether all slots are free.
  bool empty() {
    std::vector<TestJob *> taken;
    while (TestJob *job = jobs.acquire(threads[0])) taken.push_back(job);
    for (TestJob *job : taken) jobs.release(*job);
    return taken.size() == most_jobs;
  }

  static constexpr std::uint32_t capacity = 4 << 20;
  SharedArena arena;
  TestJobs jobs;
  Thread threads[thread_count];
  std::atomic<std::uint32_t> inline_runs{0};
  std::function<void(std::uint32_t index)> run_task; // by a worker
  std::function<void(TestJob &)> check;              // after each chunk of a worker's

  Watchdog watchdog;

  static inline thread_local Thread *self = nullptr;

private:
  struct Life {
    std::thread thread;
    std::atomic<bool> over{false};
  };

  void live(std::uint32_t i) {
    self = &worker(i);
    try {
      for (;;) {
        const std::uint32_t index = jobs.work(*self, [this](TestJob &job) {
          if (check) check(job);
        });
        if (index == nobody) break;
        run_task(index);
        self->task = nobody;
      }
    } catch (Death) {}
    lives_[i].over = true;
    lives_[i].over.notify_all();
  }

  std::unique_ptr<std::uint64_t[]> memory_{new std::uint64_t[capacity / 8 + 8]};
  std::uint32_t submitters_;
  std::vector<Life> lives_;
};

void raise(std::atomic<bool> &flag) {
  flag = true;
  flag.notify_all();
}

// How often each index has run; plainly, so that ThreadSanitizer sees whether finish() comes after all of them.
struct Counted {
  Pool *pool;
  std::vector<std::uint32_t> ran;
  std::uint32_t depth = 0;
  std::atomic<std::uint32_t> overwritten{0};

  Counted(Pool &in, std::uint32_t count, std::uint32_t levels = 0) : pool(&in), ran(count), depth(levels) {}
  bool once() const {
    for (const std::uint32_t times : ran)
      if (times != 1) return false;
    return overwritten == 0;
  }
};

// Counts, in memory of its thread's, which nobody else may touch meanwhile; and lets others do the same below.
void count_chunk(const void *context, std::uint32_t index) {
  Counted &counted = *static_cast<Counted *>(const_cast<void *>(context));
  arena::Lease &lease = *Pool::self->lease;
  const LeaseMark mark = lease.mark();
  const std::uint32_t at = lease.allocate(64);
  auto *words = reinterpret_cast<std::uint64_t *>(lease.base + at);
  if (at != none)
    for (std::uint64_t i = 0; i < 8; i++) words[i] = reinterpret_cast<std::uintptr_t>(&counted) + index + i;
  if (counted.depth > 0) {
    Counted inner{*counted.pool, 1 + index % 4, counted.depth - 1};
    const End end = counted.pool->run(*Pool::self, static_cast<std::uint32_t>(inner.ran.size()), count_chunk, &inner);
    if (end != End::done || !inner.once()) counted.overwritten++;
  } else if (index % 16 == 0) {
    std::this_thread::yield();
  }
  if (at == none) counted.overwritten++;
  else
    for (std::uint64_t i = 0; i < 8; i++)
      counted.overwritten += words[i] != reinterpret_cast<std::uintptr_t>(&counted) + index + i;
  lease.rewind(mark);
  counted.ran[index]++;
}

} // namespace

TEST_CASE("every chunk of every job runs once, with memory of its own") {
  Pool pool{4, 4};
  std::atomic<std::uint32_t> wrong{0};
  together(4, [&](std::uint32_t i) {
    Thread &thread = *(Pool::self = &pool.threads[i]);
    Random random{i};
    for (int round = 0; round < 150; round++) {
      Counted counted{pool, random() % 4 == 0 ? 1 + random() % 200 : 1 + random() % 3};
      const auto count = static_cast<std::uint32_t>(counted.ran.size());
      const End end = pool.run(thread, count, count_chunk, &counted);
      wrong += end != End::done || !counted.once();
      if (round % 4 == 0) thread.lease->leave();
    }
  });
  CHECK(wrong == 0);
  CHECK(pool.inline_runs == 0);
  CHECK(pool.empty());
}

TEST_CASE("jobs within jobs run once each, and where all slots are taken at once") {
  Pool pool{4, 4};
  std::atomic<std::uint32_t> wrong{0};
  std::vector<TestJob *> taken; // all slots but five
  for (std::uint32_t i = 0; i < most_jobs - 5; i++) taken.push_back(pool.jobs.acquire(pool.threads[0]));
  together(4, [&](std::uint32_t i) {
    Thread &thread = *(Pool::self = &pool.threads[i]);
    for (int round = 0; round < 8; round++) {
      Counted counted{pool, 12, 3};
      wrong += pool.run(thread, 12, count_chunk, &counted) != End::done || !counted.once();
      thread.lease->leave();
    }
  });
  CHECK(wrong == 0);
  CHECK(pool.inline_runs > 0);
  for (TestJob *job : taken) pool.jobs.release(*job);
  CHECK(pool.empty());
}

TEST_CASE("64 jobs may be there at once, and all are done") {
  Pool pool{1, 3};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  thread.lease->begin_visit();
  for (int round = 0; round < 10; round++) {
    std::vector<std::unique_ptr<Counted>> counted;
    std::vector<TestJob *> jobs;
    while (TestJob *job = pool.jobs.acquire(thread)) {
      counted.push_back(std::make_unique<Counted>(pool, 1 + jobs.size() % 5));
      job->chunk = count_chunk;
      job->context = counted.back().get();
      pool.jobs.submit(*job, static_cast<std::uint32_t>(counted.back()->ran.size()), 3);
      jobs.push_back(job);
    }
    REQUIRE(jobs.size() == most_jobs);
    CHECK(pool.jobs.busy(0));
    std::uint32_t wrong = 0;
    for (std::size_t i = 0; i < jobs.size(); i++) {
      wrong += pool.jobs.finish(*jobs[i], thread) != End::done;
      wrong += !counted[i]->once();
      pool.jobs.release(*jobs[i]);
    }
    REQUIRE(wrong == 0);
    CHECK_FALSE(pool.jobs.busy(0));
  }
}

TEST_CASE("the first failure of a job is told, and no further chunk is begun") {
  Pool pool{1, 3};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  struct Context {
    Pool *pool;
    std::atomic<std::uint32_t> ran{0};
  };
  pool.check = [&](TestJob &job) { pool.jobs.fail(job, failure("worker " + std::to_string(Pool::self->worker))); };
  std::uint32_t failed = 0;
  for (int round = 0; round < 50; round++) {
    Context context{&pool};
    std::string why;
    const auto chunk = [](const void *given, std::uint32_t) {
      static_cast<Context *>(const_cast<void *>(given))->ran++;
      std::this_thread::yield();
    };
    const End end = pool.run(thread, 10000, chunk, &context, &why);
    if (end == End::done) { // none of the workers came in time
      REQUIRE(context.ran == 10000);
      continue;
    }
    failed++;
    REQUIRE(end == End::failed);
    REQUIRE(context.ran < 10000);
    REQUIRE((why == "worker 1" || why == "worker 2" || why == "worker 4"));
  }
  CHECK(failed > 0);
  pool.check = nullptr;
  Counted counted{pool, 100};
  CHECK(pool.run(thread, 100, count_chunk, &counted) == End::done);
  CHECK(counted.once());
}

namespace {

struct Deadly {
  std::atomic<bool> died{false};

  // The first worker dies of it. Everybody else waits a while for that, so that it gets a chunk.
  static void chunk(const void *context, std::uint32_t) {
    Deadly &deadly = *static_cast<Deadly *>(const_cast<void *>(context));
    if (Pool::self->worker == 1 && !deadly.died.exchange(true)) throw Death{};
    for (int i = 0; i < 100 && !deadly.died; i++) std::this_thread::yield();
  }
};

} // namespace

TEST_CASE("a job whose worker dies fails with what its healer says; others go on, and so does who takes its place") {
  Pool pool{2, 3};
  std::atomic<bool> over{false};
  std::atomic<std::uint32_t> wrong{0};
  std::thread other{[&] {
    Thread &thread = *(Pool::self = &pool.threads[1]);
    while (!over) {
      Counted counted{pool, 20, 1};
      wrong += pool.run(thread, 20, count_chunk, &counted) != End::done || !counted.once();
      thread.lease->leave();
    }
  }};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  for (int round = 0; round < 20; round++) {
    const std::string text = "the worker of round " + std::to_string(round) + " is gone";
    std::thread healer{[&] {
      pool.heal(0, text);
      pool.start(0);
    }};
    End end = End::done;
    std::string why;
    while (end == End::done) { // until the worker comes
      Deadly deadly;
      end = pool.run(thread, 1000, Deadly::chunk, &deadly, &why);
    }
    healer.join();
    CHECK(end == End::failed);
    CHECK(why == text);
  }
  over = true;
  other.join();
  CHECK(wrong == 0);
  CHECK(pool.empty());
}

namespace {

struct Nested {
  Pool *pool;
  std::atomic<bool> inside{false}, go{false};
  std::atomic<std::uint32_t> dead{nobody};

  explicit Nested(Pool &in) : pool(&in) {}

  // The first worker that comes submits another job, and dies while the other worker is in it.
  static void outer(const void *context, std::uint32_t) {
    Nested &nested = *static_cast<Nested *>(const_cast<void *>(context));
    std::uint32_t none_yet = nobody;
    if (Pool::self->worker == 0) {
      nested.dead.wait(nobody);
    } else if (nested.dead.compare_exchange_strong(none_yet, Pool::self->index)) {
      nested.dead.notify_all();
      nested.pool->run(*Pool::self, 2, inner, context);
    }
  }
  static void inner(const void *context, std::uint32_t) {
    Nested &nested = *static_cast<Nested *>(const_cast<void *>(context));
    if (Pool::self->index == nested.dead) {
      nested.inside.wait(false);
      throw Death{};
    }
    raise(nested.inside);
    nested.go.wait(false);
  }
};

} // namespace

TEST_CASE("a worker that died is healed only when nobody works any more for a job that it had submitted") {
  for (int round = 0; round < 10; round++) {
    Pool pool{1, 2};
    Nested nested{pool};
    std::atomic<bool> over{false};
    End end = End::done;
    std::string why;
    std::thread submitter{[&] {
      Thread &thread = *(Pool::self = &pool.threads[0]);
      end = pool.run(thread, 2, Nested::outer, &nested, &why);
      over = true;
    }};
    nested.dead.wait(nobody);
    const std::uint32_t dead = nested.dead - 1;
    for (int attempt = 0; attempt < 3; attempt++) REQUIRE_FALSE(pool.is_healed(dead));
    CHECK_FALSE(over);
    raise(nested.go);
    pool.heal(dead, "it is gone");
    submitter.join();
    CHECK(end == End::failed);
    CHECK(why == "it is gone");
    CHECK(pool.empty());
  }
}

TEST_CASE("to heal a worker that slept changes nothing") {
  Pool pool{1, 3};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  CHECK(pool.jobs.heal(3, 4, failure("it slept")));
  Counted counted{pool, 100};
  CHECK(pool.run(thread, 100, count_chunk, &counted) == End::done);
  CHECK(counted.once());
  CHECK(pool.empty());
}

namespace {

// Bodies that are spawned, and spawn others.
struct Spawned {
  Pool *pool;
  std::uint32_t most;
  std::atomic<std::uint64_t> group{0};
  std::atomic<std::uint32_t> next{1};
  std::vector<std::uint32_t> ran;

  Spawned(Pool &in, std::uint32_t bodies) : pool(&in), most(bodies), ran(bodies) {}

  void spawn() {
    TestJob *job = pool->jobs.acquire(*Pool::self);
    if (!job) return body(this, 0);
    job->chunk = body;
    job->context = this;
    pool->jobs.submit_to(group, *job, 0);
  }
  static void body(const void *context, std::uint32_t) {
    Spawned &spawned = *static_cast<Spawned *>(const_cast<void *>(context));
    for (int i = 0; i < 2; i++) {
      const std::uint32_t mine = spawned.next++;
      if (mine >= spawned.most) return;
      if (mine % 8 == 0) std::this_thread::yield();
      spawned.ran[mine]++; // plainly: whoever waits for the group may read it then
      spawned.spawn();
    }
  }
};

} // namespace

TEST_CASE("a group is waited for with all that its bodies spawn into it") {
  Pool pool{1, 3};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  thread.lease->begin_visit();
  for (int round = 0; round < 100; round++) {
    Spawned spawned{pool, 60};
    spawned.ran[0] = 1;
    spawned.spawn();
    Failure why;
    REQUIRE(pool.jobs.finish_all(spawned.group, thread, why) == End::done);
    for (const std::uint32_t times : spawned.ran) REQUIRE(times == 1);
    REQUIRE_FALSE(pool.jobs.busy(0));
  }
  CHECK(pool.empty());
}

TEST_CASE("what was spawned can be called off, with what it spawns meanwhile") {
  Pool pool{1, 3};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  thread.lease->begin_visit();
  std::uint32_t left_out = 0;
  for (int round = 0; round < 100; round++) {
    Spawned spawned{pool, 1000};
    for (int i = 0; i < 3; i++) spawned.spawn();
    if (round % 2) std::this_thread::yield();
    REQUIRE(pool.jobs.call_off(thread, thread));
    REQUIRE_FALSE(pool.jobs.busy(0));
    for (const std::uint32_t times : spawned.ran) left_out += times == 0; // and nobody writes there any more
  }
  CHECK(left_out > 0);
  CHECK(pool.empty());
}

TEST_CASE("who can't sleep gives a worker up that doesn't come back, and its job stays until it has") {
  Pool pool{1, 1};
  Thread &thread = *(Pool::self = &pool.threads[0]);
  thread.may_wait = 0;
  struct Stuck {
    std::atomic<bool> inside{false}, go{false};
  } stuck;
  const auto chunk = [](const void *context, std::uint32_t) {
    Stuck &at = *static_cast<Stuck *>(const_cast<void *>(context));
    if (Pool::self->worker == 0) return at.inside.wait(false);
    raise(at.inside);
    at.go.wait(false);
  };
  CHECK(pool.run(thread, 2, chunk, &stuck) == End::lost);
  CHECK(pool.jobs.busy(0));
  CHECK_FALSE(pool.jobs.call_off(thread, thread));
  CHECK_FALSE(pool.jobs.heal(0, 0, failure("its submitter has stopped as well")));
  CHECK_FALSE(pool.empty());
  raise(stuck.go);
  while (pool.jobs.busy(0)) std::this_thread::yield();
  CHECK(pool.jobs.call_off(thread, thread));
  CHECK(pool.empty());
}

TEST_CASE("a worker runs tasks in the order in which they were submitted") {
  std::atomic<bool> go{false};
  std::vector<std::uint32_t> ran;
  {
    Pool pool{1, 1};
    pool.run_task = [&](std::uint32_t index) {
      go.wait(false);
      ran.push_back(pool.jobs.tasks[index].kernel);
      pool.jobs.tasks[index].state = task_free;
    };
    for (std::uint32_t i = 0; i < most_tasks; i++) {
      const std::uint32_t index = (i * 11 + 5) % most_tasks;
      pool.jobs.tasks[index].kernel = i;
      pool.jobs.submit_task(index);
    }
    raise(go);
    for (Task &task : pool.jobs.tasks)
      while (task.state != task_free) std::this_thread::yield();
  }
  REQUIRE(ran.size() == most_tasks);
  for (std::uint32_t i = 0; i < most_tasks; i++) CHECK(ran[i] == i);
}

TEST_CASE("each task is run once by one worker, or was withdrawn before") {
  constexpr std::uint32_t all = 2000;
  std::vector<std::uint32_t> ran(all);
  std::uint32_t withdrawn = 0;
  std::atomic<std::uint32_t> wrong{0};
  {
    Pool pool{1, 4};
    std::atomic<std::uint32_t> done[most_tasks]{};
    pool.run_task = [&](std::uint32_t index) {
      Task &task = pool.jobs.tasks[index];
      wrong += task.state != (task_running | Pool::self->index << 8) || Pool::self->task != index;
      ran[task.kernel]++;
      done[index] = 1;
    };
    Random random{1};
    for (std::uint32_t serial = 0; serial < all; serial++) {
      std::uint32_t index = random() % most_tasks;
      Task *task = &pool.jobs.tasks[index];
      for (; task->state != task_free; task = &pool.jobs.tasks[index = (index + 1) % most_tasks]) {
        if (!done[index].exchange(0)) continue;
        task->state = task_free; // as the host does when it hears of it
        break;
      }
      task->kernel = serial;
      pool.jobs.submit_task(index);
      if (random() % 4 == 0) {
        const std::uint32_t other = random() % most_tasks;
        const std::uint32_t kernel = pool.jobs.tasks[other].kernel;
        if (pool.jobs.withdraw(other)) {
          ran[kernel]++; // and by nobody else
          withdrawn++;
        }
      }
    }
    for (std::uint32_t index = 0; index < most_tasks; index++)
      while ((pool.jobs.tasks[index].state & task_kinds) == task_queued ||
             ((pool.jobs.tasks[index].state & task_kinds) == task_running && !done[index]))
        std::this_thread::yield();
  }
  CHECK(wrong == 0);
  CHECK(withdrawn > 0);
  for (const std::uint32_t times : ran) wrong += times != 1;
  CHECK(wrong == 0);
}

TEST_CASE("closing ends who sleeps and who works, when its chunk is done") {
  for (int round = 0; round < 20; round++) {
    Pool pool{1, 4};
    Pool::self = &pool.threads[0];
    Thread &thread = pool.threads[0];
    thread.lease->begin_visit();
    Counted counted{pool, 50};
    TestJob *job = pool.jobs.acquire(thread);
    job->chunk = count_chunk;
    job->context = &counted;
    pool.jobs.submit(*job, 50, 2);
    pool.jobs.close();
    CHECK(pool.jobs.finish(*job, thread) == End::done); // by the submitter, if by nobody else
    CHECK(counted.once());
  }
}

namespace {

// Who comes waits for the others: nobody may sleep over what concerns him.
struct Meeting {
  std::uint32_t expected;
  std::atomic<std::uint32_t> arrived{0};

  explicit Meeting(std::uint32_t count) : expected(count) {}
  void meet() {
    arrived++;
    while (arrived < expected) std::this_thread::yield();
  }
  static void chunk(const void *context, std::uint32_t) { static_cast<Meeting *>(const_cast<void *>(context))->meet(); }
};

} // namespace

TEST_CASE("in thousands of rounds of jobs and tasks no wake-up is lost") {
#ifdef __SANITIZE_THREAD__
  constexpr std::uint32_t all = 10000; // it is slow, and has nothing to see here that is not in the first ones
#else
  constexpr std::uint32_t all = 100000;
#endif
  for (const std::uint32_t workers : {1u, 3u}) {
    Meeting *meeting = nullptr;
    std::atomic<std::uint32_t> done{0};
    Pool pool{1, workers};
    pool.run_task = [&](std::uint32_t index) {
      Meeting &at = *meeting;
      pool.jobs.tasks[index].state = task_free;
      at.meet();
      done++;
      done.notify_one();
    };
    Thread &thread = *(Pool::self = &pool.threads[0]);
    Random random{workers};
    const std::uint32_t rounds = workers == 1 ? all / 5 * 4 : all / 5;
    for (std::uint32_t round = 0; round < rounds; round++) {
      for (std::atomic<std::uint32_t> wait{random() % 64}; wait > 0; wait--) {} // now it sleeps, now it doesn't yet
      if (round % 2) {
        Meeting here{workers + 1};
        pool.run(thread, workers + 1, Meeting::chunk, &here);
      } else {
        Meeting here{workers};
        meeting = &here;
        done = 0;
        for (std::uint32_t i = 0; i < workers; i++) pool.jobs.submit_task(i);
        for (std::uint32_t seen = 0; (seen = done) < workers;) done.wait(seen);
      }
      pool.watchdog.goes_on();
    }
  }
}
