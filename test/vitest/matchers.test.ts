// The matchers, and toEqual on views.
import { describe, expect } from 'vitest';
import { test } from '../../src-ts/vitest/index.ts';

/** What the assertion in `action` fails with. */
function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the assertion holds');
}

describe('toBeCloseToArray', () => {
  test('takes views, typed arrays, plain arrays and bigints, in any pairing', ({ registry }) => {
    expect(registry.f32([0.1, 0.2])).toBeCloseToArray([0.1, 0.2]);
    expect([0.1, 0.2]).toBeCloseToArray(registry.f32([0.1, 0.2]));
    expect(registry.f64([1, 2])).toBeCloseToArray(registry.i16([1, 2]), 0);
    expect(registry.i64([10n, 2n ** 60n])).toBeCloseToArray([11n, 2n ** 60n], 1);
    expect(registry.i64([10n])).not.toBeCloseToArray([12n], 1);
    expect(registry.f32(0)).toBeCloseToArray([]);
    expect({ out: registry.f32([1]) }).toEqual({ out: expect.toBeCloseToArray([1.01], 0.1) });
  });

  test.for([
    { received: 1.5, expected: 1, tolerance: 0.5, close: true },
    { received: 1.5, expected: 1, tolerance: 0.49, close: false },
    { received: 1000.5, expected: 1000, tolerance: { relative: 1e-3, absolute: 0 }, close: true },
    { received: 1002, expected: 1000, tolerance: { relative: 1e-3, absolute: 0 }, close: false },
    { received: 1002, expected: 1000, tolerance: { relative: 1e-3, absolute: 1 }, close: true },
    { received: 1e-7, expected: 0, tolerance: undefined, close: true },
    { received: 1e-5, expected: 0, tolerance: undefined, close: false },
    { received: 1e6 + 0.5, expected: 1e6, tolerance: undefined, close: true },
    { received: 1e6 + 1.5, expected: 1e6, tolerance: undefined, close: false },
    { received: Number.NaN, expected: Number.NaN, tolerance: 0, close: true },
    { received: Number.NaN, expected: 0, tolerance: 1e300, close: false },
    { received: 0, expected: Number.NaN, tolerance: 1e300, close: false },
    { received: Infinity, expected: Infinity, tolerance: 0, close: true },
    { received: Infinity, expected: -Infinity, tolerance: 1, close: false },
    { received: 1, expected: Infinity, tolerance: { relative: 0.1 }, close: false },
    { received: Infinity, expected: 1, tolerance: 1, close: false },
    { received: -0, expected: 0, tolerance: 0, close: true },
  ])('$received is close to $expected within $tolerance: $close', ({ received, expected, tolerance, close }) => {
    if (close) expect([received]).toBeCloseToArray([expected], tolerance);
    else expect([received]).not.toBeCloseToArray([expected], tolerance);
  });

  test('says how many elements differ, the first, the worst and by how much', () => {
    const message = messageOf(() => expect([1, 2.5, 3, 9, 5]).toBeCloseToArray([1, 2, 3, 4, 5], 0.1));
    expect(message).toBe(
      'toBeCloseToArray, within 0.1: 2 of 5 elements differ\n' +
        '  first: [1] received 2.5, expected 2\n' +
        '  worst: [3] received 9, expected 4\n' +
        '  off by 5 at worst',
    );
  });

  test('says when lengths or kinds of elements differ, or nothing that has elements came', ({ registry }) => {
    const of = (received: unknown, expected: number[] | bigint[]) =>
      messageOf(() => expect(received).toBeCloseToArray(expected));
    expect(of(registry.f32(3), [1])).toContain('received 3 elements, expected 1');
    expect(of([1n], [1])).toContain('bigints came and numbers were expected');
    expect(of('text', [1])).toContain('received "text", which is no array');
    expect(of(new DataView(new ArrayBuffer(1)), [1])).toContain('received DataView, which is no array');
    expect(of(undefined, [1])).toContain('received undefined');
  });

  test('refuses tolerances and expected values that make no sense, also under not', () => {
    const wrong = (expected: unknown, tolerance?: unknown) =>
      messageOf(() => expect([1]).not.toBeCloseToArray(expected as number[], tolerance as number));
    expect(wrong([1], -1)).toContain('the tolerance is -1: expected a number from 0');
    expect(wrong([1], Number.NaN)).toContain('the tolerance is NaN');
    expect(wrong([1], { absolut: 1 })).toContain('the tolerance has no "absolut"');
    expect(wrong([1], '1')).toContain('the tolerance is "1": expected a number from 0, or { absolute, relative }');
    expect(wrong(1)).toContain('the expected value is 1: pass an array');
  });

  test('says that it should not match', () => {
    expect(messageOf(() => expect([1]).not.toBeCloseToArray([1]))).toContain('all 1 elements match, and should not');
  });
});

describe('toEqualArray', () => {
  test('compares elements alone, exactly', ({ registry }) => {
    expect(registry.f32([0.5, Number.NaN, Infinity])).toEqualArray([0.5, Number.NaN, Infinity]);
    expect(registry.u64([2n ** 64n - 1n])).toEqualArray([2n ** 64n - 1n]);
    expect(registry.u8([1, 2])).toEqualArray(new Float64Array([1, 2]));
    expect(registry.f32([1])).not.toEqualArray([1.0000001]);
    expect(registry.f32([1])).not.toEqualArray([1, 2]);
  });

  test('explains what looks the same and is not', ({ registry }) => {
    expect(messageOf(() => expect(registry.f32([0.1])).toEqualArray([0.1]))).toContain('Math.fround(0.1)');
    expect(messageOf(() => expect([-0]).toEqualArray([0]))).toContain('received -0, expected 0');
  });
});

describe('toEqual', () => {
  test('sees elements and kind of a view, but neither its address nor its tag', ({ registry }) => {
    const view = registry.f32([1, 2]);
    expect(view).toEqual(new Float32Array([1, 2]));
    expect(new Float32Array([1, 2])).toStrictEqual(view);
    expect(registry.f32([1, 2])).toEqual(view);
    expect({ deep: [view] }).toEqual({ deep: [new Float32Array([1, 2])] });
    expect(view).not.toEqual(new Float32Array([1, 3]));
    expect(view).not.toEqual(new Float32Array([1]));
    expect(view).not.toEqual(new Float64Array([1, 2]));
    expect(view).not.toEqual([1, 2]);
    expect(registry.f32([-0])).not.toEqual(new Float32Array([0]));
    expect(registry.u64([1n])).toEqual(new BigUint64Array([1n]));
  });

  test('leaves everything else to Vitest', () => {
    const decorated = Object.assign(new Float32Array([1]), { ptr: 8 });
    expect(decorated).not.toEqual(new Float32Array([1]));
    expect({ ptr: 1, tag: 2 }).not.toEqual({ ptr: 1, tag: 3 });
  });
});
