// The smallest thing that embind can bind.
#include <emscripten/bind.h>

EMSCRIPTEN_BINDINGS(hello) {
  emscripten::function("add", +[](int a, int b) { return a + b; });
}
