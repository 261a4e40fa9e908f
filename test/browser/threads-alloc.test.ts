// Threads that allocate side by side in a browser; test/ts/threads-alloc.test.ts does the same in Node.
import { expect, test } from 'vitest';
import { Registry } from '../../src-ts/index.ts';

const module = new URL('../../build/fixtures.threads.wasm', import.meta.url);
const worker = () => new Worker(new URL('../../src-ts/threads/worker.ts', import.meta.url), { type: 'module' });

test('four threads take a million blocks each: none of their words ever changes, and all memory comes back', async () => {
  const registry = await Registry.create({ module, threads: 2, worker, capacity: 4 << 20 });
  const [threads, frames, blocks] = [4, 5000, 200];
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const workers: Worker[] = [];
  try {
    const results = Array.from({ length: threads }, (_, thread) => {
      const worker = new Worker(new URL('./threads-alloc-worker.ts', import.meta.url), { type: 'module' });
      workers.push(worker);
      worker.postMessage({ handle: registry.handle(), thread, threads, frames, blocks, flags });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    });
    for (const result of await Promise.all(results)) {
      expect(result).toEqual({ changed: 0, left: 0, allocations: frames * blocks + 1 });
    }
  } finally {
    for (const worker of workers) worker.terminate();
    registry.dispose();
  }
});

test('kernels deep in the stacks of all threads at once leave everything else as it was', async () => {
  const registry = await Registry.create({ module, threads: 4, worker, capacity: 1 << 20 });
  try {
    const block = registry.u32(1000).fill(7) as Uint32Array;
    for (let round = 0; round < 5; round++) expect(registry.bind('own_stacks')?.(64, 250)).toBe(4);
    const deep = Array.from({ length: 50 }, (_, i) => registry.run('own_stack', i, 250));
    for (const changed of await Promise.all(deep)) expect(changed).toBe(0);
    expect(block.every((word) => word === 7)).toBe(true);
  } finally {
    registry.dispose();
  }
});
