// The demo as users start it, in child processes.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import baboon from 'baboon-image-uri';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { readPicture, readRecording } from '../../demo/node/media.mjs';
import { readOptions, UserError } from '../../demo/node/options.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'arena-bind-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function node(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

const demo = (...args: string[]) => node('tools/demo.mjs', ...args);

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const output = (out: string, name: string) => readFileSync(join(folder, out, name));

function wav(channels: Float64Array[], sampleRate: number, bitDepth: string): Uint8Array {
  const made = new wavefile.WaveFile();
  made.fromScratch(channels.length, sampleRate, bitDepth, channels);
  return made.toBuffer();
}

/** A tone of this frequency, at half of full scale. */
const tone = (length: number, frequency: number, sampleRate: number, scale: number) =>
  Float64Array.from({ length }, (_, i) => 0.5 * scale * Math.sin((2 * Math.PI * frequency * i) / sampleRate));

const rms = (samples: ArrayLike<number>) =>
  Math.sqrt(Array.from(samples).reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

const png = Buffer.from(baboon.slice(baboon.indexOf(',') + 1), 'base64');

describe('with what comes along', () => {
  let result: Outcome;
  beforeAll(async () => {
    result = await demo('--frames', '40', '--out', join(folder, 'plain'), '--json');
  });

  it('succeeds and says nothing but progress on stderr', () => {
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).not.toMatch(/error|warn/i);
  });

  it('collects no garbage, and ends with the table as JSON', () => {
    const lines = result.stdout.trimEnd().split('\n');
    const { sound, picture } = JSON.parse(lines.at(-1) as string);
    expect(Object.keys(sound)).toEqual([
      'frames',
      'p50',
      'p99',
      'unit',
      'collections',
      'heapBytesPerFrame',
      'peakBytes',
    ]);
    expect(sound).toMatchObject({ frames: Math.ceil(541_184 / 128), unit: 'ns', collections: 0 });
    expect(picture).toMatchObject({ frames: 40, unit: 'ns', collections: 0 });
    expect(sound.heapBytesPerFrame).toBeLessThan(1);
    expect(sound.peakBytes).toBeGreaterThanOrEqual(3 * 128 * 4);
    expect(picture.peakBytes).toBeGreaterThanOrEqual(7 * 128 * 128);
    expect(lines.find((line) => line.startsWith('sound'))).toContain('4,228');
  });

  it('writes the sound filtered, at the same length, rate and depth', () => {
    const before = new wavefile.WaveFile(output('plain', 'before.wav'));
    const after = new wavefile.WaveFile(output('plain', 'after.wav'));
    const { numChannels, sampleRate, bitsPerSample } = before.fmt as Record<string, number>;
    expect(after.fmt).toMatchObject({ numChannels, sampleRate, bitsPerSample });
    const [from, to] = [before.getSamples(), after.getSamples()];
    expect(to).toHaveLength(from.length);
    expect(rms(to)).toBeGreaterThan(0.8 * rms(from)); // most of a voice lies where a telephone lets it pass
    expect(rms(to)).toBeLessThan(0.99 * rms(from));
  });

  it('writes the picture before and after', () => {
    const [before, after] = ['before.png', 'after.png'].map((name) => PNG.sync.read(output('plain', name))) as [
      PNG,
      PNG,
    ];
    expect(before.data.equals(PNG.sync.read(png).data)).toBe(true);
    expect([after.width, after.height]).toEqual([128, 128]);
    expect(new Set(after.data.filter((_, i) => i % 4 === 0)).size).toBeGreaterThan(100); // many strengths of edges
  });

  it('writes a report that needs no other file and runs no script', () => {
    const page = output('plain', 'report.html').toString();
    const text = page.replaceAll(/base64,[^"]*/g, '');
    expect(page.match(/<svg/g)).toHaveLength(7);
    expect(page.match(/ src="(?!data:)/g)).toBeNull();
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
  });
});

describe('with the files of a user', () => {
  it('filters every channel of a stereo recording, and takes a JPEG that is wider than high', async () => {
    const data = Uint8Array.from({ length: 50 * 20 * 4 }, (_, i) => (i % 4 === 3 ? 255 : Math.floor(i / 100) * 20));
    const picture = file('picture.jpg', jpeg.encode({ width: 50, height: 20, data }, 90).data);
    const length = 48_000 + 7; // not a multiple of 128
    const channels = [tone(length, 1000, 48_000, 32_767), tone(length, 10_000, 48_000, 32_767)];
    const recording = file('stereo.wav', wav(channels, 48_000, '16'));
    const low = file('low.wav', wav([tone(length, 50, 48_000, 1)], 48_000, '32f'));
    // 1 kHz passes, 50 Hz and 10 kHz do not.
    const [stereo, mono] = await Promise.all([
      demo('--wav', recording, '--picture', picture, '--frames', '3', '--out', join(folder, 'stereo')),
      demo('--wav', low, '--frames', '1', '--out', join(folder, 'mono')),
    ]);
    expect([stereo, mono]).toMatchObject([{ code: 0 }, { code: 0 }]);
    const [left, right] = new wavefile.WaveFile(output('stereo', 'after.wav')).getSamples() as unknown as number[][];
    expect(left).toHaveLength(length);
    expect(rms(left as number[])).toBeGreaterThan(0.95 * rms(channels[0] as Float64Array));
    expect(rms(right as number[])).toBeLessThan(0.01 * rms(channels[1] as Float64Array));
    const { width, height } = PNG.sync.read(output('stereo', 'after.png'));
    expect([width, height]).toEqual([50, 20]);
    const after = new wavefile.WaveFile(output('mono', 'after.wav'));
    expect(after.bitDepth).toBe('32f');
    expect(rms(after.getSamples())).toBeLessThan(0.05 * 0.5 * Math.SQRT1_2);
  });
});

describe('with what it cannot use', () => {
  const recording = wav([tone(1000, 440, 8000, 32_767)], 8000, '16');
  const notFinite = wav([Float64Array.of(0, Number.NaN)], 8000, '32f');
  const law = new wavefile.WaveFile(recording);
  law.toMuLaw();

  const refused: [string, string[], RegExp][] = [
    ['an unknown option', ['--wave', 'x.wav'], /--wave.*--help/],
    ['a word too many', ['music.wav'], /music\.wav.*--help/],
    ['an option without its value', ['--wav'], /--wav.*--help/],
    ['no whole number of frames', ['--frames', '2.5'], /--frames 2\.5: expected a whole number/],
    ['no frame', ['--frames', '0'], /--frames 0: expected a whole number/],
    ['a missing recording', ['--wav', join(folder, 'none.wav')], /none\.wav: no such file; expected/],
    ['a folder', ['--picture', folder], /is a folder; expected/],
    ['an empty recording', ['--wav', file('empty.wav', '')], /is empty.*expected a WAV file; convert/],
    ['a text', ['--wav', file('text.wav', 'Dear diary, today')], /begins with "Dear diary, ".*expected a WAV file/],
    ['half a recording', ['--wav', file('half.wav', recording.subarray(0, 900))], /ends after 856 of its 2000 bytes/],
    ['a header only', ['--wav', file('header.wav', recording.subarray(0, 40))], /is a broken WAV file.*get it again/],
    ['a recording in mu-law', ['--wav', file('law.wav', law.toBuffer())], /holds mu-law; expected PCM.*convert/],
    ['a sample that is not a number', ['--wav', file('nan.wav', notFinite)], /sample 1 is NaN; expected finite/],
    ['half a PNG', ['--picture', file('half.png', png.subarray(0, 20_000))], /is a broken PNG file.*get it again/],
    ['half a JPEG', ['--picture', file('half.jpg', Buffer.from('ffd8ffe000104a46', 'hex'))], /is a broken JPEG file/],
    ['no picture', ['--picture', file('notes.png', 'notes')], /begins with "notes".*neither PNG nor JPEG; expected/],
  ];
  it.each(refused)('refuses %s in one line', async (_, args, message) => {
    const read = async () => {
      const { wav, picture } = readOptions(args);
      await Promise.all([wav && readRecording(wav), picture && readPicture(picture)]);
    };
    const error = await read().then(
      () => expect.fail('it was taken'),
      (cause) => cause,
    );
    expect(error).toBeInstanceOf(UserError); // of which the demo shows the message alone
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it.each([
    ['option', ['--wave', 'x.wav'], /--wave.*--help/],
    ['recording', ['--wav', join(folder, 'none.wav')], /none\.wav: no such file; expected/],
    ['folder', ['--out', file('taken', '')], /--out .*taken: .*expected a folder/],
  ])('ends at once, having written nothing but what is wrong with the %s', async (_, args, message) => {
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await demo('--out', join(folder, 'unused'), ...args);
    expect(stderr).toMatch(/^demo: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).toEqual(before);
  });
});

it('explains itself', async () => {
  const { code, stdout } = await demo('--help');
  expect(code).toBe(0);
  for (const option of ['--wav', '--picture', '--frames', '--out', '--json', '--help'])
    expect(stdout).toContain(option);
});

it('has a meter that sees garbage', async () => {
  const script = `
    import { measure } from './demo/node/meter.mjs';
    const job = { frames: 50_000, start() {}, prepare() {}, finish() {}, run() { this.kept = [1, 2, 3]; return 8; } };
    await measure(job);
    const { collections, heapBytesPerFrame } = await measure(job);
    console.log(JSON.stringify({ collections, heapBytesPerFrame }));
  `;
  const { stdout } = await node('--expose-gc', '--max-semi-space-size=1', '--input-type=module', '--eval', script);
  const { collections, heapBytesPerFrame } = JSON.parse(stdout);
  expect(collections).toBeGreaterThan(0);
  expect(heapBytesPerFrame).toBeGreaterThan(30);
});
