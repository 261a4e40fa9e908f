// Kernels that threads share give the bytes that one thread gives, however many there are and whoever calls.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PrebuiltKernels, Registry } from '../../src-ts/index.js';
import { expectError, expectRejection } from './helpers.js';

const COUNTS = [2, 4];
const worker = new URL('../../dist/esm/worker.node.js', import.meta.url);
const capacity = 48 << 20;
const registries: Registry[] = [];
beforeAll(async () => {
  registries.push(await Registry.create({ capacity, threads: 1 }));
  for (const threads of COUNTS) registries.push(await Registry.create({ capacity, threads, worker }));
});
afterAll(() => {
  for (const registry of registries) registry.dispose();
});

/** The same bytes in every call. */
function fill(bytes: Uint8Array): void {
  for (let i = 0, seed = 1; i < bytes.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    bytes[i] = seed >>> 24;
  }
}

/** A call, made ready in a registry: the kernel, its arguments, and which of them it writes. */
interface Call {
  kernel: keyof PrebuiltKernels;
  args: unknown[];
  out: Uint8Array | Float32Array;
}
type Prepare = (registry: Registry) => Call;

const bytes = (registry: Registry, length: number) => {
  const made = registry.u8(length);
  fill(made);
  return made;
};
const floats = (registry: Registry, length: number) => {
  const made = registry.f32(length);
  const from = new Uint8Array(length);
  fill(from);
  made.set(from);
  for (let i = 0; i < length; i++) made[i] = (made[i] as number) / 256 - 0.3;
  return made;
};

const matmul =
  (rows: number, inner: number, columns: number): Prepare =>
  (registry) => {
    const [a, b] = [floats(registry, rows * inner), floats(registry, inner * columns)];
    const out = registry.f32(rows * columns);
    return { kernel: 'matmul', args: [a, b, out, rows, inner, columns], out };
  };
const blur =
  (width: number, height: number, sigma: number, inPlace = false): Prepare =>
  (registry) => {
    const picture = bytes(registry, width * height);
    const out = inPlace ? picture : registry.u8(width * height);
    return { kernel: 'gaussian_blur', args: [picture, out, width, height, sigma], out };
  };
const sobel =
  (width: number, height: number, inPlace = false): Prepare =>
  (registry) => {
    const picture = bytes(registry, width * height);
    const out = inPlace ? picture : registry.u8(width * height);
    return { kernel: 'sobel', args: [picture, out, width, height], out };
  };
const luma =
  (width: number, height: number): Prepare =>
  (registry) => {
    const out = registry.u8(width * height);
    return { kernel: 'rgba_to_luma', args: [bytes(registry, 4 * width * height), out], out };
  };
const planes =
  (width: number, height: number): Prepare =>
  (registry) => {
    const out = registry.f32(3 * width * height);
    const [mean, deviation] = [registry.f32([0.485, 0.456, 0.406]), registry.f32([0.229, 0.224, 0.225])];
    const rgb = bytes(registry, 3 * width * height);
    return { kernel: 'normalize_hwc_to_chw', args: [rgb, out, mean, deviation, width, height], out };
  };

// Of one pixel, of less than a chunk, of some chunks and a rest, of few long rows and of many short ones.
const PICTURES: [number, number][] = [
  [1, 1],
  [3, 2],
  [64, 48],
  [641, 479],
  [30011, 5],
  [5, 30011],
];
// One tile, less than one, single rows and columns; shared by strips, by rows, and with a last tile that starts early.
const MATRICES: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 2],
  [4, 7, 8],
  [17, 9, 13],
  [129, 257, 255],
  [1, 900, 3001],
  [3001, 900, 1],
  [3, 300, 2999],
  [2999, 300, 3],
  [2999, 70, 6],
  [2501, 64, 43],
  [43, 64, 2501],
];

const CALLS: Record<string, Prepare[]> = {
  matmul: MATRICES.map((sizes) => matmul(...sizes)),
  gaussian_blur: PICTURES.flatMap((size) => [0.4, 2, 15].map((sigma) => blur(...size, sigma))),
  'gaussian_blur in place': PICTURES.flatMap((size) => [0.4, 2, 15].map((sigma) => blur(...size, sigma, true))),
  sobel: PICTURES.map((size) => sobel(...size)),
  'sobel in place': PICTURES.map((size) => sobel(...size, true)),
  rgba_to_luma: PICTURES.map((size) => luma(...size)),
  normalize_hwc_to_chw: PICTURES.map((size) => planes(...size)),
};

const contents = ({ out }: Call) => Buffer.from(out.buffer, out.byteOffset, out.byteLength).toString('latin1');

function called(registry: Registry, prepare: Prepare): string {
  const call = prepare(registry);
  (registry.bind(call.kernel) as (...args: unknown[]) => void)(...call.args);
  const made = contents(call);
  registry.reset();
  return made;
}

describe.each(Object.entries(CALLS))('%s', (_, calls) => {
  test('is the same to the byte with 1, 2 and 4 threads', () => {
    for (const prepare of calls) {
      const [alone, ...shared] = registries.map((registry) => called(registry, prepare));
      for (const [i, made] of shared.entries()) {
        if (made === alone) continue; // without this, a failure would print megabytes
        const { kernel, args } = prepare(registries[0] as Registry);
        const numbers = args.filter((argument) => typeof argument === 'number');
        expect.fail(`${kernel}(..., ${numbers.join(', ')}) of ${COUNTS[i]} threads differs`);
      }
    }
  });

  test('is the same when workers run it, several at a time, and the caller meanwhile', async () => {
    const prepare = calls[3] as Prepare;
    const alone = called(registries[0] as Registry, prepare);
    for (const registry of registries.slice(1)) {
      const begun = Array.from({ length: 6 }, () => prepare(registry));
      const run = registry.run.bind(registry) as (name: string, ...args: unknown[]) => Promise<void>;
      const done = begun.map((call) => run(call.kernel, ...call.args));
      const own = prepare(registry);
      (registry.bind(own.kernel) as (...args: unknown[]) => void)(...own.args);
      await Promise.all(done);
      for (const call of [own, ...begun]) expect(contents(call) === alone).toBe(true);
      registry.reset();
      expect(registry.stats.used).toBe(0);
    }
  });
});

test('want of memory, before the chunks and in them, ends the kernel, and the next one has all of it', async () => {
  const small = blur(64, 64, 2);
  const alone = called(registries[0] as Registry, small);
  for (const threads of COUNTS) {
    using registry = await Registry.create({ capacity: 1 << 20, threads, worker });
    for (const prepare of [blur(640, 480, 5), sobel(100_000, 4)]) {
      const { kernel, args } = prepare(registry);
      const call = registry.bind(kernel) as (...args: unknown[]) => void;
      expectError(() => call(...args), 'ERR_OUT_OF_MEMORY', kernel);
      const run = registry.run.bind(registry) as (name: string, ...args: unknown[]) => Promise<void>;
      await expectRejection(run(kernel, ...args), 'ERR_OUT_OF_MEMORY', kernel);
      registry.reset();
      expect(called(registry, small) === alone).toBe(true);
    }
  }
});
