// What a kernel's source includes: ARENA_KERNEL exports a function with a description of its own type, ARENA_STRUCT
// names the fields of a struct that it returns, and namespace arena has memory and failure for its body.
//
//   #include <arena_bind/kernel.hpp>
//   void scale(std::span<const float> in, std::span<float> out, float factor);
//   ARENA_KERNEL(scale, in, out, factor)
//
// A parameter is std::span<const T> (input) or std::span<T> (in and out) of 8- to 64-bit integers, std::byte, float or
// double; std::string_view (UTF-8, not terminated); bool, an integer, float, double or an enum. A result is void, one
// of those scalars, or a struct declared with ARENA_STRUCT, which JavaScript gets as a tuple of its fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "abi.h"

#if !defined(__wasm__) || defined(__wasm_atomics__)
#define ARENA_THREAD_LOCAL thread_local
#else
#define ARENA_THREAD_LOCAL
#endif

namespace arena {

// The arena that the running kernel allocates from: that of the registry which called it.
Arena &current() noexcept;

#ifndef __wasm__
// What arena::fail throws natively, where a kernel can be tested like any other function.
struct KernelFailure {
  Status status;
  std::uint32_t requested; // bytes
  std::string_view text;   // until the next failure of this thread
};
#endif

namespace detail {

struct Part { // of a message: a text (for a number, its sign), then a number
  const char *text;
  std::uint32_t length;
  bool numeric;
  std::uint64_t number;

  template <class T> static constexpr Part of(const T &value) {
    if constexpr (std::is_integral_v<T>) {
      if (std::is_signed_v<T> && value < T{0}) return {"-", 1, true, 0 - static_cast<std::uint64_t>(value)};
      return {"", 0, true, static_cast<std::uint64_t>(value)};
    } else {
      const std::string_view text{value};
      return {text.data(), static_cast<std::uint32_t>(text.size()), false, 0};
    }
  }
};

[[noreturn]] void stop(Status status, std::uint32_t requested, const Part *parts, std::size_t count);
void *take(std::size_t count, std::size_t size, std::size_t align); // from the current frame; stops when out of memory

} // namespace detail

// Ends the kernel at once: JavaScript gets an ArenaError ERR_KERNEL_FAILED with this status and the parts (texts and
// integers) as its message, and the next call works. Destructors do not run: scratch memory is taken back all the same,
// but what the kernel holds from operator new (a std::vector, say) is lost for the life of the registry.
template <class... Parts> [[noreturn]] void fail(Status status, const Parts &...parts) {
  const detail::Part list[] = {detail::Part::of(parts)...};
  detail::stop(status, 0, list, sizeof...(parts));
}
template <class... Parts> [[noreturn]] void fail(std::string_view first, const Parts &...parts) {
  fail(Status::failed, first, parts...);
}

// `count` elements of frame memory, gone with the frame; contents undefined. Stops the kernel when it doesn't fit.
template <class T> std::span<T> alloc(std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>, "arena-bind: frame memory runs no destructors; use a plain type");
  static_assert(alignof(T) <= largest_alignment, "arena-bind: blocks are aligned to 4096 bytes at most");
  return {static_cast<T *>(detail::take(count, sizeof(T), alignof(T))), count};
}

// An inner frame: what is allocated while it lives is taken back when it dies.
class scratch {
public:
  scratch() noexcept;
  ~scratch();
  scratch(const scratch &) = delete;
  scratch &operator=(const scratch &) = delete;

  template <class T> std::span<T> alloc(std::size_t count) { return arena::alloc<T>(count); }

private:
  Mark mark_;
};

namespace detail {

// --- Names of types, as they stand in a signature -------------------------------------------------------------------

template <class T> constexpr std::string_view element_name() {
  if constexpr (std::is_same_v<T, float>) return "f32";
  else if constexpr (std::is_same_v<T, double>) return "f64";
  else if constexpr (std::is_same_v<T, std::byte>) return "u8";
  else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr std::string_view names[] = {"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"};
    return names[(sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 2 : sizeof(T) == 4 ? 4 : 6) + std::is_signed_v<T>];
  } else return {};
}

template <class T> constexpr std::string_view scalar_name() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  else if constexpr (std::is_enum_v<T> && !std::is_same_v<T, std::byte>)
    return element_name<std::underlying_type_t<T>>();
  else return element_name<T>();
}

template <class T> concept Element = !element_name<T>().empty();
template <class T> concept Scalar = !scalar_name<T>().empty() && !std::is_same_v<T, std::byte>;

struct Field {
  std::string_view name;
  std::string_view type;
  std::size_t offset; // bytes
};
template <class T> constexpr std::string_view field_type() {
  static_assert(Scalar<T>, "arena-bind: each field of an ARENA_STRUCT must be a bool, integer, float, double or enum");
  return scalar_name<T>();
}
template <class T> concept Described = requires { arena_fields(static_cast<const T *>(nullptr)); };

// --- How a parameter travels: two slots of the export, see abi.h ----------------------------------------------------

template <class P> struct Parameter {
  static_assert(Scalar<P>, "arena-bind: a kernel takes std::span of integers, float or double, std::string_view, bool, "
                           "integers, float, double and enums, all by value");
  // Narrow integers travel as 32 bits: the host need not extend them.
  using Integer = std::conditional_t<sizeof(P) == 8, std::int64_t, std::int32_t>;
  using Slot = std::conditional_t<std::is_floating_point_v<P>, P, Integer>;
  static constexpr std::string_view prefix = "";
  static constexpr std::string_view name = scalar_name<P>();
  static constexpr std::string_view suffix = "";
  static P take(Slot value, std::uint32_t) { return static_cast<P>(value); }
};

template <class T> struct Parameter<std::span<T>> {
  static_assert(Element<std::remove_const_t<T>>, "arena-bind: a span's elements must be 8- to 64-bit integers, "
                                                 "std::byte, float or double");
  using Slot = T *;
  static constexpr std::string_view prefix = std::is_const_v<T> ? "const " : "";
  static constexpr std::string_view name = element_name<std::remove_const_t<T>>();
  static constexpr std::string_view suffix = "[]";
  static std::span<T> take(Slot data, std::uint32_t length) { return {data, length}; }
};

template <> struct Parameter<std::string_view> {
  using Slot = const char *;
  static constexpr std::string_view prefix = "";
  static constexpr std::string_view name = "string";
  static constexpr std::string_view suffix = "";
  static std::string_view take(Slot data, std::uint32_t length) { return {data, length}; }
};

template <class... T> struct List {};
template <class... Lists> struct Joined;
template <class... A> struct Joined<List<A...>> {
  using type = List<A...>;
};
template <> struct Joined<> {
  using type = List<>;
};
template <class... A, class... B, class... Rest> struct Joined<List<A...>, List<B...>, Rest...> {
  using type = typename Joined<List<A..., B...>, Rest...>::type;
};

// --- The signature, built at compile time ---------------------------------------------------------------------------

struct Writer { // measures first (no buffer), then writes
  char *out = nullptr;
  std::size_t size = 0;

  constexpr void add(std::string_view text) {
    for (const char c : text) {
      if (out) out[size] = c;
      size++;
    }
  }
  constexpr void add(std::size_t number) {
    if (number >= 10) add(number / 10);
    const char digit = static_cast<char>('0' + number % 10);
    add(std::string_view{&digit, 1});
  }
};

template <std::size_t Size> struct Signature {
  char text[Size + 1];
};

constexpr std::size_t count_names(std::string_view names) {
  std::size_t count = names.empty() ? 0 : 1;
  for (const char c : names) count += c == ',';
  return count;
}

// The nth of "in, out, factor"; where no names are given, a0, a1 and so on.
constexpr void write_name(Writer &writer, std::string_view names, std::size_t nth) {
  if (names.empty()) {
    writer.add("a");
    writer.add(nth);
    return;
  }
  for (std::size_t i = 0; i < nth; i++) names.remove_prefix(names.find(',') + 1);
  names = names.substr(0, names.find(','));
  while (names.front() == ' ') names.remove_prefix(1);
  while (names.back() == ' ') names.remove_suffix(1);
  writer.add(names);
}

template <class R> constexpr void write_result(Writer &writer) {
  if constexpr (std::is_void_v<R>) writer.add("void");
  else if constexpr (Scalar<R>) writer.add(scalar_name<R>());
  else {
    static_assert(Described<R>,
                  "arena-bind: a kernel returns void, bool, an integer, float, double, an enum or a struct "
                  "declared with ARENA_STRUCT");
    bool first = true;
    for (const Field &field : arena_fields(static_cast<const R *>(nullptr))) {
      writer.add(first ? "[" : ",");
      first = false;
      writer.add(field.name);
      writer.add(":");
      writer.add(field.type);
      writer.add("@");
      writer.add(field.offset);
    }
    writer.add("]");
  }
}

template <class F> struct Plain {
  using type = F;
};
template <class R, class... P> struct Plain<R (*)(P...) noexcept> {
  using type = R (*)(P...);
};

template <auto F, class Type = typename Plain<std::remove_const_t<decltype(F)>>::type> struct Kernel;

template <auto F, class R, class... P> struct Kernel<F, R (*)(P...)> {
  using Flat = typename Joined<List<typename Parameter<P>::Slot, std::uint32_t>...>::type;
  static constexpr std::size_t arity = sizeof...(P);

  static constexpr void describe(Writer &writer, std::string_view name, std::string_view names) {
    writer.add(name);
    writer.add("(");
    std::size_t nth = 0;
    ((nth ? writer.add(",") : void(), write_name(writer, names, nth++), writer.add(":"),
      writer.add(Parameter<P>::prefix), writer.add(Parameter<P>::name), writer.add(Parameter<P>::suffix)),
     ...);
    writer.add("):");
    write_result<R>(writer);
  }

  static constexpr std::size_t measure(std::string_view name, std::string_view names) {
    Writer writer;
    describe(writer, name, names);
    return writer.size;
  }

  template <std::size_t Size>
  static constexpr Signature<Size> signature(std::string_view name, std::string_view names) {
    Signature<Size> made{};
    Writer writer{made.text};
    describe(writer, name, names);
    return made;
  }

  template <class... Flat> __attribute__((always_inline)) static auto call(const Flat &...flat) {
    const std::tuple<const Flat &...> slots{flat...};
    return call(slots, std::index_sequence_for<P...>{});
  }

private:
  template <class Slots, std::size_t... I>
  __attribute__((always_inline)) static auto call(const Slots &slots, std::index_sequence<I...>) {
    // The C ABI would pass spans through the stack: with F inlined all the way they stay in registers, in less code.
    const auto run = [&]() __attribute__((always_inline, flatten)) -> R {
      return F(Parameter<P>::take(std::get<2 * I>(slots), std::get<2 * I + 1>(slots))...);
    };
    if constexpr (std::is_void_v<R>) run();
    else if constexpr (std::is_floating_point_v<R>) return run();
    else if constexpr (Scalar<R>) return static_cast<typename Parameter<R>::Slot>(run());
    else {
      static_assert(std::is_trivially_copyable_v<R>, "arena-bind: a struct that a kernel returns must be plain");
      static ARENA_THREAD_LOCAL R result;
      result = run();
      return reinterpret_cast<std::uintptr_t>(&result);
    }
  }
};

} // namespace detail
} // namespace arena

// ARENA_KERNEL(function, parameter names...): at namespace scope, beside the function. The names are what users see;
// without any they are a0, a1 and so on. Two kernels of one name do not link.
#ifdef __wasm__
#define ARENA_KERNEL(function, ...)                                                                                    \
  ARENA_CHECK_NAMES(function, #__VA_ARGS__)                                                                            \
  template <class> struct arena_export_##function;                                                                     \
  template <class... Slots> struct arena_export_##function<arena::detail::List<Slots...>> {                            \
    __attribute__((used, export_name(#function))) static auto call(Slots... slots) {                                   \
      return arena::detail::Kernel<&function>::call(slots...);                                                         \
    }                                                                                                                  \
  };                                                                                                                   \
  template struct arena_export_##function<arena::detail::Kernel<&function>::Flat>;                                     \
  extern "C" {                                                                                                         \
  using arena_signature_##function =                                                                                   \
      arena::detail::Signature<arena::detail::Kernel<&function>::measure(#function, #__VA_ARGS__)>;                    \
  extern const arena_signature_##function arena_kernel_##function;                                                     \
  __attribute__((used, visibility("default"))) constinit const arena_signature_##function arena_kernel_##function =    \
      arena::detail::Kernel<&function>::signature<sizeof(arena_signature_##function) - 1>(#function, #__VA_ARGS__);    \
  }
#else
#define ARENA_KERNEL(function, ...) ARENA_CHECK_NAMES(function, #__VA_ARGS__)
#endif

#define ARENA_CHECK_NAMES(function, names)                                                                             \
  static_assert(arena::detail::count_names(names) == 0 ||                                                              \
                    arena::detail::count_names(names) == arena::detail::Kernel<&function>::arity,                      \
                "arena-bind: ARENA_KERNEL(" #function ", ...) must name every parameter, or none");

// ARENA_STRUCT(Type, fields...): beside the struct, in its namespace; at most 8 fields, each a scalar.
#define ARENA_STRUCT(Type, ...)                                                                                        \
  inline constexpr auto arena_fields(const Type *) {                                                                   \
    using Self = Type;                                                                                                 \
    return std::array{ARENA_FIELDS(__VA_ARGS__)};                                                                      \
  }
#define ARENA_FIELD(name)                                                                                              \
  arena::detail::Field { #name, arena::detail::field_type<decltype(Self::name)>(), offsetof(Self, name) }
#define ARENA_FIELDS(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_1(__VA_ARGS__))
#define ARENA_FIELDS_1(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_2(__VA_ARGS__))
#define ARENA_FIELDS_2(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_3(__VA_ARGS__))
#define ARENA_FIELDS_3(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_4(__VA_ARGS__))
#define ARENA_FIELDS_4(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_5(__VA_ARGS__))
#define ARENA_FIELDS_5(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_6(__VA_ARGS__))
#define ARENA_FIELDS_6(first, ...) ARENA_FIELD(first) __VA_OPT__(, ARENA_FIELDS_7(__VA_ARGS__))
#define ARENA_FIELDS_7(first, ...) ARENA_FIELD(first) __VA_OPT__(, arena_struct_has_more_than_8_fields)
