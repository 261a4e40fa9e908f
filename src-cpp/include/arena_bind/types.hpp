// Types at compile time: the names of elements and scalars as they stand in a signature, and lists of types.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace arena::detail {

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

} // namespace arena::detail
