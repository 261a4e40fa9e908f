// Plans in a page, and in an AudioWorklet.
import { expect, test } from 'vitest';
import { type AnyKernels, Registry } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';

const wasm = (name: string) =>
  WebAssembly.compileStreaming(fetch(new URL(`../../build/${name}.wasm`, import.meta.url)));
const worker = () => new Worker(new URL('../../src-ts/threads/worker.ts', import.meta.url), { type: 'module' });

test.each([
  ['one thread', async () => Registry.createSync<AnyKernels>({ module: await wasm('fixtures'), capacity: 1 << 20 })],
  [
    'two threads',
    async () => Registry.create({ module: wasm('fixtures.threads') as any, threads: 2, worker, capacity: 1 << 20 }),
  ],
])('with %s a page replays 200 calls, sets scalars, reads results and is told which call failed', async (_, create) => {
  const registry = await create();
  const plan = Plan.record(registry, () => {
    const out = registry.f32(4);
    for (let i = 0; i < 198; i++) registry.bind('fill')(1, out);
    registry.bind('extremes')(out);
    registry.bind('use_scratch')(100);
    return out;
  });
  const value = plan.scalar(197, 'value');
  for (let round = 0; round < 3000; round++) {
    value[0] = round;
    plan.run();
    registry.reset();
  }
  expect([...plan.value, plan.result(198, 'high')[0]]).toEqual([2999, 2999, 2999, 2999, 2999]);
  plan.scalar(199, 'bytes')[0] = 2 ** 30;
  expect(() => plan.run()).toThrow(/use_scratch.*in call 199 of a plan/);
  plan.scalar(199, 'bytes')[0] = 1;
  plan.run();
  registry.dispose();
  expect(() => plan.run()).toThrow('this registry is disposed');
});

test('an AudioWorklet records a plan and runs it in every quantum', async () => {
  const LENGTH = 128 * 20;
  const context = new OfflineAudioContext(1, LENGTH, 48_000);
  await context.audioWorklet.addModule(new URL('./plan-worklet.ts', import.meta.url));
  const processorOptions = { module: await wasm('core') };
  const node = new AudioWorkletNode(context, 'planner', { processorOptions });
  const failed = new Promise((_, reject) => {
    node.port.onmessage = ({ data }) => reject(new Error(data));
    node.onprocessorerror = () => reject(new Error('the worklet threw'));
  });
  const samples = Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(i));
  const sound = context.createBuffer(1, LENGTH, 48_000);
  sound.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(node).connect(context.destination);
  source.start();
  const output = (await Promise.race([context.startRendering(), failed])) as AudioBuffer;
  const worst = output
    .getChannelData(0)
    .map((sample, i) => Math.abs(sample - Math.fround(1.5 * (samples[i] as number))));
  expect(Math.max(...worst)).toBeLessThan(1e-6);
});
