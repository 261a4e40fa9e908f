// What frames cost, as the timeline, the budget and the report tell it.
import { PerformanceObserver } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { framesInFlight } from '../../src-ts/frames.ts';
import { hotModule } from '../../src-ts/hot.ts';
import { type ExceededFrame, processFrame, Registry, type RegistryOptions } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';
import { expectRejection, wasm } from './helpers.ts';

const worker = new URL('../../dist/esm/worker.node.js', import.meta.url);
const registries: Registry<any>[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) registry.dispose();
});
async function open(options: RegistryOptions = {}): Promise<Registry<any>> {
  const registry = await Registry.create<any>({ capacity: 1 << 20, ...options });
  registries.push(registry);
  return registry;
}

interface Entry {
  name: string;
  track: string;
  color: string;
  tooltipText: string;
  properties: Record<string, string>;
  /** As far as its own entry has them. */
  startTime: number;
  duration: number;
}

describe('the timeline', () => {
  const entries: PerformanceMeasure[] = [];
  let observer: PerformanceObserver;
  beforeEach(() => {
    entries.length = 0;
    observer = new PerformanceObserver((list) => entries.push(...(list.getEntries() as PerformanceMeasure[])));
    observer.observe({ type: 'measure' });
  });
  afterEach(() => observer.disconnect());

  async function seen(track?: string): Promise<Entry[]> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const all = entries.map(({ name, detail, startTime, duration }) => {
      const { devtools } = detail;
      expect(devtools).toMatchObject({ dataType: 'track-entry', trackGroup: 'arena-bind' });
      return { ...devtools, name, startTime, duration, properties: Object.fromEntries(devtools.properties) };
    });
    return all.filter((entry) => track === undefined || entry.track === track);
  }

  test('has an entry for each frame and each call of a kernel, and the buffer of entries stays empty', async () => {
    const registry = await open({ timeline: true });
    for (let i = 0; i < 300; i++) {
      const input = registry.f32([1, 2, 3, 4]);
      registry.bind('scale')(input, registry.f32(4), 0.5);
      registry.u8(1000);
      registry.reset();
    }
    const frames = await seen('frames');
    expect(frames.map(({ name }) => name)).toEqual(Array.from({ length: 300 }, (_, i) => `frame ${i} (arena-bind)`));
    expect(frames[299]).toMatchObject({
      color: 'primary',
      tooltipText: '1 KiB in 3 blocks',
      properties: { bytes: '1,032', blocks: '3', 'new views': '0', scale: expect.stringMatching(/^1 call, /) },
    });
    expect(frames[0]).toMatchObject({ color: 'primary-dark', properties: { 'new views': '3' } });
    const kernels = await seen('kernels');
    expect(kernels).toHaveLength(300);
    expect(registry.stats.kernelCalls).toBe(300);
    expect((await open()).stats.kernelCalls).toBeUndefined();
    expect(kernels[299]).toMatchObject({
      name: 'scale (arena-bind)',
      color: 'secondary',
      properties: { in: 'Float32Array, 4 elements', out: 'Float32Array, 4 elements', factor: '0.5' },
    });
    const [frame, kernel] = [frames[299], kernels[299]] as [Entry, Entry];
    expect(kernel.startTime).toBeGreaterThanOrEqual(frame.startTime);
    expect(kernel.duration).toBeGreaterThan(0);
    expect(performance.getEntriesByType('measure')).toEqual([]);
  });

  test("leaves the program's own measures alone", async () => {
    const registry = await open({ timeline: true });
    performance.measure('scale');
    performance.measure('frame 0');
    registry.bind('scale')(registry.f32(4), registry.f32(4), 0.5);
    registry.reset();
    expect(performance.getEntriesByType('measure').map(({ name }) => name)).toEqual(['scale', 'frame 0']);
    performance.clearMeasures();
  });

  test('counts inner frames into the outermost one, however it ends, at its fullest', async () => {
    const registry = await open({ timeline: true });
    processFrame(registry, () => {
      registry.u8(100);
      for (let i = 0; i < 3; i++) {
        using _inner = registry.openFrame();
        registry.u8(1000);
      }
    });
    using outer = registry.openFrame();
    registry.u8(8);
    outer.close();
    registry.reset(); // ends a frame in which nothing was
    const frames = await seen();
    expect(frames.map(({ properties }) => [properties.blocks, properties.bytes])).toEqual([
      ['4', '1,104'],
      ['1', '8'],
    ]);
  });

  test('a kernel that throws has an entry that says so, and the error comes through', async () => {
    const registry = await open({ timeline: true, module: wasm('fixtures') });
    await expectRejection(
      registry.run('fail_plainly', 3),
      'ERR_KERNEL_FAILED',
      'fail_plainly failed: no room for 3 guests',
    );
    registry.reset();
    const [frame, kernel] = await seen();
    expect(kernel).toMatchObject({ track: 'kernels', color: 'error', tooltipText: 'fail_plainly(3) threw' });
    expect(frame).toMatchObject({ track: 'frames', properties: { blocks: '0' } });
  });

  test('each frame in flight has an entry of its own, which tells the part', async () => {
    const registry = await open({ timeline: true });
    const frames = framesInFlight(registry, { frames: 2, bytes: 1 << 16 });
    await Promise.all(
      [16, 32, 64].map((bytes) =>
        frames.process(async (frame) => {
          frame.u8(bytes);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }),
      ),
    );
    const list = (await seen()).map(({ name, properties }) => [name, properties.bytes]);
    expect(list.sort()).toEqual([
      ['frame 0 of part 1 (arena-bind)', '16'],
      ['frame 0 of part 2 (arena-bind)', '32'],
      [expect.stringMatching(/^frame [12] of part 1 \(arena-bind\)$/), '64'],
    ]);
  });

  test('what a plan records are calls, and what it runs is none', async () => {
    const registry = await open({ timeline: true });
    const scale = registry.bind('scale');
    const plan = Plan.record(registry, () => {
      const out = registry.f32(4);
      scale(registry.f32([1, 2, 3, 4]), out, 2);
      return out;
    });
    plan.run();
    expect([...plan.value]).toEqual([2, 4, 6, 8]);
    registry.reset();
    plan.dispose();
    expect(await seen('kernels')).toHaveLength(1);
  });

  test('goes on when a new build takes the place of the old one', async () => {
    const build = () => ({ wasm: wasm('fixtures'), callers: {} });
    const hot = { data: {}, invalidate: (reason?: string) => expect.fail(reason) };
    const registry = await open({ timeline: true, module: hotModule(build(), hot) });
    const kernel = registry.bind('plain_nothing');
    kernel();
    hotModule(build(), hot);
    kernel();
    expect(registry.bind('plain_nothing')).toBe(kernel);
    registry.reset();
    expect((await seen()).map(({ name }) => name).sort()).toEqual([
      'frame 0 (arena-bind)',
      'plain_nothing (arena-bind)',
      'plain_nothing (arena-bind)',
    ]);
  });

  test('a registry with threads is seen as its calling thread sees it', async () => {
    const registry = await open({ timeline: true, threads: 2, worker });
    for (let i = 0; i < 3; i++) {
      registry.bind('scale')(registry.f32(8), registry.f32(8), 2);
      registry.reset();
    }
    processFrame(registry, () => registry.f32(8).length);
    await registry.run('sum', registry.f32(8));
    registry.dispose(); // no end of a frame
    const all = await seen();
    expect(all.filter(({ track }) => track === 'frames')).toHaveLength(4);
    expect(all.filter(({ track }) => track === 'kernels')).toHaveLength(3);
  });

  test('is off by false', async () => {
    const registry = await open({ timeline: false });
    registry.f32(8);
    registry.reset();
    expect(await seen()).toEqual([]);
    expect(Object.hasOwn(registry, 'f32')).toBe(false);
  });

  test.each([1, 'frames', {}])('is not %o', async (timeline) => {
    await expectRejection(
      Registry.create({ timeline: timeline as boolean }),
      'ERR_INVALID_OPTION',
      'timeline is ',
      'expected true or false',
    );
  });

  test('is refused where the host has none', async () => {
    const { measure } = performance;
    Object.defineProperty(performance, 'measure', { value: undefined, configurable: true });
    try {
      await expectRejection(Registry.create({ timeline: true }), 'ERR_INVALID_OPTION', 'needs performance.measure');
    } finally {
      Object.defineProperty(performance, 'measure', { value: measure, configurable: true, writable: true });
    }
  });
});

describe('a budget', () => {
  async function limited(budget: { milliseconds?: number; bytes?: number }, options: RegistryOptions = {}) {
    const told: ExceededFrame[] = [];
    const registry = await open({ ...options, budget: { ...budget, exceeded: (frame) => told.push(frame) } });
    return { registry, told };
  }

  test('tells of frames that used more bytes, and of no others', async () => {
    const { registry, told } = await limited({ bytes: 1024 });
    for (const bytes of [1024, 1032, 8, 4096]) {
      registry.u8(bytes);
      registry.reset();
    }
    expect(told).toEqual([
      { registry, epoch: 1, milliseconds: expect.any(Number), bytes: 1032, blocks: 1, kernels: [] },
      { registry, epoch: 3, milliseconds: expect.any(Number), bytes: 4096, blocks: 1, kernels: [] },
    ]);
  });

  test('of time runs from the first allocation, call or openFrame, and has the slowest kernels first', async () => {
    const now = vi.spyOn(performance, 'now');
    let clock = 0;
    now.mockImplementation(() => clock);
    try {
      const { registry, told } = await limited({ milliseconds: 10 });
      const [a, out] = [registry.allocPersistent('f32', 4), registry.allocPersistent('f32', 4)];
      clock = 100;
      registry.f32(4);
      clock = 110;
      registry.reset(); // just in time
      clock = 200; // between frames
      const frame = registry.openFrame();
      const slow = (milliseconds: number) =>
        now.mockImplementationOnce(() => clock).mockImplementationOnce(() => (clock += milliseconds));
      slow(2);
      registry.bind('scale')(a, out, 2);
      slow(5);
      registry.bind('sum')(a);
      slow(4);
      registry.bind('scale')(a, out, 2);
      frame.close();
      clock = 300;
      registry.bind('sum')(a);
      clock = 311;
      registry.reset();
      expect(told.map(({ milliseconds, blocks, kernels }) => ({ milliseconds, blocks, kernels }))).toEqual([
        {
          milliseconds: 11,
          blocks: 0,
          kernels: [
            { name: 'scale', calls: 2, milliseconds: 6 },
            { name: 'sum', calls: 1, milliseconds: 5 },
          ],
        },
        { milliseconds: 11, blocks: 0, kernels: [{ name: 'sum', calls: 1, milliseconds: 0 }] },
      ]);
    } finally {
      now.mockRestore();
    }
  });

  test('counts every way to allocate, and strings once', async () => {
    const { registry, told } = await limited({ bytes: 0 });
    const cases: [number, (registry: Registry<any>) => unknown][] = [
      [1, (r) => r.alloc('f64', 2)],
      [1, (r) => r.alloc('u16', [1, 2])],
      [1, (r) => r.alloc('f32', 4, { align: 64 })],
      [1, (r) => r.alloc('f32', [1, 2], { align: 64 })],
      [1, (r) => r.tryAlloc('i8', 3)],
      [1, (r) => r.writeString('ten and one')],
      [1, (r) => r.writeString('ä'.repeat(100))],
      [1, (r) => r.writeJson({ a: 1 })],
      [2, (r) => [r.u8c(3), r.i64([1n])]],
      [1, (r) => [r.u8(1), r.allocPersistent('u8', 8)]],
    ];
    for (let round = 0; round < 3; round++) {
      told.length = 0;
      for (const [, allocate] of cases) {
        allocate(registry);
        registry.reset();
      }
      expect(told.map(({ blocks }) => blocks)).toEqual(cases.map(([blocks]) => blocks));
    }
  });

  test('tells of the frames of parts, and of those in memory that threads share', async () => {
    const { registry, told } = await limited({ bytes: 100 }, { threads: 2, worker });
    const part = registry.partition(1 << 12);
    part.u8(200);
    await part.resetWhenIdle();
    expect(told.map((frame) => frame.registry === part)).toEqual([true]);
    registry.u8(200);
    processFrame(registry, () => registry.u8(8).length);
    expect(told).toHaveLength(2);
  });

  test("what exceeded throws is an uncaught error, and the frame's end is as without it", async () => {
    const uncaught = vi.fn();
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', uncaught);
    try {
      const registry = await open({
        budget: {
          bytes: 0,
          exceeded() {
            throw new Error('from exceeded');
          },
        },
      });
      expect(processFrame(registry, () => registry.u8(8).length)).toBe(8);
      expect(registry.stats).toMatchObject({ used: 0, epoch: 1, depth: 0 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(uncaught.mock.calls.map(([error]) => error.message)).toEqual(['from exceeded']);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
  });

  test('says nothing of the frames that exceeded runs itself, and goes on after them', async () => {
    let told = 0;
    const registry: Registry<any> = await open({
      budget: {
        bytes: 0,
        exceeded() {
          told++;
          processFrame(registry, () => registry.u8(8).length);
        },
      },
    });
    for (let i = 0; i < 3; i++) processFrame(registry, () => registry.u8(8).length);
    expect(told).toBe(3);
  });

  test.each<[unknown, string, string]>([
    [5, 'budget is 5', 'expected { milliseconds, bytes, exceeded }'],
    [[], 'budget is an array of 0 elements', 'expected { milliseconds, bytes, exceeded }'],
    [{ exceeded() {} }, 'budget has no limit', 'give milliseconds, bytes or both'],
    [{ bytes: 8 }, 'budget.exceeded is undefined', 'expected a function'],
    [{ bytes: 8, exceeded: 'log' }, 'budget.exceeded is "log"', 'expected a function'],
    [{ bytes: '8', exceeded() {} }, 'budget.bytes is "8"', 'expected a number from 0'],
    [{ milliseconds: -1, exceeded() {} }, 'budget.milliseconds is -1', 'expected a number from 0'],
    [{ milliseconds: Number.NaN, exceeded() {} }, 'budget.milliseconds is NaN', 'expected a number from 0'],
    [{ ms: 2, exceeded() {} }, 'budget has no option "ms"', 'milliseconds, bytes, exceeded'],
  ])('%o is refused', async (budget, ...parts) => {
    await expectRejection(Registry.create({ budget: budget as never }), 'ERR_INVALID_OPTION', ...parts);
  });

  test('is for Registry.create alone, whose other options are checked as ever', async () => {
    expect(() => Registry.createSync({ timeline: true } as object)).toThrow(
      'Registry.createSync has no option "timeline"',
    );
    await expectRejection(
      Registry.create({ timeline: true, capacitty: 8 } as object),
      'ERR_INVALID_OPTION',
      "did you mean 'capacity'?",
    );
    await expectRejection(Registry.create({ timeline: true, capacity: 7 }), 'ERR_INVALID_OPTION', 'capacity is 7');
  });
});

test('bind gives the same function each time, with the name and the checks of the kernel', async () => {
  const registry = await open({ timeline: true });
  const scale = registry.bind('scale');
  expect(registry.bind('scale')).toBe(scale);
  expect(scale).toHaveLength(3);
  expect(scale.name).toBe('scale');
  expect(() => scale(registry.f32(4))).toThrow('scale takes the arguments');
  expect(() => registry.bind('scael')).toThrow("did you mean 'scale'?");
  registry.dispose();
  expect(() => scale(1, 2, 3)).toThrow('this registry is disposed');
  expect(() => registry.bind('scale')).toThrow('this registry is disposed');
  expect(() => registry.f32(8)).toThrow('this registry is disposed');
  expect(() => registry.reset()).toThrow('this registry is disposed');
  registry.dispose();
});

describe('the report', () => {
  const lines = async (registry: Registry<any>) => (await registry.report()).split('\n');
  const frame = (registry: Registry<any>, ...lengths: number[]) => {
    for (const length of lengths) registry.f32(length);
    registry.reset();
  };
  const repeat = (registry: Registry<any>, times: number, ...lengths: number[]) => {
    for (let i = 0; i < times; i++) frame(registry, ...lengths);
  };

  test('of a registry that nobody watched says what is known, and watches from then on', async () => {
    const registry = await open({ capacity: 1 << 26 });
    expect(await lines(registry)).toEqual([
      'The largest frame so far used 0 bytes; persistent: 0 bytes.',
      'Of its capacity of 64 MiB nothing was ever used.',
      'Frames are watched from now on: ask again after some of them, for the blocks that miss the cache.',
    ]);
    expect((await lines(registry)).at(-1)).toBe(
      'No whole frame has ended since: ask again after some of them, for the blocks that miss the cache.',
    );
  });

  test('leaves out a frame whose beginning was not seen', async () => {
    const registry = await open();
    registry.f32(8);
    await registry.report();
    registry.f32(8);
    registry.reset();
    expect((await lines(registry)).at(-1)).toMatch(/^No whole frame has ended since/);
    frame(registry, 8);
    expect((await lines(registry))[0]).toBe(
      'The last frame (1) used 32 bytes in 1 block; the largest so far: 64 bytes; persistent: 0 bytes.',
    );
  });

  test('tells a frame that repeats from the first ones, whose views are made', async () => {
    const registry = await open();
    await registry.report();
    frame(registry, 1000, 10, 10);
    expect((await lines(registry)).slice(2)).toEqual([
      "0 of 3 blocks came from the cache, the others' views are new, which is garbage later:",
      '- blocks 1 to 3: it was the first frame that was watched.',
    ]);
    frame(registry, 1000, 10, 10);
    expect((await lines(registry)).slice(3)).toEqual([
      '- blocks 1 to 3: as in the frame before. A view is kept when it comes a second time.',
      'So it was in 2 of the 2 frames that were watched.',
    ]);
    repeat(registry, 98, 1000, 10, 10);
    expect(await lines(registry)).toEqual([
      'The last frame (99) used 4 KiB in 3 blocks; the largest so far: 4 KiB; persistent: 0 bytes.',
      'Of its capacity of 1 MiB at most 4 KiB were in use: 64 KiB would do (`capacity: 65_536`).',
      'All its blocks came from the cache.',
      'In 2 of 100 frames some did not, in frame 1 last:',
      '- blocks 1 to 3: as in the frame before. A view is kept when it comes a second time.',
    ]);
  });

  test.each<[string, number[], number[], string[]]>([
    [
      'a length that changes, and blocks that lie elsewhere therefore',
      [10, 999, 20, 30, 40],
      [10, 1001, 20, 30, 40],
      [
        'block 2 (f32, 1,001 elements): its length has changed (999 in the frame before). Allocate the longest once, and pass parts of it (`subarray`).',
        'blocks 3 to 5: in another place than in the frame before, since block 2 has changed.',
      ],
    ],
    [
      'a block that the frame before had not',
      [10, 20],
      [10, 500, 20],
      [
        'block 2 (f32, 500 elements): the frame before had no such block. What not every frame needs is best allocated last: then the others stay in place.',
        'block 3: in another place than in the frame before, since block 2 has changed.',
      ],
    ],
    [
      'a block that fell away',
      [10, 500, 20, 30],
      [10, 20, 30],
      ['blocks 2 to 3: in another place than in the frame before, since 1 block before fell away.'],
    ],
    ['a block at the end', [10], [10, 7], ['block 2 (f32, 7 elements): the frame before had no such block.']],
    [
      'one that changes before another that has stayed, where the last one fell away',
      [1000, 6, 500],
      [1002, 6],
      ['block 1 (f32, 1,002 elements): its length has changed', 'block 2: in another place than in the frame before'],
    ],
    [
      'many that change',
      [1, 2, 3, 4, 5, 6].map((n) => 100 * n),
      [1, 2, 3, 4, 5, 6].map((n) => 100 * n + 1),
      ['block 1 (', 'block 2 (', 'block 3 (', 'block 4 (', '2 more blocks that changed.'],
    ],
  ])('gives the reason of %s', async (_name, before, after, expected) => {
    const registry = await open();
    await registry.report();
    repeat(registry, 3, ...before);
    frame(registry, ...after);
    const said = (await lines(registry)).slice(3, -1);
    expect(said).toHaveLength(expected.length);
    for (const [i, text] of expected.entries()) expect(said[i]).toContain(`- ${text}`);
  });

  test('gives the reason of another type, and of kernels that leave other room', async () => {
    const registry = await open({ module: wasm('fixtures') });
    await registry.report();
    for (let i = 0; i < 3; i++) frame(registry, 10);
    registry.u8(40);
    registry.reset();
    expect((await lines(registry))[3]).toBe(
      '- block 1 (u8, 40 elements): it was f32, 10 elements in the frame before.',
    );
    for (let i = 0; i < 3; i++) frame(registry, 10, 10);
    registry.f32(10);
    registry.openFrame();
    registry.allocPersistent('u8', 8);
    (registry as any).cache.hooks.arena_alloc((registry as any).cache.address, 64, 8); // as kernels do
    registry.f32(10);
    registry.reset();
    expect((await lines(registry))[3]).toBe(
      '- block 2: in another place than in the frame before, since kernels or inner frames have left other room before.',
    );
  });

  test.each([
    [
      1 << 16,
      60_000,
      'Of its capacity of 64 KiB at most 59 KiB were in use, which leaves little: 128 KiB would leave a quarter (`capacity: 131_072`).',
    ],
    [1 << 17, 60_000, 'Of its capacity of 128 KiB at most 59 KiB were in use, which fits.'],
    [1 << 20, 300_000, 'Of its capacity of 1 MiB at most 293 KiB were in use: 384 KiB would do (`capacity: 393_216`).'],
  ])('of a capacity of %i of which %i bytes were used gives advice', async (capacity, used, line) => {
    const registry = await open({ capacity });
    registry.allocPersistent('u8', 1000);
    registry.u8(used - 1000);
    registry.reset();
    expect((await lines(registry))[1]).toBe(line);
  });

  test('has the kernels where they are timed', async () => {
    const registry = await open({ timeline: true });
    registry.bind('scale')(registry.f32(4), registry.f32(4), 2);
    registry.bind('scale')(registry.f32(4), registry.f32(4), 2);
    registry.reset();
    expect((await lines(registry)).at(-1)).toMatch(
      /^The frame took [\d.]+ ms; its kernels: scale [\d.]+ ms in 2 calls\.$/,
    );
  });

  test('is that of a part too, and of memory that threads share', async () => {
    const registry = await open({ threads: 2, worker });
    const part = registry.partition(1 << 12);
    for (const each of [registry, part]) {
      await each.report();
      frame(each, 8);
      expect((await lines(each))[0]).toMatch(/^The last frame \(0\) used \d+ (bytes|KiB) in 1 block; /);
    }
  });

  test('is of no registry that is disposed', async () => {
    const registry = await open();
    registry.dispose();
    await expectRejection(registry.report(), 'ERR_DISPOSED');
  });
});
