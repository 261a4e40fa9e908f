// The constants and hooks of abi.h as exported data, compiled only to be read by tools/generate.mjs; it never ships.
// Each export is the address of one 32-bit value, named as in src-ts/abi.gen.ts; of a hook, 1 << 8 when it returns
// something, plus the number of its parameters. All of them are 32-bit numbers.
#include "arena_bind/abi.h"
#include "arena_bind/jobs.hpp"
#include "arena_bind/ring.hpp"

#include <type_traits>

#define CONSTANT(name, value)                                                                                          \
  extern "C" {                                                                                                         \
  extern const std::uint32_t name;                                                                                     \
  __attribute__((used, visibility("default"))) const std::uint32_t name = static_cast<std::uint32_t>(value);           \
  }

static_assert(offsetof(arena::Arena, floor) == offsetof(arena::Arena, word) + 8, "TypeScript shows both in one array");

// A lease stands where an arena may stand.
using arena::Arena, arena::Lease, arena::SharedArena, arena::detail::Task;
static_assert(offsetof(Lease, offset) == offsetof(Arena, word) && offsetof(Lease, frame) == offsetof(Arena, word) + 4 &&
              offsetof(Lease, limit) == offsetof(Arena, floor) &&
              offsetof(Lease, allocations) == offsetof(Arena, allocations) &&
              offsetof(Lease, capacity) == offsetof(Arena, capacity) && offsetof(Lease, base) == offsetof(Arena, base));
static_assert(offsetof(SharedArena, word) == offsetof(Arena, word) &&
              offsetof(SharedArena, peak) == offsetof(Arena, peak) &&
              offsetof(SharedArena, floor) == offsetof(Arena, floor));

CONSTANT(ABI_VERSION, ARENA_ABI_VERSION)
CONSTANT(DEFAULT_CAPACITY, arena::default_capacity)
CONSTANT(BLOCK_ALIGNMENT, arena::block_alignment)
CONSTANT(LARGEST_ALIGNMENT, arena::largest_alignment)
CONSTANT(STACK_SIZE, arena::stack_size)
CONSTANT(OFFSET_OF_WORD, offsetof(arena::Arena, word))
CONSTANT(OFFSET_OF_PEAK, offsetof(arena::Arena, peak))
CONSTANT(OFFSET_OF_ALLOCATIONS, offsetof(arena::Arena, allocations))
CONSTANT(OFFSET_OF_CAPACITY, offsetof(arena::Arena, capacity))
CONSTANT(OFFSET_OF_BASE, offsetof(arena::Arena, base))
CONSTANT(OFFSET_OF_FAILURE_STATUS, offsetof(arena::Failure, status))
CONSTANT(OFFSET_OF_FAILURE_REQUESTED, offsetof(arena::Failure, requested))
CONSTANT(OFFSET_OF_FAILURE_LENGTH, offsetof(arena::Failure, length))
CONSTANT(OFFSET_OF_FAILURE_TEXT, offsetof(arena::Failure, text))
CONSTANT(FAILURE_TEXT_BYTES, sizeof(arena::Failure::text))
CONSTANT(STATUS_OK, arena::Status::ok)
CONSTANT(STATUS_OUT_OF_MEMORY, arena::Status::out_of_memory)
CONSTANT(STATUS_FAILED, arena::Status::failed)
CONSTANT(STATUS_TRAPPED, arena::Status::trapped)
CONSTANT(OFFSET_OF_LEASE_EXTENT, offsetof(Lease, extent))
CONSTANT(OFFSET_OF_LEASE_LARGE, offsetof(Lease, large))
CONSTANT(OFFSET_OF_LEASE_TAKEN, offsetof(Lease, taken))
CONSTANT(OFFSET_OF_LEASE_SHARED, offsetof(Lease, shared))
CONSTANT(PARTITION_HEADER, arena::partition_header)
CONSTANT(MOST_WORKERS, arena::most_workers)
CONSTANT(MOST_ATTACHED, arena::most_attached)
CONSTANT(MOST_TASKS, arena::detail::most_tasks)
CONSTANT(TASK_BYTES, sizeof(Task))
CONSTANT(TASK_SLOTS, arena::detail::task_slots)
CONSTANT(TASK_FREE, arena::detail::task_free)
CONSTANT(TASK_RUNNING, arena::detail::task_running)
CONSTANT(OFFSET_OF_TASK_STATE, offsetof(Task, state))
CONSTANT(OFFSET_OF_TASK_CANCELLED, offsetof(Task, cancelled))
CONSTANT(OFFSET_OF_TASK_PROGRESS, offsetof(Task, progress))
CONSTANT(OFFSET_OF_TASK_ORDER, offsetof(Task, order))
CONSTANT(OFFSET_OF_TASK_KERNEL, offsetof(Task, kernel))
CONSTANT(OFFSET_OF_TASK_COUNT, offsetof(Task, count))
CONSTANT(OFFSET_OF_TASK_WIDE, offsetof(Task, wide))
CONSTANT(OFFSET_OF_TASK_SLOTS, offsetof(Task, slots))
using arena::RingHeader;
CONSTANT(RING_ALIGNMENT, arena::ring_alignment)
CONSTANT(RING_MAGIC, arena::ring_magic)
CONSTANT(RING_INDEX_MASK, arena::ring_index_mask)
CONSTANT(RING_LARGEST, arena::ring_largest)
CONSTANT(RING_STAGE, arena::ring_stage)
CONSTANT(RING_HEADER, sizeof(RingHeader))
CONSTANT(OFFSET_OF_RING_MAGIC, offsetof(RingHeader, magic))
CONSTANT(OFFSET_OF_RING_TYPE, offsetof(RingHeader, type))
CONSTANT(OFFSET_OF_RING_CAPACITY, offsetof(RingHeader, capacity))
CONSTANT(OFFSET_OF_RING_WRITTEN, offsetof(RingHeader, written))
CONSTANT(OFFSET_OF_RING_OVERRUNS, offsetof(RingHeader, overruns))
CONSTANT(OFFSET_OF_RING_ROOM_WANTED, offsetof(RingHeader, room_wanted))
CONSTANT(OFFSET_OF_RING_READ, offsetof(RingHeader, read))
CONSTANT(OFFSET_OF_RING_UNDERRUNS, offsetof(RingHeader, underruns))
CONSTANT(OFFSET_OF_RING_ELEMENTS_WANTED, offsetof(RingHeader, elements_wanted))

namespace {
template <class R, class... P> constexpr std::uint32_t shape_of(R (*)(P...)) {
  static_assert(((sizeof(P) == 4) && ...), "hooks take 32-bit numbers");
  return (std::is_void_v<R> ? 0 : 1 << 8) + sizeof...(P);
}
} // namespace

#define HOOK(name) CONSTANT(hook_##name, shape_of(decltype(&name){}))
HOOK(arena_abi_version)
HOOK(arena_open)
HOOK(arena_alloc)
HOOK(arena_alloc_persistent)
HOOK(arena_rewind)
HOOK(arena_reset)
HOOK(arena_partition)
HOOK(arena_use)
HOOK(arena_recover)
HOOK(arena_stack_get)
HOOK(arena_stack_set)
HOOK(arena_threads)
HOOK(arena_thread_stack)
HOOK(arena_thread_start)
HOOK(arena_attach)
HOOK(arena_detach)
HOOK(arena_leave)
HOOK(arena_release)
HOOK(arena_end)
HOOK(arena_rewind_lease)
HOOK(arena_work)
HOOK(arena_task_done)
HOOK(arena_tasks)
HOOK(arena_task_submit)
HOOK(arena_task_withdraw)
HOOK(arena_heal)
HOOK(arena_call_off)
HOOK(arena_close)
