// What the wasm exports for a function: its signature, and a call from slots to parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "abi.h"
#include "parameter.hpp"

namespace arena::detail {

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

} // namespace arena::detail
