// Each prebuilt kernel beside the same source compiled for this machine, with SSE4.1. Node only: it starts the program.
import { openRaw } from '../peers/raw.mjs';

const SIGNAL = 1024; // samples
const [WIDTH, HEIGHT] = [640, 480];
const PIXELS = WIDTH * HEIGHT;
const SIDE = 128; // of a matrix
const SIZE = [`u32=${WIDTH}`, `u32=${HEIGHT}`];

const f32 = (length = SIGNAL) => `f32:${length}`;
const u8 = (length = PIXELS) => `u8:${length}`;

/** Arguments: type:length is a span, type=value a scalar. */
export const KERNELS = {
  add: [f32(), f32(), f32()],
  apply_filter: [f32(), f32()],
  biquad: [f32(), f32(20), f32(8), f32()], // four sections
  dot: [f32(), f32()],
  f32_to_i16: [f32(), `i16:${SIGNAL}`],
  fir: [f32(), f32(127), f32(126), f32()],
  gaussian_blur: [u8(), u8(), ...SIZE, 'f32=2'],
  histogram: [u8(), 'u32:256'],
  i16_to_f32: [`i16:${SIGNAL}`, f32()],
  lut: [u8(), u8(256), u8()],
  matmul: [f32(SIDE ** 2), f32(SIDE ** 2), f32(SIDE ** 2), `u32=${SIDE}`, `u32=${SIDE}`, `u32=${SIDE}`],
  min_max: [f32()],
  multiply_add: [f32(), f32(), f32(), 'f32=0.5'],
  normalize_hwc_to_chw: [u8(3 * PIXELS), f32(3 * PIXELS), f32(3), f32(3), ...SIZE],
  rgba_to_luma: [u8(4 * PIXELS), u8()],
  rms: [f32()],
  scale: [f32(), f32(), 'f32=0.5'],
  sobel: [u8(), u8(), ...SIZE],
  sum: [f32()],
};

const ARRAYS = { f32: Float32Array, u8: Uint8Array, i16: Int16Array, u32: Uint32Array };

/** What native.cpp fills its memory with. */
function fill(view) {
  for (let i = 0, seed = 1; i < view.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    view[i] = view instanceof Float32Array ? (seed >>> 8) / 67108864 : seed >>> 24;
  }
}

async function startNative(name, args) {
  const { spawn } = await import('node:child_process');
  const { createInterface } = await import('node:readline');
  const { fileURLToPath } = await import('node:url');
  const program = fileURLToPath(new URL('../../build/bench/native', import.meta.url));
  const child = spawn(program, [name, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (count) => {
    child.stdin.write(`${count}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the native ${name} has ended`);
    return Number(value);
  };
}

async function cases(name, args) {
  const raw = await openRaw('dist/core.wasm');
  const slots = args.flatMap((text) => {
    const [, type, kind, value] = text.match(/^(\w+)([:=])(.+)$/);
    if (kind === '=') return [Number(value), 0];
    const view = raw.fixed(ARRAYS[type], Number(value));
    fill(view);
    return [view.ptr, view.length];
  });
  const scope = { kernel: raw.exports[name] };
  return [
    { key: 'native', name: 'native', timed: await startNative(name, args) },
    { key: 'wasm', name: 'wasm', scope, body: `kernel(${slots});` },
  ];
}

export const tables = Object.fromEntries(
  Object.entries(KERNELS).map(([name, args]) => [
    name,
    {
      title: `${name}(${args.join(', ')})`,
      engines: ['node'],
      first: 10,
      cases: () => cases(name, args),
    },
  ]),
);
