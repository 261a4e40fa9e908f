// A ring between a page and a worker that sleeps; pages and worklets must not.
import { expect, test } from 'vitest';
import { ArenaError, Registry } from '../../src-ts/index.ts';
import { Ring } from '../../src-ts/ring.ts';

function codeOf(action: () => unknown): string {
  try {
    return String(action());
  } catch (error) {
    return error instanceof ArenaError ? error.code : String(error);
  }
}

/** A ring in shared memory, of which it has all. */
function sharedRing(capacity: number): Ring<'f32'> {
  const { buffer } = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const allocPersistent = (_: string, length: number) => Object.assign(new Uint8Array(buffer, 64, length), { ptr: 64 });
  return Ring.create({ allocPersistent } as unknown as Registry, 'f32', capacity);
}

test('a worker doubles what the page writes, and sleeps in between', async () => {
  const [there, back] = [sharedRing(256), sharedRing(256)];
  const worker = new Worker(new URL('./ring-worker.ts', import.meta.url), { type: 'module' });
  try {
    worker.postMessage([there.handle(), back.handle()]);
    const piece = new Float32Array(100);
    for (let round = 0; round < 50; round++) {
      piece.forEach((_, i) => {
        piece[i] = 100 * round + i;
      });
      expect(there.write(piece)).toBe(100);
      while (back.readable < 100) await new Promise((resolve) => setTimeout(resolve, 0));
      expect(back.read(piece)).toBe(100);
      expect([piece[0], piece[99]]).toEqual([200 * round, 200 * round + 198]);
    }
    expect([there.overruns, back.underruns]).toEqual([0, 0]);
  } finally {
    worker.terminate();
  }
});

test('a page and a worklet are refused to sleep, whether there is something or not', async () => {
  const ring = sharedRing(64);
  ring.write(new Float32Array(64));
  expect(codeOf(() => ring.waitReadable())).toBe('ERR_CANNOT_WAIT');
  expect(codeOf(() => ring.waitWritable(1, 0))).toBe('ERR_CANNOT_WAIT');

  const context = new OfflineAudioContext(1, 128, 48_000);
  await context.audioWorklet.addModule(new URL('./ring-worklet.ts', import.meta.url));
  const node = new AudioWorkletNode(context, 'sleeper', { processorOptions: ring.handle() });
  const codes = await new Promise((resolve) => {
    node.port.onmessage = ({ data }) => resolve(data);
  });
  expect(codes).toEqual(['ERR_CANNOT_WAIT', '64']);
});

test('a ring in memory that is not shared works, and has no handle', async () => {
  const registry = Registry.createSync({
    module: await WebAssembly.compileStreaming(fetch(new URL('../../build/core.wasm', import.meta.url))),
    capacity: 1 << 16,
  });
  const ring = Ring.create(registry, 'f32', 64);
  ring.write(Float32Array.of(0.5, 1));
  expect(ring.read(registry.f32(2))).toBe(2);
  expect(codeOf(() => ring.handle())).toBe('ERR_THREADS_UNAVAILABLE');
  registry.dispose();
});
