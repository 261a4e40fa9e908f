// What ARENA_KERNEL and ARENA_STRUCT derive from types: the signature, and columns as kernels see them. How they travel
// is for the tests of built modules.
#include "arena_bind/kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace shapes {

enum class Kind : std::uint8_t { round, square };
enum Plain { one, two };

struct Point {
  float x, y;
  Kind kind;
  bool seen;
  double hidden; // not named below
  std::int64_t id;
};
ARENA_STRUCT(Point, x, y, kind, seen, id)

struct alignas(32) Lonely {
  std::uint16_t value;
};
ARENA_STRUCT(Lonely, value)

} // namespace shapes

namespace {

using shapes::Lonely;
using shapes::Point;

void spans(std::span<const float>, std::span<double>, std::span<const std::byte>, std::span<std::int8_t>,
           std::span<std::uint16_t>, std::span<std::int32_t>, std::span<const std::uint64_t>) {}
bool scalars(bool, std::int8_t, std::uint16_t, int, unsigned, long long, std::uint64_t, float, double) { return true; }
shapes::Kind enums(shapes::Kind, shapes::Plain) noexcept { return shapes::Kind::round; }
Point structs(std::span<Point>, std::span<const Lonely>, arena::columns<Point>, arena::columns<const Lonely>) {
  return {};
}
std::int64_t text(arena::scratch &, std::string_view, arena::scratch &, float) { return 0; }
void nothing() {}

template <auto F> std::string signature(std::string_view name, std::string_view names) {
  static_assert(arena::detail::refusal<F> == arena::detail::Refusal::none);
  std::string made(arena::detail::measure<F>(name, names), ' ');
  arena::detail::Writer writer{made.data()};
  arena::detail::Export<F>::describe(writer, name, names);
  return made;
}

template <class P> constexpr arena::detail::Refusal refused = arena::detail::Parameter<P>::refusal;

} // namespace

TEST_CASE("a signature says the type of every parameter and of the result") {
  CHECK(signature<&spans>("spans", "a, b, c, d,e ,  f, g") ==
        "arena:2:spans(a:const f32[],b:f64[],c:const u8[],d:i8[],e:u16[],f:i32[],g:const u64[]):void");
  CHECK(signature<&scalars>("scalars", "") ==
        "arena:2:scalars(a0:bool,a1:i8,a2:u16,a3:i32,a4:u32,a5:i64,a6:u64,a7:f32,a8:f64):bool");
  CHECK(signature<&nothing>("nothing", "") == "arena:2:nothing():void");
}

TEST_CASE("an enum travels as its integer, noexcept or not") {
  const std::string plain = std::is_signed_v<std::underlying_type_t<shapes::Plain>> ? "i32" : "u32";
  CHECK(signature<&enums>("enums", "kind, plain") == "arena:2:enums(kind:u8,plain:" + plain + "):u8");
}

TEST_CASE("a struct stands with the fields that were named, their offsets, its size and alignment") {
  const std::string point = "Point{x f32 0;y f32 4;kind u8 8;seen bool 9;id i64 24;32 8}";
  CHECK(signature<&structs>("structs", "a, b, c, d") ==
        "arena:2:structs(a:" + point + "[],b:const Lonely{value u16 0;32 32}[],c:" + point +
            "{},d:const Lonely{value u16 0;32 32}{}):[x:f32@0,y:f32@4,kind:u8@8,seen:bool@9,id:i64@24]");
}

TEST_CASE("scratch memory is no parameter to JavaScript") {
  CHECK(arena::detail::arity<&text> == 2);
  CHECK(signature<&text>("text", "label, size") == "arena:2:text(label:string,size:f32):i64");
}

TEST_CASE("columns are spans of the fields' types, of const ones where the struct is const, and of bytes for bool") {
  std::array<float, 3> x{1, 2, 3}, y{};
  std::array<shapes::Kind, 3> kind{};
  std::array<std::uint8_t, 3> seen{0, 1, 1};
  std::array<std::int64_t, 3> id{};
  const arena::columns<Point> columns{x, y, kind, seen, id};
  CHECK(columns.x.data() == x.data());
  CHECK(columns.seen[2] == 1);
  static_assert(std::is_same_v<decltype(columns.x), std::span<float>>);
  static_assert(std::is_same_v<decltype(columns.kind), std::span<shapes::Kind>>);
  static_assert(std::is_same_v<decltype(columns.seen), std::span<std::uint8_t>>);
  static_assert(std::is_same_v<decltype(arena::columns<const Point>::id), std::span<const std::int64_t>>);
}

TEST_CASE("a type that can't travel is refused for its own reason") {
  using arena::detail::Refusal;
  struct Undeclared {
    int a;
  };
  CHECK(refused<float *> == Refusal::pointer);
  CHECK(refused<const float &> == Refusal::reference);
  CHECK(refused<std::span<bool>> == Refusal::element);
  CHECK(refused<std::span<float *>> == Refusal::element);
  CHECK(refused<std::span<float, 4>> == Refusal::element);
  CHECK(refused<std::span<Undeclared>> == Refusal::element);
  CHECK(refused<std::span<volatile Point>> == Refusal::element);
  CHECK(refused<Point> == Refusal::structure);
  CHECK(refused<std::string> == Refusal::other);
  CHECK(refused<std::array<float, 2>> == Refusal::other);
  CHECK(refused<std::byte> == Refusal::other);
  CHECK(refused<float> == Refusal::none);
  CHECK(arena::detail::refusal_of_result<std::string>() == Refusal::result);
  CHECK(arena::detail::refusal_of_result<Undeclared>() == Refusal::result);
  CHECK(arena::detail::refusal_of_result<Point>() == Refusal::none);
}
