// Under Emscripten: a wasm with its JavaScript and types, which work as those of the command line do.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { describe as describeWasm } from '../../src-ts/driver/describe.js';
import { readWasm } from '../../src-ts/driver/wasm.js';
import { BITS_CPP, BITS_JS } from './bits.js';
import { build, lists, project, run, succeed, tool } from './project.js';

const folder = inject('folder');
const example = 'examples/cmake';

const bytes = (...path: string[]) => new Uint8Array(readFileSync(join(...path)));
const text = (...path: string[]) => readFileSync(join(...path), 'utf8');
const node = (made: string, file: string) => succeed(made, process.execPath, file);

it('builds the example, which runs in Node and has types', async () => {
  const made = project(folder, {}, example);
  await succeed(made, 'cmake', '-E', 'create_symlink', '../../node_modules/arena-bind', 'node_modules/arena-bind');
  await succeed(made, 'emcmake', 'cmake', '--preset', 'wasm');
  await succeed(made, 'cmake', '--build', '--preset', 'wasm');
  expect(await node(made, 'main.js')).toMatch(/^loudness \d\.\d{3}:( -?\d\.\d{3}){8}$/);
  const types = text(made, 'build/wasm/filters.d.ts');
  expect(types).toContain('* Smooths a signal: each sample moves by `factor` of the way towards the next.');
  expect(types).toContain('smooth(input: Readonly<Float32Array>, out: Float32Array, factor: number): void;');
  const tsc = [tool('typescript/lib/tsc.js'), '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  writeFileSync(
    join(made, 'right.mts'),
    `import { Registry } from 'arena-bind';
import filters from './build/wasm/filters.js';
const registry = await Registry.create({ module: filters });
registry.bind('smooth')(registry.f32(1), registry.f32(1), 0.5);
// @ts-expect-error another element type
registry.bind('smooth')(registry.f64(1), registry.f32(1), 0.5);
`,
  );
  const lib = ['--lib', 'es2022,dom,esnext.disposable'];
  expect(await run(made, process.execPath, [...tsc, ...lib, 'right.mts'])).toEqual({ code: 0, output: '' });
});

it('gives the results of the native twin to the bit', async () => {
  const module = 'arena_bind_add_module(filters SOURCES filters.cpp PREBUILT)\n';
  const made = project(
    folder,
    {
      'CMakeLists.txt': lists(`${module}if(NOT EMSCRIPTEN)
  add_executable(bits bits.cpp)
  target_link_libraries(bits PRIVATE filters)
endif()`),
      'bits.cpp': BITS_CPP,
      'bits.mjs': BITS_JS,
    },
    example,
  );
  const [wasm, native] = await Promise.all([build(made, 'wasm'), build(made, 'native')]);
  expect(wasm.code, wasm.output).toBe(0);
  expect(native.code, native.output).toBe(0);
  const expected = await succeed(made, 'build/native/bits');
  expect(expected.split(' ').length).toBeGreaterThan(5000);
  expect(await node(made, 'bits.mjs')).toBe(expected);
});

it('builds C files, and modules for threads, without SIMD, of another capacity', async () => {
  const kernel = `#include <arena_bind/kernel.hpp>
extern "C" int three(void);
/// Adds, element by element.
int sum(std::span<const int> in) {
  int total = three();
  for (const int each : in) total += each;
  return total;
}
ARENA_KERNEL(sum, in)
`;
  const made = project(folder, {
    'CMakeLists.txt': lists(
      `arena_bind_add_module(threads SOURCES sum.cpp three.c THREADS)
arena_bind_add_module(scalar SOURCES sum.cpp three.c NO_SIMD CAPACITY 2MiB)`,
      'C CXX',
    ),
    'sum.cpp': kernel,
    'three.c': 'int three(void) { return 3; }\n',
    'main.mjs': `import { Registry } from 'arena-bind';
for (const name of ['threads', 'scalar']) {
  const { default: module } = await import('./build/wasm/' + name + '.js');
  const registry = await Registry.create({ module });
  const result = registry.bind('sum')(registry.i32([1, 2]));
  console.log(name, registry.capacity, result, registry.kernels.length, module.threads?.pathname.split('/').at(-1));
}
`,
  });
  const { code, output } = await build(made, 'wasm', '-DCMAKE_BUILD_TYPE=MinSizeRel');
  expect(code, output).toBe(0);
  expect(await node(made, 'main.mjs')).toBe('threads 67108864 6 1 threads.threads.wasm scalar 2097152 6 1 undefined');
  const shared = (name: string) => readWasm(bytes(made, `build/wasm/${name}.wasm`)).imports.map(({ limits }) => limits);
  expect(shared('threads.threads')).toEqual([expect.objectContaining({ shared: true })]);
  expect(shared('threads')).toEqual([expect.objectContaining({ shared: false })]);
  expect(shared('scalar')).toEqual([expect.objectContaining({ shared: false })]);
  expect(describeWasm(bytes(made, 'build/wasm/threads.threads.wasm'))).toEqual(
    describeWasm(bytes(made, 'build/wasm/threads.wasm')),
  );
  // The sources' own description, whatever tool has linked them.
  const cli = join(folder, 'node_modules/arena-bind/dist/tools/cli.js');
  const options = ['--size', '--no-simd', '--capacity', '2MiB', '-o', 'by/scalar'];
  await succeed(made, process.execPath, cli, 'build', 'sum.cpp', 'three.c', ...options);
  expect(describeWasm(bytes(made, 'by/scalar.wasm'))).toEqual(describeWasm(bytes(made, 'build/wasm/scalar.wasm')));
  expect(text(made, 'by/scalar.d.ts').replace(/^.*\n/, '')).toBe(
    text(made, 'build/wasm/scalar.d.ts').replace(/^.*\n/, ''),
  );
});

it('sets on both wasm of THREADS what is set on the target', async () => {
  const made = project(folder, {
    'CMakeLists.txt': lists(`arena_bind_add_module(filters SOURCES filters.cpp THREADS CAPACITY 1MiB)
add_library(helpers INTERFACE)
target_include_directories(helpers INTERFACE helpers)
target_compile_definitions(helpers INTERFACE SECOND=20)
target_link_libraries(filters PRIVATE helpers)
target_include_directories(filters PRIVATE "more headers")
target_compile_definitions(filters PRIVATE FIRST=1)
target_compile_options(filters PRIVATE -DTHIRD=300)
target_sources(filters PRIVATE fourth.cpp)
set_target_properties(filters PROPERTIES OUTPUT_NAME named RUNTIME_OUTPUT_DIRECTORY "\${CMAKE_BINARY_DIR}/deep er")`),
    'filters.cpp': `#include <arena_bind/kernel.hpp>
#include "fifth.hpp"
#include "sixth.hpp"
int fourth();
int all() { return FIRST + SECOND + THIRD + fourth() + FIFTH + SIXTH; }
ARENA_KERNEL(all)
`,
    'fourth.cpp': 'int fourth() { return 4000; }\n',
    'more headers/fifth.hpp': '#define FIFTH 50000\n',
    'helpers/sixth.hpp': '#define SIXTH 600000\n',
    'main.mjs': `import { readFileSync } from 'node:fs';
import { Registry } from 'arena-bind';
import module from './build/wasm/deep er/named.js';
const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: true });
const { instance } = await WebAssembly.instantiate(readFileSync(module.threads), { env: { memory } });
instance.exports.arena_threads(0, 0, 1);
const opened = instance.exports.arena_open(1 << 20) > 0;
console.log((await Registry.create({ module })).bind('all')(), opened, instance.exports.all());
`,
  });
  const { code, output } = await build(made, 'wasm', '-DCMAKE_BUILD_TYPE=Debug');
  expect(code, output).toBe(0);
  expect(await node(made, 'main.mjs')).toBe('654321 true 654321');
});

it('describes it anew after a change, and says what a kernel cannot have before anything is described', async () => {
  const source = (body: string, more = '') =>
    `#include <arena_bind/kernel.hpp>\n#include <cstdio>\n${more}int one() { ${body} }\nARENA_KERNEL(one)\n`;
  const made = project(folder, {
    'CMakeLists.txt': lists('arena_bind_add_module(one SOURCES one.cpp)'),
    'one.cpp': source('return 1;'),
  });
  const types = join(made, 'build/wasm/one.d.ts');
  const first = await build(made, 'wasm');
  expect(first.code, first.output).toBe(0);
  expect(text(types)).not.toContain('The first number');
  writeFileSync(join(made, 'one.cpp'), source('return 1;', '/// The first number.\n'));
  await succeed(made, 'cmake', '--build', 'build/wasm');
  expect(text(types)).toContain('The first number');

  writeFileSync(join(made, 'one.cpp'), source('return std::fopen("a", "r") != nullptr;'));
  const refused = await run(made, 'cmake', ['--build', 'build/wasm']);
  expect(refused.code).toBe(1);
  expect(refused.output).toContain("imports what a kernel can't have; expected env.memory alone:");
  expect(refused.output).toContain('there are no files in a kernel');

  writeFileSync(join(made, 'one.cpp'), 'int one() { return 1; }\n');
  const bare = await run(made, 'cmake', ['--build', 'build/wasm']);
  expect(bare.code).toBe(1);
  expect(bare.output).toContain('has no kernels: link the file that has ARENA_KERNEL into it');
  // A build that failed is not taken for one that is up to date.
  expect((await run(made, 'cmake', ['--build', 'build/wasm'])).code).toBe(1);
  writeFileSync(join(made, 'one.cpp'), source('return 1;'));
  await succeed(made, 'cmake', '--build', 'build/wasm');
  expect(existsSync(types)).toBe(true);
});

it('keeps names and DWARF in Debug, and stops at undefined behaviour and at the end of the stack', async () => {
  const made = project(
    folder,
    {
      'CMakeLists.txt': lists('arena_bind_add_module(filters SOURCES filters.cpp next.cpp)'),
      'next.cpp': `#include <arena_bind/kernel.hpp>
int next(int n) { return n + 1; }
ARENA_KERNEL(next, n)
int deep(int n) {
  volatile int kept[64] = {n};
  return n == 0 ? 0 : next(deep(n - 1)) + kept[1];
}
ARENA_KERNEL(deep, n)
`,
      'next.mjs': `import { Registry } from 'arena-bind';
import module from './build/wasm/filters.js';
const registry = await Registry.create({ module });
const next = registry.bind('next');
const said = (call) => {
  try {
    return call();
  } catch ({ code, message }) {
    return code + ' ' + message;
  }
};
console.log(next(1), said(() => next(2 ** 31 - 1)));
console.log(registry.bind('deep')(10), said(() => registry.bind('deep')(100_000)), registry.bind('deep')(9));
`,
    },
    example,
  );
  const { code, output } = await build(made, 'wasm', '-DCMAKE_BUILD_TYPE=Debug');
  expect(code, output).toBe(0);
  expect(await node(made, 'next.mjs')).toMatch(
    /^2 ERR_KERNEL.* 10 ERR_KERNEL_TRAP deep: the stack of 65536 bytes overflowed .* 9$/,
  );
  const { sections } = readWasm(bytes(made, 'build/wasm/filters.wasm'));
  const custom = sections.filter(({ custom }) => custom).map(({ name }) => name);
  expect(custom).toEqual(expect.arrayContaining(['name', '.debug_info', '.debug_line']));
});
