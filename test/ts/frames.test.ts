// Frames in flight: each in a part of the arena of its own, with one thread and with threads.
import { afterEach, describe, expect, test } from 'vitest';
import { framesInFlight } from '../../src-ts/frames.ts';
import { type AnyKernels, processFrame, Registry } from '../../src-ts/index.ts';
import { bare, expectError, expectRejection, wasm, withFixtures } from './helpers.ts';

const worker = new URL('../../dist/esm/worker.node.js', import.meta.url);
const registries: Registry<any>[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) registry.dispose();
});

const KINDS: [string, () => Promise<Registry<AnyKernels>>][] = [
  ['one thread', async () => withFixtures(4 << 20)],
  ['two threads', () => Registry.create({ module: wasm('fixtures.threads'), threads: 2, worker, capacity: 4 << 20 })],
];

/** A promise to be settled by the test. */
function gate(): { open: (value?: unknown) => void; passed: Promise<unknown> } {
  let open = (_value?: unknown) => {};
  const passed = new Promise((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

/** Lets everything that is ready go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe.each(KINDS)('with %s', (_kind, create) => {
  async function open(frames: 2 | 3, bytes = 1 << 20) {
    const registry = await create();
    registries.push(registry);
    return { registry, frames: framesInFlight(registry, { frames, bytes }) };
  }

  test.each([2, 3] as const)('%i frames are in flight at once, and the next call waits', async (count) => {
    const { frames } = await open(count);
    const gates = Array.from({ length: count + 2 }, gate);
    const begun: number[] = [];
    const parts = new Set<unknown>();
    const results = gates.map(({ passed }, k) =>
      frames.process(async (frame, number: number) => {
        begun.push(number);
        parts.add(frame);
        await passed;
        return number * 10;
      }, k),
    );
    await settled();
    expect(begun).toEqual(Array.from({ length: count }, (_, k) => k));
    expect(frames.available).toBe(0);
    gates[1]?.open(); // not in the order of the calls
    expect(await results[1]).toBe(10);
    await settled();
    expect(begun).toEqual(Array.from({ length: count + 1 }, (_, k) => k));
    for (const each of gates) each.open();
    expect(await Promise.all(results)).toEqual(gates.map((_, k) => k * 10));
    expect(begun).toEqual(gates.map((_, k) => k));
    expect([...parts]).toHaveLength(count);
    expect(frames.available).toBe(count);
  });

  test('a frame is read while the next one is written, and no byte of it changes', async () => {
    const { frames } = await open(2);
    const read = (k: number) =>
      frames.process(async (frame) => {
        const view = frame.u32(50_000).fill(k);
        for (let turns = 0; turns < 5; turns++) {
          await new Promise((resolve) => setTimeout(resolve, k % 3));
          expect(view.every((value) => value === k)).toBe(true);
        }
        return view.reduce((sum, value) => sum + value, 0);
      });
    const sums = await Promise.all(Array.from({ length: 12 }, (_, k) => read(k)));
    expect(sums).toEqual(sums.map((_, k) => 50_000 * k));
  });

  test('kernels run in the frame they are called on, at once and by run', async () => {
    const { frames } = await open(3);
    const sums = await Promise.all(
      Array.from({ length: 30 }, (_, k) =>
        frames.process(async (frame) => {
          const view = frame.f64([k, 2 * k, 3 * k]);
          const now = frame.bind('sum_doubles')(view);
          return [now, await frame.run('sum_doubles', view)];
        }),
      ),
    );
    expect(sums).toEqual(sums.map((_, k) => [6 * k, 6 * k]));
  });

  test('ends a frame only when what it has started by run is done, and leaves nothing behind', async () => {
    const { frames } = await open(2);
    for (let k = 0; k < 20; k++) {
      await frames.process((frame) => {
        void frame.run('sum_doubles', frame.f64(1000).fill(k));
      });
    }
    for (const part of frames.parts) {
      part.reset(); // nobody is in the way
      expect(part.stats).toMatchObject({ used: 0, depth: 0 });
    }
  });

  test('a view is the same object each time its part comes round', async () => {
    const { frames } = await open(2);
    const seen = new Map<unknown, Set<unknown>>();
    for (let k = 0; k < 12; k++) {
      await frames.process((frame) => {
        const view = frame.f32(64);
        if (k >= 6) seen.set(frame, (seen.get(frame) ?? new Set()).add(view));
      });
    }
    expect([...seen.values()].map((views) => views.size)).toEqual([1, 1]);
  });

  test('a body that throws ends its frame, and what waits goes on', async () => {
    const { frames } = await open(2);
    const thrown = new Error('from the body');
    const bad = [
      frames.process((frame) => {
        frame.f32(100);
        throw thrown;
      }),
      frames.process(async (frame) => {
        frame.f32(100);
        await null;
        throw thrown;
      }),
      frames.process(async (frame) => frame.bind('fail_with_status')()),
      frames.process(async (frame) => frame.bind('trap')()),
    ];
    const good = frames.process(async (frame) => frame.i32([1, 2]).length);
    expect(await Promise.allSettled(bad)).toMatchObject([
      { reason: thrown },
      { reason: thrown },
      { reason: { code: 'ERR_KERNEL_FAILED' } },
      { reason: { code: 'ERR_KERNEL_TRAP' } },
    ]);
    expect(await good).toBe(2);
    for (const part of frames.parts) expect(part.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('want of memory in one frame leaves the other alone', async () => {
    const { frames } = await open(2, 256 << 10);
    const { open: finish, passed } = gate();
    const other = frames.process(async (frame) => {
      const view = frame.u8(100_000).fill(7);
      await passed;
      return view.every((value) => value === 7);
    });
    const full = frames.process((frame) => frame.u8(1 << 20).length);
    await expectRejection(full, 'ERR_OUT_OF_MEMORY', '1048576 elements of u8');
    expect(await frames.process((frame) => frame.u8(100_000).fill(9).length)).toBe(100_000);
    finish();
    expect(await other).toBe(true);
  });

  test('a processFrame in the body is a frame inside it', async () => {
    const { frames } = await open(2);
    const kept = await frames.process(async (frame) => {
      const outer = frame.i32([1, 2, 3]);
      const inner = processFrame(frame, () => frame.i32(100).fill(9).length);
      await null;
      return inner + outer.reduce((sum, value) => sum + value, 0);
    });
    expect(kept).toBe(106);
  });

  test('a view that died with the frame is refused, by itself and in an array or object', async () => {
    const { registry, frames } = await open(2);
    const leave = (body: (frame: Registry<AnyKernels>) => unknown) => frames.process(async (frame) => body(frame));
    const message = 'Float32Array of 3 elements that lies in the frame which has just ended: return a copy';
    await expectRejection(
      leave((frame) => frame.f32(3)),
      'ERR_FRAME_ESCAPE',
      message,
    );
    await expectRejection(
      leave((frame) => frame.f32(5).subarray(2)),
      'ERR_FRAME_ESCAPE',
      message,
    );
    await expectRejection(
      leave((frame) => [1, frame.f32(3)]),
      'ERR_FRAME_ESCAPE',
      'an array of 2 elements',
      message,
    );
    await expectRejection(
      leave((frame) => ({ out: frame.f32(3) })),
      'ERR_FRAME_ESCAPE',
      'whose "out" is',
      message,
    );
    expect(await leave((frame) => frame.f32([1, 2]).slice())).toEqual(new Float32Array([1, 2]));
    const persistent = registry.allocPersistent('f32', 2);
    expect(await leave(() => persistent)).toBe(persistent);
    const [part] = frames.parts;
    const own = part?.allocPersistent('u8', 2);
    expect(await leave(() => ({ own }))).toEqual({ own });
  });

  test("a part keeps what it is given, and refuses another's views", async () => {
    const { registry, frames } = await open(2);
    const tables = new Map(frames.parts.map((part, k) => [part, part.allocPersistent('f64', [k + 1])]));
    for (let k = 0; k < 8; k++) {
      const table = (frame: Registry<AnyKernels>) => tables.get(frame) as Float64Array;
      expect([1, 2]).toContain(await frames.process((frame) => frame.bind('sum_doubles')(table(frame))));
    }
    const outside = registry.allocPersistent('f64', 2);
    const use = frames.process((frame) => frame.bind('sum_doubles')(outside));
    await expectRejection(use, 'ERR_FOREIGN_VIEW', 'Float64Array of 2 elements outside this arena');
  });

  test('dispose lets frames in flight end, and refuses what waits or comes after', async () => {
    const { frames } = await open(2);
    const { open: finish, passed } = gate();
    const flying = [0, 1].map((k) =>
      frames.process(async (frame) => {
        const view = frame.i32([k]);
        await passed;
        return view[0];
      }),
    );
    const waiting = frames.process(() => 'never');
    frames.dispose();
    frames.dispose();
    await expectRejection(waiting, 'ERR_DISPOSED', 'make others by framesInFlight');
    await expectRejection(
      frames.process(() => 1),
      'ERR_DISPOSED',
    );
    finish();
    expect(await Promise.all(flying)).toEqual([0, 1]);
    await settled();
    for (const part of frames.parts) expectError(() => part.f32(1), 'ERR_DISPOSED');
  });

  test('bodies end when the registry is disposed, and none begins', async () => {
    const { registry, frames } = await open(2);
    const { open: finish, passed } = gate();
    const flying = [0, 1].map(() =>
      frames.process(async (frame) => {
        await passed;
        return await frame.run('sum_doubles', frame.f64([1, 2])).catch(({ code }) => code);
      }),
    );
    const waiting = frames.process(() => 'never');
    registry.dispose();
    finish();
    for (const result of await Promise.all(flying)) expect([3, 'ERR_DISPOSED']).toContain(result);
    await expectRejection(waiting, 'ERR_DISPOSED', 'this registry is disposed');
  });
});

test('takes memory for all frames or for none', () => {
  const registry = bare(1 << 20);
  const { free } = registry.stats;
  expectError(
    () => framesInFlight(registry, { frames: 3, bytes: 400_000 }),
    'ERR_OUT_OF_MEMORY',
    'framesInFlight, 3 parts of 400000 bytes, needs',
  );
  expect(registry.stats.free).toBe(free);
  framesInFlight(registry, { frames: 2, bytes: 400_000 });
  expect(registry.stats.persistent).toBeGreaterThan(800_000);
});

test.each([
  [undefined, 'framesInFlight got undefined'],
  [{ frames: 4, bytes: 8 }, 'got frames: 4, bytes: 8'],
  [{ frames: 2 }, 'got frames: 2, bytes: undefined'],
  [{ frames: 2, bytes: 12 }, 'got frames: 2, bytes: 12'],
  [{ frames: 2, bytes: -8 }, 'bytes: -8'],
  [{ frames: 2, bytes: 64, part: 1 }, 'got an option "part"'],
])('refuses the options %j', (options, message) => {
  const call = () => framesInFlight(bare(), options as never);
  expectError(call, 'ERR_INVALID_OPTION', message, 'expected { frames, bytes }, frames being 2 or 3');
});

test('refuses what is no registry, and what is no function', async () => {
  const options = { frames: 2, bytes: 64 } as const;
  expectError(() => framesInFlight({} as never, options), 'ERR_INVALID_ARGUMENT', 'expected a Registry');
  const disposed = bare();
  disposed.dispose();
  expectError(() => framesInFlight(disposed, options), 'ERR_DISPOSED');
  const frames = framesInFlight(bare(), options);
  await expectRejection(frames.process('blur' as never), 'ERR_INVALID_ARGUMENT', 'process got "blur"');
  expect(frames.available).toBe(2);
});
