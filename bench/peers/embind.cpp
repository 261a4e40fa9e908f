// The same kernel as the users of Emscripten reach it: embind with pointers, with views of memory and with values; a
// plain function for cwrap and ccall; and the calls that wasm-bindgen's glue makes for a function from a slice to a
// vector.
#include <cstdint>
#include <cstdlib>
#include <emscripten/bind.h>
#include <span>
#include <vector>

using emscripten::typed_memory_view, emscripten::val;

void apply_filter(std::span<const float> in, std::span<float> out);

namespace {

void filter_pointers(std::uintptr_t in, std::uintptr_t out, std::size_t length) {
  apply_filter({reinterpret_cast<const float *>(in), length}, {reinterpret_cast<float *>(out), length});
}

class Filter {
public:
  explicit Filter(std::size_t length) : in(length), out(length) {}
  val input() { return val(typed_memory_view(in.size(), in.data())); }
  val output() { return val(typed_memory_view(out.size(), out.data())); }
  void run() { apply_filter(in, out); }

private:
  std::vector<float> in, out;
};

val filter_values(const val &values) {
  const std::vector<float> in = emscripten::convertJSArrayToNumberVector<float>(values);
  std::vector<float> out(in.size());
  apply_filter(in, out);
  return val(typed_memory_view(out.size(), out.data())).call<val>("slice");
}

} // namespace

EMSCRIPTEN_BINDINGS(peers) {
  emscripten::function("filter_pointers", filter_pointers);
  emscripten::function("filter_values", filter_values);
  emscripten::class_<Filter>("Filter")
      .constructor<std::size_t>()
      .function("input", &Filter::input)
      .function("output", &Filter::output)
      .function("run", &Filter::run);
}

extern "C" {

void filter_plain(const float *in, float *out, std::size_t length) { apply_filter({in, length}, {out, length}); }

// Takes the slice's memory, and gives (address, length) of a vector that the caller frees.
void filter_slice(float *in, std::size_t length, std::uint32_t *result) {
  auto *out = static_cast<float *>(std::malloc(length * sizeof(float)));
  apply_filter({in, length}, {out, length});
  std::free(in);
  result[0] = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(out));
  result[1] = static_cast<std::uint32_t>(length);
}
}
