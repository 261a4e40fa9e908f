import { expectZeroGarbage, testWith } from 'arena-bind/vitest';
import { describe, expect } from 'vitest';
import series from '../src/series.cpp';

// Each test gets a registry of its own, with the kernels of series.cpp.
const test = testWith({ module: series, capacity: 1 << 20 });

/** The same numbers in each run. */
const noise = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i * i) * 10);

describe('median', () => {
  test('an outlier vanishes, a step stays', ({ registry }) => {
    const out = registry.f32(9);
    registry.bind('median')(registry.f32([1, 1, 9, 1, 1, 5, 5, 5, 5]), out, 3);
    expect(out).toEqualArray([1, 1, 1, 1, 1, 5, 5, 5, 5]);
  });

  test.for([1, 3, 7, 99, 499, 501, 1001])('%i elements wide, it is what sorting gives', (width, { registry }) => {
    const out = registry.f32(noise.length);
    registry.bind('median')(registry.f32(noise), out, width);
    const half = (width - 1) / 2;
    const expected = noise.map((_, i) => {
      const sorted = noise.slice(Math.max(i - half, 0), i + half + 1).sort();
      const middle = sorted.length >> 1;
      const upper = sorted[middle] as number;
      return sorted.length % 2 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
    });
    expect(out).toBeCloseToArray(expected, 1e-6);
  });

  test('works in place of nothing, and of one element', ({ registry }) => {
    const median = registry.bind('median');
    median(registry.f32(0), registry.f32(0), 5);
    const out = registry.f32(1);
    median(registry.f32([3]), out, 5);
    expect(out).toEqualArray([3]);
  });

  test('an even width is refused, and the next call works', ({ registry }) => {
    const median = registry.bind('median');
    const out = registry.f32(3);
    expect(() => median(registry.f32([1, 2, 3]), out, 2)).toThrow('median failed: width is 2: expected an odd number');
    median(registry.f32([1, 2, 3]), out, 1);
    expect(out).toEqualArray([1, 2, 3]);
  });
});

describe('peaks', () => {
  test('are found at the ends, in between, and at the start of plateaus', ({ registry }) => {
    const out = registry.u32(8);
    const count = registry.bind('peaks')(registry.f32([4, 1, 5, 5, 2, 2, 3, 3.5, 0, 6]), 3, out);
    expect(out.subarray(0, count)).toEqualArray([0, 2, 7, 9]);
  });

  test('are none on a rising plateau, and none below the threshold', ({ registry }) => {
    const peaks = registry.bind('peaks');
    const out = registry.u32(8);
    expect(peaks(registry.f32([0, 1, 1, 2]), 2, out)).toBe(0);
    expect(peaks(registry.f32([0, 1, 1, 2]), 1.5, out)).toBe(1);
  });

  test('that find no room are no silent loss', ({ registry }) => {
    const peaks = registry.bind('peaks');
    expect(() => peaks(registry.f32([1, 0, 1, 0, 1]), 0, registry.u32(2))).toThrow(/more peaks than out has .* 2$/);
  });
});

describe('resample', () => {
  test('keeps a straight line straight', ({ registry }) => {
    const out = registry.f32(101);
    registry.bind('resample')(registry.f32([0, 5, 10]), out);
    const expected = Float32Array.from(out, (_, i) => i / 10);
    expect(out).toBeCloseToArray(expected, 1e-6);
  });

  test('to the same length is a copy; of one element, it is that element', ({ registry }) => {
    const resample = registry.bind('resample');
    const copy = registry.f32(noise.length);
    resample(registry.f32(noise), copy);
    expect(copy).toEqualArray(noise);
    const same = registry.f32(4);
    resample(registry.f32([7]), same);
    expect(same).toEqualArray([7, 7, 7, 7]);
  });
});

test('all three in a frame leave no garbage', ({ registry }) => {
  const median = registry.bind('median');
  const peaks = registry.bind('peaks');
  const resample = registry.bind('resample');
  const found = registry.allocPersistent('u32', 1);
  expectZeroGarbage(registry, () => {
    const smooth = registry.f32(noise.length);
    const short = registry.f32(100);
    median(registry.f32(noise), smooth, 5);
    resample(smooth, short);
    found[0] = peaks(short, 1, registry.u32(100));
  });
  expect(found[0]).toBeGreaterThan(5);
});
