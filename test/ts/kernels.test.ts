// The prebuilt kernels as users call them, against plain references; their numerics in depth are tested natively.
import { describe, expect, test } from 'vitest';
import { type AnyKernels, type ErrorCode, type PrebuiltKernels, Registry } from '../../src-ts/index.ts';
import { expectError, type PresentType, randomSequence } from './helpers.ts';

interface Span {
  readonly type: PresentType;
  readonly data: readonly number[];
}
type Argument = Span | number;

interface Call {
  readonly args: readonly Argument[];
  /** What the spans hold afterwards, by index of the argument. */
  readonly leaves?: Record<number, readonly number[]>;
  readonly returns?: number | readonly number[];
  /** How far a number may be off; exact when left out. */
  readonly within?: number;
}

const isSpan = (argument: Argument): argument is Span => typeof argument !== 'number';
const f32 = (data: readonly number[]): Span => ({ type: 'f32', data });
const u8 = (data: readonly number[]): Span => ({ type: 'u8', data });
const zeros = (length: number): number[] => Array(length).fill(0);
const { below } = randomSequence(7);
const signal = (length: number) => Array.from({ length }, () => Math.fround(below(2001) / 1000 - 1));
const bytes = (length: number) => Array.from({ length }, () => below(256));
const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

const N = 37; // odd, and no multiple of any vector
const A = signal(N);
const B = signal(N);
const W = 11;
const H = 7;
const GREY = bytes(W * H);
const at = (picture: readonly number[], x: number, y: number) =>
  picture[clamp(y, 0, H - 1) * W + clamp(x, 0, W - 1)] as number;
const overPicture = (pixel: (x: number, y: number) => number) =>
  Array.from({ length: W * H }, (_, i) => pixel(i % W, Math.floor(i / W)));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const TAPS = signal(9);
const COEFFICIENTS = [0.2, 0.4, 0.2, -0.3, 0.1, 1, -0.5, 0.25, 0.2, -0.1]; // two sections
const TABLE = bytes(256);
const RGBA = bytes(4 * N);
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const RGB = bytes(3 * W * H);

const filtered = A.map((_, i) => {
  const clamped = (k: number) => A[clamp(k, 0, N - 1)] as number;
  const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((k) => clamped(i + k)) as [number, number, number, number, number];
  return (a + 4 * b + 6 * c + 4 * d + e) / 16;
});

function sections(input: readonly number[]): number[] {
  let values = [...input];
  for (let s = 0; s < COEFFICIENTS.length; s += 5) {
    const [b0, b1, b2, a1, a2] = COEFFICIENTS.slice(s, s + 5) as [number, number, number, number, number];
    const x = values;
    const y: number[] = [];
    for (let i = 0; i < x.length; i++) {
      const past = (list: number[], k: number) => list[i - k] ?? 0;
      y.push(b0 * past(x, 0) + b1 * past(x, 1) + b2 * past(x, 2) - a1 * past(y, 1) - a2 * past(y, 2));
    }
    values = y;
  }
  return values;
}

function blurred(sigma: number): number[] {
  const radius = Math.ceil(3 * sigma);
  const steps = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const weights = steps.map((k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const total = sum(weights);
  const weigh = (value: (step: number) => number) =>
    sum(steps.map((k, i) => value(k) * (weights[i] as number))) / total;
  const rows = overPicture((x, y) => weigh((k) => at(GREY, x + k, y)));
  return overPicture((x, y) => Math.round(weigh((k) => at(rows, x, y + k))));
}

const edges = overPicture((x, y) => {
  const p = (dx: number, dy: number) => at(GREY, x + dx, y + dy);
  const gx = p(1, -1) + 2 * p(1, 0) + p(1, 1) - p(-1, -1) - 2 * p(-1, 0) - p(-1, 1);
  const gy = p(-1, 1) + 2 * p(0, 1) + p(1, 1) - p(-1, -1) - 2 * p(0, -1) - p(1, -1);
  return Math.min(255, Math.round(Math.hypot(gx, gy)));
});

const SAMPLES = [0, 1, -1, 32767, -32768, ...Array.from({ length: 20 }, () => below(65536) - 32768)];
const FLOATS = [0, 1, -1, 2, -2, 0.5 / 32768, 1.5 / 32768, -0.5 / 32768, Number.NaN, 0.25];
const PRODUCT = Array.from({ length: 6 }, (_, i) =>
  sum([0, 1, 2, 3, 4].map((k) => (A[Math.floor(i / 3) * 5 + k] as number) * (B[k * 3 + (i % 3)] as number))),
);

/** Each kernel once as it is meant to be called, and once on nothing; `free` are spans that may have any length. */
const CALLS: Record<keyof PrebuiltKernels, { usual: Call; empty: Call; free?: readonly number[] }> = {
  add: {
    usual: { args: [f32(A), f32(B), f32(zeros(N))], leaves: { 2: A.map((a, i) => Math.fround(a + (B[i] as number))) } },
    empty: { args: [f32([]), f32([]), f32([])] },
  },
  apply_filter: {
    usual: { args: [f32(A), f32(zeros(N))], leaves: { 1: filtered }, within: 1e-6 },
    empty: { args: [f32([]), f32([])] },
  },
  biquad: {
    usual: {
      args: [f32(A), f32(COEFFICIENTS), f32(zeros(4)), f32(zeros(N))],
      leaves: { 3: sections(A) },
      within: 1e-5,
    },
    empty: { args: [f32([]), f32(COEFFICIENTS), f32([1, 2, 3, 4]), f32([])], leaves: { 2: [1, 2, 3, 4] } },
  },
  dot: {
    usual: { args: [f32(A), f32(B)], returns: sum(A.map((a, i) => a * (B[i] as number))), within: 1e-4 },
    empty: { args: [f32([]), f32([])], returns: 0 },
  },
  f32_to_i16: {
    usual: {
      args: [f32(FLOATS), { type: 'i16', data: zeros(FLOATS.length) }],
      leaves: { 1: [0, 32767, -32768, 32767, -32768, 0, 2, 0, 0, 8192] },
    },
    empty: { args: [f32([]), { type: 'i16', data: [] }] },
  },
  fir: {
    usual: {
      args: [f32(A), f32(TAPS), f32(zeros(8)), f32(zeros(N))],
      leaves: {
        2: A.slice(-8),
        3: A.map((_, i) => sum(TAPS.map((tap, k) => tap * (A[i - k] ?? 0)))),
      },
      within: 1e-5,
    },
    empty: { args: [f32([]), f32(TAPS), f32(A.slice(0, 8)), f32([])], leaves: { 2: A.slice(0, 8) } },
  },
  gaussian_blur: {
    usual: { args: [u8(GREY), u8(zeros(W * H)), W, H, 1.5], leaves: { 1: blurred(1.5) }, within: 1 },
    empty: { args: [u8([]), u8([]), 0, 0, 1] },
  },
  histogram: {
    usual: {
      args: [u8(GREY), { type: 'u32', data: Array(256).fill(9) }],
      leaves: { 1: Array.from({ length: 256 }, (_, v) => GREY.filter((grey) => grey === v).length) },
    },
    empty: { args: [u8([]), { type: 'u32', data: Array(256).fill(9) }], leaves: { 1: zeros(256) } },
    free: [0],
  },
  i16_to_f32: {
    usual: {
      args: [{ type: 'i16', data: SAMPLES }, f32(zeros(SAMPLES.length))],
      leaves: { 1: SAMPLES.map((sample) => sample / 32768) },
    },
    empty: { args: [{ type: 'i16', data: [] }, f32([])] },
  },
  lut: {
    usual: {
      args: [u8(GREY), u8(TABLE), u8(zeros(W * H))],
      leaves: { 2: GREY.map((grey) => TABLE[grey] as number) },
    },
    empty: { args: [u8([]), u8(TABLE), u8([])] },
  },
  matmul: {
    usual: {
      args: [f32(A.slice(0, 10)), f32(B.slice(0, 15)), f32(zeros(6)), 2, 5, 3],
      leaves: { 2: PRODUCT },
      within: 1e-5,
    },
    empty: { args: [f32([]), f32([]), f32([]), 0, 0, 0] },
  },
  min_max: {
    usual: { args: [f32(A)], returns: [Math.min(...A), Math.max(...A)] },
    empty: { args: [f32([])], returns: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] },
    free: [0],
  },
  multiply_add: {
    usual: {
      args: [f32(A), f32(B), f32(zeros(N)), 0.75],
      leaves: { 2: A.map((a, i) => Math.fround(a + Math.fround((B[i] as number) * 0.75))) },
    },
    empty: { args: [f32([]), f32([]), f32([]), 1] },
  },
  normalize_hwc_to_chw: {
    usual: {
      args: [u8(RGB), f32(zeros(3 * W * H)), f32(MEAN), f32(DEVIATION), W, H],
      leaves: {
        1: [0, 1, 2].flatMap((c) =>
          overPicture(
            (x, y) => ((RGB[(y * W + x) * 3 + c] as number) / 255 - (MEAN[c] as number)) / (DEVIATION[c] as number),
          ),
        ),
      },
      within: 1e-5,
    },
    empty: { args: [u8([]), f32([]), f32(MEAN), f32(DEVIATION), 0, 0] },
  },
  rgba_to_luma: {
    usual: {
      args: [u8(RGBA), u8(zeros(N))],
      leaves: {
        1: Array.from({ length: N }, (_, i) => {
          const [r, g, b] = RGBA.slice(4 * i, 4 * i + 3) as [number, number, number];
          return (6966 * r + 23436 * g + 2366 * b + 16384) >> 15;
        }),
      },
    },
    empty: { args: [u8([]), u8([])] },
  },
  rms: {
    usual: { args: [f32(A)], returns: Math.sqrt(sum(A.map((a) => a * a)) / N), within: 1e-5 },
    empty: { args: [f32([])], returns: 0 },
    free: [0],
  },
  scale: {
    usual: { args: [f32(A), f32(zeros(N)), -0.75], leaves: { 1: A.map((a) => Math.fround(a * -0.75)) } },
    empty: { args: [f32([]), f32([]), 2] },
  },
  sobel: {
    usual: { args: [u8(GREY), u8(zeros(W * H)), W, H], leaves: { 1: edges } },
    empty: { args: [u8([]), u8([]), 0, 0] },
  },
  sum: {
    usual: { args: [f32(A)], returns: sum(A), within: 1e-4 },
    empty: { args: [f32([])], returns: 0 },
    free: [0],
  },
};

type View = Iterable<number> & ArrayBufferView & { length: number };
type Place = (registry: Registry<AnyKernels>, span: Span) => View;

/** Every way in which a user can hand a span to a kernel. */
const PLACES: Record<string, Place> = {
  'blocks of the frame': (registry, { type, data }) => registry.alloc(type, data as never) as unknown as View,
  'persistent blocks': (registry, { type, data }) => registry.allocPersistent(type, data as never) as unknown as View,
  'aligned blocks': (registry, { type, data }) => registry.alloc(type, data as never, { align: 64 }) as unknown as View,
  'clamped blocks where bytes are taken': (registry, { type, data }) =>
    registry.alloc(type === 'u8' ? 'u8c' : type, data as never) as unknown as View,
  'parts of blocks': (registry, { type, data }) => {
    const around = [77, 77, 77];
    const block = registry.alloc(type, [...around, ...data, ...around] as never);
    return (block as unknown as Uint8Array).subarray(3, 3 + data.length) as View;
  },
};

const contents = (values: readonly unknown[]) =>
  JSON.stringify(
    values.map((value) =>
      ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex') : value,
    ),
  );

const create = () => Registry.createSync({ capacity: 1 << 20 }) as unknown as Registry<AnyKernels>;

function expectClose(actual: Iterable<number>, expected: readonly number[], within = 0): void {
  const values = [...actual];
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) {
    const wanted = expected[i] as number;
    if (!(value === wanted || Math.abs(value - wanted) <= within)) expect({ i, value }).toEqual({ i, value: wanted });
  }
}

function expectRight(kernel: string, { args, leaves = {}, returns, within }: Call, place: Place): void {
  const registry = create();
  const given = args.map((argument) => (isSpan(argument) ? place(registry, argument) : argument));
  const result = registry.bind(kernel)(...given);
  if (returns === undefined) expect(result).toBeUndefined();
  else expectClose([result].flat() as number[], [returns].flat(), within);
  for (const [i, argument] of args.entries()) {
    if (!isSpan(argument)) continue;
    const view = given[i] as View;
    const expected = leaves[i];
    if (expected !== undefined) expectClose(view, expected, within);
    else if (registry.kernels.find(({ name }) => name === kernel)?.parameters[i]?.readonly) {
      expectClose(view, argument.data, 1e-7);
    }
    if (place !== PLACES['parts of blocks']) continue;
    const bytesEach = view.byteLength / view.length || 1;
    const array = view.constructor as unknown as new (buffer: ArrayBufferLike, at: number, length: number) => View;
    for (const start of [view.byteOffset - 3 * bytesEach, view.byteOffset + view.byteLength]) {
      if (view.length > 0) expect([...new array(view.buffer, start, 3)]).toEqual([77, 77, 77]);
    }
  }
}

test('every prebuilt kernel stands in this file', () => {
  const names = create().kernels.map(({ name }) => name);
  expect(names.sort()).toEqual(Object.keys(CALLS).sort());
});

describe.each(Object.entries(CALLS))('%s', (kernel, { usual, empty, free = [] }) => {
  test('computes what its reference does, whatever blocks it is given', () => {
    for (const place of Object.values(PLACES)) expectRight(kernel, usual, place);
  });

  test('takes empty blocks', () => {
    for (const place of Object.values(PLACES)) expectRight(kernel, empty, place);
  });

  test('gives the same in a hundred frames, and leaves nothing behind', () => {
    const registry = create();
    const run = registry.bind(kernel);
    let first: unknown;
    for (let frame = 0; frame < 100; frame++) {
      const given = usual.args.map((argument) =>
        isSpan(argument) ? registry.alloc(argument.type, argument.data as never) : argument,
      );
      const { used } = registry.stats;
      const result = run(...given);
      expect(registry.stats.used).toBe(used);
      const outcome = contents([result, ...given]);
      first ??= outcome;
      expect(outcome).toBe(first);
      registry.reset();
    }
    expect(registry.stats).toMatchObject({ used: 0, persistent: 0 });
  });

  const tied = usual.args.flatMap((argument, i) => (isSpan(argument) && !free.includes(i) ? [i] : []));
  const refuseLengths = () => {
    const registry = create();
    for (const i of tied) {
      for (const by of [-1, 1]) {
        const given = usual.args.map((argument, k) => {
          if (!isSpan(argument)) return argument;
          const data = k === i ? (by < 0 ? argument.data.slice(1) : [...argument.data, 0]) : argument.data;
          return registry.alloc(argument.type, data as never);
        });
        const before = contents(given);
        const { length } = given[i] as unknown as View;
        const name = registry.kernels.find((info) => info.name === kernel)?.parameters[i]?.name as string;
        const error = expectError(
          () => registry.bind(kernel)(...given),
          'ERR_KERNEL_FAILED',
          `${kernel} failed`,
          name,
          `${length}`,
        );
        expect(error.message.match(/\d+/g)?.length).toBeGreaterThanOrEqual(2);
        expect(contents(given)).toBe(before);
        registry.reset();
      }
    }
  };
  if (tied.length > 0) test('refuses lengths that do not fit together, names both, and touches nothing', refuseLengths);

  test('refuses views of other types, arrays of its own, stale and foreign views, and wrong scalars', () => {
    const registry = create();
    const run = registry.bind(kernel);
    const stale = registry.f32(64);
    const staleBytes = registry.u8(64);
    registry.reset();
    const given = usual.args.map((argument) =>
      isSpan(argument) ? registry.alloc(argument.type, argument.data as never) : argument,
    );
    const parameters = registry.kernels.find(({ name }) => name === kernel)?.parameters ?? [];
    for (const [i, { name, type, span }] of parameters.entries()) {
      const wrong = (value: unknown, code: ErrorCode, ...parts: string[]) => {
        const args: unknown[] = [...given];
        args[i] = value;
        expectError(() => run(...args), code, `${kernel}: ${name}`, ...parts);
      };
      if (span) {
        wrong(registry.f64(4), 'ERR_INVALID_TYPE', 'Float64Array', `a view of ${type}`);
        wrong(registry.f64(4).subarray(1), 'ERR_INVALID_TYPE', 'Float64Array');
        for (const value of [[1, 2], 4, null, 'text']) wrong(value, 'ERR_INVALID_TYPE', `a view of ${type}`);
        if (type === 'f32') wrong(stale, 'ERR_STALE_VIEW');
        if (type === 'u8') wrong(staleBytes, 'ERR_STALE_VIEW');
        if (type === 'f32') wrong(new Float32Array(8), 'ERR_FOREIGN_VIEW');
        if (type === 'u8') wrong(new Uint8Array(8), 'ERR_FOREIGN_VIEW');
      } else {
        for (const value of ['1', null, 1n, true, given[0]]) wrong(value, 'ERR_INVALID_ARGUMENT', type);
        if (type === 'u32')
          for (const value of [-1, 1.5, 2 ** 32, Number.NaN]) wrong(value, 'ERR_INVALID_ARGUMENT', 'an integer from 0');
      }
    }
    expectError(
      () => run(...given.slice(1)),
      'ERR_ARGUMENT_COUNT',
      `${kernel} takes the arguments (`,
      `${given.length - 1} came`,
    );
    expectError(() => run(...given, 1), 'ERR_ARGUMENT_COUNT', 'more came');
  });
});

describe('kernels with a state', () => {
  test.each(['fir', 'biquad'] as const)('%s gives the same in blocks as in one piece', (kernel) => {
    const { args, leaves } = CALLS[kernel].usual;
    const registry = create();
    const constants = registry.allocPersistent('f32', (args[1] as Span).data);
    const state = registry.allocPersistent('f32', (args[2] as Span).data);
    const whole: number[] = [];
    for (let start = 0; start < N; start += 5) {
      const input = registry.f32(A.slice(start, start + 5));
      const out = registry.f32(input.length);
      registry.bind(kernel)(input, constants, state, out);
      whole.push(...out);
      registry.reset();
    }
    expectClose(whole, leaves?.[3] as number[], 1e-5);
  });
});

describe('kernels that refuse more than lengths', () => {
  test('gaussian_blur: a sigma that is no width', () => {
    const registry = create();
    const [input, out] = [registry.u8(12), registry.u8(12)];
    for (const sigma of [0, -1, Number.NaN, 1001, Number.POSITIVE_INFINITY]) {
      expectError(() => registry.bind('gaussian_blur')(input, out, 4, 3, sigma), 'ERR_KERNEL_FAILED', 'sigma');
    }
  });

  test('pictures: sizes whose product wraps', () => {
    const registry = create();
    const picture = registry.u8(0);
    expectError(() => registry.bind('sobel')(picture, picture, 65536, 65536), 'ERR_KERNEL_FAILED', '4294967296');
    expectError(
      () => registry.bind('gaussian_blur')(picture, picture, 2 ** 31, 2, 1),
      'ERR_KERNEL_FAILED',
      '4294967296',
    );
    const floats = registry.f32(0);
    expectError(
      () => registry.bind('matmul')(floats, floats, floats, 65536, 0, 65536),
      'ERR_KERNEL_FAILED',
      '4294967296',
    );
  });

  test('want of memory for the rows between', () => {
    const registry = Registry.createSync({ capacity: 4096 });
    const picture = registry.u8(1500);
    const out = registry.u8(1500);
    expectError(() => registry.bind('gaussian_blur')(picture, out, 1500, 1, 2), 'ERR_OUT_OF_MEMORY', 'gaussian_blur');
    expect(registry.stats.used).toBe(3008);
  });
});

test('a block of clamped bytes is what a canvas takes, and what luma reads', () => {
  const registry = Registry.createSync({ capacity: 4096 });
  const rgba = registry.u8c(4 * 4).fill(200);
  const luma = registry.u8c(4);
  registry.bind('rgba_to_luma')(rgba, luma);
  expect([...luma]).toEqual([200, 200, 200, 200]);
});
