// What the page saves is the plate of Dattorro's paper, computed here in doubles; what it plays goes on without errors.
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Example, Site } from './example.js';
import { decode, encode } from './wav.js';

const RATE = 48_000;

const example = new Example('worklet-effect');
let site: Site;

beforeAll(async () => {
  expect(await example.succeed('build')).not.toMatch(/warning/i);
  site = await Site.open(example.path('dist'), '--autoplay-policy=user-gesture-required');
});
afterAll(() => site?.close());

const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });

/** `length` zeros, and the sample of so many steps ago. */
class Delay {
  private readonly samples: number[] = [];
  push(sample: number): void {
    this.samples.push(sample);
  }
  /** The sample pushed `back` pushes before the next one. */
  ago(back: number): number {
    const at = this.samples.length - back;
    return at < 0 ? 0 : (this.samples[at] as number);
  }
}

interface Settings {
  mix: number;
  decay: number;
  damping: number;
  preDelay: number;
}

/** Figure 1 of the paper, sample by sample, without its input filter. */
function plate([left, right]: [Float32Array, Float32Array], { mix, decay, damping, preDelay }: Settings) {
  const at = (length: number) => Math.round((length / 29761) * RATE);
  const allpass = (line: Delay, input: number, gain: number, delayed: number) => {
    const stored = input - gain * delayed;
    line.push(stored);
    return delayed + gain * stored;
  };
  const before = new Delay();
  const diffusers = [142, 107, 379, 277].map((length) => ({ line: new Delay(), length: at(length) }));
  const half = (lengths: number[]) => ({
    lengths: lengths.map(at) as [number, number, number, number],
    lines: [new Delay(), new Delay(), new Delay(), new Delay()] as const,
    low: 0,
  });
  const l = half([672, 4453, 1800, 3720]);
  const r = half([908, 4217, 2656, 3163]);
  const turn = 2 * Math.sin(Math.PI / RATE); // an oscillator of 1 Hz
  let [sine, cosine] = [0, 1];
  const out: [number[], number[]] = [[], []];
  for (let n = 0; n < left.length; n++) {
    const dry = [left[n] as number, right[n] as number] as const;
    before.push((dry[0] + dry[1]) / 2);
    let input = before.ago(1 + Math.round(preDelay * RATE));
    diffusers.forEach(({ line, length }, i) => {
      input = allpass(line, input, i < 2 ? 0.75 : 0.625, line.ago(length));
    });
    const ends = [l.lines[3].ago(l.lengths[3]), r.lines[3].ago(r.lengths[3])] as const;
    for (const [tank, other, wobble] of [
      [l, ends[1], sine],
      [r, ends[0], cosine],
    ] as const) {
      const [moving, first, second, last] = tank.lines;
      const way = tank.lengths[0] + ((wobble * 8) / 29761) * RATE;
      const near = moving.ago(Math.floor(way));
      const between = near + (moving.ago(Math.floor(way) + 1) - near) * (way % 1);
      first.push(allpass(moving, input + decay * other, -0.7, between));
      const delayed = first.ago(1 + tank.lengths[1]);
      tank.low = delayed * (1 - damping) + tank.low * damping;
      last.push(allpass(second, tank.low * decay, 0.5, second.ago(tank.lengths[2])));
    }
    cosine -= turn * sine;
    sine += turn * cosine;
    const tap = (line: Delay, length: number) => line.ago(1 + at(length));
    const wet = [
      tap(r.lines[1], 266) +
        tap(r.lines[1], 2974) -
        tap(r.lines[2], 1913) +
        tap(r.lines[3], 1996) -
        tap(l.lines[1], 1990) -
        tap(l.lines[2], 187) -
        tap(l.lines[3], 1066),
      tap(l.lines[1], 353) +
        tap(l.lines[1], 3627) -
        tap(l.lines[2], 1228) +
        tap(l.lines[3], 2673) -
        tap(r.lines[1], 2111) -
        tap(r.lines[2], 335) -
        tap(r.lines[3], 121),
    ] as const;
    for (const c of [0, 1] as const) out[c].push(dry[c] + (0.6 * wet[c] - dry[c]) * mix);
  }
  return out;
}

async function saved(): Promise<ReturnType<typeof decode>> {
  const [download] = await Promise.all([site.page.waitForEvent('download'), site.page.click('#save')]);
  return decode(await readFile(await download.path()));
}

it('builds, and TypeScript accepts it by the types that the build has written', async () => {
  await example.succeed('typecheck');
});

it.each<Settings>([
  { mix: 1, decay: 0.7, damping: 0.2, preDelay: 0 },
  { mix: 0.4, decay: 0.98, damping: 0.6, preDelay: 0.1 },
  { mix: 0, decay: 0, damping: 0, preDelay: 0.25 },
])('saves what the paper says: %o', async (settings) => {
  const noise = [0, 1].map((c) => Float32Array.from({ length: 6000 }, (_, i) => Math.sin(i * i * (0.3 + c)) * 0.5));
  const file = encode({ channels: noise, rate: RATE, kind: 'f32' });
  await site.page.setInputFiles('#file', { name: 'noise.wav', mimeType: 'audio/wav', buffer: file });
  for (const [name, value] of Object.entries(settings)) await site.slide(`#${name}`, value);
  const { channels, rate } = await saved();
  expect(rate).toBe(RATE);
  const length = 6000 + 4 * RATE;
  expect(channels.map((channel) => channel.length)).toEqual([length, length]);
  const padded = noise.map((channel) => Float32Array.from({ length }, (_, i) => channel[i] ?? 0));
  const expected = plate(padded as [Float32Array, Float32Array], settings);
  let worst = 0;
  let loudest = 0;
  for (const c of [0, 1] as const) {
    for (let i = 0; i < length; i++) {
      worst = Math.max(worst, Math.abs((expected[c][i] as number) - (channels[c]?.[i] as number)));
      loudest = Math.max(loudest, Math.abs(expected[c][i] as number));
    }
  }
  expect(loudest).toBeGreaterThan(0.1);
  expect(worst).toBeLessThan(1e-5);
  expect(site.complaints).toEqual([]);
});

it('plays: quanta go through, the arena keeps its delay lines and nothing else', async () => {
  await site.page.setInputFiles('#file', []);
  await site.page.click('#play');
  const figures = () => site.text('output');
  await poll(figures).toMatch(/^[1-9]\d* quanta; arena: \d+ KiB of delay lines, 1\.0 KiB per quantum/);
  const quanta = async () => Number.parseInt(await figures(), 10);
  const before = await quanta();
  await site.slide('#decay', 0.5);
  await poll(quanta).toBeGreaterThan(before + 100);
  await site.page.click('#play');
  expect(await site.text('#play')).toBe('Play');
  expect(await site.text('#complaint')).toBe('');
  expect(site.complaints).toEqual([]);
});

it('says that a file is no sound', async () => {
  await site.page.setInputFiles('#file', { name: 'a.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound') });
  await site.page.click('#save');
  await poll(() => site.text('#complaint')).toMatch(/^Save: .*decode/);
});

it('leaves no garbage in any quantum', async () => {
  // The worklet by itself, in as much of its scope as it uses.
  writeFileSync(
    example.path('garbage.test.js'),
    `import { expectZeroGarbage, test } from 'arena-bind/vitest';

let Processor;
Object.assign(globalThis, {
  sampleRate: 48000,
  AudioWorkletProcessor: class { port = {}; },
  registerProcessor: (name, given) => { Processor = given; },
});
await import('./src/worklet.ts');

const quantum = () => [[new Float32Array(128), new Float32Array(128)]];
const parameters = Object.fromEntries(
  Processor.parameterDescriptors.map(({ name, defaultValue }) => [name, new Float32Array([defaultValue])]),
);
test.each([['a sound', quantum()], ['silence', [[]]]])('%s', (_, inputs) => {
  const processor = new Processor();
  const outputs = quantum();
  expectZeroGarbage(processor.registry, () => processor.process(inputs, outputs, parameters));
});
`,
  );
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const { code, output } = await example.start(process.execPath, [vitest, 'run']);
  expect(output).toMatch(/Tests +2 passed/);
  expect(code).toBe(0);
});

describe('the kernel', () => {
  const noise = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i * i));
  const settings = [0.5, 0.7, 0.2, 0.01];

  it('takes a parameter for each sample as well as one for all', async () => {
    const registry = await example.registry('src/plate.cpp');
    const play = (parameters: number[][]) => {
      registry.bind('prepare')(RATE); // empties it
      const left = registry.f32(noise);
      registry.bind('reverb')(left, registry.f32(noise), ...parameters.map((values) => registry.f32(values)));
      const heard = left.slice();
      registry.reset();
      return heard;
    };
    const whole = play(settings.map((value) => [value]));
    expect(whole).not.toEqual(noise);
    expect(play(settings.map((value) => Array(noise.length).fill(value)))).toEqual(whole);
    const later = play([
      Array.from(noise, (_, i) => (i < 4000 ? 0 : 0.5)),
      ...settings.slice(1).map((value) => [value]),
    ]);
    expect(later.subarray(0, 4000)).toEqual(noise.subarray(0, 4000));
    expect(later.subarray(4000)).toEqual(whole.subarray(4000));
  });

  it.each<[string, number, number[][]]>([
    ['left has 4 elements, right has 5', 5, [[0.5], [0.5], [0.5], [0]]],
    ['mix has 3 elements: expected 1 or 4', 4, [[0, 0, 0], [0.5], [0.5], [0]]],
    ['mix is out of range', 4, [[1.01], [0.5], [0.5], [0]]],
    ['decay is out of range', 4, [[0.5], [0.5, 0.5, 0.5, 1], [0.5], [0]]],
    ['damping is out of range', 4, [[0.5], [0.5], [NaN], [0]]],
    ['pre_delay is out of range', 4, [[0.5], [0.5], [0.5], [-0.01]]],
  ])('refuses wrong arguments: %s', async (message, right, parameters) => {
    const registry = await example.registry('src/plate.cpp');
    const spans = parameters.map((values) => registry.f32(values));
    const call = () => registry.bind('reverb')(registry.f32(4), registry.f32(right), ...spans);
    expect(call).toThrow('call prepare first');
    expect(() => registry.bind('prepare')(0)).toThrow('rate is out of range: expected 8000 to 384000');
    registry.bind('prepare')(RATE);
    expect(call).toThrow(message);
  });
});
