// Registries with threads in Node: the pool, tasks, frames and resets, attached threads, partitions, and ends of all kinds.

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { processFrame, Registry } from '../../dist/esm/node.js';
import type { RegistryHandle } from '../../src-ts/index.js';

// The built package: workers load its files.
const PACKAGE = fileURLToPath(new URL('../../dist/esm/', import.meta.url));

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
});

async function threads(count: number, capacity = 2 ** 24) {
  const registry = await Registry.create({ threads: count, capacity });
  open.push(registry);
  return registry;
}

/** A thread of the user's own, on `handle`: `body` sees its registry, and `wait` and `tell` for the two bytes of `flags`. */
function attached(handle: RegistryHandle, body: string, flags: Int32Array) {
  const source = `
    import { workerData, parentPort } from 'node:worker_threads';
    import { Registry, processFrame } from 'file://${PACKAGE}threads.node.js';
    const { handle, flags } = workerData;
    const wait = (at) => Atomics.wait(flags, at, 0);
    const tell = (at) => { Atomics.store(flags, at, 1); Atomics.notify(flags, at); };
    const registry = Registry.attach(handle);
    parentPort.postMessage(await (async () => { ${body} })());`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { handle, flags },
  });
  const result = new Promise<any>((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  return { worker, result };
}

const newFlags = () => new Int32Array(new SharedArrayBuffer(16));
const tell = (flags: Int32Array, at: number) => {
  Atomics.store(flags, at, 1);
  Atomics.notify(flags, at);
};
const told = async (flags: Int32Array, at: number, other: { result: Promise<unknown> }) => {
  let failed: unknown;
  other.result.catch((error) => {
    failed = error;
  });
  while (Atomics.load(flags, at) === 0)
    await new Promise((resolve) => setTimeout(resolve, 1)).then(() => {
      if (failed) throw failed;
    });
};

describe('stats', () => {
  test('tell what came from the cache, and what alignment takes of a frame', async () => {
    const registry = await threads(2);
    for (let k = 0; k < 10; k++) {
      using _frame = registry.openFrame();
      registry.u8(3); // 5 bytes of padding
      registry.f32([1, 2, 3]); // 4
      registry.f32(100_000); // an extent of its own
      expect(registry.stats.padding).toBe(k > 0 ? 4 : 0); // what comes with an extent is not counted
      const { cacheHits, cacheMisses } = registry.stats;
      expect(cacheHits + cacheMisses).toBe(3 * (k + 1));
      if (k > 3) expect(cacheHits).toBeGreaterThan(3 * (k - 3));
    }
  });
});

describe('create', () => {
  test('starts a pool, and says how many threads there are', async () => {
    const registry = await threads(3);
    expect(registry.stats.threads).toBe(3);
    expect(registry.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    const [a, b] = [registry.f32([1, 2, 3]), registry.f32([4, 5, 6])];
    expect(registry.bind('dot')(a, b)).toBe(32);
    expect(registry).toBeInstanceOf(Registry);
  });

  test('auto takes what the machine has, and one thread is the plain build', async () => {
    const registry = await Registry.create({ threads: 'auto' });
    open.push(registry);
    expect(registry.stats.threads).toBeGreaterThanOrEqual(1);
    const one = await Registry.create({ threads: 1 });
    expect(one.memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(one.stats.oneThreadBecause).toBeUndefined();
  });

  test.each([0, -1, 1.5, 34, '2', Number.NaN])('refuses %s threads', async (count) => {
    await expect(Registry.create({ threads: count as never })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining("expected 'auto' or a number from 1 to 33"),
    });
  });

  test('says what to do when a module is built for one thread', async () => {
    const module = { wasm: new Uint8Array(), callers: {} };
    await expect(Registry.create({ module, threads: 2 })).rejects.toMatchObject({
      code: 'ERR_THREADS_UNAVAILABLE',
      message: expect.stringContaining('arena-bind build --threads'),
    });
  });

  test('says that the worker did not start, and what helps', async () => {
    const worker = new URL('data:text/javascript,throw new Error("no such luck")');
    await expect(Registry.create({ threads: 2, worker })).rejects.toMatchObject({
      code: 'ERR_THREADS_UNAVAILABLE',
      message: expect.stringMatching(/worker 1 of the pool did not start: no such luck.*option worker/s),
    });
  });
});

describe('run', () => {
  test('calls a kernel on a worker, many at once, in any order', async () => {
    const registry = await threads(3);
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => registry.run('dot', registry.f32([i, 1]), registry.f32([2, 3]))),
    );
    expect(results).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i + 3));
  });

  test('gives tuples as arrays of their own, and writes where the caller sees it', async () => {
    const registry = await threads(2);
    const first = await registry.run('min_max', registry.f32([3, -1, 2]));
    const second = await registry.run('min_max', registry.f32([30, 10]));
    expect([first, second]).toEqual([
      [-1, 3],
      [10, 30],
    ]);
    const out = registry.f32(3);
    await registry.run('scale', registry.f32([1, 2, 3]), out, 2);
    expect([...out]).toEqual([2, 4, 6]);
  });

  test('rejects what a call would throw, and the next one works', async () => {
    const registry = await threads(2);
    const data = registry.f32([1, 2]);
    await expect(registry.run('dott' as never)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_KERNEL' });
    await expect(registry.run('dot', data, new Float32Array(2))).rejects.toMatchObject({ code: 'ERR_FOREIGN_VIEW' });
    await expect((registry.run as any)('dot', data)).rejects.toMatchObject({ code: 'ERR_ARGUMENT_COUNT' });
    await expect(registry.run('dot', data, registry.f32(3))).rejects.toMatchObject({
      code: 'ERR_KERNEL_FAILED',
      message: 'dot failed: a has 2 elements, b has 3: they must be equal',
    });
    expect(await registry.run('dot', data, data)).toBe(5);
  });

  test('an aborted signal rejects with its reason, before and after the kernel has begun', async () => {
    const registry = await threads(2);
    const picture = registry.u8(1024 * 1024);
    const out = registry.u8(1024 * 1024);
    const busy = registry.run('gaussian_blur', picture, out, 1024, 1024, 1);
    const controller = new AbortController();
    const waiting = registry.run({ kernel: 'dot', signal: controller.signal }, registry.f32(1), registry.f32(1));
    const running = registry.run(
      { kernel: 'dot', signal: AbortSignal.abort('early') },
      registry.f32(1),
      registry.f32(1),
    );
    controller.abort(new Error('changed my mind'));
    await expect(running).rejects.toBe('early');
    await expect(waiting).rejects.toThrow('changed my mind');
    await busy;
    registry.reset();
  });

  test('holds the frame: a reset is refused by name, a frame that ends keeps its blocks until the kernel is done', async () => {
    const registry = await threads(2);
    const size = 512;
    const pending = processFrame(registry, () => {
      const picture = registry.u8(size * size);
      picture.fill(7);
      const out = registry.u8(size * size);
      const promise = registry.run('gaussian_blur', picture, out, size, size, 1);
      return { promise, ptr: out.ptr };
    });
    expect(() => registry.reset()).toThrow(
      expect.objectContaining({
        code: 'ERR_THREADS_INSIDE',
        message: expect.stringContaining('gaussian_blur, which run()'),
      }),
    );
    // What is allocated meanwhile lies elsewhere.
    const other = registry.u8(size * size);
    expect(Math.abs(other.ptr - pending.ptr)).toBeGreaterThanOrEqual(size * size);
    await pending.promise;
    registry.reset();
    expect(registry.stats.used).toBe(0);
  });
});

describe('frames and resets of several threads', () => {
  test('a reset names who is inside, and works when they have left', async () => {
    const registry = await threads(2);
    const flags = newFlags();
    const handle = registry.handle({ name: 'sensor' });
    const other = attached(
      handle,
      `const view = registry.f32([1, 2, 3]); tell(0); wait(1); const sum = view[0] + view[1] + view[2]; registry.dispose(); return sum;`,
      flags,
    );
    await told(flags, 0, other);
    const mine = registry.f32([9]);
    expect(() => registry.reset()).toThrow(
      /reset would take memory from sensor, inside a frame: await registry.resetWhenIdle/,
    );
    expect(registry.isLive(mine)).toBe(true); // nothing has changed
    const idle = registry.resetWhenIdle();
    tell(flags, 1);
    expect(await other.result).toBe(6);
    await idle;
    expect(registry.isLive(mine)).toBe(false);
    expect(registry.stats.used).toBe(0);
    await other.worker.terminate();
    registry.detach(handle);
  });

  test("a frame's end touches nobody else's blocks, and what it held is used again", async () => {
    const registry = await threads(2);
    const flags = newFlags();
    const other = attached(
      registry.handle(),
      `const view = registry.u32(1000).fill(0xabcdef); tell(0); wait(1); return view.every((x) => x === 0xabcdef);`,
      flags,
    );
    await told(flags, 0, other);
    let used = 0;
    for (let i = 0; i < 2000; i++) {
      processFrame(registry, () => {
        registry.u32(1000).fill(i);
        registry.u8(100_000).fill(i);
        registry.f64(i % 100);
      });
      if (i === 10) used = registry.stats.used;
    }
    expect(registry.stats.used).toBe(used);
    tell(flags, 1);
    expect(await other.result).toBe(true);
    await other.worker.terminate();
  });

  test('a thread that was terminated inside a frame is in the way until it is detached', async () => {
    const registry = await threads(2);
    const flags = newFlags();
    const handle = registry.handle({ name: 'gone' });
    const other = attached(handle, 'registry.f32(1); tell(0); wait(1);', flags);
    await told(flags, 0, other);
    await other.worker.terminate();
    registry.f32(1);
    expect(() => registry.reset()).toThrow(/gone, inside a frame/);
    registry.detach(handle);
    registry.reset();
    expect(() => registry.detach(handle)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(registry.handle({ name: 'next' }).thread).toBe(handle.thread);
  });

  test('a handle is for one thread, and there are seven', async () => {
    const registry = await threads(2);
    const flags = newFlags();
    const handle = registry.handle();
    const other = attached(handle, 'tell(0); wait(1);', flags);
    await told(flags, 0, other);
    await expect(attached(handle, '', flags).result).rejects.toThrow(/was used before, or taken back/);
    for (let i = 0; i < 6; i++) registry.handle({ name: `t${i}` });
    expect(() => registry.handle()).toThrow(/7 handles are given out .*t0, t1.*registry.detach\(handle\)/);
    tell(flags, 1);
    await other.worker.terminate();
  });

  test('views are the same objects in frames that repeat', async () => {
    const registry = await threads(2);
    const frame = () =>
      processFrame(registry, () => {
        registry.f32(1); // the one that enters
        return {
          small: registry.f32(100),
          large: registry.u8(100_000),
          aligned: registry.alloc('f64', 3, { align: 64 }),
        };
      });
    for (let i = 0; i < 4; i++) frame();
    const [a, b] = [frame(), frame()];
    expect(a.small).toBe(b.small);
    expect(a.large).toBe(b.large);
    expect(a.aligned).toBe(b.aligned);
    expect(a.aligned.ptr % 64).toBe(0);
  });

  test('strings of any size lie where nothing else does', async () => {
    const registry = await threads(2);
    for (const length of [0, 1, 5000, 6000, 100_000]) {
      const before = registry.u8(16).fill(1);
      const text = 'ä'.repeat(length);
      const view = registry.writeString(text);
      const after = registry.u8(16).fill(2);
      expect(registry.readString(view)).toBe(text);
      expect([...before, ...after]).toEqual([...Array(16).fill(1), ...Array(16).fill(2)]);
    }
    registry.reset();
  });
});

describe('partitions', () => {
  test.each([1, 2])('have their own frames, with %s threads', async (count) => {
    const registry = await threads(count);
    const part = registry.partition(2 ** 16);
    const outer = registry.f32([1, 2]);
    const inner = part.f32([3, 4]);
    expect(part.bind('dot')(inner, inner)).toBe(25);
    expect(() => part.bind('dot')(outer, outer)).toThrow(expect.objectContaining({ code: 'ERR_FOREIGN_VIEW' }));
    part.reset();
    expect(part.isLive(inner)).toBe(false);
    expect(registry.isLive(outer)).toBe(true);
    expect(part.stats).toMatchObject({ capacity: 2 ** 16, used: 0 });
    expect(() => part.u8(2 ** 16 + 1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    expect(() => registry.partition(2 ** 30)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    expect(() => registry.partition(3)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    // What its kernels allocate comes from it.
    const picture = part.u8(64 * 64);
    const used = registry.stats.used;
    part.bind('gaussian_blur')(picture, part.u8(64 * 64), 64, 64, 1);
    expect(registry.stats.used).toBe(used);
    expect(await part.run('dot', part.f32([1]), part.f32([5]))).toBe(5);
    part.reset();
  });
});

describe('the end', () => {
  test('a worker that is terminated from outside fails its task, and another takes its place', async () => {
    const made: Worker[] = [];
    const worker = () => {
      made.push(new Worker(new URL('worker.node.js', `file://${PACKAGE}`)));
      return made.at(-1);
    };
    const registry = await Registry.create({ threads: 2, worker });
    open.push(registry);
    const size = 1024;
    const [picture, out] = [registry.u8(size * size), registry.u8(size * size)];
    const kernels = Array.from({ length: 8 }, () => registry.run('gaussian_blur', picture, out, size, size, 50));
    await new Promise((resolve) => setTimeout(resolve, 5));
    void made[0]?.terminate();
    const results = await Promise.allSettled(kernels);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toMatchObject({
      code: 'ERR_KERNEL_TRAP',
      message: expect.stringMatching(/^gaussian_blur: worker 1 was terminated while it ran$/),
    });
    expect(made).toHaveLength(2);
    registry.reset();
    expect(await registry.run('dot', registry.f32([2]), registry.f32([3]))).toBe(6);
  });

  test('dispose ends the pool, rejects what is under way, and every use says so', async () => {
    const registry = await threads(2);
    const pending = registry.run('dot', registry.f32([1]), registry.f32([1]));
    registry.dispose();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    await expect(registry.run('dot', null as never, null as never)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    expect(() => registry.handle()).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
    registry.dispose();
  });
});
