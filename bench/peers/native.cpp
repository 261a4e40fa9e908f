// One prebuilt kernel, compiled for this machine: its name and arguments come as `name f32:1024 f32=0.5 ...`, then a
// count on each line of the input, and for each the milliseconds that so many calls took go out.
#include <arena_bind/abi.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

template <class T> using In = std::span<const T>;
template <class T> using Out = std::span<T>;
using Byte = std::uint8_t;
using Word = std::uint32_t;

struct MinMax {
  float low, high;
};

void add(In<float>, In<float>, Out<float>);
void apply_filter(In<float>, Out<float>);
void biquad(In<float>, In<float>, Out<float>, Out<float>);
float dot(In<float>, In<float>);
void f32_to_i16(In<float>, Out<std::int16_t>);
void fir(In<float>, In<float>, Out<float>, Out<float>);
void gaussian_blur(In<Byte>, Out<Byte>, Word, Word, float);
void histogram(In<Byte>, Out<Word>);
void i16_to_f32(In<std::int16_t>, Out<float>);
void lut(In<Byte>, In<Byte>, Out<Byte>);
void matmul(In<float>, In<float>, Out<float>, Word, Word, Word);
MinMax min_max(In<float>);
void multiply_add(In<float>, In<float>, Out<float>, float);
void normalize_hwc_to_chw(In<Byte>, Out<float>, In<float>, In<float>, Word, Word);
void rgba_to_luma(In<Byte>, Out<Byte>);
float rms(In<float>);
void scale(In<float>, Out<float>, float);
void sobel(In<Byte>, Out<Byte>, Word, Word);
float sum(In<float>);

namespace {

// What tables/kernels.mjs fills its views with.
template <class T> T noise(std::uint32_t &seed) {
  seed = seed * 1664525u + 1013904223u;
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(seed >> 8) / 67108864.0f;
  else return static_cast<T>(seed >> 24);
}

template <class P> struct Argument {
  P value;
  explicit Argument(const std::string &text)
      : value(static_cast<P>(std::atof(text.substr(text.find('=') + 1).c_str()))) {}
};
template <class T> struct Argument<std::span<T>> {
  std::vector<std::remove_const_t<T>> memory;
  std::span<T> value;
  explicit Argument(const std::string &text)
      : memory(std::strtoull(text.substr(text.find(':') + 1).c_str(), nullptr, 10)), value(memory) {
    std::uint32_t seed = 1;
    for (auto &element : memory) element = noise<std::remove_const_t<T>>(seed);
  }
  Argument(const Argument &) = delete;
};

using Repeat = std::function<void(long)>;

template <class R, class... P, std::size_t... i>
Repeat bind(R (*kernel)(P...), char **texts, std::index_sequence<i...>) {
  auto *arguments = new std::tuple<Argument<P>...>(std::string{texts[i]}...);
  return [kernel, arguments](long count) {
    // The compiler must not see which kernel it is: calls of one that writes nothing would be taken out of the loop.
    R (*volatile hidden)(P...) = kernel;
    for (long k = 0; k < count; k++) hidden(std::get<i>(*arguments).value...);
  };
}

template <auto kernel> Repeat open(int given, char **texts) {
  return [&]<class R, class... P>(R (*)(P...)) -> Repeat {
    if (given != sizeof...(P)) return {};
    return bind<R, P...>(kernel, texts, std::index_sequence_for<P...>{});
  }(kernel);
}

struct {
  std::string_view name;
  Repeat (*open)(int, char **);
} const kernels[] = {
#define KERNEL(name) {#name, open<&name>}
    KERNEL(add),           KERNEL(apply_filter),
    KERNEL(biquad),        KERNEL(dot),
    KERNEL(f32_to_i16),    KERNEL(fir),
    KERNEL(gaussian_blur), KERNEL(histogram),
    KERNEL(i16_to_f32),    KERNEL(lut),
    KERNEL(matmul),        KERNEL(min_max),
    KERNEL(multiply_add),  KERNEL(normalize_hwc_to_chw),
    KERNEL(rgba_to_luma),  KERNEL(rms),
    KERNEL(scale),         KERNEL(sobel),
    KERNEL(sum),
};

} // namespace

int main(int count, char **texts) {
  arena_open(arena::default_capacity); // scratch memory of the kernels
  Repeat repeat;
  for (const auto &[name, open] : kernels)
    if (count > 1 && name == texts[1]) repeat = open(count - 2, texts + 2);
  if (!repeat) {
    std::fprintf(stderr, "no such kernel, or another number of arguments\n");
    return 1;
  }
  for (long times; std::cin >> times;) {
    const auto start = std::chrono::steady_clock::now();
    repeat(times);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::printf("%.9f\n", took.count());
    std::fflush(stdout);
  }
}
