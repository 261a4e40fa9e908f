// ARENA_STRUCT names the fields of a struct, which arena::columns makes a struct of arrays of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "types.hpp"

namespace arena {

namespace detail {

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

} // namespace arena

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
