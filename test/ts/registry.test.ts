// The registry as a whole: options, counters, what comes later, disposal, and two of them side by side.
import { describe, expect, test, vi } from 'vitest';
import { ArenaError, processFrame, Registry } from '../../src-ts/index.ts';
import { bare, expectError, expectRejection, TYPES, wasm, withFixtures } from './helpers.ts';

describe('options', () => {
  const module = new WebAssembly.Module(wasm('arena'));
  // Both ways in must refuse the same.
  const expectRefusal = async (options: unknown, ...parts: string[]) => {
    const sync = expectError(() => Registry.createSync(options as object), 'ERR_INVALID_OPTION', ...parts);
    expect(sync).toBeInstanceOf(Error);
    await expectRejection(Registry.create(options as object), 'ERR_INVALID_OPTION', ...parts);
  };

  test('are not needed: the arena has exactly 64 MiB', async () => {
    for (const registry of [
      Registry.createSync(),
      await Registry.create(),
      Registry.createSync({}),
      Registry.createSync(undefined),
    ]) {
      expect(registry.capacity).toBe(67_108_864);
      expect(registry.stats).toMatchObject({ capacity: 67_108_864, used: 0, free: 67_108_864, epoch: 0 });
    }
  });

  test.each([8, 64, 65_528, 65_536, 1_000_000, 2 ** 30])('a capacity of %i is had exactly', async (capacity) => {
    for (const registry of [Registry.createSync({ module, capacity }), await Registry.create({ module, capacity })]) {
      expect(registry.capacity).toBe(capacity);
      expect(registry.u8(capacity)).toHaveLength(capacity);
      expect(registry.stats.free).toBe(0);
    }
  });

  test.each([0, 4, 7, 12, 1.5, -8, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, 2 ** 53, '64', 64n, null, true, {}])(
    'a capacity of %o is refused',
    async (capacity) => {
      await expectRefusal({ module, capacity }, 'capacity is', 'multiple of 8');
    },
  );

  test('of other names are refused, with the nearest one', async () => {
    await expectRefusal({ capcity: 64 }, '"capcity"', "did you mean 'capacity'?", 'module, capacity');
    await expectRefusal({ modul: module }, "did you mean 'module'?");
    await expectRefusal({ size: 64 }, '"size"');
    await expectRefusal({ capacity: 64, [Symbol.iterator]: 1, x: undefined }, '"x"');
  });

  test('must be an object: a module or URL in their place is no option', async () => {
    for (const options of [null, 4, 'core.wasm', [], () => 1, module, wasm('arena'), new URL('file:///core.wasm')]) {
      await expectRefusal(options);
    }
    await expectRefusal(new Response('x'), 'a Response', '{ module, capacity');
  });

  test('of threads are for create alone, which says how many there can be', async () => {
    for (const option of [{ threads: 'auto' }, { threads: 4 }, { worker: new URL('file:///worker.js') }]) {
      const [name] = Object.keys(option) as [string];
      expectError(() => Registry.createSync(option as object), 'ERR_INVALID_OPTION', name, 'one of module, capacity');
    }
    for (const threads of [true, false, 0, 34, 1.5, '4']) {
      await expectRejection(Registry.create({ threads } as object), 'ERR_INVALID_OPTION', 'threads is', "'auto'");
    }
  });

  test('that the engine has no memory for end in a clear error or a registry', () => {
    // Whether 4 GiB of address space can be had depends on the machine; nothing else may come of it.
    try {
      expect(Registry.createSync({ module, capacity: 4_293_918_720 }).capacity).toBe(4_293_918_720);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    }
  });
});

describe('with one thread', () => {
  test('there is nothing to attach to, and a kernel is run at once', async () => {
    const registry = await Registry.create();
    expectError(() => registry.handle(), 'ERR_THREADS_UNAVAILABLE', 'handle()', 'Registry.create({ threads })');
    expectError(() => registry.detach({} as never), 'ERR_THREADS_UNAVAILABLE', 'Registry.create({ threads })');
    expectError(() => Registry.attach({} as never), 'ERR_THREADS_UNAVAILABLE', "import of 'arena-bind/attach'");
    expect(registry.stats.threads).toBe(1);
    expect(await registry.run('dot', registry.f32([1, 2]), registry.f32([3, 4]))).toBe(11);
    expect(await registry.run({ kernel: 'dot' }, registry.f32([1, 2]), registry.f32([3, 4]))).toBe(11);
    const signal = AbortSignal.abort(new Error('not now'));
    await expect(registry.run({ kernel: 'dot', signal }, registry.f32(1), registry.f32(1))).rejects.toThrow('not now');
    await registry.resetWhenIdle();
    expect(registry.stats.used).toBe(0);
  });
});

describe('stats', () => {
  test('count exactly, and are one object', () => {
    const registry = bare(4096);
    const { stats } = registry;
    const expectStats = (expected: Partial<typeof stats>) => {
      expect(registry.stats).toBe(stats);
      expect(stats).toMatchObject(expected);
    };
    expectStats({
      capacity: 4096,
      used: 0,
      persistent: 0,
      free: 4096,
      peak: 0,
      allocations: 0,
      epoch: 0,
      depth: 0,
      cachedViews: 0,
    });
    registry.u8(100);
    registry.f32([1, 2]);
    expectStats({ used: 112, free: 3984, peak: 112, allocations: 2 });
    registry.allocPersistent('f64', 3);
    expectStats({ used: 112, persistent: 24, free: 3960, allocations: 3 });
    registry.reset();
    expectStats({ used: 0, persistent: 24, free: 4072, peak: 112, allocations: 3, epoch: 1 });
    for (let frame = 0; frame < 10; frame++) {
      registry.u8(100);
      registry.f32([1, 2]);
      registry.tryAlloc('u8', 5000);
      registry.reset();
    }
    expectStats({ used: 0, peak: 112, allocations: 23, epoch: 11, cachedViews: 2 });
    using _outer = registry.openFrame();
    registry.u8(100);
    const inner = registry.openFrame();
    registry.u8(1000);
    expectStats({ used: 1104, peak: 1104, depth: 2, allocations: 25 });
    inner.close();
    expectStats({ used: 104, peak: 1104, depth: 1, allocations: 25 });
  });

  test('tell what came from the cache, and what alignment takes of a frame', () => {
    const registry = bare(1 << 16);
    const frame = () => {
      registry.u8(3); // 5 bytes of padding
      registry.f32([1, 2, 3]); // 4
      registry.u8(8);
    };
    for (let k = 0; k < 2; k++) {
      frame();
      expect(registry.stats).toMatchObject({ padding: 9 * k, cacheHits: 0, cacheMisses: 3 * (k + 1) });
      registry.reset();
      expect(registry.stats.padding).toBe(0);
    }
    for (let k = 0; k < 10; k++) {
      frame();
      expect(registry.stats).toMatchObject({ padding: 9, cacheHits: 3 * (k + 1), cacheMisses: 6 });
      registry.reset();
    }
    for (let k = 0; k < 3; k++) {
      using _outer = registry.openFrame();
      const first = registry.u8(1);
      const inner = registry.openFrame();
      const aligned = registry.alloc('u8', 1, { align: 4096 });
      expect(registry.stats.padding).toBe(k > 0 ? aligned.ptr - first.ptr - 1 + 7 : 0);
      inner.close();
      expect(registry.stats.padding).toBe(k > 0 ? 7 : 0);
    }
    // Blocks that survive frames have no place in the cache.
    const { cacheHits, cacheMisses } = registry.stats;
    registry.allocPersistent('u8', 3);
    expect(registry.stats).toMatchObject({ cacheHits, cacheMisses, padding: 0 });
  });

  test('count both blocks that a string takes in turn', () => {
    const registry = bare(1 << 16);
    const text = 'Zwölf Boxkämpfer!'; // 17 units: the block for 51 bytes is taken back
    const counts = () => {
      const bytes = registry.writeString(text).length;
      expect([0, (8 - (bytes % 8)) % 8]).toContain(registry.stats.padding);
      registry.reset();
      const { cacheHits, cacheMisses, allocations } = registry.stats;
      return [cacheHits, cacheMisses, allocations];
    };
    expect([counts(), counts(), counts(), counts()]).toEqual([
      [0, 2, 1],
      [0, 4, 2],
      [2, 4, 3],
      [4, 4, 4],
    ]);
  });

  test('count what kernels allocate as well', () => {
    const registry = withFixtures();
    const { allocations, persistent } = registry.stats;
    registry.bind('take_frame_memory')(100);
    registry.bind('use_scratch')(1000);
    registry.bind('text_bytes')('hello');
    expect(registry.stats).toMatchObject({ used: 112, peak: 1104, allocations: allocations + 3, persistent });
    registry.bind('sort_copy')(registry.f32([2, 1]), registry.f32(2));
    expect(registry.stats.persistent).toBeGreaterThan(persistent);
  });
});

describe('kernels', () => {
  test('are listed with their parameters and results', () => {
    const registry = withFixtures();
    const { kernels } = registry;
    const find = (name: string) => kernels.find((kernel) => kernel.name === name);
    expect(find('sort_copy')).toEqual({
      name: 'sort_copy',
      signature: 'sort_copy(in:const f32[],out:f32[]):void',
      parameters: [
        { name: 'in', type: 'f32', span: true, readonly: true },
        { name: 'out', type: 'f32', span: true, readonly: false },
      ],
      returns: 'void',
    });
    expect(find('text_bytes')).toMatchObject({ parameters: [{ name: 'text', type: 'string' }], returns: 'u32' });
    expect(find('extremes')?.returns).toEqual([
      { name: 'low', type: 'f32', offset: 0 },
      { name: 'high', type: 'f32', offset: 4 },
    ]);
    expect(find('plain_sum')).toMatchObject({ signature: undefined, returns: 'any', parameters: { length: 2 } });
    for (const { name } of kernels) expect(registry.bind(name)).toBeTypeOf('function');
    expect(kernels.filter(({ name }) => /^(arena_|_|stack[SRA])/.test(name))).toEqual([]);
    expect(bare().kernels).toEqual([]);
  });
});

describe('two registries side by side', () => {
  test('share nothing: not memory, not frames, not persistent blocks', () => {
    const [a, b] = [withFixtures(), withFixtures()];
    const inA = a.f32([1, 2, 3]);
    const inB = b.f32([4, 5, 6]);
    expect(inA.ptr).toBe(inB.ptr);
    a.bind('fill')(9, inA);
    expect([...inB]).toEqual([4, 5, 6]);
    a.reset();
    expect([a.isLive(inA), b.isLive(inB), a.isLive(inB), b.isLive(inA)]).toEqual([false, true, false, false]);
    expect([a.epoch, b.epoch]).toEqual([1, 0]);
    a.allocPersistent('u8', 800);
    expect(b.stats.persistent).toBe(withFixtures().stats.persistent);
    a.dispose();
    b.bind('fill')(7, inB);
    expect([...inB]).toEqual([7, 7, 7]);
  });

  test('never take a view of each other for their own, whatever frame each is in', () => {
    const [a, b] = [withFixtures(), withFixtures()];
    for (let round = 0; round < 200; round++) {
      const views = [b.f32(4), b.allocPersistent('f32', 1)];
      for (const view of views) expectError(() => a.bind('fill')(0, view), 'ERR_FOREIGN_VIEW');
      if (round % 3 === 0) a.reset();
      if (round % 2 === 0) b.reset();
      if (round % 5 === 0) a.openFrame();
    }
  });

  test('may run frames inside each other', () => {
    const [a, b] = [bare(), bare()];
    const result = processFrame(a, () => {
      const outer = a.f32([1, 2]);
      const sum = processFrame(b, () => {
        const inner = b.f32([3, 4]);
        return (outer[0] as number) + (inner[1] as number);
      });
      expect(a.isLive(outer)).toBe(true);
      expect(processFrame(b, () => outer)).toBe(outer);
      return sum;
    });
    expect(result).toBe(5);
    expect([a.stats.depth, b.stats.depth, a.epoch, b.epoch]).toEqual([0, 0, 1, 2]);
  });

  test('of two copies of the package do not mix up their views either', async () => {
    vi.resetModules();
    const other = await import('../../src-ts/index.ts');
    expect(other.Registry).not.toBe(Registry);
    const a = withFixtures();
    const b = other.Registry.createSync({ module: wasm('fixtures'), capacity: 1 << 20 });
    // Were each copy to number its frames by itself, the two would meet sooner or later.
    const module = new WebAssembly.Module(wasm('arena'));
    for (let round = 0; round < 300; round++) {
      const persistent = other.Registry.createSync({ module, capacity: 64 }).allocPersistent('f32', 1);
      expectError(() => a.bind('fill')(0, persistent), 'ERR_FOREIGN_VIEW');
    }
    for (let round = 0; round < 5000; round++) {
      const view = b.f32(4);
      expectError(() => a.bind('fill')(0, view), 'ERR_FOREIGN_VIEW');
      b.reset();
    }
  });
});

test('frames and registries go on when their serials start over', () => {
  const serials = (globalThis as { [key: symbol]: { frame: number; persistent: number } | undefined })[
    Symbol.for('arena-bind.serials')
  ];
  if (serials === undefined) throw new Error('the serials are kept elsewhere');
  serials.frame = serials.persistent = 2 ** 25 - 20;
  const registries = Array.from({ length: 40 }, () => withFixtures(1 << 12));
  const kept = registries.map((registry) => registry.allocPersistent('f32', 1));
  for (const registry of registries) {
    const fill = registry.bind('fill');
    for (let frame = 0; frame < 3; frame++) {
      const outer = registry.f32(1);
      const inner = processFrame(registry, () => {
        const view = registry.f32(1);
        for (const live of [outer, view, kept[registries.indexOf(registry)]]) fill(1, live);
        return [view];
      });
      for (const stale of [outer, ...inner]) expectError(() => fill(1, stale), 'ERR_STALE_VIEW');
    }
    for (const [i, view] of kept.entries()) {
      if (registries[i] !== registry) expectError(() => fill(1, view), 'ERR_FOREIGN_VIEW');
    }
  }
});

describe('dispose', () => {
  test('lets the memory go while the registry is still held', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = withFixtures();
    const kept = withFixtures(); // the control: what is not disposed stays
    const memories = [new WeakRef(held.memory), new WeakRef(kept.memory)];
    held.f32(4);
    held.dispose();
    await new Promise((resolve) => setTimeout(resolve, 0)); // a WeakRef holds on to the end of its turn
    collect();
    expect(memories.map((memory) => memory.deref() !== undefined)).toEqual([false, true]);
    expect(kept.f32(4)).toHaveLength(4);
    expectError(() => held.f32(4), 'ERR_DISPOSED');
  });

  test('makes every use an error, and every view stale', () => {
    const registry = withFixtures();
    const view = registry.f32([1, 2]);
    const persistent = registry.allocPersistent('u8', 4);
    const frame = registry.openFrame();
    const [fill, sum, ten] = [registry.bind('fill'), registry.bind('plain_sum'), registry.bind('plain_ten')];
    const [everything, positive, scalars] = [
      registry.bind('everything'),
      registry.bind('is_positive'),
      registry.bind('scalars'),
    ];
    registry.dispose();
    const uses: Record<string, () => unknown> = {
      alloc: () => registry.alloc('f32', 4),
      'alloc of data': () => registry.alloc('f32', [1]),
      'alloc aligned': () => registry.alloc('f32', 4, { align: 64 }),
      tryAlloc: () => registry.tryAlloc('f32', 4),
      allocPersistent: () => registry.allocPersistent('f32', 4),
      bind: () => registry.bind('fill'),
      'bind of a new name': () => registry.bind('trap'),
      'a bound kernel': () => fill(1, view),
      'a bound kernel without its arguments': () => fill(),
      'a bound kernel of no parameters': () => everything(),
      'a bound kernel of a scalar': () => positive(1),
      'a bound kernel of many parameters': () => scalars(),
      'a bound plain export': () => sum(view),
      'a bound plain export of many parameters': () => ten(),
      reset: () => registry.reset(),
      openFrame: () => registry.openFrame(),
      processFrame: () => processFrame(registry, () => 1),
      writeString: () => registry.writeString('x'),
      readString: () => registry.readString(persistent),
      writeJson: () => registry.writeJson(1),
      readJson: () => registry.readJson(persistent),
      stats: () => registry.stats,
      kernels: () => registry.kernels,
      memory: () => registry.memory,
      capacity: () => registry.capacity,
      epoch: () => registry.epoch,
    };
    for (const type of TYPES) uses[type] = () => registry[type](4);
    for (const [name, use] of Object.entries(uses)) {
      const error = expectError(use, 'ERR_DISPOSED', 'disposed', 'create another one');
      expect(error, name).toBeInstanceOf(ArenaError);
    }
    expect([registry.isLive(view), registry.isLive(persistent)]).toEqual([false, false]);
    expect([...view]).toEqual([1, 2]); // views are ordinary TypedArrays to the end
    frame.close();
  });

  test('may be called twice, and by using', () => {
    const registry = bare();
    registry.dispose();
    registry.dispose();
    registry[Symbol.dispose]();
    let kept: ReturnType<typeof bare> | undefined;
    {
      using inner = bare();
      kept = inner;
      expect(inner.u8(4)).toHaveLength(4);
    }
    expectError(() => kept?.u8(4), 'ERR_DISPOSED');
  });

  test('gives the memory back: many registries in turn', () => {
    for (let round = 0; round < 200; round++) {
      using registry = bare(64 << 20);
      expect(registry.u8([round & 255])[0]).toBe(round & 255);
    }
  });
});
