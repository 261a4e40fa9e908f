// A project that imports its C++: two modules, one of several sources and with structs, in a page, a worker and Node.
export const files: Record<string, string> = {
  'package.json': '{ "name": "user", "private": true, "type": "module" }',
  'src/filters.cpp': `#include "gain.hpp"
/// Fades in: the gain goes from \`from\` to \`to\` in a straight line.
void fade(std::span<const float> in, std::span<float> out, float from, float to) {
  const float step = (to - from) / static_cast<float>(in.size());
  for (std::size_t i = 0; i < in.size(); i++) out[i] = GAIN * in[i] * (from + step * static_cast<float>(i));
}
ARENA_KERNEL(fade, in, out, from, to)
struct Point { float x, y; };
ARENA_STRUCT(Point, x, y)
extern "C" int twice(int value);
void mirror(std::span<Point> points) {
  for (Point &point : points) point = {point.y, static_cast<float>(twice(static_cast<int>(point.x)))};
}
ARENA_KERNEL(mirror, points)
`,
  'src/gain.hpp': '#pragma once\n#include <arena_bind/kernel.hpp>\n#define GAIN 2.f\n',
  'src/twice.c': 'int twice(int value) { return 2 * value; }\n',
  'src/lazy.cpp': `#include <arena_bind/kernel.hpp>
std::int32_t late(std::int32_t value) { return value + ADDED; }
ARENA_KERNEL(late, value)
`,
  'src/small.cpp': `#include <arena_bind/kernel.hpp>
double half(double value) { return value / 2; }
ARENA_KERNEL(half, value)
`,
  'src/fade.js': `import { Registry } from 'arena-bind';
import filters from './filters.cpp';
export async function fade() {
  const registry = await Registry.create({ module: filters });
  const out = registry.f32(4);
  registry.bind('fade')(registry.f32([1, 1, 1, 1]), out, 0, 1);
  return { registry, values: Array.from(out), wasm: typeof filters.wasm };
}
`,
  'src/all.js': `import { Registry } from 'arena-bind';
import { fade } from './fade.js';
import small from './small.cpp?inline';
export async function all() {
  const { registry, values, wasm } = await fade();
  const points = registry.alloc('Point', [{ x: 1, y: 2 }]);
  registry.bind('mirror')(points);
  const { default: lazy } = await import('./lazy.cpp');
  const late = (await Registry.create({ module: lazy })).bind('late')(1);
  const half = (await Registry.create({ module: small })).bind('half')(5);
  return { values, wasm, points: points.toObjects(), late, half, small: typeof small.wasm, capacity: registry.capacity };
}
`,
  'src/worker.js': `import { fade } from './fade.js';
fade().then(
  ({ values, wasm }) => postMessage({ values, wasm }),
  (error) => postMessage(String(error)),
);
`,
  'src/page.js': `import { all } from './all.js';
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const answer = new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve('the worker failed: ' + message);
});
globalThis.result = (async () => ({ page: await all(), worker: await answer }))();
`,
  'src/node.js': `import { all } from './all.js';
all().then((result) => console.log(JSON.stringify(result)));
`,
  'src/limit.js': `import small from './small.cpp';
console.log(typeof small.wasm);
`,
  'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/src/page.js"></script>',
};

/** Options that all of it takes. */
export const options = { sources: { 'src/filters.cpp': ['src/twice.c'] }, define: ['ADDED=41'], capacity: 65536 };

/** What it computes; `wasm` says whether filters.cpp became a file. */
export const expected = (wasm: 'string' | 'function') => ({
  values: [0, 0.5, 1, 1.5],
  wasm,
  points: [{ x: 2, y: 2 }],
  late: 42,
  half: 2.5,
  small: 'function',
  capacity: 65536,
});
