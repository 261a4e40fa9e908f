// malloc and operator new on the arena, so that std::vector and the like work in kernels without a second heap.
// Blocks come from the persistent side and go back to a list of their size, a power of two: a static table lives on,
// and a kernel that takes and frees the same sizes each frame stops growing. Linked only where something calls it.
#include "arena_bind/kernel.hpp"

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

struct alignas(16) Header { // before each block, which is so aligned for any type
  std::uint32_t order;      // the block has 1 << order bytes
  Header *next;             // in the list of free blocks
};
static_assert(sizeof(Header) == 16);

constexpr std::uint32_t orders = 32, plain_alignment = 16;
constinit Header *free_blocks[orders] = {};

#ifdef __wasm_atomics__
constinit std::atomic<bool> busy{false};
struct Lock { // a few instructions long; the main thread may not wait, so it spins
  Lock() {
    while (busy.exchange(true, std::memory_order_acquire)) {}
  }
  ~Lock() { busy.store(false, std::memory_order_release); }
};
#else
struct Lock {
  Lock() {}
};
#endif

Header *header_of(void *block) { return static_cast<Header *>(block) - 1; }

void *allocate(std::size_t bytes, std::size_t align) {
  if (bytes > 0x80000000 || align > arena::largest_alignment) return nullptr;
  const auto order = static_cast<std::uint32_t>(std::bit_width(bytes <= 16 ? 15u : static_cast<unsigned>(bytes) - 1));
  {
    const Lock lock; // every block serves plain requests, so these look at the first one only
    for (Header **at = &free_blocks[order]; *at; at = &(*at)->next) {
      if ((reinterpret_cast<std::uintptr_t>(*at + 1) & (align - 1)) != 0) continue;
      Header *found = *at;
      *at = found->next;
      return found + 1;
    }
  }
  const std::uint64_t padding = align <= plain_alignment ? sizeof(Header) : align;
  const std::uint64_t size = padding + (std::uint64_t{1} << order);
  if (size > 0xffffffff) return nullptr;
  const std::uintptr_t start =
      arena_alloc_persistent(&arena::current(), static_cast<std::uint32_t>(size),
                             static_cast<std::uint32_t>(align < plain_alignment ? plain_alignment : align));
  if (!start) return nullptr;
  void *block = reinterpret_cast<void *>(start + padding);
  *header_of(block) = {order, nullptr};
  return block;
}

void release(void *block) {
  if (!block) return;
  Header *header = header_of(block);
  const Lock lock;
  header->next = free_blocks[header->order];
  free_blocks[header->order] = header;
}

void *allocate_or_stop(std::size_t bytes, std::size_t align) {
  if (void *block = allocate(bytes, align)) return block;
  const arena::detail::Part text = arena::detail::Part::of(std::string_view{"operator new"});
  arena::detail::stop(arena::Status::out_of_memory, static_cast<std::uint32_t>(bytes), &text, 1);
}

} // namespace

extern "C" {

void *malloc(std::size_t bytes) { return allocate(bytes, plain_alignment); }
void free(void *block) { release(block); }

void *calloc(std::size_t count, std::size_t size) {
  const std::uint64_t bytes = std::uint64_t{count} * size;
  void *block = bytes > 0xffffffff ? nullptr : allocate(static_cast<std::size_t>(bytes), plain_alignment);
  if (block) std::memset(block, 0, static_cast<std::size_t>(bytes));
  return block;
}

void *realloc(void *block, std::size_t bytes) {
  if (!block) return malloc(bytes);
  const std::size_t size = std::size_t{1} << header_of(block)->order;
  if (bytes <= size) return block;
  void *moved = malloc(bytes);
  if (moved) {
    std::memcpy(moved, block, size);
    free(block);
  }
  return moved;
}

void *aligned_alloc(std::size_t align, std::size_t bytes) { return allocate(bytes, align); }
void *memalign(std::size_t align, std::size_t bytes) { return allocate(bytes, align); }
int posix_memalign(void **out, std::size_t align, std::size_t bytes) {
  *out = allocate(bytes, align);
  return *out ? 0 : ENOMEM;
}
std::size_t malloc_usable_size(void *block) { return block ? std::size_t{1} << header_of(block)->order : 0; }

} // extern "C"

void *operator new(std::size_t bytes) { return allocate_or_stop(bytes, plain_alignment); }
void *operator new[](std::size_t bytes) { return allocate_or_stop(bytes, plain_alignment); }
void *operator new(std::size_t bytes, std::align_val_t align) {
  return allocate_or_stop(bytes, static_cast<std::size_t>(align));
}
void *operator new[](std::size_t bytes, std::align_val_t align) {
  return allocate_or_stop(bytes, static_cast<std::size_t>(align));
}
void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept { return allocate(bytes, plain_alignment); }
void *operator new[](std::size_t bytes, const std::nothrow_t &) noexcept { return allocate(bytes, plain_alignment); }
void *operator new(std::size_t bytes, std::align_val_t align, const std::nothrow_t &) noexcept {
  return allocate(bytes, static_cast<std::size_t>(align));
}
void *operator new[](std::size_t bytes, std::align_val_t align, const std::nothrow_t &) noexcept {
  return allocate(bytes, static_cast<std::size_t>(align));
}
void operator delete(void *block) noexcept { release(block); }
void operator delete[](void *block) noexcept { release(block); }
void operator delete(void *block, std::size_t) noexcept { release(block); }
void operator delete[](void *block, std::size_t) noexcept { release(block); }
void operator delete(void *block, std::align_val_t) noexcept { release(block); }
void operator delete[](void *block, std::align_val_t) noexcept { release(block); }
void operator delete(void *block, std::size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void *block, std::size_t, std::align_val_t) noexcept { release(block); }
