// The page smooths as the effect's definition says, computed here pixel by pixel, with threads and without.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Registry } from 'arena-bind';
import pngjs from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Example, Site } from './example.js';

const WIDTH = 53;
const HEIGHT = 38;
const RADIUS = 5;
const CONTRAST = 70;

const example = new Example('threads-effect');
beforeAll(async () => {
  expect(await example.succeed('build')).not.toMatch(/warning/i);
});

/** A picture with a slope, an edge and noise. */
function picture(): Uint8Array {
  let seed = 1;
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  return Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => {
    const [x, y, channel] = [(i >> 2) % WIDTH, Math.floor(i / 4 / WIDTH), i & 3];
    if (channel === 3) return 255;
    return x * 2 + (y > HEIGHT / 2 ? 60 : 0) * (channel + 1) * 0.3 + noise() * 40;
  });
}

/** The mean of all pixels around, each weighing by its distance in place and in colour. */
function smooth(pixels: ArrayLike<number>, width: number, height: number, radius: number, contrast: number): number[] {
  const at = (x: number, y: number) => [0, 1, 2].map((c) => pixels[(y * width + x) * 4 + c] as number);
  const bell = (x: number, deviation: number) => Math.exp((-x * x) / (2 * deviation * deviation));
  const out: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const self = at(x, y);
      const sums = [0, 0, 0];
      let weights = 0;
      for (let v = Math.max(y - radius, 0); v <= Math.min(y + radius, height - 1); v++) {
        for (let u = Math.max(x - radius, 0); u <= Math.min(x + radius, width - 1); u++) {
          const pixel = at(u, v);
          const difference = pixel.reduce((sum, level, c) => sum + Math.abs(level - (self[c] as number)), 0);
          const weight = bell(Math.hypot(u - x, v - y), radius / 2 + 0.5) * bell(difference, contrast);
          pixel.forEach((level, c) => {
            sums[c] = (sums[c] as number) + weight * level;
          });
          weights += weight;
        }
      }
      out.push(...sums.map((sum) => sum / weights), pixels[(y * width + x) * 4 + 3] as number);
    }
  }
  return out;
}

/** The largest difference in levels. */
const worst = (expected: number[], came: ArrayLike<number>) =>
  expected.reduce((most, level, i) => Math.max(most, Math.abs(level - (came[i] as number))), 0);
const ROUNDED = 0.51;

const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });

/** What the canvas shows, by way of another one: reading it often would make the browser complain; or one value in so many. */
const shown = (site: Site, step = 1) =>
  site.page.evaluate((step) => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d') as OffscreenCanvasRenderingContext2D;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: data.length / step }, (_, i) => data[i * step] as number);
  }, step);

/** Waits until the page has shown `left` more frames. */
const frames = (site: Site, left = 3) =>
  site.page.evaluate(async (left) => {
    while (left-- > 0) await new Promise(requestAnimationFrame);
  }, left);

/** Gives the page the picture, and compares what it shows. */
async function expectSmoothed(site: Site): Promise<number[]> {
  const pixels = picture();
  const png = pngjs.PNG.sync.write({ width: WIDTH, height: HEIGHT, data: pixels });
  await site.slide('#radius', RADIUS);
  await site.slide('#contrast', CONTRAST);
  await site.page.setInputFiles('#file', { name: 'noise.png', mimeType: 'image/png', buffer: png });
  await poll(() => site.text('output')).toContain(`${WIDTH} x ${HEIGHT}, `);
  await frames(site);
  const came = await shown(site);
  expect(worst(smooth(pixels, WIDTH, HEIGHT, RADIUS, CONTRAST), came)).toBeLessThan(ROUNDED);
  expect(came).not.toEqual([...pixels]);
  await site.slide('#radius', 0);
  await frames(site);
  expect(await shown(site)).toEqual([...pixels]);
  return came;
}

let withThreads: number[] | undefined;

it('builds, and TypeScript accepts it by the types that the build has written', async () => {
  expect(readFileSync(example.path('src/smooth.d.cpp.ts'), 'utf8')).toContain('smooth(input: Readonly<Uint8Array');
  await example.succeed('typecheck');
});

describe("from Vite's server, which sends the headers", () => {
  let site: Site;
  beforeAll(async () => {
    const vite = await import(pathToFileURL(example.path('../node_modules/vite/dist/node/index.js')).href);
    const server = await vite.preview({ root: example.folder, preview: { port: 0 }, logLevel: 'error' });
    site = await Site.visit(server.resolvedUrls.local[0], () => server.close());
  });
  afterAll(() => site?.close());

  it('shares the work by as many threads as the machine has, and says so', async () => {
    const processors = await site.page.evaluate(() => navigator.hardwareConcurrency);
    expect(processors).toBeGreaterThan(1);
    await poll(() => site.text('#threads')).toBe(`${Math.min(processors, 8)} threads.`);
    await poll(() => site.text('output')).toMatch(/^480 x 300, [\d.]+ ms per frame$/);
    expect(site.page.workers()).toHaveLength(Math.min(processors, 8) - 1);
    expect(new Set(await shown(site, 101)).size).toBeGreaterThan(100); // of 256 levels
    expect(site.complaints).toEqual([]);
  });

  it('smooths a picture of the user as the definition says', async () => {
    withThreads = await expectSmoothed(site);
    expect(site.complaints).toEqual([]);
  });

  it('shows the picture as it was while it is pressed', async () => {
    await site.slide('#radius', RADIUS);
    const canvas = await site.page.locator('canvas').boundingBox();
    await site.page.mouse.move((canvas?.x ?? 0) + 5, (canvas?.y ?? 0) + 5);
    await site.page.mouse.down();
    await frames(site);
    expect(await shown(site)).toEqual([...picture()]);
    await site.page.mouse.up();
    await frames(site);
    expect(await shown(site)).not.toEqual([...picture()]);
  });

  it('says that a file is no picture, and goes on', async () => {
    const buffer = Buffer.from('no picture');
    await site.page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer });
    await poll(() => site.text('#complaint')).toMatch(/^notes\.txt: .+/);
    await site.page.click('#scene');
    await poll(() => site.text('output')).toContain('480 x 300, ');
    expect(await site.text('#complaint')).toBe('');
    expect(site.complaints).toEqual([]);
  });
});

describe('from a server that sends no headers', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open(example.path('dist'));
  });
  afterAll(() => site?.close());

  it('has one thread, and says why', async () => {
    await poll(() => site.text('#threads')).toBe(
      'One thread: the page is not cross-origin isolated (Cross-Origin-Opener-Policy is missing, ' +
        'Cross-Origin-Embedder-Policy is missing). Send two headers with the page and all its scripts.',
    );
    expect(site.page.workers()).toHaveLength(0);
  });

  it('gives the same picture', async () => {
    const alone = await expectSmoothed(site);
    if (withThreads !== undefined) expect(alone).toEqual(withThreads);
    expect(site.complaints).toEqual([]);
  });
});

describe('the kernel', () => {
  let registry: Registry<any, any>;
  beforeAll(async () => {
    registry = await example.registry('src/smooth.cpp');
  });

  it.each([
    [1, 1, 32],
    [1, 9, 3],
    [7, 1, 0],
    [5, 4, 32],
    [9, 11, 2],
  ])('smooths %i x %i pixels within %i, and leaves alpha alone', (width, height, radius) => {
    const pixels = Array.from({ length: width * height * 4 }, (_, i) => (i * i * 37 + (i >> 3) * 5) & 255);
    const out = registry.u8(pixels.length);
    registry.bind('smooth')(registry.u8(pixels), out, width, height, radius, 90);
    expect(worst(smooth(pixels, width, height, radius, 90), out)).toBeLessThan(ROUNDED);
    registry.reset();
  });

  it('has nothing to do for an empty picture', () => {
    registry.bind('smooth')(registry.u8(0), registry.u8(0), 0, 3, 2, 9);
    registry.reset();
  });

  it.each([
    ['in has 8 bytes: 2 x 2 RGBA is 16', 8, 8, 2, 2, 1, 9],
    ['in has 16 bytes, out has 12', 16, 12, 2, 2, 1, 9],
    ['radius is 33: expected at most 32', 16, 16, 2, 2, 33, 9],
    ['contrast is 0.5: expected at least 1', 16, 16, 2, 2, 1, 0.5],
    ['in has 0 bytes: 65536 x 65536 RGBA is 17179869184', 0, 0, 65_536, 65_536, 1, 9],
  ])('refuses wrong arguments: %s', (message, from, to, width, height, radius, contrast) => {
    const call = () => registry.bind('smooth')(registry.u8(from), registry.u8(to), width, height, radius, contrast);
    expect(call).toThrow(message);
    registry.reset();
  });
});
