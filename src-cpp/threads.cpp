// Behind parallel.hpp and the hooks of abi.h that only builds for threads have. Not part of other builds.
#include "arena_bind/parallel.hpp"

#include "stack.hpp"
#include "threads.hpp"

using namespace arena;
using namespace arena::detail;

extern "C" void __wasm_init_tls(void *block);

namespace {

constexpr std::uint32_t most_threads = 1 + most_workers + most_attached;
constexpr std::uint32_t guard_words = 128;          // below each stack
constexpr std::uint32_t guard_pattern = 0x5afe57ac; // what stands there until a stack overflows

constinit Jobs jobs;
alignas(Thread) constinit std::byte threads_memory[sizeof(Thread) * most_threads]{}; // zeros take no room in the file
Thread *const threads = reinterpret_cast<Thread *>(threads_memory);
constinit thread_local Thread *self = nullptr;
constinit std::uint32_t workers = 0, attached = 0;
constinit std::uintptr_t blocks = 0; // guard, stack and thread_locals of each thread but the owner

std::uintptr_t align_up(std::uintptr_t address, std::uintptr_t align) { return (address + align - 1) & ~(align - 1); }

std::uintptr_t guard_bytes() { return guard_words * sizeof(std::uint32_t); }
std::uintptr_t tls_bytes() { return align_up(__builtin_wasm_tls_size(), 64) + __builtin_wasm_tls_align(); }
std::uintptr_t block_bytes() { return guard_bytes() + stack_size + tls_bytes(); }

std::uint32_t *guard_of(const Thread &thread) {
  return reinterpret_cast<std::uint32_t *>(thread.stack_low - guard_bytes());
}

void arm_guard(const Thread &thread) {
  for (std::uint32_t i = 0; i < guard_words; i++) guard_of(thread)[i] = guard_pattern;
}

Failure stack_overflow() {
  Failure made{static_cast<std::uint32_t>(Status::trapped), 0, 0, {}};
  constexpr std::string_view text = "its stack of 65536 bytes overflowed, and memory beside it may be damaged";
  static_assert(stack_size == 65536);
  made.length = static_cast<std::uint32_t>(text.copy(made.text, sizeof made.text));
  return made;
}

// After a job or task of a worker: whether its stack has stayed where it belongs.
bool stack_is_whole() {
  if (!self->stack_low) return true;
  for (std::uint32_t i = 0; i < guard_words; i++) {
    if (guard_of(*self)[i] == guard_pattern) continue;
    arm_guard(*self);
    return false;
  }
  return true;
}

void check_stack(Job &job) {
  if (!stack_is_whole()) jobs.fail(job, stack_overflow());
}

[[noreturn]] void stop_like(const Failure &why) {
  last_failure() = why;
  __builtin_trap();
}

} // namespace

namespace arena {

Current &current() noexcept { return *self->lease; }

std::uint32_t thread_count() noexcept { return 1 + workers; }

void progress(double done) noexcept {
  if (self->task != nobody) jobs.tasks[self->task].progress.store(static_cast<float>(done));
}

bool cancelled() noexcept { return self->task != nobody && jobs.tasks[self->task].cancelled.load(); }

namespace detail {

std::uint32_t this_thread() noexcept { return self->index; }

void run_chunks(std::uint32_t count, Chunk chunk, const void *context) {
  Job *job = workers && count > 1 && count <= most_chunks ? jobs.acquire(*self) : nullptr;
  if (!job) {
    for (std::uint32_t i = 0; i < count; i++) chunk(context, i);
    return;
  }
  Lease &lease = *self->lease;
  const bool visit = lease.begin_visit();
  job->chunk = chunk;
  job->context = context;
  jobs.submit(*job, count, count - 1 < workers ? count - 1 : workers);
  const End end = jobs.finish(*job, *self);
  if (end == End::lost) fail("a worker has not come back for 10 seconds: it was terminated or does not end");
  const Failure failure = job->failure;
  jobs.release(*job);
  if (visit) lease.end_visit();
  if (end == End::failed) stop_like(failure);
}

Job *begin_spawn() { return workers ? jobs.acquire(*self) : nullptr; }

void end_spawn(std::atomic<std::uint64_t> &group, Job &job, std::uint32_t owner) {
  self->lease->begin_visit(); // until the frame ends: the group may outlive this call
  jobs.submit_to(group, job, owner);
}

void wait_for(std::atomic<std::uint64_t> &group) {
  Failure failure;
  const End end = jobs.finish_all(group, *self, failure);
  if (end == End::lost) fail("a worker has not come back for 10 seconds: it was terminated or does not end");
  if (end == End::failed) stop_like(failure);
}

} // namespace detail

std::uintptr_t open_threads(std::uintptr_t base) {
  base = align_up(base, __builtin_wasm_tls_align());
  __wasm_init_tls(reinterpret_cast<void *>(base)); // this linker leaves it to the program to set them up
  blocks = align_up(base + __builtin_wasm_tls_size(), 64);
  self = &threads[0];
  return blocks + (workers + attached) * align_up(block_bytes(), 64);
}

Current *open_shared(std::uintptr_t base, std::uint32_t capacity) {
  static constinit SharedArena first_arena;
  first_arena.open(base, capacity);
  threads[0].own.open(first_arena, 1);
  return &threads[0].own;
}

} // namespace arena

extern "C" {

std::uint32_t arena_threads(std::uint32_t pool, std::uint32_t more, std::uint32_t may_wait) {
  workers = pool;
  attached = more;
  for (std::uint32_t i = 0; i <= pool + more; i++) (new (&threads[i]) Thread)->index = i;
  threads[0].may_wait = may_wait;
  return static_cast<std::uint32_t>((pool + more + 1) * align_up(block_bytes(), 64));
}

std::uintptr_t arena_thread_stack(std::uint32_t index) {
  Thread &thread = threads[index];
  const std::uintptr_t block = blocks + (index - 1) * align_up(block_bytes(), 64);
  thread.stack_low = block + guard_bytes();
  thread.stack_top = thread.stack_low + stack_size;
  arm_guard(thread);
  return thread.stack_top;
}

void arena_thread_start(std::uint32_t index, std::uint32_t may_wait) {
  Thread &thread = threads[index];
  __wasm_init_tls(reinterpret_cast<void *>(align_up(thread.stack_top, __builtin_wasm_tls_align())));
  self = &thread;
  thread.may_wait = may_wait;
  thread.task = nobody;
  thread.worker = index <= workers ? 1u << (index - 1) : 0;
  thread.lease = &thread.own;
  stack_limit = thread.stack_low;
}

Current *arena_attach(Current *owner, std::uint32_t index) {
  Lease &lease = threads[index].own;
  lease.open(*owner->shared, 1u << (index - workers));
  return &lease;
}

std::uint32_t arena_detach(std::uint32_t index) {
  if (!jobs.call_off(threads[index], *self)) return 0;
  Lease &lease = threads[index].own;
  lease.taken = 1; // if the handle was never used, it must not be from here on
  if (SharedArena::inside(lease.shared->word.load()) & lease.who) lease.shared->leave(lease.who);
  return 1;
}

Current *arena_partition(Current *parent, std::uintptr_t block, std::uint32_t capacity) {
  struct Records {
    SharedArena arena;
    Lease lease; // of this thread
  };
  static_assert(sizeof(Records) <= partition_header);
  Records *made = new (reinterpret_cast<void *>(block)) Records;
  made->arena.open(block + partition_header, capacity);
  made->lease.open(made->arena, parent->who);
  return &made->lease;
}

Current *arena_use(Current *next) {
  Current *before = self->lease;
  self->lease = next;
  return before;
}

std::uint32_t arena_leave(Current *lease, std::uint32_t holding) {
  const bool hold = holding || jobs.busy(self->index);
  lease->leave(hold);
  return hold;
}

std::uint32_t arena_release(Current *lease) {
  if (jobs.busy(self->index)) return 0;
  if (lease->held) lease->leave();
  else lease->end_visit();
  return 1;
}

std::uint32_t arena_end(Current *lease) { return lease->reset(); }

void arena_rewind_lease(Current *lease, std::uint32_t frame, std::uint32_t extent, std::uint32_t offset,
                        std::uint32_t large) {
  lease->rewind({frame, extent, offset, large});
}

std::uint32_t arena_work() {
  const std::uint32_t task = jobs.work(*self, check_stack);
  if (task != nobody) self->lease->work_for(*jobs.tasks[task].shared);
  return task;
}

std::uint32_t arena_task_done() {
  self->task = nobody;
  self->lease->rewind({self->lease->frame, none, 0, none}); // all of it
  if (stack_is_whole()) return 1;
  last_failure() = stack_overflow();
  return 0;
}

Task *arena_tasks() { return jobs.tasks; }

void arena_task_submit(std::uint32_t index, Current *lease) {
  lease->begin_visit();
  jobs.tasks[index].shared = lease->shared;
  jobs.submit_task(index);
}

std::uint32_t arena_task_withdraw(std::uint32_t index) { return jobs.withdraw(index); }

std::uint32_t arena_heal(std::uint32_t index) {
  return jobs.heal(index, index <= workers ? 1u << (index - 1) : 0, last_failure());
}

void arena_call_off() { jobs.call_off(*self, *self); }

void arena_close() { jobs.close(); }

} // extern "C"
