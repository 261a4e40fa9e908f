// Wrong uses of threads: each message says what came, what was expected and what to do.

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { Registry as Built } from '../../dist/esm/threads.node.js';
import type { Registry as Source } from '../../src-ts/registry.js';

const Registry = Built as unknown as typeof Source; // the built package: workers load its files
const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
});

async function threads(options: object = {}): Promise<Source<any>> {
  const registry = await Registry.create<any>({ threads: 2, capacity: 2 ** 22, ...options });
  open.push(registry);
  return registry;
}

const fixtures = () => readFileSync(new URL('../../build/fixtures.threads.wasm', import.meta.url));
const workerFile = new URL('../../dist/esm/worker.node.js', import.meta.url);
const told = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('the option worker', () => {
  test('is an address or a function', async () => {
    await expect(Registry.create({ threads: 2, worker: 5 as never })).rejects.toEqual(
      told('ERR_INVALID_OPTION', /^worker is 5: expected the address .* or a function that gives a Worker$/),
    );
  });

  test('gives a Worker, if it is a function', async () => {
    await expect(Registry.create({ threads: 2, worker: () => undefined })).rejects.toEqual(
      told(
        'ERR_THREADS_UNAVAILABLE',
        /did not start: the option worker gave undefined, expected a Worker\. Its script/,
      ),
    );
  });

  test('whose script does not start names the lines for bundlers', async () => {
    const worker = new URL('data:text/javascript,throw new Error("no.")');
    await expect(Registry.create({ threads: 2, worker })).rejects.toEqual(
      told(
        'ERR_THREADS_UNAVAILABLE',
        /start: no\. Its script.*optimizeDeps: \{ exclude: \['arena-bind'\] \}.*option worker/s,
      ),
    );
  });
});

test.each([
  ['threads', 'core', { threads: 2 }, /: build it with --threads$/],
  ['one thread', 'core.threads', {}, /: it needs Registry.create\(\{ threads \}\)$/],
])('a bare wasm that is not for %s', async (_, name, options, message) => {
  const module = readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url));
  await expect(Registry.create({ module, ...options })).rejects.toEqual(told('ERR_BAD_MODULE', message));
});

describe('run', () => {
  test.each([
    [{ kernel: 'dot', onprogress: () => {} }, /^run has no option "onprogress": did you mean 'onProgress'\?/],
    [{ kernel: 'dot', onProgress: 5 }, /^run: onProgress is 5: expected a function$/],
    [
      { kernel: 'dot', signal: new AbortController() },
      /^run: the signal is an AbortController: expected an AbortSignal/,
    ],
  ])('checks its options: %o', async (options, message) => {
    const registry = await threads();
    await expect(registry.run(options as never)).rejects.toEqual(told('ERR_INVALID_OPTION', message));
    await expect(registry.resetWhenIdle({} as never)).rejects.toEqual(
      told('ERR_INVALID_OPTION', /^resetWhenIdle: the signal is an Object/),
    );
  });

  test('takes the name of a kernel, or options', async () => {
    const registry = await threads();
    await expect(registry.run(registry.bind('dot') as never)).rejects.toEqual(
      told(
        'ERR_INVALID_ARGUMENT',
        /^run got a function dot: expected a kernel's name, or \{ kernel, signal, onProgress \}$/,
      ),
    );
  });

  test('settles when onProgress throws', async () => {
    const registry = await threads({ module: fixtures(), worker: workerFile });
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      const onProgress = () => {
        throw new Error('of the listener');
      };
      for (let i = 0; i < 40; i++) expect(await registry.run({ kernel: 'tell_progress', onProgress }, 0.5)).toBe(1);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(thrown.length).toBeGreaterThan(0);
    registry.reset();
  });

  test('says by rejection that no worker can be started any more', async () => {
    const made: Worker[] = [];
    const worker = () => {
      if (made.length === 1) throw new Error('no more');
      made.push(new Worker(workerFile));
      return made[0];
    };
    const registry = await threads({ worker });
    const [picture, out] = [registry.u8(512 * 512), registry.u8(512 * 512)];
    const kernels = Array.from({ length: 40 }, () => registry.run('gaussian_blur', picture, out, 512, 512, 50));
    await new Promise((resolve) => setTimeout(resolve, 5));
    void made[0]?.terminate();
    const results = await Promise.allSettled(kernels);
    expect(results.at(-1)).toMatchObject({ reason: told('ERR_THREADS_UNAVAILABLE', /did not start: no more/) });
    await expect(registry.run('gaussian_blur', picture, out, 512, 512, 50)).rejects.toEqual(
      told('ERR_THREADS_UNAVAILABLE', /did not start: no more/),
    );
    registry.bind('gaussian_blur')(picture.subarray(0, 16), out.subarray(0, 16), 4, 4, 1); // alone
    registry.reset();
  });
});

describe('handles', () => {
  test('a name, and nothing else', async () => {
    const registry = await threads();
    expect(() => registry.handle({ nam: 'x' } as never)).toThrow(
      told('ERR_INVALID_OPTION', /^handle has no option "nam": did you mean 'name'\?/),
    );
    expect(() => registry.handle({ name: 5 as never })).toThrow(
      told('ERR_INVALID_OPTION', /^handle: name is 5: expected a string$/),
    );
    expect(() => registry.detach(undefined as never)).toThrow(
      told('ERR_INVALID_ARGUMENT', /^detach got undefined: expected one that this registry's handle\(\) has given/),
    );
  });

  test('are attached once, and not when they were taken back', async () => {
    const registry = await threads();
    const handle = registry.handle({ name: 'mixer' });
    registry.detach(handle);
    const refused = told('ERR_INVALID_ARGUMENT', /^the handle of mixer was used before, or taken back: ask registry/);
    expect(() => Registry.attach(handle)).toThrow(refused);
    const next = registry.handle({ name: 'mixer' });
    const there = Registry.attach(next);
    expect(there.stats.threads).toBe(2);
    expect(() => Registry.attach(next)).toThrow(refused);
    there.dispose();
    registry.detach(next);
  });

  test('take the module of their registry', async () => {
    const registry = await threads();
    const handle = registry.handle();
    const wrong: [unknown, RegExp][] = [
      [{ callers: {} }, /^Registry.attach has no option "callers": expected one of module$/],
      [
        { module: new Uint8Array(8) },
        /^Registry.attach: module is Uint8Array of 8 elements: expected the kernel module/,
      ],
      [
        { module: { callers: { fade: () => {} } } },
        /module is one with a kernel fade, which the registry of the handle/,
      ],
    ];
    for (const [options, message] of wrong) {
      expect(() => Registry.attach(handle, options as never)).toThrow(told('ERR_INVALID_OPTION', message));
    }
    Registry.attach(handle, { module: { wasm: () => {}, callers: { dot: () => {} } } as never }).dispose();
  });
});

test('a stack that overflows in a chunk is named, though the kernel traps at once', async () => {
  const registry = await threads({ module: fixtures(), worker: workerFile });
  for (let i = 0; i < 3; i++) {
    expect(() => registry.bind('spoil_stack')()).toThrow(
      told('ERR_KERNEL_TRAP', /^spoil_stack: its stack of 65536 bytes overflowed, .* \(on worker 1\)$/),
    );
    expect(await registry.run('tell_progress', 0)).toBe(1);
  }
  registry.reset();
});

describe('an attached thread in the middle of a kernel that others share', () => {
  /** Calls `hold_chunks` in a thread of its own, and resolves when a worker is in it too. */
  async function holding(registry: Source<any>) {
    const handle = registry.handle({ name: 'mixer' });
    const source = `
      import { workerData, parentPort } from 'node:worker_threads';
      import { Registry } from '${new URL('../../dist/esm/threads.node.js', import.meta.url)}';
      const registry = Registry.attach(workerData);
      const state = registry.allocPersistent('i32', [0]);
      parentPort.postMessage(state.ptr);
      try {
        registry.bind('hold_chunks')(state);
        parentPort.postMessage('came back');
      } catch (error) {
        parentPort.postMessage(error.message);
      }`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: handle });
    const next = () => new Promise<any>((resolve) => worker.once('message', resolve));
    const words = new Int32Array(registry.memory.buffer, await next(), 1);
    while (Atomics.load(words, 0) < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    return { handle, worker, words, next };
  }

  test('that was terminated leaves nothing behind when it is detached', async () => {
    const registry = await threads({ module: fixtures(), worker: workerFile });
    const { handle, worker, words } = await holding(registry);
    await worker.terminate();
    Atomics.store(words, 0, -100);
    registry.detach(handle);
    const again = registry.handle();
    expect(again.thread).toBe(handle.thread);
    const there = Registry.attach(again); // its frame ends, since nothing of the one before is under way
    const frame = there.openFrame();
    there.f32(1);
    expect(() => registry.reset()).toThrow(/attached thread 1, inside a frame/);
    frame.close();
    registry.reset();
  });

  test('comes back when the pool ends', async () => {
    const registry = await threads({ module: fixtures(), worker: workerFile });
    const { worker, words, next } = await holding(registry);
    const said = next();
    registry.dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
    Atomics.store(words, 0, -100);
    expect(await said).toBe('hold_chunks: worker 1 was terminated');
    await worker.terminate();
  });
});
