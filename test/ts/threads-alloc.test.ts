// Threads that allocate side by side, frame after frame: nobody's bytes ever change, in the arena and on the stacks.
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Registry } from '../../dist/esm/node.js';
import { wasm } from './helpers.js';

const dist = new URL('../../dist/esm/', import.meta.url);
const turns = new URL('../threads/turns.mjs', import.meta.url);

const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { processFrame, Registry } from '${new URL('threads.node.js', dist)}';
  import { takeTurns } from '${turns}';
  const { handle, ...given } = workerData;
  parentPort.postMessage(takeTurns(Registry.attach(handle), processFrame, given));`;

test('four threads take a million blocks each: none of their words ever changes, and all memory comes back', async () => {
  const registry = await Registry.create({ module: wasm('fixtures.threads'), threads: 2, capacity: 4 << 20 });
  const [threads, frames, blocks] = [4, 5000, 200];
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const workers: Worker[] = [];
  try {
    const results = Array.from({ length: threads }, (_, thread) => {
      const workerData = { handle: registry.handle(), thread, threads, frames, blocks, flags };
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`), { workerData });
      workers.push(worker);
      return new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    });
    for (const result of await Promise.all(results)) {
      expect(result).toEqual({ changed: 0, left: 0, allocations: frames * blocks + 1 });
    }
  } finally {
    for (const worker of workers) await worker.terminate();
    registry.dispose();
  }
});

test('kernels deep in the stacks of all threads at once leave everything else as it was', async () => {
  const registry = await Registry.create({ module: wasm('fixtures.threads'), threads: 5, capacity: 1 << 20 });
  try {
    const block = registry.u32(1000).fill(7);
    for (let round = 0; round < 20; round++) expect(registry.bind('own_stacks')?.(64, 250)).toBe(5);
    const deep = Array.from({ length: 100 }, (_, i) => registry.run('own_stack', i, 250));
    for (const changed of await Promise.all(deep)) expect(changed).toBe(0);
    expect((block as Uint32Array).every((word) => word === 7)).toBe(true);
  } finally {
    registry.dispose();
  }
});
