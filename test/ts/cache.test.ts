// Blocks: lengths, room, alignment, persistence, and which view stands for which block.
import { describe, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../src-ts/index.ts';
import { ARRAYS, bare, errorOf, expectError, isWide, TYPES, withFixtures } from './helpers.ts';

type AnyRegistry = ReturnType<typeof bare>;
type Allocate = (registry: AnyRegistry, type: (typeof TYPES)[number], source: any) => ArrayBufferView | null;

const ALLOCATORS: Record<string, Allocate> = {
  alloc: (registry, type, source) => registry.alloc(type, source),
  'alloc with an alignment': (registry, type, source) => registry.alloc(type, source, { align: 64 }),
  tryAlloc: (registry, type, source) => registry.tryAlloc(type, source),
  allocPersistent: (registry, type, source) => registry.allocPersistent(type, source),
  'the method of the type': (registry, type, source) => registry[type](source),
};

const WRONG_LENGTHS: [unknown, string][] = [
  [-1, '-1'],
  [Number.NaN, 'NaN'],
  [1.5, '1.5'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [Number.MIN_VALUE, '5e-324'],
  [16n, '16n'],
  ['16', '"16"'],
  ['', '""'],
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [Symbol('length'), 'Symbol(length)'],
  [() => 4, 'a function'],
  [{}, 'an Object'],
  [{ length: -1 }, 'an Object'],
  [{ length: 2.5 }, 'an Object'],
  [{ length: '2' }, 'an Object'],
  [new Map(), 'a Map'],
  [new ArrayBuffer(8), 'an ArrayBuffer'],
  [new DataView(new ArrayBuffer(8)), 'DataView'],
];

describe.each(Object.entries(ALLOCATORS))('%s', (name, allocate) => {
  test.each(TYPES)('refuses what is no length or data for %s', (type) => {
    const registry = bare();
    for (const [length, shown] of WRONG_LENGTHS) {
      const wanted = isWide(type) ? 'bigints' : 'numbers';
      expectError(() => allocate(registry, type, length), 'ERR_INVALID_LENGTH', `${shown} is no length`, type, wanted);
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0, allocations: 0 });
  });

  test.each(TYPES)('refuses lengths of %s that do not fit, however huge', (type) => {
    const registry = bare();
    const bytes = ARRAYS[type].BYTES_PER_ELEMENT;
    const most = registry.capacity / bytes;
    for (const length of [most + 1, 2 ** 29, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53, Number.MAX_VALUE]) {
      if (name === 'tryAlloc') expect(allocate(registry, type, length)).toBeNull();
      else {
        const error = expectError(
          () => allocate(registry, type, length),
          'ERR_OUT_OF_MEMORY',
          `${length} elements`,
          type,
        );
        expect(error).toMatchObject({
          requested: length * bytes,
          free: registry.capacity,
          capacity: registry.capacity,
        });
      }
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0, allocations: 0 });
    expect(allocate(registry, type, most)?.byteLength).toBe(registry.capacity);
  });
});

describe('room', () => {
  test.each(['frame', 'persistent'])('a %s block may fill the arena exactly, and not one byte more', (kind) => {
    const registry = bare(4096);
    const allocate = (length: number) =>
      kind === 'frame' ? registry.u8(length) : registry.allocPersistent('u8', length);
    expect(allocate(4089)).toHaveLength(4089); // rounded up to 4096
    expectError(() => allocate(1), 'ERR_OUT_OF_MEMORY', 'needs 1 bytes', '0 of 4096 are free');
    expect(allocate(0)).toHaveLength(0);
    expect(registry.stats.free).toBe(0);
  });

  test('frame and persistent blocks meet without overlapping', () => {
    const registry = bare(4096);
    const low = registry.u8(1024).fill(1);
    const high = registry.allocPersistent('u8', 3072).fill(2);
    expect(low.ptr + 1024).toBe(high.ptr);
    expect(registry.stats.free).toBe(0);
    expect(registry.tryAlloc('u8', 1)).toBeNull();
    expectError(() => registry.allocPersistent('u8', 1), 'ERR_OUT_OF_MEMORY', '1024 in this frame', '3072 persistent');
    expect(low.every((byte) => byte === 1) && high.every((byte) => byte === 2)).toBe(true);
  });

  test('a small one of 8 bytes and a large one of 1 GiB work', () => {
    const small = bare(8);
    expect([...small.f64([0.5])]).toEqual([0.5]);
    expectError(() => small.i8(1), 'ERR_OUT_OF_MEMORY');
    small.reset();
    expect([...small.i8([1, 2, 3, 4, 5, 6, 7, 8])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);

    const large = bare(2 ** 30);
    const all = large.f64(2 ** 27);
    all[2 ** 27 - 1] = 0.25;
    expect(all.at(-1)).toBe(0.25);
    expect(large.stats).toMatchObject({ used: 2 ** 30, free: 0 });
    expectError(() => large.i8(1), 'ERR_OUT_OF_MEMORY');
  });

  test('an error says what was asked for, what was free, how large the arena is and how much frames have used', () => {
    const registry = bare(8192);
    registry.u8(2048);
    registry.reset();
    registry.allocPersistent('u8', 1024);
    registry.u8(512);
    const error = errorOf(() => registry.f32(3000)) as OutOfMemoryError;
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error).toMatchObject({ name: 'OutOfMemoryError', requested: 12000, free: 6656, capacity: 8192, peak: 2048 });
    for (const number of [
      '3000 elements of f32',
      '12000',
      '6656',
      '8192',
      '512',
      '1024',
      '2048',
      'reset()',
      'capacity',
    ]) {
      expect(error.message).toContain(number);
    }
  });

  test('the arena works on after an error', () => {
    const registry = bare(64);
    const before = registry.u8([1, 2, 3]);
    expectError(() => registry.f64(100), 'ERR_OUT_OF_MEMORY');
    const after = registry.u8([4]);
    expect([...before, ...after]).toEqual([1, 2, 3, 4]);
    expect(registry.stats).toMatchObject({ used: 16, allocations: 2 });
  });

  test('blocks are rounded up to 8 bytes and follow each other', () => {
    const registry = bare();
    const first = registry.u8(1).ptr;
    expect(
      [registry.u8(8), registry.u16(5), registry.f64(1), registry.f32(0), registry.i8(1)].map(({ ptr }) => ptr),
    ).toEqual([8, 16, 32, 40, 40].map((offset) => first + offset));
  });

  test('tryAlloc gives null for room alone: anything else wrong is an error', () => {
    const registry = bare(64);
    expect(registry.tryAlloc('u8', 65)).toBeNull();
    expect(registry.tryAlloc('u8', new Uint8Array(65))).toBeNull();
    expect([...(registry.tryAlloc('u8', [7, 8]) ?? [])]).toEqual([7, 8]);
    expect(registry.tryAlloc('f32', 4, { align: 32 })?.ptr).toSatisfy((ptr: number) => ptr % 32 === 0);
    expectError(() => registry.tryAlloc('u9' as 'u8', 1), 'ERR_INVALID_TYPE');
    registry.dispose();
    expectError(() => registry.tryAlloc('u8', 65), 'ERR_DISPOSED');
  });
});

describe('alignment', () => {
  test.each([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096])(
    'of %i bytes, in frames that repeat and of persistent blocks',
    (align) => {
      const registry = bare();
      for (let frame = 0; frame < 5; frame++) {
        registry.u8(1);
        const block = registry.alloc('f32', [1, 2, 3], { align });
        expect(block.ptr % align).toBe(0);
        expect([...block]).toEqual([1, 2, 3]);
        const next = registry.u8(1);
        expect(next.ptr).toBe(block.ptr + 16);
        const persistent = registry.allocPersistent('u8', 3, { align });
        expect(persistent.ptr % align).toBe(0);
        registry.reset();
      }
    },
  );

  test('is part of what a view is found by', () => {
    const registry = bare();
    for (let frame = 0; frame < 5; frame++) {
      registry.u8(8);
      const plain = registry.f32(4);
      registry.reset();
      registry.u8(8);
      const aligned = registry.alloc('f32', 4, { align: 4096 });
      expect(aligned.ptr % 4096).toBe(0);
      expect(aligned.ptr).not.toBe(plain.ptr);
      registry.reset();
    }
  });

  test.each([
    0,
    1,
    2,
    4,
    12,
    24,
    63,
    65,
    8192,
    2 ** 32,
    -8,
    Number.NaN,
    64.5,
    Number.POSITIVE_INFINITY,
    '64',
    64n,
    null,
    true,
    Symbol('s'),
  ])('of %s is refused', (align) => {
    const registry = bare();
    const options = { align: align as number };
    expectError(
      () => registry.alloc('f32', 4, options),
      'ERR_INVALID_OPTION',
      'align is',
      'power of two from 8 to 4096',
    );
    expectError(() => registry.allocPersistent('f32', 4, options), 'ERR_INVALID_OPTION');
    expectError(() => registry.tryAlloc('f32', 4, options), 'ERR_INVALID_OPTION');
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0 });
  });

  test('options other than align are refused, with the nearest name', () => {
    const registry = bare();
    const wrong = (options: unknown) => () => registry.alloc('f32', 4, options as { align: number });
    expectError(wrong({ aling: 64 }), 'ERR_INVALID_OPTION', '"aling"', "did you mean 'align'?");
    expectError(wrong({ align: 64, zero: true }), 'ERR_INVALID_OPTION', '"zero"', 'align');
    for (const options of [64, '64', null, true]) expectError(wrong(options), 'ERR_INVALID_OPTION', '{ align }');
    expect(registry.alloc('f32', 4, {})).toHaveLength(4);
    expect(registry.alloc('f32', 4, { align: undefined })).toHaveLength(4);
  });
});

describe('blocks of no bytes', () => {
  test('take no room, wherever they are allocated', () => {
    const registry = bare(64);
    for (let frame = 0; frame < 5; frame++) {
      for (const type of TYPES) {
        expect(registry[type](0)).toHaveLength(0);
        expect(registry.alloc(type, [] as never)).toHaveLength(0);
        expect(registry.allocPersistent(type, 0)).toHaveLength(0);
      }
      expect(registry.stats).toMatchObject({ used: 0, persistent: 0, free: 64 });
      registry.reset();
    }
  });

  test('are live until their own frame ends, though an inner frame takes one at the same place', () => {
    const registry = bare();
    for (let round = 0; round < 6; round++) {
      const outer = registry.openFrame();
      const empty = registry.f32(0);
      const inner = registry.openFrame();
      const within = registry.f32(0);
      expect(registry.isLive(within)).toBe(true);
      inner.close();
      expect(registry.isLive(empty)).toBe(true);
      outer.close();
      expect(registry.isLive(empty)).toBe(false);
      expect(registry.isLive(within)).toBe(false);
    }
  });
});

describe('views in frames that repeat', () => {
  test('are the same objects', () => {
    const registry = bare();
    const frame = () => {
      const views = [
        registry.f32(16),
        registry.alloc('u8', [1, 2, 3]),
        registry.alloc('i64', 2, { align: 64 }),
        registry.u8c(5),
      ];
      registry.reset();
      return views;
    };
    frame();
    const second = frame();
    for (let round = 0; round < 10; round++) {
      const views = frame();
      for (const [i, view] of views.entries()) expect(view).toBe(second[i]);
    }
    expect(registry.stats.cachedViews).toBe(4);
  });

  test('lie where C++ would put them, also when frames alternate between shapes', () => {
    const registry = bare();
    const shapes = [
      [3, 5, 8, 1],
      [5, 3, 8, 2],
      [3, 8, 5],
    ];
    for (let round = 0; round < 50; round++) {
      const lengths = shapes[round % shapes.length] as number[];
      let expected: number | undefined;
      for (const length of lengths) {
        const view = registry.f32(length);
        expect(view).toHaveLength(length);
        expect(view.ptr).toBe(expected ?? view.ptr);
        expected = view.ptr + ((length * 4 + 7) & ~7);
      }
      registry.reset();
    }
  });

  // A million of which a few have the same hash.
  const different = {
    place: (registry: AnyRegistry) => registry.u8(1),
    length: (registry: AnyRegistry, i: number) => {
      registry.reset();
      return registry.u8(i);
    },
  };
  test.each(Object.entries(different))('are not mistaken for others that differ in %s alone', (name, take) => {
    const registry = bare(1 << 23);
    const first = registry.u8(0).ptr;
    const frame = (count: number) => {
      registry.reset();
      for (let i = 0; i < count; i++) {
        const view = take(registry, i);
        const expected = name === 'place' ? [first + i * 8, 1] : [first, i];
        if (view.ptr !== expected[0] || view.length !== expected[1]) expect([view.ptr, view.length]).toEqual(expected);
      }
    };
    for (let round = 0; round < 40; round++) frame(8000);
    expect(registry.stats.cachedViews).toBeGreaterThan(6000);
    frame(1_000_000);
  });

  test('show the memory itself', () => {
    const registry = bare();
    const view = registry.u32([0x04030201]);
    expect([...new Uint8Array(registry.memory.buffer, view.ptr, 4)]).toEqual([1, 2, 3, 4]);
  });

  test('are bounded in number when sizes never repeat, and when they all do', () => {
    const registry = bare(1 << 23);
    for (let round = 0; round < 3; round++) {
      for (let length = 0; length < 20_000; length++) registry.u8((length * 7919) % 400);
      registry.reset();
    }
    expect(registry.stats.cachedViews).toBeLessThanOrEqual(16384);
    const again = bare();
    for (let length = 0; length < 100_000; length++) {
      again.u8(length);
      again.reset();
    }
    expect(again.stats.cachedViews).toBe(0);
  });

  test('keep their contents right in a frame of more blocks than are predicted', () => {
    const registry = bare(1 << 20);
    for (let round = 0; round < 4; round++) {
      const views = Array.from({ length: 10_000 }, (_, i) => registry.u32(1).fill(i));
      expect(views.every((view, i) => view[0] === i && registry.isLive(view))).toBe(true);
      expect(registry.stats).toMatchObject({ used: 80_000, allocations: 10_000 * (round + 1) });
      registry.reset();
    }
  });
});

describe('persistent blocks', () => {
  test('survive every reset and every frame', () => {
    const registry = bare();
    const table = registry.allocPersistent('f32', [1, 2, 3]);
    for (let round = 0; round < 5; round++) {
      const frame = registry.openFrame();
      registry.f32(1000).fill(-1);
      const inner = registry.openFrame();
      const made = registry.allocPersistent('u8', [round]);
      inner.close();
      frame.close();
      expect(registry.isLive(made)).toBe(true);
      expect([...made]).toEqual([round]);
    }
    expect(registry.isLive(table)).toBe(true);
    expect([...table]).toEqual([1, 2, 3]);
  });

  test('are never handed out again by a repeated frame', () => {
    for (const take of [
      (registry: AnyRegistry) => registry.u8(768),
      (registry: AnyRegistry) => registry.alloc('u8', 768),
      (registry: AnyRegistry) => registry.alloc('u8', 768, { align: 64 }),
      (registry: AnyRegistry) => registry.alloc('u8', new Uint8Array(768)),
    ]) {
      const registry = bare(1024);
      for (let round = 0; round < 5; round++) {
        take(registry);
        registry.reset();
      }
      const kept = registry.allocPersistent('u8', 300).fill(7);
      expectError(() => take(registry).fill(1), 'ERR_OUT_OF_MEMORY', '304 persistent');
      expect(kept.every((byte) => byte === 7)).toBe(true);
      expect(registry.u8(720)).toHaveLength(720);
    }
  });

  test('that kernels take by operator new are never handed out again either', () => {
    const registry = withFixtures(1 << 16);
    const most = registry.stats.free;
    for (let round = 0; round < 5; round++) {
      registry.u8(most);
      registry.reset();
    }
    const sorted = registry.f32(500);
    registry.bind('sort_copy')(registry.f32(Array.from({ length: 500 }, (_, i) => 500 - i)), sorted);
    expect([...sorted.subarray(0, 3)]).toEqual([1, 2, 3]);
    registry.reset();
    expect(registry.stats.persistent).toBeGreaterThan(2000);
    expectError(() => registry.u8(most), 'ERR_OUT_OF_MEMORY');
    expect(registry.u8(registry.stats.free).fill(255)).toHaveLength(
      registry.stats.capacity - registry.stats.persistent,
    );
    registry.reset();
    expect(registry.bind('table_sum')()).toBe(10); // a static vector, above all of it
  });
});

describe('isLive', () => {
  test('is true until the frame of a view ends', () => {
    const registry = bare();
    const implicit = registry.f32(4);
    const outer = registry.openFrame();
    const first = registry.f32(4);
    const inner = registry.openFrame();
    const second = registry.f32(4);
    expect([implicit, first, second].map((view) => registry.isLive(view))).toEqual([true, true, true]);
    inner.close();
    expect([implicit, first, second].map((view) => registry.isLive(view))).toEqual([true, true, false]);
    outer.close();
    expect([implicit, first, second].map((view) => registry.isLive(view))).toEqual([false, false, false]);
  });

  test('judges a part of a block by its place', () => {
    const registry = bare();
    const persistent = registry.allocPersistent('f32', 8).subarray(2, 6);
    const part = registry.f32(8).subarray(2, 6);
    const end = registry.f32(8).subarray(8);
    expect([persistent, part, end].map((view) => registry.isLive(view))).toEqual([true, true, true]);
    registry.reset();
    expect([persistent, part, end].map((view) => registry.isLive(view))).toEqual([true, false, false]);
  });

  test('is false for views of the memory outside the arena', () => {
    const registry = withFixtures();
    registry.u8(64);
    expect(registry.isLive(new Uint8Array(registry.memory.buffer))).toBe(false);
    expect(registry.isLive(new Uint8Array(registry.memory.buffer, 0, 8))).toBe(false);
    expect(registry.isLive(new Uint8Array(registry.memory.buffer, registry.memory.buffer.byteLength))).toBe(false);
  });

  test('is false for what is not of this registry, or no view at all', () => {
    const registry = bare();
    expect(registry.isLive(bare().f32(4))).toBe(false);
    expect(registry.isLive(bare().allocPersistent('f32', 4))).toBe(false);
    expect(registry.isLive(new Float32Array(4))).toBe(false);
    expect(registry.isLive(registry.f32(4).slice())).toBe(false);
    for (const value of [undefined, null, 4, 'view', {}, [], registry.memory.buffer]) {
      expect(registry.isLive(value as unknown as DataView)).toBe(false);
    }
    const view = registry.f32(4);
    registry.dispose();
    expect(registry.isLive(view)).toBe(false);
  });
});
