// How many instructions blocks, resets and kernels take, counted by valgrind on their native twin: the same number each
// time, however busy the machine is. The limits are some ten percent above what clang 19 and gcc 12 make of the sources:
// a loop that is no longer vectorized takes two to four times as many.
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileNative, NATIVE_KERNELS } from '../../bench/peers.mjs';
import { KERNELS } from '../../bench/tables/kernels.mjs';

const arena = 'build/counts/arena';
const kernels = 'build/counts/kernels';

beforeAll(async () => {
  await Promise.all([
    compileNative(['test/counts/arena.cpp', 'src-cpp/runtime.cpp'], arena),
    compileNative(NATIVE_KERNELS, kernels),
  ]);
});

/** Instructions in `name`, of all its calls, when `program` runs. */
function count(name: string, program: string, args: string[], input = ''): number {
  const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null', `--toggle-collect=${name}`];
  const { status, stderr } = spawnSync('valgrind', [...options, program, ...args], { input, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const counted = Number(stderr.match(/Collected : (\d+)/)?.[1]);
  expect(counted, stderr).toBeGreaterThan(0); // or it was never called
  return counted;
}

describe('the arena', () => {
  it('resets by the same instructions after one block and after a million', () => {
    const few = count('arena_reset', arena, ['1']);
    expect(few).toBeLessThan(25);
    expect(count('arena_reset', arena, ['1000000'])).toBe(few);
  });

  it('takes the millionth block by the same instructions as the first', () => {
    const one = count('arena_alloc', arena, ['1']);
    expect(one).toBeLessThan(60);
    expect(count('arena_alloc', arena, ['1000000'])).toBe(1_000_000 * one);
  });
});

// Of a call with the arguments in bench/tables/kernels.mjs.
const MOST: Record<string, number> = {
  add: 1600,
  apply_filter: 7500,
  biquad: 76_000,
  dot: 1480,
  f32_to_i16: 16_500,
  fir: 164_000,
  gaussian_blur: 14_500_000,
  histogram: 1_270_000,
  i16_to_f32: 2700,
  lut: 1_440_000,
  matmul: 2_450_000,
  min_max: 2450,
  multiply_add: 1880,
  normalize_hwc_to_chw: 2_300_000,
  rgba_to_luma: 2_070_000,
  rms: 1490,
  scale: 1230,
  sobel: 6_600_000,
  sum: 830,
};

it('knows a limit for each kernel', () => {
  expect(Object.keys(MOST)).toEqual(Object.keys(KERNELS));
});

it.each(Object.entries(KERNELS))('%s takes no more instructions than it did', (name, args) => {
  expect(count(`${name}(*`, kernels, [name, ...args], '1\n')).toBeLessThan(MOST[name] as number);
});
