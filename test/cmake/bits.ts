// One program in two languages: it runs kernels over the same noise and prints their results bit by bit.

/** Natively, linked to a module of examples/cmake/filters.cpp with the prebuilt kernels. */
export const BITS_CPP = `
#include "filters.hpp"
#include <arena_bind/kernel.hpp>
#include <bit>
#include <cstdio>
#include <vector>

void biquad(std::span<const float>, std::span<const float>, std::span<float>, std::span<float>);
void fir(std::span<const float>, std::span<const float>, std::span<float>, std::span<float>);
void multiply_add(std::span<const float>, std::span<const float>, std::span<float>, float);

std::vector<float> noise(std::size_t length, std::uint32_t state) {
  std::vector<float> values(length);
  for (float &value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 8) / 8388608 - 1;
  }
  return values;
}

void print(const char *name, std::span<const float> values) {
  std::printf("%s", name);
  for (const float value : values) std::printf(" %08x", std::bit_cast<std::uint32_t>(value));
  std::printf("\\n");
}

int main() {
  arena_open(1 << 20);
  const std::vector<float> a = noise(1000, 1), b = noise(1000, 2), taps = noise(31, 3);
  std::vector<float> out(1000), state(2), history(30);
  smooth(a, out, 0.3f);
  print("smooth", out);
  const float heard = loudness(a);
  print("loudness", {&heard, 1});
  median(a, out);
  print("median", out);
  biquad(a, std::vector<float>{0.2f, 0.4f, 0.2f, -0.5f, 0.3f}, state, out);
  print("biquad", out);
  fir(a, taps, history, out);
  print("fir", out);
  multiply_add(a, b, out, 0.7f);
  print("multiply_add", out);
}
`;

/** In Node, with the module beside it at build/wasm/filters.js. */
export const BITS_JS = `
import { Registry } from 'arena-bind';
import filters from './build/wasm/filters.js';

function noise(length, state) {
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 8388608 - 1;
  });
}

function print(name, values) {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  console.log([name, ...Array.from(words, (word) => word.toString(16).padStart(8, '0'))].join(' '));
}

const registry = await Registry.create({ module: filters });
const a = registry.f32(noise(1000, 1));
const b = registry.f32(noise(1000, 2));
const taps = registry.f32(noise(31, 3));
const out = registry.f32(1000);
registry.bind('smooth')(a, out, 0.3);
print('smooth', out);
print('loudness', [registry.bind('loudness')(a)]);
registry.bind('median')(a, out);
print('median', out);
registry.bind('biquad')(a, registry.f32([0.2, 0.4, 0.2, -0.5, 0.3]), registry.f32([0, 0]), out);
print('biquad', out);
registry.bind('fir')(a, taps, registry.f32(new Float32Array(30)), out);
print('fir', out);
registry.bind('multiply_add')(a, b, out, 0.7);
print('multiply_add', out);
`;
