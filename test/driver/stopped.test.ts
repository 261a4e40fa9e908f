// Kernels that stop, in builds of each kind: what is said, and that the next call works.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Hooks, STACK_SIZE } from '../../src-ts/abi.gen.js';
import type { ErrorCode } from '../../src-ts/errors.js';
import { takeFailure } from '../../src-ts/failure.js';
import { ALL } from '../extent.js';
import { expectError } from '../ts/helpers.js';
import { folder, make, open } from './helpers.js';

const SOURCE = `#include <arena_bind/kernel.hpp>
#include <vector>

float deep(std::uint32_t depth) {
  volatile float kept[64] = {};
  kept[depth % 64] = 1;
  return depth == 0 ? kept[0] : deep(depth - 1) + kept[depth % 64];
}
ARENA_KERNEL(deep, depth)

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
    const said: [ErrorCode, ...string[]] =
      'debug' in options
        ? ['ERR_KERNEL_FAILED', `the stack of ${STACK_SIZE} bytes overflowed in a kernel`]
        : ['ERR_KERNEL_TRAP'];
    for (let i = 0; i < 3; i++) {
      expectError(() => registry.bind('deep')(100_000), ...said, 'deep');
      expectError(() => registry.bind('wide')(1), ...said, 'wide');
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

it.each(['emcc', 'clang'] as const)('built by %s for threads, an overflow is told as well', async (toolchain) => {
  const cwd = folder({ 'stops.cpp': SOURCE });
  const { threads } = await make({ cwd, sources: ['stops.cpp'], toolchain, debug: true, threads: true });
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(threads as Uint8Array<ArrayBuffer>), {
    env: { memory },
  });
  const { deep, ...hooks } = exports as unknown as Hooks & { deep(depth: number, slot: number): number };
  hooks.arena_threads(0, 0, 1);
  hooks.arena_open(1 << 20);
  const top = hooks.arena_stack_get();
  for (let i = 0; i < 3; i++) {
    expect(() => deep(100_000, 0)).toThrow(WebAssembly.RuntimeError);
    hooks.arena_stack_set(top);
    expect(takeFailure(hooks, memory)?.text).toContain(`the stack of ${STACK_SIZE} bytes overflowed in a kernel`);
    expect(deep(20, 0)).toBe(21);
  }
});

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
