// How a parameter travels, two slots of the export each (abi.h), and which ones a kernel can't have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "memory.hpp"
#include "signature.hpp"

namespace arena::detail {

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

} // namespace arena::detail
