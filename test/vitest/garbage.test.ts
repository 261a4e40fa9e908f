// expectZeroGarbage where the heap can be seen: what it lets pass, what it catches, and what it says.
import { describe, expect } from 'vitest';
import { processFrame } from '../../src-ts/index.ts';
import { expectZeroGarbage, test } from '../../src-ts/vitest/index.ts';

const data = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
const output = new Float32Array(128);
let sink: unknown;
let sum = 0.5;
let count = 0;

function errorOf(action: () => unknown): Error {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`it passed: ${JSON.stringify(result)}`);
}

describe('lets pass', () => {
  test('the lifecycle as it is written', ({ registry }) => {
    expect.hasAssertions();
    const report = expectZeroGarbage(registry, () => {
      try {
        const inputVec = registry.alloc('f32', data);
        const outputVec = registry.alloc('f32', data.length);
        const filterFn = registry.bind('apply_filter');
        filterFn(inputVec, outputVec);
        output.set(outputVec);
      } finally {
        registry.reset();
      }
    });
    expect(report).toMatchObject({ frames: 10_000, seen: 'heap', collections: 0 });
    expect(report.bytes).toBeLessThan(2048);
  });

  test('a frame that leaves the reset to it, and blocks of many types', ({ registry }) => {
    expectZeroGarbage(registry, (given) => {
      const samples = given.f32(data);
      given.bind('scale')(samples, given.f32(samples.length), 0.5);
      given.f64(16);
      given.u8(7);
      given.alloc('i64', 3);
      given.alloc('u16', 40);
    });
  });

  test('nested frames, strings, tuples by index and fractions in a block', ({ registry }) => {
    const state = registry.allocPersistent('f64', 1);
    const body = () => {
      const samples = registry.f32(data);
      const range = registry.bind('min_max')(samples);
      state[0] = (range[0] as number) + (range[1] as number);
      registry.writeString('a few words');
    };
    expectZeroGarbage(registry, () => processFrame(registry, body), { frames: 20_000 });
  });
});

describe('catches', () => {
  const bytesOf = ({ message }: Error) => Number(/each frame left ([\d.]+) bytes of garbage/.exec(message)?.[1]);

  test('an array in each frame', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(registry, () => {
        sink = new Float32Array(1);
      }),
    );
    expect(error.name).toBe('AssertionError');
    expect(bytesOf(error)).toBeGreaterThan(100);
    expect(error.message).toContain('it is the frame itself: look for closures');
  });

  test('a closure in each frame, and leads to its source', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(registry, function leaky(given) {
        sink = () => given;
      }),
    );
    expect(bytesOf(error)).toBeGreaterThan(30);
    expect(error.message).toContain('leaky in vitest/garbage.test.ts allocates about');
    const line = 1 + here().findIndex((text) => text.includes('function leaky('));
    expect(error.stack).toMatch(new RegExp(`^    at leaky \\(.*garbage\\.test\\.ts:${line}:\\d+\\)$`, 'm'));
  });

  test('a copy, which a function of the engine allocates', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(registry, function copier() {
        sink = registry.f32(64).slice();
      }),
    );
    expect(error.message).toContain('copier in vitest/garbage.test.ts allocates about');
  });

  test('lengths that never repeat', ({ registry }) => {
    const error = errorOf(() => expectZeroGarbage(registry, () => void registry.f32(count++ % 1_000_000)));
    expect(bytesOf(error)).toBeGreaterThan(100);
    expect(error.message).toMatch(
      /1 new views of f32 per frame, lengths \d+, \d+, \d+, \d+, \d+, \.\.\. \(64 of them\)/,
    );
    expect(error.message).not.toContain('it is the frame itself');
  });

  test('persistent blocks', ({ registry }) => {
    const error = errorOf(() => expectZeroGarbage(registry, () => void registry.allocPersistent('f32', 4)));
    expect(error.message).toContain('allocPersistent was called 1 times per frame');
    expect(error.message).not.toContain('new views of');
  });

  test('numbers with a fraction that are boxed', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(registry, () => {
        sum += registry.bind('sum')(registry.f32(data));
      }),
    );
    expect(bytesOf(error)).toBeGreaterThan(11);
    expect(bytesOf(error)).toBeLessThan(50);
    expect(error.message).toContain('a number with a fraction weighs');
  });

  test('so much garbage that it is collected meanwhile, and counts all of it', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(registry, () => {
        sink = new Array(10_000).fill(0);
      }),
    );
    expect(bytesOf(error)).toBeGreaterThan(40_000);
    expect(error.message).toMatch(/and [1-9]\d* collections ran/);
  });

  test('the least there can be: one small object in every tenth of 1,000 frames', ({ registry }) => {
    const error = errorOf(() =>
      expectZeroGarbage(
        registry,
        () => {
          if (count++ % 10 === 0) sink = { count };
        },
        { frames: 1000 },
      ),
    );
    expect(bytesOf(error)).toBeGreaterThan(2);
  });
});

describe('says what it can not measure', () => {
  test('promises', ({ registry }) => {
    const error = errorOf(() => expectZeroGarbage(registry, () => Promise.reject(new Error('nobody waits'))));
    expect(error.message).toContain('the frame returned a promise');
  });

  test('frames that stay open', ({ registry }) => {
    const error = errorOf(() => expectZeroGarbage(registry, () => void [registry.openFrame(), registry.openFrame()]));
    expect(error.message).toContain('left 2 of its frames open');
  });

  test('wrong options', ({ registry }) => {
    const wrong = (options: object) => errorOf(() => expectZeroGarbage(registry, () => {}, options)).message;
    expect(wrong({ frames: 10 })).toContain('frames is 10: expected an integer from 1000');
    expect(wrong({ frames: '10000' })).toContain('frames is "10000"');
    expect(wrong({ rounds: 1 })).toContain('knows no option "rounds": it takes frames');
  });

  test('what the frame throws is passed on', ({ registry }) => {
    const error = errorOf(() => expectZeroGarbage(registry, () => registry.f32(-1)));
    expect(error).toMatchObject({ code: 'ERR_INVALID_LENGTH' });
  });
});

function here(): string[] {
  return process
    .getBuiltinModule('node:fs')
    .readFileSync(new URL(import.meta.url), 'utf8')
    .split('\n');
}

if (sink === sum) throw new Error('never: keeps the engine from dropping what is stored');
