import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { CALL, LOOP, MEMORY_GROW, walkBody } from '../../src-ts/driver/instructions.js';
import { ByteReader } from '../../src-ts/driver/reader.js';
import { readWasm } from '../../src-ts/driver/wasm.js';

const hooks = [
  '_initialize',
  'arena_abi_version',
  'arena_alloc',
  'arena_alloc_persistent',
  'arena_open',
  'arena_partition',
  'arena_recover',
  'arena_stack_get',
  'arena_stack_set',
  'arena_use',
];
const forOneThread = ['arena_reset', 'arena_rewind'];
const forThreads = [
  'arena_attach',
  'arena_call_off',
  'arena_close',
  'arena_detach',
  'arena_end',
  'arena_heal',
  'arena_leave',
  'arena_release',
  'arena_rewind_lease',
  'arena_task_done',
  'arena_task_submit',
  'arena_task_withdraw',
  'arena_tasks',
  'arena_thread_stack',
  'arena_thread_start',
  'arena_threads',
  'arena_work',
];
const kernels = [
  'add',
  'apply_filter',
  'biquad',
  'dot',
  'f32_to_i16',
  'fir',
  'gaussian_blur',
  'histogram',
  'i16_to_f32',
  'lut',
  'matmul',
  'min_max',
  'multiply_add',
  'normalize_hwc_to_chw',
  'rgba_to_luma',
  'rms',
  'scale',
  'sobel',
  'sum',
];

const installed = (file: string) => readFileSync(join(inject('project'), 'node_modules/arena-bind/dist', file));
const modules = {
  'core.wasm': { bytes: installed('core.wasm'), kernels, shared: false, most: 16 * 1024 },
  'core.threads.wasm': { bytes: installed('core.threads.wasm'), kernels, shared: true, most: 32 * 1024 },
  'arena.wasm': { bytes: readFileSync('build/arena.wasm'), kernels: [], shared: false, most: 1.5 * 1024 },
};

function countOf(opcode: number, wasm: Uint8Array): number {
  let count = 0;
  for (const body of readWasm(wasm).code) {
    walkBody(new ByteReader(body), (instruction) => {
      if (instruction === opcode) count++;
    });
  }
  return count;
}

describe.each(Object.entries(modules))('%s', (_, { bytes, kernels, shared, most }) => {
  const module = new WebAssembly.Module(bytes);

  it('imports a memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const { initial, maximum } = { initial: 32, maximum: 32 };
    const link = (isShared: boolean) =>
      new WebAssembly.Instance(module, {
        env: { memory: new WebAssembly.Memory({ initial, maximum, shared: isShared }) },
      });
    expect(link(shared)).toBeInstanceOf(WebAssembly.Instance);
    expect(() => link(!shared)).toThrow(WebAssembly.LinkError);
  });

  it('exports the hooks, the kernels with their signatures, and nothing else', () => {
    const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    expect(exported.sort()).toEqual(
      [
        ...[...hooks, ...(shared ? forThreads : forOneThread), ...kernels].map((name) => `function ${name}`),
        ...kernels.map((name) => `global arena_kernel_${name}`),
      ].sort(),
    );
  });

  it('never grows its memory, so that views never detach', () => {
    expect(countOf(MEMORY_GROW, bytes)).toBe(0);
  });

  it(`has at most ${most} bytes`, () => {
    expect(bytes.length).toBeLessThanOrEqual(most);
  });
});

it.each(['core.wasm', 'arena.wasm'] as const)('%s resets without a loop or a call', (name) => {
  const { exports, importedFunctions, code } = readWasm(modules[name].bytes);
  const reset = exports.find(({ name }) => name === 'arena_reset');
  const body = code[(reset?.index as number) - importedFunctions] as Uint8Array;
  const instructions: number[] = [];
  walkBody(new ByteReader(body), (instruction) => instructions.push(instruction));
  expect(instructions.length).toBeGreaterThan(5);
  expect(instructions).not.toContain(LOOP);
  expect(instructions).not.toContain(CALL);
});

it('would be noticed: a module that grows its memory', () => {
  // (module (memory 1) (func (result i32) (memory.grow (i32.const 1))))
  const growing = Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1],
    ...[10, 8, 1, 6, 0, 65, 1, 64, 0, 11],
  ]);
  expect(WebAssembly.validate(growing)).toBe(true);
  expect(countOf(MEMORY_GROW, growing)).toBe(1);
});
