// Element types, and what blocks are filled from.
import { describe, expect, test } from 'vitest';
import type { ElementType } from '../../src-ts/index.ts';
import { ARRAYS, bare, expectError, isWide, type PresentType, TYPES } from './helpers.ts';

describe('types', () => {
  test.each(TYPES)('%s gives its own kind of view, over the memory of the registry', (type) => {
    const registry = bare();
    for (const view of [registry.alloc(type, 3), registry[type](3), registry.allocPersistent(type, 3)]) {
      expect(Object.getPrototypeOf(view)).toBe(ARRAYS[type].prototype);
      expect(view).toHaveLength(3);
      expect(view.buffer).toBe(registry.memory.buffer);
      expect(view.ptr).toBe(view.byteOffset);
      expect(view.ptr % 8).toBe(0);
    }
  });

  test('that do not exist are refused, with the nearest name', () => {
    const registry = bare();
    const allocate = (type: unknown) => () => registry.alloc(type as 'f32', 4);
    expectError(allocate('f33'), 'ERR_INVALID_TYPE', '"f33"', "did you mean 'f32'?", 'u8c', 'f64');
    expectError(allocate('F32'), 'ERR_INVALID_TYPE', "did you mean 'f32'?");
    expectError(allocate('uint8'), 'ERR_INVALID_TYPE', '"uint8"', 'expected one of');
    expectError(() => registry.alloc('u8cc' as 'u8', 4, { align: 8 }), 'ERR_INVALID_TYPE', "did you mean 'u8c'?");
    expectError(() => registry.allocPersistent('f31' as 'f32', 4), 'ERR_INVALID_TYPE', "did you mean 'f32'?");
    for (const type of [undefined, null, 32, {}, Float32Array, '', 'constructor', '__proto__', Symbol('f32')]) {
      expectError(allocate(type), 'ERR_INVALID_TYPE', 'expected one of i8, u8');
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0, allocations: 0 });
  });

  const present = 'Float16Array' in globalThis;
  test(`f16 ${present ? 'is there' : 'says that this engine lacks it'}`, () => {
    const registry = bare();
    const allocators = [
      () => registry.alloc('f16', 4),
      () => registry.f16(4),
      () => registry.f16([1, 2, 3, 4]),
      () => registry.tryAlloc('f16', 4),
      () => registry.allocPersistent('f16', 4),
    ];
    for (const allocate of allocators) {
      if (present) expect(allocate()).toHaveLength(4);
      else expectError(allocate, 'ERR_INVALID_TYPE', 'f16', 'Float16Array');
    }
  });
});

describe('data', () => {
  const compatible = (type: PresentType) => TYPES.filter((other) => isWide(other) === isWide(type));

  test.each(TYPES)('of every other kind of TypedArray is converted to %s as TypedArray.from would', (type) => {
    const registry = bare();
    for (const other of compatible(type)) {
      const data = isWide(other)
        ? new ARRAYS.i64([0n, 1n, -1n, 2n ** 62n])
        : new (ARRAYS[other] as typeof Float64Array)([0, 1, -1, 300, 70000.5, 0.1]);
      const expected = [...new (ARRAYS[type] as typeof Float64Array)(data as unknown as Float64Array)];
      const blocks = [
        registry.alloc(type, data as never),
        registry[type](data as never),
        registry.alloc(type, data as never, { align: 128 }),
        registry.allocPersistent(type, data as never),
      ];
      for (const block of blocks) expect([...(block as Iterable<unknown>)]).toEqual(expected);
    }
  });

  test('of any ArrayLike is copied', () => {
    const registry = bare();
    const like = { length: 3, 0: 1, 1: 2.5, 2: -3 };
    expect([...registry.f32(like)]).toEqual([1, 2.5, -3]);
    expect([...registry.f32([1, Number.NaN, Number.POSITIVE_INFINITY])]).toEqual([
      1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect([...registry.i64([1n, -2n])]).toEqual([1n, -2n]);
    const inherited = Object.create({ 0: 7 }, { length: { value: 1 } });
    expect([...registry.u8(inherited)]).toEqual([7]);
    const parts = new Float32Array([0, 1, 2, 3]).subarray(1, 3);
    expect([...registry.f32(parts)]).toEqual([1, 2]);
    expect([...registry.u8(Buffer.from('abc'))]).toEqual([97, 98, 99]);
  });

  test('that overlaps the block it is copied to arrives unharmed', () => {
    for (const [from, to] of [
      [2, 10],
      [0, 8],
    ] as const) {
      const registry = bare();
      const source = registry.f32(Array.from({ length: 12 }, (_, i) => i)).subarray(from, to);
      registry.reset();
      expect([...registry.f32(source)]).toEqual(Array.from({ length: to - from }, (_, i) => i + from));
    }
    const registry = bare();
    const live = registry.u8([1, 2, 3, 4]);
    expect([...registry.u8(live), ...registry.u32(live.subarray(1, 3))]).toEqual([1, 2, 3, 4, 2, 3]);
  });

  test('of the wrong kind is refused with the element that is wrong', () => {
    const registry = bare();
    const fill = (type: ElementType, data: unknown) => () => registry.alloc(type, data as never);
    const hole = [1, 2, 3];
    delete hole[1];
    const wrong: [ElementType, unknown, string][] = [
      ['f32', hole, 'element 1 of the data is nothing (a hole)'],
      ['f32', new Array(4), 'element 0 of the data is nothing (a hole)'],
      ['i64', new Array(4), 'element 0 of the data is nothing (a hole)'],
      ['f32', { length: 2, 0: 5 }, 'element 1 of the data is nothing (a hole)'],
      ['f32', [1, undefined], 'element 1 of the data is undefined'],
      ['u8', [1, 2, null], 'element 2 of the data is null'],
      ['f64', ['1', '2'], 'element 0 of the data is "1"'],
      ['f32', [true], 'element 0 of the data is true'],
      ['f32', [[1], [2]], 'element 0 of the data is an array of 1 elements'],
      ['f32', [1n], 'element 0 of the data is 1n'],
      ['i64', [1], 'element 0 of the data is 1:'],
      ['u64', [1n, 2n, 3], 'element 2 of the data is 3:'],
      ['f32', new BigInt64Array(2), 'element 0 of the data is 0n'],
      ['i64', new Float64Array(2), 'element 0 of the data is 0:'],
    ];
    for (const [type, data, shown] of wrong) {
      expectError(fill(type, data), 'ERR_INVALID_TYPE', shown, `a block of ${type} is filled from`);
      expectError(() => registry.allocPersistent(type, data as never), 'ERR_INVALID_TYPE', shown);
      expectError(() => registry.tryAlloc(type, data as never), 'ERR_INVALID_TYPE', shown);
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0, allocations: 0 });
    const empty: [ElementType, unknown, string][] = [
      ['f32', new BigInt64Array(0), "BigInt64Array of 0 elements can't be copied into Float32Array"],
      ['u64', new Uint8Array(0), "Uint8Array of 0 elements can't be copied into BigUint64Array"],
    ];
    for (const [type, data, shown] of empty) {
      expectError(fill(type, data), 'ERR_INVALID_TYPE', shown);
      expectError(() => registry.allocPersistent(type, data as never), 'ERR_INVALID_TYPE', shown);
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0 });
  });

  test('whose buffer was transferred to another thread is refused', () => {
    const registry = bare();
    for (const type of TYPES) {
      const data = new ARRAYS[type](8);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      expectError(() => registry.alloc(type, data as never), 'ERR_INVALID_TYPE', 'of 0 elements', 'detached');
    }
    expect(registry.stats.used).toBe(0);
  });

  test('that is too large is refused before anything is copied', () => {
    const registry = bare(64);
    const block = registry.u8(64).fill(9);
    expectError(() => registry.u8([1]), 'ERR_OUT_OF_MEMORY', '1 elements of u8');
    expectError(() => registry.f64(new Float64Array(1000)), 'ERR_OUT_OF_MEMORY', '1000 elements of f64', '8000 bytes');
    expect(block.every((byte) => byte === 9)).toBe(true);
  });
});
