// The signature, a line of text built at compile time (abi.h has its grammar).
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "struct.hpp"

namespace arena::detail {

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

} // namespace arena::detail
