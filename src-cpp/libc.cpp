// What the C and C++ libraries ask of a system, answered without one, so that code which only might fail imports
// nothing. A name after `__wrap_` stands in "answered" of flags.json: the linker sends every call of it here.
#include "arena_bind/kernel.hpp"

#include <cstdarg>

namespace {

// Fails with what printf would make of the two conversions in messages of libc++; printf itself would be larger.
[[noreturn]] void fail_as_printed(const char *format, std::va_list values) {
  char room[200];
  std::size_t size = 0;
  const auto put = [&](std::string_view text) { size += text.copy(room + size, sizeof room - size); };
  for (; *format; format++) {
    if (format[0] == '%' && format[1] == 's') put(va_arg(values, const char *));
    else if (format[0] == '%' && format[1] == 'd') {
      const int number = va_arg(values, int);
      char digits[10]; // of 2^31, written from the back
      char *first = digits + sizeof digits;
      auto rest = number < 0 ? 0 - static_cast<unsigned>(number) : static_cast<unsigned>(number);
      do *--first = static_cast<char>('0' + rest % 10);
      while (rest /= 10);
      if (number < 0) put("-");
      put({first, static_cast<std::size_t>(digits + sizeof digits - first)});
    } else {
      put({format, 1});
      continue;
    }
    format++;
  }
  while (size > 0 && room[size - 1] == '\n') size--;
  arena::fail(std::string_view{room, size});
}

} // namespace

extern "C" {

[[noreturn]] void __wrap___assert_fail(const char *condition, const char *file, int line, const char *) {
  arena::fail("assertion failed: ", condition, ", ", file, ":", line);
}

[[noreturn]] void __wrap__ZSt9terminatev() { arena::fail("std::terminate() was called"); }
[[noreturn]] void __wrap___cxa_pure_virtual() { arena::fail("a pure virtual function was called"); }
[[noreturn]] void __wrap___cxa_deleted_virtual() { arena::fail("a deleted virtual function was called"); }

// std::__libcpp_verbose_abort, which libc++ calls where it would throw; its inline namespace is __1 or __2.
[[noreturn]] void __wrap__ZNSt3__122__libcpp_verbose_abortEPKcz(const char *format, ...) {
  std::va_list values;
  va_start(values, format);
  fail_as_printed(format, values);
}
[[noreturn]] void __wrap__ZNSt3__222__libcpp_verbose_abortEPKcz(const char *format, ...) {
  std::va_list values;
  va_start(values, format);
  fail_as_printed(format, values);
}

// A module ends with its memory: nothing runs then.
int __wrap___cxa_atexit(void (*)(void *), void *, void *) { return 0; }

char *__wrap_getenv(const char *) { return nullptr; }

// Where what the libraries write would leave: errors that they print before they give up, since kernels are refused
// output of their own. The numbers are those of WASI.
struct Text {
  const char *start;
  std::size_t size;
};
#ifdef __EMSCRIPTEN__
#define WASI(name) __asm__("__wasi_" name)
#else
#define WASI(name) __asm__("__imported_wasi_snapshot_preview1_" name)
#endif
constexpr int bad_descriptor = 8;
int fd_write(int, const Text *, std::size_t, std::size_t *) WASI("fd_write");
int fd_close(int) WASI("fd_close");
int fd_fdstat_get(int, void *) WASI("fd_fdstat_get");
int fd_seek(int, std::int64_t, int, void *) WASI("fd_seek");

int fd_write(int, const Text *texts, std::size_t count, std::size_t *) {
  char room[200];
  std::size_t size = 0;
  for (const Text *text = texts; text != texts + count; text++) {
    size += std::string_view{text->start, text->size}.copy(room + size, sizeof room - size);
  }
  while (size > 0 && room[size - 1] == '\n') size--;
  arena::fail(std::string_view{room, size});
}
int fd_close(int) { return bad_descriptor; }
int fd_fdstat_get(int, void *) { return bad_descriptor; }
int fd_seek(int, std::int64_t, int, void *) { return bad_descriptor; }

#if defined(__EMSCRIPTEN__) && defined(__wasm_atomics__)
// Nobody but a kernel's own thread has its streams.
int __lockfile(void *) { return 0; }
void __unlockfile(void *) {}
#endif

#ifdef __wasm_bulk_memory__
// For calls from inside the libraries; those of kernels are single instructions as well.
void *memcpy(void *__restrict to, const void *__restrict from, std::size_t bytes) {
  __asm__ volatile("local.get %0\n"
                   "local.get %1\n"
                   "local.get %2\n"
                   "memory.copy 0, 0" ::"r"(to),
                   "r"(from), "r"(bytes)
                   : "memory");
  return to;
}
void *memmove(void *to, const void *from, std::size_t bytes) { return memcpy(to, from, bytes); }
void *memset(void *to, int value, std::size_t bytes) {
  __asm__ volatile("local.get %0\n"
                   "local.get %1\n"
                   "local.get %2\n"
                   "memory.fill 0" ::"r"(to),
                   "r"(value), "r"(bytes)
                   : "memory");
  return to;
}
#endif

// The libraries' own names for the heap, each defined beside malloc: without these a second heap would come along.
void *malloc(std::size_t);
void *calloc(std::size_t, std::size_t);
void *realloc(void *, std::size_t);
void *memalign(std::size_t, std::size_t);
void free(void *);
void *__libc_malloc(std::size_t bytes) { return malloc(bytes); }
void *__libc_calloc(std::size_t count, std::size_t bytes) { return calloc(count, bytes); }
void *__libc_realloc(void *block, std::size_t bytes) { return realloc(block, bytes); }
void __libc_free(void *block) { free(block); }
#ifdef __EMSCRIPTEN__
void *emscripten_builtin_malloc(std::size_t bytes) { return malloc(bytes); }
void *emscripten_builtin_calloc(std::size_t count, std::size_t bytes) { return calloc(count, bytes); }
void *emscripten_builtin_realloc(void *block, std::size_t bytes) { return realloc(block, bytes); }
void *emscripten_builtin_memalign(std::size_t align, std::size_t bytes) { return memalign(align, bytes); }
void emscripten_builtin_free(void *block) { free(block); }
#endif

// What runs the static constructors; Emscripten's own linking brings another one.
void __wasm_call_ctors();
ARENA_HOOK(_initialize) __attribute__((weak)) void _initialize() { __wasm_call_ctors(); }

} // extern "C"
