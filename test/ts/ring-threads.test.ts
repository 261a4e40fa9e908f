// The two ends of a ring in two threads: JavaScript and C++ in every combination, awake and asleep.
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { type AnyKernels, Registry } from '../../src-ts/index.ts';
import { Ring, type RingHandle } from '../../src-ts/ring.ts';
import { bare, expectError, wasm } from './helpers.js';

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

/** What the body of an async function, with these names, gives in a worker. */
function inWorker<R>(body: string, names: Record<string, unknown>): Promise<R> {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const load = (entry) => import(${JSON.stringify(dist.href)} + entry);
    const { ${Object.keys(names).join(', ')} } = workerData;
    const sequence = (length, first) => Int16Array.from({ length }, (_, i) => (first + i) % 30011);
    (async () => {
      const { Ring } = await load('ring.js');
      ${body}
    })().then(
      (result) => parentPort.postMessage({ result }),
      (error) => parentPort.postMessage({ error: error.stack ?? String(error) }),
    );`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(source, { eval: true, workerData: names });
    worker.on('message', ({ result, error }) => {
      if (error === undefined) resolve(result);
      else reject(new Error(error));
      worker.terminate();
    });
    worker.on('error', reject);
  });
}

// Pieces of up to half of the ring: of more, each end could wait for what the other one waits for.
const WRITE = `
  const ring = Ring.attach(handle, registry);
  let seed = 1;
  for (let written = 0; written < count; ) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 1;
    const size = Math.min((seed >>> 8) % (ring.capacity / 2) + 1, count - written);
    if (!ring.waitWritable(size, 20_000)) throw new Error('no room after ' + written);
    const piece = sequence(size, written);
    const taken = write(ring, piece);
    if (taken !== size) throw new Error('there was room for ' + size + ', ' + taken + ' were written');
    written += taken;
  }
  return ring.overruns;`;
const READ = `
  const ring = Ring.attach(handle, registry);
  let seed = 2;
  const piece = new Int16Array(ring.capacity);
  for (let read = 0; read < count; ) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 1;
    const size = Math.min((seed >>> 8) % (ring.capacity / 2) + 1, count - read);
    if (!ring.waitReadable(size, 20_000)) throw new Error('nothing after ' + read);
    const got = read_(ring, piece, size);
    const wanted = sequence(size, read);
    for (let i = 0; i < size; i++) {
      if (piece[i] !== wanted[i]) throw new Error('element ' + (read + i) + ' is ' + piece[i]);
    }
    read += got;
  }
  return ring.underruns + ring.readable;`;
const IN_JAVASCRIPT = `
  const registry = undefined;
  const write = (ring, piece) => ring.write(piece);
  const read_ = (ring, piece, size) => ring.read(piece, 0, size);`;
const IN_CPP = `
  const { Registry } = await load('threads.node.js');
  const registry = Registry.attach(registryHandle);
  const write = (ring, piece) => {
    const taken = registry.bind('ring_write')(ring.block, registry.i16(piece));
    registry.openFrame().close();
    return taken;
  };
  const frame = (body) => {
    const opened = registry.openFrame();
    try {
      return body();
    } finally {
      opened.close();
    }
  };
  const read_ = (ring, piece, size) => frame(() => {
    const view = registry.i16(size);
    const got = registry.bind('ring_read')(ring.block, view);
    piece.set(view);
    return got;
  });`;

describe.each([
  ['JavaScript', 'JavaScript'],
  ['JavaScript', 'C++'],
  ['C++', 'JavaScript'],
  ['C++', 'C++'],
])('%s writes, %s reads', (writer, reader) => {
  test.each([
    [2, 2_000],
    [64, 100_000],
    [4096, 1_000_000],
  ])('a ring of %i: all comes out as it went in, and no wake-up is missed', async (capacity, count) => {
    const registry = await shared();
    const ring = Ring.create(registry, 'i16', capacity);
    const words = new Uint32Array(ring.block.buffer, ring.block.ptr);
    words[16] = words[32] = 2 ** 30 - capacity;
    const names = () => ({ handle: ring.handle(), registryHandle: registry.handle(), count });
    const code = { JavaScript: IN_JAVASCRIPT, 'C++': IN_CPP };
    const ends = await Promise.all([
      inWorker(code[writer as 'C++'] + WRITE, names()),
      inWorker(code[reader as 'C++'] + READ, names()),
    ]);
    expect(ends).toEqual([0, 0]);
    expect(ring.readable).toBe(0);
  });
});

test('a wait ends by its timeout, and at once when there is enough', async () => {
  const registry = await shared();
  const ring = Ring.create(registry, 'f32', 16);
  expect(ring.waitReadable(1, 1)).toBe(false);
  ring.write(new Float32Array(16));
  expect(ring.waitReadable(16)).toBe(true);
  expect(ring.waitWritable(1, 1)).toBe(false);
  expect(ring.waitReadable(16, 0)).toBe(true);
});

test('who sleeps is woken when there is as much as it waits for, not before', async () => {
  const registry = await shared();
  const ring = Ring.create(registry, 'f32', 16);
  const slept = inWorker<number>(
    `const ring = Ring.attach(handle);
     if (!ring.waitReadable(10, 20_000)) throw new Error('timeout');
     return ring.readable;`,
    { handle: ring.handle() },
  );
  const words = new Int32Array(ring.block.buffer, ring.block.ptr);
  const wanted = () => Atomics.load(words, 34);
  while (wanted() !== 10) await new Promise((resolve) => setTimeout(resolve, 1));
  for (let i = 0; i < 10; i++) {
    expect(wanted()).toBe(10);
    ring.write(Float32Array.of(i));
  }
  expect(await slept).toBe(10);
  expect(wanted()).toBe(0);
});

test('a handle is cloned, and stands for the same ring', async () => {
  const registry = await shared();
  const ring = Ring.create(registry, 'f64', 32);
  const handle = structuredClone(ring.handle());
  expect(handle).toMatchObject({ ptr: ring.block.ptr, type: 'f64', capacity: 32 });
  const other = Ring.attach(handle);
  other.write(Float64Array.of(0.5));
  const target = new Float64Array(1);
  expect([ring.read(target), target[0]]).toEqual([1, 0.5]);
  expect([other.type, other.capacity, other.block.length]).toEqual(['f64', 32, ring.block.length]);
});

describe('wrong handles', () => {
  const attach = (handle: unknown, registry?: Registry<any>) => () => Ring.attach(handle as RingHandle, registry);

  test('what is none', async () => {
    const ring = Ring.create(await shared(), 'f32', 16);
    const good = ring.handle();
    const { buffer, ptr } = good;
    const refused: [unknown, ...string[]][] = [
      [undefined, 'Ring.attach got undefined: expected what ring.handle() gives in the other thread'],
      [null, 'Ring.attach got null'],
      ['ring', 'Ring.attach got "ring"'],
      [ring, 'Ring.attach got a Ring'],
      [{ ...good, buffer: {} }, 'expected what ring.handle() gives'],
      [{ ...good, ptr: undefined }, 'expected what ring.handle() gives'],
      [{ ...good, ptr: ptr + 4 }, `there is no ring of 16 f32 at ${ptr + 4}`],
      [{ ...good, ptr: buffer.byteLength }, `in ${buffer.byteLength} bytes of memory`],
      [{ ...good, ptr: ptr - 64 }, `there is no ring at ${ptr - 64} of this memory`],
      [{ ...good, type: 'i32' }, `the ring at ${ptr} is of 16 f32, the handle says 16 i32`],
      [{ ...good, capacity: 8 }, `the ring at ${ptr} is of 16 f32, the handle says 8 f32`],
    ];
    for (const [handle, ...parts] of refused) expectError(attach(handle), 'ERR_INVALID_ARGUMENT', ...parts);
    expectError(attach({ ...good, type: 'f33' }), 'ERR_INVALID_TYPE', '"f33"');
    expectError(attach({ ...good, capacity: 17 }), 'ERR_INVALID_LENGTH', 'the next one is 32');
    expectError(attach(good, bare()), 'ERR_FOREIGN_VIEW', 'the ring is not in the memory of this registry');
  });
});
