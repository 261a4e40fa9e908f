// What a kernel's source includes: ARENA_KERNEL exports a function with a description of its own type, ARENA_STRUCT
// names the fields of a struct, and namespace arena has memory and failure for a kernel's body.
//
//   #include <arena_bind/kernel.hpp>
//   void scale(std::span<const float> in, std::span<float> out, float factor);
//   ARENA_KERNEL(scale, in, out, factor)
//
// A parameter is one of
//   bool, an 8- to 64-bit integer, float, double or an enum, by value;
//   std::span<const T> (input) or std::span<T> (in and out), T an integer, std::byte, float, double, or a plain struct
//     declared with ARENA_STRUCT;
//   std::string_view (UTF-8, not terminated);
//   arena::columns<S> or arena::columns<const S>: a struct of arrays, one span per field of S;
//   arena::scratch &: memory for the call alone, which JavaScript doesn't see.
// A result is void, a scalar of the first line, or a struct declared with ARENA_STRUCT, of which JavaScript gets a
// tuple.
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
    } else if constexpr (std::is_convertible_v<const T &, std::string_view>) {
      const std::string_view text = value;
      return {text.data(), static_cast<std::uint32_t>(text.size()), false, 0};
    } else {
      static_assert(std::is_integral_v<T>, "arena-bind: arena::fail takes texts and numbers: it can't print this type");
      return {};
    }
  }
};

// A float or double in a message: six significant digits, as printf's %g has them but for the last one's rounding.
class Spelled {
public:
  explicit Spelled(double value) noexcept { spell(value); }
  operator std::string_view() const noexcept { return {text_, size_}; }

private:
  static constexpr int significant = 6;

  void spell(double value) noexcept {
    if (value != value) return put("nan");
    if (__builtin_signbit(value)) put("-");
    value = value < 0 ? -value : value;
    if (value == 0) return put("0");
    if (value > 1.7976931348623157e308) return put("infinity");
    int exponent = 0;
    for (; value >= 10; exponent++) value /= 10;
    for (; value < 1; exponent--) value *= 10;
    auto number = static_cast<std::uint32_t>(value * 1e5 + 0.5);
    if (number == 1000000) number /= 10, exponent++;
    char digits[significant];
    int last = 0; // of those that are no zeros
    for (int i = significant - 1; i >= 0; number /= 10, i--) {
      digits[i] = static_cast<char>('0' + number % 10);
      if (last == 0 && digits[i] != '0') last = i;
    }
    const bool plain = exponent >= -4 && exponent < significant;
    const int point = plain ? exponent : 0; // the digit before it
    if (point < 0) put("0");
    for (int i = point < 0 ? point + 1 : 0; i <= (last > point ? last : point); i++) {
      if (i == point + 1) put(".");
      put(i < 0 ? '0' : digits[i]);
    }
    if (plain) return;
    put(exponent < 0 ? "e-" : "e+");
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent >= 100) put(static_cast<char>('0' + exponent / 100));
    put(static_cast<char>('0' + exponent / 10 % 10));
    put(static_cast<char>('0' + exponent % 10));
  }
  void put(char c) noexcept { text_[size_++] = c; }
  void put(const char *text) noexcept {
    while (*text) put(*text++);
  }
  char text_[16]; // -1.23457e-308
  std::size_t size_ = 0;
};

template <class T> decltype(auto) spelled(const T &value) {
  if constexpr (std::is_floating_point_v<T>) return Spelled{static_cast<double>(value)};
  else return (value);
}

[[noreturn]] void stop(Status status, std::uint32_t requested, const Part *parts, std::size_t count);
void *take(std::size_t count, std::size_t size, std::size_t align); // from the current frame; stops when out of memory

template <class... Parts> [[noreturn]] void stop_saying(Status status, const Parts &...parts) {
  const Part list[] = {Part::of(parts)...};
  stop(status, 0, list, sizeof...(parts));
}

} // namespace detail

// Ends the kernel at once: JavaScript gets an ArenaError ERR_KERNEL_FAILED with this status and the parts (texts and
// numbers) as its message, and the next call works. Destructors do not run: scratch memory is taken back all the same,
// but what the kernel holds from operator new (a std::vector, say) is lost for the life of the registry.
template <class... Parts> [[noreturn]] void fail(Status status, const Parts &...parts) {
  detail::stop_saying(status, detail::spelled(parts)...);
}
template <class First, class... Parts>
  requires(!std::is_same_v<First, Status>)
[[noreturn]] void fail(const First &first, const Parts &...parts) {
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

// Of bool, JavaScript could store other bytes than 0 and 1.
template <class T> using Column = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

struct Undescribed {}; // has been refused already

// By ARENA_STRUCT, through the namespace of S.
template <class S> constexpr auto columns_of() {
  static_assert(Described<S>, "arena-bind: arena::columns<S> needs ARENA_STRUCT(S, fields...) before this line");
  if constexpr (Described<S>) return arena_columns(static_cast<const S *>(nullptr)).get(std::is_const<S>{});
  else return Undescribed{};
}

} // namespace detail

// A struct of arrays: `arena::columns<Particle> p` has one std::span per field, `p.x`, `p.y` and so on, all of the same
// length. Of `columns<const Particle>` they are spans of const. Fields of bool are spans of std::uint8_t.
template <class S> using columns = decltype(detail::columns_of<S>());

namespace detail {

template <class... T> struct List {
  static constexpr std::size_t size = sizeof...(T);
};
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

// --- How a parameter travels, two slots of the export each (abi.h) --------------------------------------------------

// What can be wrong with a kernel's type; each has its message in ARENA_CHECK.
enum class Refusal { none, type, pointer, reference, element, structure, other, result };

template <class P> struct Parameter {
  static constexpr Refusal refusal = std::is_pointer_v<P>         ? Refusal::pointer
                                     : std::is_reference_v<P>     ? Refusal::reference
                                     : Described<std::decay_t<P>> ? Refusal::structure
                                                                  : Refusal::other;
};

template <Scalar P> struct Parameter<P> {
  static constexpr Refusal refusal = Refusal::none;
  static constexpr bool visible = true;
  // Narrow integers travel as 32 bits: the host need not extend them.
  using Integer = std::conditional_t<sizeof(P) == 8, std::int64_t, std::int32_t>;
  using Slot = std::conditional_t<std::is_floating_point_v<P>, P, Integer>;
  using Slots = List<Slot, std::uint32_t>;
  static constexpr void describe(Writer &writer) { writer.add(scalar_name<P>()); }
  template <std::size_t At> static P take(const auto &slots) { return static_cast<P>(std::get<At>(slots)); }
};

template <class T> constexpr void describe_struct(Writer &writer) {
  writer.add(arena_name(static_cast<const T *>(nullptr)));
  writer.add("{");
  for (const Field &field : arena_fields(static_cast<const T *>(nullptr))) {
    writer.add(field.name);
    writer.add(" ");
    writer.add(field.type);
    writer.add(" ");
    writer.add(field.offset);
    writer.add(";");
  }
  writer.add(sizeof(T));
  writer.add(" ");
  writer.add(alignof(T));
  writer.add("}");
}

template <class T> struct Parameter<std::span<T>> {
  using Plain = std::remove_const_t<T>;
  static constexpr Refusal refusal = Element<Plain>                               ? Refusal::none
                                     : !Described<Plain> || std::is_volatile_v<T> ? Refusal::element
                                     : std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>
                                         ? Refusal::none
                                         : Refusal::element;
  static constexpr bool visible = true;
  using Slots = List<T *, std::uint32_t>;
  static constexpr void describe(Writer &writer) {
    if (std::is_const_v<T>) writer.add("const ");
    if constexpr (Described<Plain>) describe_struct<Plain>(writer);
    else writer.add(element_name<Plain>());
    writer.add("[]");
  }
  template <std::size_t At> static std::span<T> take(const auto &slots) {
    return {std::get<At>(slots), std::get<At + 1>(slots)};
  }
};
template <class T, std::size_t Extent>
  requires(Extent != std::dynamic_extent)
struct Parameter<std::span<T, Extent>> {
  static constexpr Refusal refusal = Refusal::element;
};

template <> struct Parameter<std::string_view> {
  static constexpr Refusal refusal = Refusal::none;
  static constexpr bool visible = true;
  using Slots = List<const char *, std::uint32_t>;
  static constexpr void describe(Writer &writer) { writer.add("string"); }
  template <std::size_t At> static std::string_view take(const auto &slots) {
    return {std::get<At>(slots), std::get<At + 1>(slots)};
  }
};

template <class C> concept Columns = requires { typename C::ArenaFields; };
template <class> struct ColumnSlots;
template <bool Const, class... T> struct ColumnSlots<std::pair<std::bool_constant<Const>, List<T...>>> {
  template <class U> using Pointer = std::conditional_t<Const, const Column<U>, Column<U>> *;
  using type = typename Joined<List<Pointer<T>, std::uint32_t>...>::type;
};

template <Columns C> struct Parameter<C> {
  static constexpr Refusal refusal = Refusal::none;
  static constexpr bool visible = true;
  using Slots = typename ColumnSlots<std::pair<typename C::ArenaConst, typename C::ArenaFields>>::type;
  static constexpr void describe(Writer &writer) {
    if (C::ArenaConst::value) writer.add("const ");
    describe_struct<typename C::ArenaStruct>(writer);
    writer.add("{}");
  }
  template <std::size_t At> static C take(const auto &slots) {
    return take<At>(slots, std::make_index_sequence<C::ArenaFields::size>{});
  }

private:
  template <std::size_t At, std::size_t... I> static C take(const auto &slots, std::index_sequence<I...>) {
    return {{std::get<At + 2 * I>(slots), std::get<At + 2 * I + 1>(slots)}...};
  }
};

template <> struct Parameter<Undescribed> {
  static constexpr Refusal refusal = Refusal::none;
  static constexpr bool visible = true;
  using Slots = List<>;
  static constexpr void describe(Writer &) {}
  template <std::size_t At> static Undescribed take(const auto &) { return {}; }
};

template <> struct Parameter<scratch &> {
  static constexpr Refusal refusal = Refusal::none;
  static constexpr bool visible = false;
  using Slots = List<>;
  static constexpr void describe(Writer &) {}
  struct Made { // lives until the kernel has returned
    scratch made;
    operator scratch &() { return made; }
  };
  template <std::size_t At> static Made take(const auto &) { return {}; }
};

template <class R> constexpr void write_result(Writer &writer) {
  if constexpr (std::is_void_v<R>) writer.add("void");
  else if constexpr (Scalar<R>) writer.add(scalar_name<R>());
  else {
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

template <class R> constexpr Refusal refusal_of_result() {
  if constexpr (std::is_void_v<R> || Scalar<R>) return Refusal::none;
  else return Described<R> && std::is_trivially_copyable_v<R> ? Refusal::none : Refusal::result;
}

template <class F> struct Plain {
  using type = F;
};
template <class R, class... P> struct Plain<R (*)(P...) noexcept> {
  using type = R (*)(P...);
};

template <class P> constexpr std::size_t visible() {
  if constexpr (Parameter<P>::refusal == Refusal::none) return Parameter<P>::visible;
  else return 1;
}

template <auto F, class Type> struct Kernel {
  static constexpr Refusal refusal = Refusal::type;
  static constexpr std::size_t arity = 0;
};

template <auto F, class R, class... P> struct Kernel<F, R (*)(P...)> {
  static constexpr std::size_t arity = (std::size_t{0} + ... + visible<P>());
  static constexpr Refusal refusal = [] {
    Refusal first = Refusal::none;
    ((first = first == Refusal::none ? Parameter<P>::refusal : first), ...);
    return first == Refusal::none ? refusal_of_result<R>() : first;
  }();
};

// What a kernel that has been refused exports: its refusal is the only error.
template <auto F, class Type = typename Plain<std::remove_const_t<decltype(F)>>::type> struct Export {
  using Flat = List<>;
  static void call() {}
};

template <auto F, class R, class... P>
  requires(Kernel<F, R (*)(P...)>::refusal == Refusal::none)
struct Export<F, R (*)(P...)> {
  using Flat = typename Joined<typename Parameter<P>::Slots...>::type;

  static constexpr void describe(Writer &writer, std::string_view name, [[maybe_unused]] std::string_view names) {
    writer.add("arena:");
    writer.add(std::size_t{ARENA_ABI_VERSION});
    writer.add(":");
    writer.add(name);
    writer.add("(");
    [[maybe_unused]] std::size_t nth = 0;
    (describe<P>(writer, names, nth), ...);
    writer.add("):");
    write_result<R>(writer);
  }

  template <class... Flat> __attribute__((always_inline)) static auto call(const Flat &...flat) {
    const std::tuple<const Flat &...> slots{flat...};
    return call(slots, std::index_sequence_for<P...>{});
  }

private:
  template <class Q> static constexpr void describe(Writer &writer, [[maybe_unused]] std::string_view names,
                                                    [[maybe_unused]] std::size_t &nth) {
    if constexpr (Parameter<Q>::visible) {
      if (nth) writer.add(",");
      write_name(writer, names, nth++);
      writer.add(":");
      Parameter<Q>::describe(writer);
    }
  }

  // The first slot of the nth parameter.
  static constexpr std::size_t slot_of(std::size_t nth) {
    const std::size_t sizes[] = {Parameter<P>::Slots::size..., 0};
    std::size_t at = 0;
    for (std::size_t i = 0; i < nth; i++) at += sizes[i];
    return at;
  }

  template <class Slots, std::size_t... I>
  __attribute__((always_inline)) static auto call([[maybe_unused]] const Slots &slots, std::index_sequence<I...>) {
    // The C ABI would pass spans through the stack: with F inlined all the way they stay in registers, in less code.
    const auto run = [&]() __attribute__((always_inline, flatten)) -> R {
      return F(Parameter<P>::template take<slot_of(I)>(slots)...);
    };
    if constexpr (std::is_void_v<R>) run();
    else if constexpr (std::is_floating_point_v<R>) return run();
    else if constexpr (Scalar<R>) return static_cast<typename Parameter<R>::Slot>(run());
    else {
      static ARENA_THREAD_LOCAL R result;
      result = run();
      return reinterpret_cast<std::uintptr_t>(&result);
    }
  }
};

template <auto F> constexpr Refusal refusal =
    Kernel<F, typename Plain<std::remove_const_t<decltype(F)>>::type>::refusal;
template <auto F> constexpr std::size_t arity =
    Kernel<F, typename Plain<std::remove_const_t<decltype(F)>>::type>::arity;

template <auto F> constexpr std::size_t measure(std::string_view name, std::string_view names) {
  Writer writer;
  if constexpr (refusal<F> == Refusal::none) Export<F>::describe(writer, name, names);
  return writer.size;
}

template <auto F, std::size_t Size> constexpr Signature<Size> signature(std::string_view name, std::string_view names) {
  Signature<Size> made{};
  Writer writer{made.text};
  if constexpr (refusal<F> == Refusal::none) Export<F>::describe(writer, name, names);
  return made;
}

} // namespace detail
} // namespace arena

// ARENA_KERNEL(function, parameter names...): at namespace scope, beside the function. The names are what users see;
// without any they are a0, a1 and so on; an arena::scratch & has none. Two kernels of one name do not link.
#ifdef __wasm__
#define ARENA_KERNEL(function, ...)                                                                                    \
  ARENA_CHECK(function, #__VA_ARGS__)                                                                                  \
  template <class> struct arena_export_##function;                                                                     \
  template <class... Slots> struct arena_export_##function<arena::detail::List<Slots...>> {                            \
    __attribute__((used, export_name(#function))) static auto call(Slots... slots) {                                   \
      return arena::detail::Export<&function>::call(slots...);                                                         \
    }                                                                                                                  \
  };                                                                                                                   \
  template struct arena_export_##function<arena::detail::Export<&function>::Flat>;                                     \
  extern "C" {                                                                                                         \
  using arena_signature_##function =                                                                                   \
      arena::detail::Signature<arena::detail::measure<&function>(#function, ARENA_NAMES(function, #__VA_ARGS__))>;     \
  extern const arena_signature_##function arena_kernel_##function;                                                     \
  __attribute__((used, visibility("default"))) constinit const arena_signature_##function arena_kernel_##function =    \
      arena::detail::signature<&function, sizeof(arena_signature_##function) - 1>(                                     \
          #function, ARENA_NAMES(function, #__VA_ARGS__));                                                             \
  }
#else
#define ARENA_KERNEL(function, ...) ARENA_CHECK(function, #__VA_ARGS__)
#endif

#define ARENA_NAMED(function, names)                                                                                   \
  (arena::detail::count_names(names) == 0 || arena::detail::count_names(names) == arena::detail::arity<&function>)
#define ARENA_NAMES(function, names) (ARENA_NAMED(function, names) ? std::string_view{names} : std::string_view{})

// One error for one mistake, at the line of ARENA_KERNEL.
#define ARENA_CHECK(function, names)                                                                                   \
  ARENA_REFUSE(function, type, "is no function with a fixed list of parameters")                                       \
  ARENA_REFUSE(function, pointer, "takes a pointer: take std::span<T> or std::span<const T>, which know their length") \
  ARENA_REFUSE(function, reference, "takes a reference: take std::span for data and everything else by value")         \
  ARENA_REFUSE(function, element,                                                                                      \
               "takes a std::span whose elements can't be shown to JavaScript: they must be 8- to 64-bit integers, "   \
               "std::byte, float, double, or a plain struct declared with ARENA_STRUCT before this line")              \
  ARENA_REFUSE(function, structure,                                                                                    \
               "takes a struct by value: take std::span<const S>, arena::columns<const S>, or its fields one by one")  \
  ARENA_REFUSE(function, other,                                                                                        \
               "takes a type that can't come from JavaScript: take std::span, std::string_view, arena::columns, "      \
               "arena::scratch &, or bool, integers, float, double and enums by value")                                \
  ARENA_REFUSE(function, result,                                                                                       \
               "returns a type that can't go to JavaScript: return void, bool, an integer, float, double, an enum, "   \
               "or a plain struct declared with ARENA_STRUCT before this line, or write into a std::span")             \
  static_assert(arena::detail::refusal<&function> != arena::detail::Refusal::none || ARENA_NAMED(function, names),     \
                "arena-bind: ARENA_KERNEL(" #function ", ...) must name every parameter but arena::scratch, or none");
#define ARENA_REFUSE(function, why, text)                                                                              \
  static_assert(arena::detail::refusal<&function> != arena::detail::Refusal::why, "arena-bind: " #function " " text);

// ARENA_STRUCT(Type, fields...): beside the struct, in its namespace. Each field is a scalar; fields that are not named
// are not seen by JavaScript.
#define ARENA_STRUCT(Type, ...)                                                                                        \
  inline constexpr std::string_view arena_name(const Type *) { return #Type; }                                         \
  inline constexpr auto arena_fields(const Type *) {                                                                   \
    using Self = Type;                                                                                                 \
    return std::array{ARENA_FOR_EACH(ARENA_FIELD, __VA_ARGS__)};                                                       \
  }                                                                                                                    \
  template <bool Const> struct arena_columns_##Type {                                                                  \
    using ArenaStruct = Type;                                                                                          \
    using ArenaConst = std::bool_constant<Const>;                                                                      \
    using ArenaFields = typename arena::detail::Joined<ARENA_FOR_EACH(ARENA_FIELD_TYPE, __VA_ARGS__)>::type;           \
    ARENA_FOR_EACH(ARENA_COLUMN, __VA_ARGS__)                                                                          \
  };                                                                                                                   \
  struct arena_columns_of_##Type {                                                                                     \
    template <bool Const> constexpr arena_columns_##Type<Const> get(std::bool_constant<Const>) const { return {}; }    \
  };                                                                                                                   \
  constexpr arena_columns_of_##Type arena_columns(const Type *) { return {}; }
#define ARENA_FIELD(name, comma)                                                                                       \
  arena::detail::Field{#name, arena::detail::field_type<decltype(Self::name)>(), offsetof(Self, name)} comma
#define ARENA_FIELD_TYPE(name, comma) arena::detail::List<decltype(ArenaStruct::name)> comma
#define ARENA_COLUMN(name, comma)                                                                                      \
  std::span<std::conditional_t<Const, const arena::detail::Column<decltype(ArenaStruct::name)>,                        \
                               arena::detail::Column<decltype(ArenaStruct::name)>>>                                    \
      name;

// macro(a, comma) macro(b, comma) ... with a comma after each but the last; up to 256 of them. A macro can't call
// itself, so each ARENA_STEP leaves the name of the next one to be read again by the next ARENA_SCAN.
#define ARENA_FOR_EACH(macro, ...) __VA_OPT__(ARENA_SCAN(ARENA_STEP(macro, __VA_ARGS__)))
#define ARENA_STEP(macro, first, ...)                                                                                  \
  macro(first, __VA_OPT__(ARENA_COMMA)) __VA_OPT__(ARENA_NEXT ARENA_EMPTY()(macro, __VA_ARGS__))
#define ARENA_NEXT() ARENA_STEP
#define ARENA_EMPTY
#define ARENA_COMMA ,
#define ARENA_SCAN(...) ARENA_SCAN_64(ARENA_SCAN_64(ARENA_SCAN_64(ARENA_SCAN_64(__VA_ARGS__))))
#define ARENA_SCAN_64(...) ARENA_SCAN_16(ARENA_SCAN_16(ARENA_SCAN_16(ARENA_SCAN_16(__VA_ARGS__))))
#define ARENA_SCAN_16(...) ARENA_SCAN_4(ARENA_SCAN_4(ARENA_SCAN_4(ARENA_SCAN_4(__VA_ARGS__))))
#define ARENA_SCAN_4(...) ARENA_SCAN_1(ARENA_SCAN_1(ARENA_SCAN_1(ARENA_SCAN_1(__VA_ARGS__))))
#define ARENA_SCAN_1(...) __VA_ARGS__
