// A ring's JavaScript end, alone and against the C++ end in the one-thread build.
import { describe, expect, test } from 'vitest';
import type { ElementType, Registry } from '../../src-ts/index.ts';
import { Ring, type RingArrays } from '../../src-ts/ring.ts';
import { ARRAYS, bare, expectError, isWide, randomSequence, TYPES, withFixtures } from './helpers.js';

const arrayOf = (type: ElementType, length: number, first = 0): any => {
  const made = new ARRAYS[type as 'f32'](length);
  for (let i = 0; i < length; i++) made[i] = (isWide(type) ? BigInt((first + i) & 127) : (first + i) & 127) as number;
  return made;
};

/** Indices of a ring that has been used for long, so that they wrap soon. */
function age(ring: Ring<any>, index: number): void {
  const words = new Uint32Array(ring.block.buffer, ring.block.ptr, 48);
  words[16] = index;
  words[32] = index;
}

describe.each(TYPES)('a ring of %s', (type) => {
  test('gives out what was written, in order, from and into arrays of every size and place', () => {
    const registry = bare();
    const capacity = 64;
    const ring = Ring.create(registry, type, capacity);
    expect(ring.block.ptr % 64).toBe(0);
    age(ring, 2 ** 30 - 1000);
    const { below } = randomSequence(7);
    const length = 100;
    const inside = [registry.allocPersistent(type, length), registry.allocPersistent(type, length)] as const;
    let written = 0;
    let read = 0;
    const wrong: unknown[] = [];
    const compare = (what: string, came: unknown, expected: unknown) => {
      if (String(came) !== String(expected)) wrong.push({ what, came, expected });
    };
    for (let round = 0; round < 1000; round++) {
      const offset = below(length);
      const count = below(3) === 0 ? length - offset : below(length - offset + 1);
      const whole = below(2) === 0;
      const source: any = below(2) === 0 ? inside[0] : arrayOf(type, length);
      source.set(arrayOf(type, length, written - (whole ? 0 : offset)));
      const room = ring.writable;
      const taken = whole ? ring.write(source) : ring.write(source, offset, count);
      compare('written', taken, Math.min(room, whole ? length : count));
      written += taken;
      compare('state', [ring.readable, ring.writable], [written - read, capacity - (written - read)]);

      const target: any = below(2) === 0 ? inside[1] : arrayOf(type, length);
      const before = target.slice();
      const got = ring.read(target, offset, count);
      compare('read', got, Math.min(written - read, count));
      before.set(arrayOf(type, got, read), offset);
      compare('elements', target, before);
      read += got;
    }
    expect(wrong).toEqual([]);
    expect(read).toBeGreaterThan(10_000);
  });
});

test('arrays longer than the stage go through, with and without an offset', () => {
  const ring = Ring.create(bare(), 'f32', 4096);
  age(ring, 2 ** 30 - 3000);
  const source = Float32Array.from({ length: 3500 }, (_, i) => i);
  expect(ring.write(source)).toBe(3500);
  const target = new Float32Array(4000);
  expect(ring.read(target, 10, 3000)).toBe(3000);
  expect(target.slice(10, 3010)).toEqual(source.slice(0, 3000));
  expect(ring.write(source, 100, 2900)).toBe(2900);
  expect(ring.read(target, 0, 3400)).toBe(3400);
  expect(target.slice(0, 3400)).toEqual(Float32Array.of(...source.slice(3000), ...source.slice(100, 3000)));
});

test('a full ring drops what it has no room for, an empty one leaves the target as it is; both are counted', () => {
  const ring = Ring.create(bare(), 'i16', 8);
  expect(ring.write(Int16Array.of(1, 2, 3, 4, 5))).toBe(5);
  expect(ring.write(Int16Array.of(6, 7, 8, 9, 10))).toBe(3);
  expect(ring.write(Int16Array.of(11))).toBe(0);
  expect([ring.readable, ring.writable, ring.overruns, ring.underruns]).toEqual([8, 0, 3, 0]);
  const target = new Int16Array(10).fill(-1);
  expect(ring.read(target)).toBe(8);
  expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, -1, -1]);
  expect(ring.read(target, 4, 3)).toBe(0);
  expect([ring.readable, ring.writable, ring.overruns, ring.underruns]).toEqual([0, 8, 3, 5]);
  expect(ring.read(target, 0, 0)).toBe(0);
  expect(ring.underruns).toBe(5);
});

test('u8 and u8c are one type', () => {
  const ring = Ring.create(bare(), 'u8c', 8);
  expect(ring.write(Uint8Array.of(1, 300))).toBe(2);
  const target = new Uint8ClampedArray(2);
  ring.read(target);
  expect([...target]).toEqual([1, 44]);
});

test('a ring survives resets and lies outside of frames', () => {
  const registry = bare();
  const ring = Ring.create(registry, 'f64', 16);
  ring.write(Float64Array.of(1, 2));
  registry.reset();
  registry.f64(100).fill(7);
  const target = new Float64Array(2);
  expect([ring.read(target), ...target]).toEqual([2, 1, 2]);
  expect(registry.stats.persistent).toBeGreaterThanOrEqual(ring.block.length);
});

describe('with the other end in C++', () => {
  const samples = (length: number, first = 0) => arrayOf('i16', length, first) as Int16Array;
  function ends() {
    const registry = withFixtures() as Registry<any>;
    const ring = Ring.create(registry, 'i16', 32);
    age(ring, 2 ** 30 - 100);
    return { registry, ring };
  }

  test('JavaScript writes and C++ reads, and the other way round, through full and empty', () => {
    const { registry, ring } = ends();
    const { below } = randomSequence(3);
    let written = 0;
    let read = 0;
    for (let round = 0; round < 1000; round++) {
      const count = below(40);
      const source = registry.i16(samples(count, written));
      written += round % 2 === 0 ? ring.write(source) : registry.bind('ring_write')(ring.block, source);
      expect(ring.readable).toBe(written - read);
      const target = registry.i16(below(40));
      const got = round % 3 === 0 ? ring.read(target) : registry.bind('ring_read')(ring.block, target);
      expect(target.slice(0, got)).toEqual(samples(got, read));
      read += got;
      registry.reset();
    }
    expect(read).toBeGreaterThan(5000);
    expect(ring.overruns).toBeGreaterThan(0);
    expect(ring.underruns).toBeGreaterThan(0);
  });

  test('a kernel works in place, across the end of the ring', () => {
    const registry = withFixtures() as Registry<any>;
    const input = Ring.create(registry, 'f32', 64);
    const output = Ring.create(registry, 'f32', 32);
    age(input, 50);
    const source = Float32Array.from({ length: 40 }, (_, i) => i);
    input.write(source);
    const target = new Float32Array(40);
    for (const [moved, left, at] of [
      [32, 8, 0],
      [8, 0, 32],
      [0, 0, 40],
    ] as const) {
      expect(registry.bind('amplify')(input.block, output.block, 2)).toBe(moved);
      expect([input.readable, output.read(target, at)]).toEqual([left, moved]);
    }
    expect(target).toEqual(source.map((value) => 2 * value));
  });

  test('what is no such ring, or more than there is, ends the kernel', () => {
    const { registry, ring } = ends();
    const run =
      (kernel: string, ...args: unknown[]) =>
      () =>
        registry.bind(kernel)(...args);
    const failed = (action: () => unknown, ...parts: string[]) => expectError(action, 'ERR_KERNEL_FAILED', ...parts);
    const target = registry.i16(4);
    failed(run('ring_read', registry.u8(0), target), 'the block of 0 bytes is no ring: pass ring.block');
    failed(run('ring_read', registry.u8(1000).fill(0), target), 'the block of 1000 bytes is no ring');
    failed(run('ring_read', ring.block.subarray(64), target), 'is no ring');
    failed(run('ring_read', ring.block.subarray(0, 100), target), 'is no ring');
    failed(run('ring_read', ring.block.subarray(0, 200), target), 'the block of 200 bytes is only a part of a ring');
    const other = Ring.create(registry, 'f32', 4);
    failed(run('ring_read', other.block, target), 'the ring is of f32, not of i16');
    failed(run('ring_commit', ring.block, 33), 'commit(33) of a ring that has room for 32 elements');
    failed(run('ring_release', ring.block, 1), 'release(1) of a ring that has 0 elements');
    age(ring, 7);
    new Uint32Array(ring.block.buffer, ring.block.ptr)[16] = 40;
    failed(run('ring_read', ring.block, target), "a ring of 32 elements can't hold 33");
    expectError(() => ring.write(samples(1)), 'ERR_INVALID_ARGUMENT', "a ring of 32 elements can't hold 33");
    expectError(() => ring.read(samples(1)), 'ERR_INVALID_ARGUMENT', 'two threads have written, or two have read');
    expect([ring.readable, ring.writable]).toEqual([32, 0]);
  });
});

describe('wrong uses', () => {
  test.each([
    [12, 'a ring of 12 elements: the capacity must be a power of two; the next one is 16'],
    [2 ** 28 + 1, 'the next one is 536870912'],
    [1, 'a ring of 1 elements: expected a power of two from 2 to 536870912 as the capacity'],
    [2 ** 30, 'expected a power of two from 2 to 536870912'],
    [2.5, 'a ring of 2.5 elements'],
    [Number.NaN, 'a ring of NaN elements'],
    ['16', 'a ring of "16" elements'],
    [undefined, 'a ring of undefined elements'],
  ])('a capacity of %s', (capacity, message) => {
    expectError(() => Ring.create(bare(), 'f32', capacity as number), 'ERR_INVALID_LENGTH', message);
  });

  test('a type that there is not, and a ring that does not fit', () => {
    expectError(() => Ring.create(bare(), 'f23' as 'f32', 16), 'ERR_INVALID_TYPE', '"f23"');
    expectError(() => Ring.create(bare(), undefined as unknown as 'f32', 16), 'ERR_INVALID_TYPE', 'undefined');
    if (!('Float16Array' in globalThis)) {
      expectError(() => Ring.create(bare(), 'f16', 16), 'ERR_INVALID_TYPE', 'this engine has no array of f16');
    }
    expectError(() => Ring.create(bare(), 'f64', 1 << 20), 'ERR_OUT_OF_MEMORY');
  });

  test('arrays of another type, and what is no array', () => {
    const ring = Ring.create(bare(), 'f32', 16);
    for (const [came, shown] of [
      [new Float64Array(4), 'Float64Array of 4 elements'],
      [new Uint8Array(4), 'Uint8Array of 4 elements'],
      [new DataView(new ArrayBuffer(8)), 'DataView'],
      [[1, 2, 3], 'an array of 3 elements'],
      [null, 'null'],
      [undefined, 'undefined'],
      [4, '4'],
    ] as const) {
      for (const method of ['write', 'read'] as const) {
        expectError(
          () => ring[method](came as unknown as RingArrays['f32']),
          'ERR_INVALID_TYPE',
          `${method} of a ring of f32 got ${shown}: expected a Float32Array, or a view of f32`,
        );
      }
    }
  });

  test.each<[unknown, unknown]>([
    [-1, undefined],
    [0.5, undefined],
    [11, undefined],
    ['0', 1],
    [0, 11],
    [5, 6],
    [0, -1],
    [0, 1.5],
    [0, Number.NaN],
    [0, null],
  ])('from %s on, %s elements of ten', (offset, count) => {
    const ring = Ring.create(bare(), 'f32', 16);
    for (const method of ['write', 'read'] as const) {
      expectError(
        () => ring[method](new Float32Array(10), offset as number, count as number),
        'ERR_INVALID_LENGTH',
        `${method} of `,
        'stay within the 10 elements of the array',
      );
    }
    expect([ring.readable, ring.overruns, ring.underruns]).toEqual([0, 0, 0]);
  });

  test('to hand out, or to sleep on, a ring whose memory is not shared', () => {
    const ring = Ring.create(bare(), 'f32', 16);
    expectError(() => ring.handle(), 'ERR_THREADS_UNAVAILABLE', "this ring's memory is not shared");
    expectError(() => ring.waitReadable(), 'ERR_CANNOT_WAIT', 'nobody else could end the wait');
    expectError(() => ring.waitWritable(), 'ERR_CANNOT_WAIT', 'waitWritable');
    expectError(() => ring.waitReadable(17), 'ERR_INVALID_LENGTH', 'waitReadable for 17 elements: expected 1 to 16');
    expectError(() => ring.waitReadable(0), 'ERR_INVALID_LENGTH');
    expectError(() => ring.waitReadable(1, Number.NaN), 'ERR_INVALID_ARGUMENT', 'NaN as its timeout');
  });
});
