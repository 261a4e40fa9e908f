// arena::fail ends a kernel with a message of texts and numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "abi.h"

namespace arena {

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

} // namespace arena
