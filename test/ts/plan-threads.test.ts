// Plans in memory that threads share: of the registry that was created, of one that is attached, and of parts.
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { type AnyKernels, Registry } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';
import { expectError, wasm } from './helpers.js';

const dist = new URL('../../dist/esm/', import.meta.url);
const worker = new URL('worker.node.js', dist);
const registries: Registry<any>[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) registry.dispose();
});

async function shared(): Promise<Registry<AnyKernels>> {
  const registry = await Registry.create({ module: wasm('fixtures.threads'), threads: 2, worker, capacity: 1 << 20 });
  registries.push(registry);
  return registry;
}

test.each([
  ['the whole', (registry: Registry<AnyKernels>) => registry],
  ['a partition', (registry: Registry<AnyKernels>) => registry.partition(1 << 18)],
])('in %s kernels use all threads, allocate in the frame, and fail by name', async (_, choose) => {
  const registry = choose(await shared());
  const fill = registry.bind('fill');
  const frame = registry.f32([1, 2]);
  expectError(() => Plan.record(registry, () => fill(1, frame)), 'ERR_STALE_VIEW', 'fill: out');
  expectError(() => Plan.record(registry, () => fill(1, frame.subarray(1))), 'ERR_STALE_VIEW', 'fill: out');
  const plan = Plan.record(registry, () => {
    const out = registry.f32(5);
    fill(1, out);
    registry.bind('own_stacks')(64, 20);
    registry.bind('own_blocks')(7, 20);
    registry.bind('use_scratch')(100);
    registry.bind('text_bytes')('h\u00e9'.repeat(100));
    fill(2, out.subarray(3));
    return out;
  });
  registry.reset();
  for (let round = 0; round < 20; round++) {
    plan.value.fill(0);
    registry.f32(100).fill(NaN);
    plan.run();
    expect([...plan.value]).toEqual([1, 1, 1, 2, 2]);
    expect([1, 2, 3, 4].map((call) => plan.result(call)[0])).toEqual([2, 0, 7, 300]);
    registry.reset();
    expect(registry.stats.used).toBe(0);
  }
  plan.scalar(3, 'bytes')[0] = 2 ** 30;
  plan.value.fill(0);
  expectError(() => plan.run(), 'ERR_OUT_OF_MEMORY', 'use_scratch', 'call 3 of a plan');
  expect([...plan.value]).toEqual([1, 1, 1, 1, 1]);
  plan.scalar(3, 'bytes')[0] = 10;
  plan.run();
  expect([...plan.value]).toEqual([1, 1, 1, 2, 2]);
});

test('run() and the ends of frames are refused while a plan is recorded', async () => {
  const registry = await shared();
  const out = registry.allocPersistent('f32', 1);
  const { epoch } = registry;
  const rejected: Promise<unknown>[] = [];
  const record = (act: () => unknown) => () =>
    Plan.record(registry, () => {
      registry.bind('fill')(1, out);
      act();
    });
  const run = () => rejected.push((registry.run as any)('fill', 2, out).catch(({ code }: { code: string }) => code));
  expectError(record(run), 'ERR_PLAN', "registry.run('fill')", 'calling thread');
  expect(await Promise.all(rejected)).toEqual(['ERR_PLAN']);
  expectError(
    record(() => registry.reset()),
    'ERR_PLAN',
    'reset()',
  );
  expectError(
    record(() => registry.openFrame()),
    'ERR_PLAN',
    'openFrame()',
  );
  expect([registry.epoch, out[0]]).toEqual([epoch, 1]);
  await (registry.run as any)('fill', 3, out);
  expect(out[0]).toBe(3);
});

test('an attached thread runs a plan of its own', async () => {
  const registry = await shared();
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { Registry } from '${new URL('threads.node.js', dist)}';
    import { Plan } from '${new URL('plan.js', dist)}';
    const registry = Registry.attach(workerData.handle);
    const plan = Plan.record(registry, () => {
      const block = registry.f32(3);
      registry.bind('fill')(2, block);
      registry.bind('extremes')(block);
      registry.bind('take_frame_memory')(100);
      return block;
    });
    for (let i = 0; i < 10; i++) {
      plan.value.fill(0);
      plan.scalar(0, 'value')[0] = i;
      plan.run();
      registry.reset();
    }
    parentPort.postMessage([...plan.value, plan.result(1, 'high')[0]]);`;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { handle: registry.handle() },
  });
  try {
    const values = await new Promise((resolve, reject) => thread.on('message', resolve).on('error', reject));
    expect(values).toEqual([9, 9, 9, 9]);
  } finally {
    await thread.terminate();
  }
});
