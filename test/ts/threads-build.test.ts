// The build for shared memory, driven by its hooks alone: the Registry does not use it yet.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  DEFAULT_CAPACITY,
  type Hooks,
  OFFSET_OF_FAILURE_STATUS,
  OFFSET_OF_WORD,
  STACK_SIZE,
} from '../../src-ts/abi.gen.js';
import { takeFailure } from '../../src-ts/failure.js';

const bytes = readFileSync(new URL('../../build/core.threads.wasm', import.meta.url));

function open() {
  const module = new WebAssembly.Module(bytes);
  const pages = 16 + DEFAULT_CAPACITY / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const hooks = exports as unknown as Hooks;
  const arena = hooks.arena_open(DEFAULT_CAPACITY);
  return { module, memory, exports, hooks, arena, word: new Uint32Array(memory.buffer, arena + OFFSET_OF_WORD, 2) };
}

test('blocks of several workers never overlap and none is lost', async () => {
  const { module, memory, hooks, arena, word } = open();
  const sizes = [8, 24, 40, 104];
  const count = 20_000;
  const source = `
    const { parentPort, workerData: { module, memory, arena, size, count, gate } } = require('node:worker_threads');
    const { arena_alloc } = new WebAssembly.Instance(module, { env: { memory } }).exports;
    const at = new Uint32Array(count);
    Atomics.add(gate, 0, 1); // all of them start together
    while (Atomics.load(gate, 0) < ${sizes.length});
    for (let i = 0; i < count; i++) at[i] = arena_alloc(arena, size, 8);
    parentPort.postMessage(at);`;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const taken = await Promise.all(
    sizes.map(
      (size) =>
        new Promise<Uint32Array>((resolve, reject) => {
          const worker = new Worker(source, { eval: true, workerData: { module, memory, arena, size, count, gate } });
          worker.on('message', resolve);
          worker.on('error', reject);
        }),
    ),
  );
  const blocks = taken.flatMap((addresses, i) =>
    Array.from(addresses, (start) => [start, sizes[i] as number] as const),
  );
  blocks.sort(([a], [b]) => a - b);
  for (let i = 1; i < blocks.length; i++) {
    const [start, size] = blocks[i - 1] as readonly [number, number];
    expect(blocks[i]?.[0]).toBe(start + size); // no gap either: all sizes are multiples of 8
  }
  expect(word[0]).toBe(count * sizes.reduce((sum, size) => sum + size, 0));
  hooks.arena_reset(arena);
  expect([...word]).toEqual([0, 1]);
});

test('what a kernel says before it stops lies outside the arena and the stack', () => {
  const { memory, exports, hooks, arena } = open();
  const first = hooks.arena_alloc(arena, 64, 8);
  const data = new DataView(memory.buffer);
  expect(hooks.arena_stack_get()).toBe(STACK_SIZE); // lowest in memory, and as large as abi.h says
  const failure = hooks.arena_recover();
  expect(data.getUint32(failure + OFFSET_OF_FAILURE_STATUS, true)).toBe(0);
  expect(failure).toBeGreaterThan(hooks.arena_stack_get());
  expect(failure).toBeLessThan(first);
  const add = exports.add as (...slots: number[]) => void;
  expect(() => add(first, 3, first, 4, first, 3)).toThrow(WebAssembly.RuntimeError);
  expect(takeFailure(hooks, memory)?.text).toMatch(/3.*4/);
});
