// The filtered files are what the equalizer's and the limiter's definitions say, computed here in doubles.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { Example } from './example.js';
import { decode, encode, type Kind, type Sound } from './wav.js';

const example = new Example('wav-filter');

beforeAll(async () => {
  expect(await example.succeed('build')).toMatch(
    /out\/filter\.js .*\n.*\n4 kernels \(design, equalize, level, limit\)/,
  );
});

interface Settings {
  bass: number;
  mid: number;
  treble: number;
  ceiling: number;
}

/** A biquad's coefficients after Bristow-Johnson's cookbook, not yet divided by a0. */
function cookbook(shape: 'low' | 'peak' | 'high', frequency: number, gain: number, q: number, rate: number) {
  const A = 10 ** (gain / 40);
  const w = (2 * Math.PI * frequency) / rate;
  const [sin, cos] = [Math.sin(w), Math.cos(w)];
  const alpha = sin / 2 / q;
  const root = 2 * Math.sqrt(A) * alpha;
  if (shape === 'peak') return [1 + alpha * A, -2 * cos, 1 - alpha * A, 1 + alpha / A, -2 * cos, 1 - alpha / A];
  const c = shape === 'low' ? cos : -cos;
  const odd = shape === 'low' ? 1 : -1;
  return [
    A * (A + 1 - (A - 1) * c + root),
    2 * A * (A - 1 - (A + 1) * c) * odd,
    A * (A + 1 - (A - 1) * c - root),
    A + 1 + (A - 1) * c + root,
    -2 * (A - 1 + (A + 1) * c) * odd,
    A + 1 + (A - 1) * c - root,
  ];
}

function equalize(samples: ArrayLike<number>, rate: number, { bass, mid, treble }: Settings): number[] {
  const bands = [
    cookbook('low', 150, bass, Math.SQRT1_2, rate),
    cookbook('peak', 1200, mid, 0.8, rate),
    cookbook('high', Math.min(5000, rate * 0.3), treble, Math.SQRT1_2, rate),
  ];
  return bands.reduce<number[]>((x, band) => {
    const [b0, b1, b2, a0, a1, a2] = band as [number, number, number, number, number, number];
    const y: number[] = [];
    for (let n = 0; n < x.length; n++) {
      const at = (list: number[], back: number) => list[n - back] ?? 0;
      y.push((b0 * at(x, 0) + b1 * at(x, 1) + b2 * at(x, 2) - a1 * at(y, 1) - a2 * at(y, 2)) / a0);
    }
    return y;
  }, Array.from(samples));
}

/** Each sample's cut holds for the window that it is in, fades, and is the mean over another window. */
function limit(channels: number[][], rate: number, ceiling: number): number[][] {
  const highest = 10 ** (ceiling / 20);
  const ahead = Math.ceil(0.0015 * rate);
  const keep = Math.exp(-1 / (0.08 * rate));
  const length = channels[0]?.length ?? 0;
  const cut = (n: number) => {
    const loudest = Math.max(...channels.map((channel) => Math.abs(channel[n] ?? 0)));
    return Math.max(0, 1 - highest / loudest);
  };
  const cuts = Array.from({ length: length + ahead }, (_, n) => cut(n));
  const held: number[] = [];
  for (let n = 0; n < cuts.length; n++) {
    held.push(Math.max((held[n - 1] ?? 0) * keep, ...cuts.slice(Math.max(0, n - ahead), n + 1)));
  }
  return channels.map((channel) =>
    channel.map((sample, n) => {
      const window = held.slice(n, n + ahead + 1);
      return sample * (1 - window.reduce((sum, value) => sum + value, 0) / (ahead + 1));
    }),
  );
}

const levels = (channels: readonly ArrayLike<number>[]) => {
  const all = channels.flatMap((channel) => Array.from(channel));
  const decibels = (value: number) => `${(20 * Math.log10(value)).toFixed(1)} dB`;
  const peak = decibels(all.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
  return { peak, rms: decibels(Math.sqrt(all.reduce((sum, sample) => sum + sample * sample, 0) / all.length)) };
};

/** Quiet, then loud: the limiter has to act and to let go. */
const sound = (kind: Kind, count: number, length: number, rate: number): Sound => ({
  kind,
  rate,
  channels: Array.from({ length: count }, (_, c) =>
    Float32Array.from({ length }, (_, i) => {
      const envelope = i > length * 0.3 && i < length * 0.6 ? 0.85 : 0.2;
      return envelope * (0.6 * Math.sin(i * 0.013 * (c + 1)) + 0.4 * Math.sin(i * i * 1e-4 + c));
    }),
  ),
});

it('is typed by the declarations that the build has written', async () => {
  writeFileSync(
    example.path('wrong.js'),
    `import { Registry } from 'arena-bind';
import filter from './out/filter.js';
const registry = await Registry.create({ module: filter });
registry.bind('equalize')(registry.f32(5), registry.alloc('f64', 2), registry.f32(8));
registry.bind('levle');
registry.alloc('Band', [{ shape: 0, frequenzy: 100 }]);
`,
  );
  const { code, output } = await example.run('typecheck');
  expect(code).toBe(1);
  expect(output.match(/^\S+\(\d+/gm)).toEqual(['wrong.js(4', 'wrong.js(5', 'wrong.js(6']); // and nothing else
});

it.each<[Kind, number, number, number, Settings]>([
  ['i16', 1, 20_000, 44_100, { bass: 6, mid: 0, treble: -3, ceiling: -1 }],
  ['i16', 2, 8192, 48_000, { bass: 0, mid: 12, treble: 0, ceiling: -6 }],
  ['i24', 2, 9001, 48_000, { bass: -4, mid: 3.5, treble: 8, ceiling: -0.5 }],
  ['i24', 1, 100, 96_000, { bass: 0, mid: 0, treble: 0, ceiling: 0 }],
  ['f32', 2, 12_345, 8000, { bass: 24, mid: -24, treble: 24, ceiling: -12 }],
  ['f32', 6, 4096, 48_000, { bass: 3, mid: 3, treble: 3, ceiling: -3 }],
])('filters %s with %i channels, %i samples at %i Hz', async (kind, count, length, rate, settings) => {
  const input = sound(kind, count, length, rate);
  writeFileSync(example.path('in.wav'), encode(input));
  const given = decode(readFileSync(example.path('in.wav'))).channels;
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const output = await example.succeed('start', 'in.wav', 'out.wav', ...options);

  const equalized = given.map((channel) => equalize(channel, rate, settings));
  const expected = limit(equalized, rate, settings.ceiling);
  const result = decode(readFileSync(example.path('out.wav')));
  expect([result.kind, result.rate, result.channels.length]).toEqual([kind, rate, count]);
  let worst = 0;
  for (const [c, channel] of result.channels.entries()) {
    expect(channel.length).toBe(length);
    channel.forEach((sample, i) => {
      worst = Math.max(worst, Math.abs(sample - (expected[c]?.[i] as number)));
    });
  }
  expect(worst).toBeLessThan(kind === 'i16' ? 0.51 / 2 ** 15 + 5e-6 : 5e-6);

  const highest = 10 ** (settings.ceiling / 20);
  const loudest = Math.max(...result.channels.map((channel) => Math.max(...channel.map(Math.abs))));
  expect(loudest).toBeLessThanOrEqual(highest + (kind === 'f32' ? 1e-7 : 0.5 / 2 ** 15));

  const [before, after] = [levels(given), levels(expected)];
  expect(output).toMatch(new RegExp(`^in.wav: [\\d.]+ s, ${count} x ${rate} Hz, `));
  expect(output).toMatch(new RegExp(`before: peak +${before.peak}, rms +${before.rms}\n`));
  expect(output).toMatch(new RegExp(`after: +peak +${after.peak}, rms +${after.rms}\n`));
});

const file = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(example.path(name), bytes);
  return name;
};

/** A file of wavefile's own making. */
function made(name: string, depth: string, samples: number[]): string {
  const wav = new wavefile.WaveFile();
  wav.fromScratch(1, 48_000, depth, samples);
  return file(name, wav.toBuffer());
}

it.each<[string, () => string[], string]>([
  ['a missing file', () => ['no such.wav', 'x.wav'], 'no such.wav: there is no such file'],
  ['a folder', () => ['out', 'x.wav'], 'out: EISDIR'],
  ['a text', () => [file('a.txt', 'RIFFraff'), 'x.wav'], 'a.txt: this is no WAV file, or a damaged one'],
  ['an empty file', () => [file('empty', ''), 'x.wav'], 'empty: this is no WAV file, or a damaged one'],
  [
    'the first half of a header',
    () => [file('half.wav', encode(sound('i16', 1, 9, 48_000)).subarray(0, 20)), 'x.wav'],
    'half.wav: this is no WAV file, or a damaged one',
  ],
  [
    'a file without sound',
    () => [file('silent.wav', encode(sound('i16', 1, 0, 48_000))), 'x.wav'],
    'silent.wav: there is no sound in it',
  ],
  [
    '8-bit samples',
    () => [made('8.wav', '8', [128, 130]), 'x.wav'],
    '8.wav: its samples are of the kind "8": expected 16, 24 or 32 bits, or floats',
  ],
  ['one file', () => ['in.wav'], 'expected two files, not 1\nusage: '],
  ['no file', () => [], 'expected two files, not 0\nusage: '],
  ['too much bass', () => ['in.wav', 'x.wav', '--bass', '25'], '--bass is "25": expected a number from -24 to 24'],
  ['no number', () => ['in.wav', 'x.wav', '--mid', 'loud'], '--mid is "loud": expected a number from -24 to 24'],
  ['an empty number', () => ['in.wav', 'x.wav', '--mid='], '--mid is "": expected a number from -24 to 24'],
  [
    'a ceiling above 0',
    () => ['in.wav', 'x.wav', '--ceiling', '3'],
    '--ceiling is "3": expected a number from -60 to 0',
  ],
  ['an unknown option', () => ['in.wav', 'x.wav', '--base', '3'], "Unknown option '--base'"],
  ['a folder that is not there', () => ['in.wav', 'no/x.wav'], 'no/x.wav'],
])('refuses %s', async (_, args, message) => {
  const { code, output } = await example.start(process.execPath, ['main.js', ...args()]);
  expect(output).toContain(message);
  expect(output).not.toMatch(/^ +at /m); // no stack
  expect(code).toBe(1);
  expect(existsSync(example.path('x.wav'))).toBe(false);
});
