// Kernels that stop, in builds of each kind: what is said, and that the next call works.
import { beforeAll, describe, expect, it } from 'vitest';
import { STACK_SIZE } from '../../src-ts/abi.gen.js';
import { type AnyKernels, Registry } from '../../src-ts/index.js';
import { ALL } from '../extent.js';
import { expectError, expectRejection } from '../ts/helpers.js';
import { folder, make, open } from './helpers.js';

const SOURCE = `#include <arena_bind/parallel.hpp>
#include <atomic>
#include <vector>

float deep(std::uint32_t depth) {
  volatile float kept[64] = {};
  kept[depth % 64] = 1;
  return depth == 0 ? kept[0] : deep(depth - 1) + kept[depth % 64];
}
ARENA_KERNEL(deep, depth)

std::uint32_t all(std::uint32_t depth) {
  std::atomic<std::uint32_t> sum = 0;
  arena::parallel_for(8, 1, [&](std::size_t) { sum += static_cast<std::uint32_t>(deep(depth)); });
  return sum;
}
ARENA_KERNEL(all, depth)

float wide(float value) {
  volatile float local[100000];
  for (std::uint32_t i = 0; i < 100000; i++) local[i] = value;
  return local[99999];
}
ARENA_KERNEL(wide, value)

float say(float real, double precise, int whole) {
  if (whole != 0) arena::fail("real is ", real, ", precise is ", precise, ", whole is ", whole);
  return real;
}
ARENA_KERNEL(say, real, precise, whole)

int at(std::uint32_t index) {
  const std::vector<int> three{1, 2, 3};
  return three.at(index);
}
ARENA_KERNEL(at, index)
`;

const OVERFLOW = `the stack of ${STACK_SIZE} bytes overflowed in a kernel: take large arrays from arena::scratch`;

describe.each([
  ['emcc', {}],
  ['emcc', { debug: true }],
  ['clang', {}],
  ['clang', { debug: true }],
  ...(ALL ? [['yowasp', { debug: true }] as const] : []),
] as const)('built by %s %o', (toolchain, options) => {
  let wasm: Uint8Array;
  beforeAll(async () => {
    const cwd = folder({ 'stops.cpp': SOURCE });
    ({ wasm } = await make({ cwd, sources: ['stops.cpp'], toolchain, ...options }));
  });

  it('an overflow of the stack, by depth and by size, is an error like any other', () => {
    const registry = open(wasm);
    const view = registry.f32([1, 2]);
    const [deep, wide] = 'debug' in options ? [`deep: ${OVERFLOW}`, `wide: ${OVERFLOW}`] : ['deep', 'wide'];
    for (let i = 0; i < 3; i++) {
      expectError(() => registry.bind('deep')(100_000), 'ERR_KERNEL_TRAP', deep);
      expectError(() => registry.bind('wide')(1), 'ERR_KERNEL_TRAP', wide);
    }
    expect([...view]).toEqual([1, 2]);
    expect(registry.bind('deep')(20)).toBe(21);
    registry.reset();
    expect([...registry.f32([3])]).toEqual([3]);
  });

  it('numbers stand in the message of arena::fail', () => {
    const registry = open(wasm);
    expectError(
      () => registry.bind('say')(0.1, -2.5e-7, 3),
      'ERR_KERNEL_FAILED',
      'real is 0.1, precise is -2.5e-07, whole is 3',
    );
    expect(registry.bind('say')(0.5, 0, 0)).toBe(0.5);
  });

  it('what would throw in C++ is a failure', () => {
    const registry = open(wasm);
    expectError(() => registry.bind('at')(3), 'ERR_KERNEL_FAILED', 'at');
    expect(registry.bind('at')(2)).toBe(3);
  });
});

it.each(ALL ? (['emcc', 'clang'] as const) : (['emcc'] as const))(
  'built by %s for threads, an overflow is told on every thread',
  async (toolchain) => {
    const cwd = folder({ 'stops.cpp': SOURCE });
    const { threads } = await make({ cwd, sources: ['stops.cpp'], toolchain, debug: true, threads: true });
    const module = threads as Uint8Array<ArrayBuffer>;
    const worker = new URL('../../dist/esm/worker.node.js', import.meta.url);
    const registry = await Registry.create<AnyKernels>({ module, threads: 3, worker, capacity: 1 << 20 });
    try {
      for (let i = 0; i < 3; i++) {
        expectError(() => registry.bind('deep')(100_000), 'ERR_KERNEL_TRAP', `deep: ${OVERFLOW}`);
        expectError(() => registry.bind('all')(100_000), 'ERR_KERNEL_TRAP', `all: ${OVERFLOW}`);
        for (const kernel of ['deep', 'wide', 'all']) {
          const error = await expectRejection(registry.run(kernel, 100_000), 'ERR_KERNEL_TRAP', OVERFLOW);
          expect(error.message).toMatch(new RegExp(`^${kernel}: the stack.* \\(on worker [12]\\)$`));
        }
        expect(registry.bind('deep')(20)).toBe(21);
        expect(await Promise.all([1, 2, 3].map((depth) => registry.run('all', depth)))).toEqual([16, 24, 32]);
      }
    } finally {
      registry.dispose();
    }
  },
);

describe('names that macros cannot take are one error at their line', () => {
  it.each([
    [
      'a name with a namespace',
      'namespace dsp { int f(int a) { return a; } }\nARENA_KERNEL(dsp::f, a)',
      'takes the plain name of one function',
    ],
    [
      'a template',
      'template <class T> T g(T a) { return a; }\nARENA_KERNEL(g<float>, a)',
      'takes the plain name of one function',
    ],
    [
      'an overload',
      'int h(int a) { return a; }\nfloat h(float a) { return a; } ARENA_KERNEL(h, a)',
      'one of several overloads',
    ],
    [
      'a struct with a namespace',
      'namespace dsp { struct P { float x; }; }\nARENA_STRUCT(dsp::P, x)',
      'ARENA_STRUCT takes the plain name',
    ],
    ['a field that is none', 'struct S { float x; };\nARENA_STRUCT(S, x, y)', "no member named 'y' in 'S'"],
    [
      'scratch memory that is named',
      'int k(arena::scratch &, int a) { return a; }\nARENA_KERNEL(k, scratch, a)',
      'every parameter but arena::scratch',
    ],
  ])('%s', async (_, text, message) => {
    const source = `${folder({ 'names.cpp': `#include <arena_bind/kernel.hpp>\n${text}\n` })}/names.cpp`;
    const error = await make({ sources: [source], toolchain: 'emcc' }).catch((cause) => cause);
    expect(error.diagnostics).toEqual([expect.objectContaining({ severity: 'error', file: source, line: 3 })]);
    expect(error.message).toContain(message);
  });

  it('two kernels of one name in one file', async () => {
    const text =
      '#include <arena_bind/kernel.hpp>\nint f(int a) { return a; }\nARENA_KERNEL(f, a)\nARENA_KERNEL(f, a)\n';
    const error = await make({ sources: [`${folder({ 'twice.cpp': text })}/twice.cpp`], toolchain: 'emcc' }).catch(
      (cause) => cause,
    );
    expect(error.diagnostics).toHaveLength(1);
    expect(error.message).toContain('twice.cpp:4:');
    expect(error.message).toContain('there are two kernels f in this file: rename one of them');
  });
});
