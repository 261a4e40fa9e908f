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

// A library may have made macros of the letters that templates are written with.
#pragma push_macro("A")
#pragma push_macro("B")
#pragma push_macro("C")
#pragma push_macro("F")
#pragma push_macro("I")
#pragma push_macro("P")
#pragma push_macro("Q")
#pragma push_macro("R")
#pragma push_macro("S")
#pragma push_macro("T")
#pragma push_macro("U")
#undef A
#undef B
#undef C
#undef F
#undef I
#undef P
#undef Q
#undef R
#undef S
#undef T
#undef U

#include "export.hpp"
#include "fail.hpp"
#include "memory.hpp"
#include "struct.hpp"

#pragma pop_macro("A")
#pragma pop_macro("B")
#pragma pop_macro("C")
#pragma pop_macro("F")
#pragma pop_macro("I")
#pragma pop_macro("P")
#pragma pop_macro("Q")
#pragma pop_macro("R")
#pragma pop_macro("S")
#pragma pop_macro("T")
#pragma pop_macro("U")

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
