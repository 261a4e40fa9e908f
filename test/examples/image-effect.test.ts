// The page paints what the effect's definition says, computed here pixel by pixel.
import { readFileSync } from 'node:fs';
import type { Registry } from 'arena-bind';
import pngjs from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Example, Site } from './example.js';

const WIDTH = 48;
const HEIGHT = 31;
const RADIUS = 4;

const example = new Example('image-effect');
let site: Site;

beforeAll(async () => {
  expect(await example.succeed('build')).not.toMatch(/warning/i);
  site = await Site.open(example.path('dist'));
});
afterAll(() => site?.close());

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
    return x * 3 + (y > HEIGHT / 2 ? 60 : 0) * (channel + 1) * 0.3 + noise() * 40;
  });
}

/** The weighted mean of the means of four windows, each weighing the less the more it varies. */
function oilPaint(pixels: ArrayLike<number>, radius: number, width = WIDTH, height = HEIGHT): number[] {
  const out: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const total = [0, 0, 0, 0];
      for (const [left, top] of [
        [x - radius, y - radius],
        [x, y - radius],
        [x - radius, y],
        [x, y],
      ] as [number, number][]) {
        const inside: number[][] = [];
        for (let v = Math.max(top, 0); v <= Math.min(top + radius, height - 1); v++) {
          for (let u = Math.max(left, 0); u <= Math.min(left + radius, width - 1); u++) {
            inside.push([0, 1, 2].map((c) => pixels[(v * width + u) * 4 + c] as number));
          }
        }
        const mean = [0, 1, 2].map((c) => inside.reduce((sum, pixel) => sum + (pixel[c] as number), 0) / inside.length);
        const variance = [0, 1, 2].reduce(
          (sum, c) =>
            sum +
            inside.reduce((part, pixel) => part + ((pixel[c] as number) - (mean[c] as number)) ** 2, 0) / inside.length,
          0,
        );
        const weight = 1 / (4 + variance) ** 4;
        [...mean, 1].forEach((value, i) => {
          total[i] = (total[i] as number) + value * weight;
        });
      }
      const [r = 0, g = 0, b = 0, weights = 0] = total;
      out.push(r / weights, g / weights, b / weights, 255);
    }
  }
  return out;
}

/** What the canvas shows, by way of another one: reading it often would make the browser complain. */
const shown = () =>
  site.page.evaluate(() => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d') as OffscreenCanvasRenderingContext2D;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return {
      width: canvas.width,
      height: canvas.height,
      data: data.length < 1e5 ? Array.from(data) : [...new Set(data)],
    };
  });

const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });
const figures = () => site.text('output');

/** Waits until the page has shown `frames` more frames. */
const frames = (count = 3) =>
  site.page.evaluate(async (left) => {
    while (left-- > 0) await new Promise(requestAnimationFrame);
  }, count);

it('builds, and TypeScript accepts it by the types that the build has written', async () => {
  expect(readFileSync(example.path('src/effects.d.cpp.ts'), 'utf8')).toContain('oil_paint(input: Readonly<Uint8Array');
  await example.succeed('typecheck');
});

it('paints the landscape as it opens', async () => {
  await poll(figures).toMatch(/^800 x 500, [\d.]+ ms per frame; arena: 1\.5 MiB of pixels, 7\.\d MiB with/);
  expect((await shown()).data.length).toBeGreaterThan(100); // of 256 levels
  expect(site.complaints).toEqual([]);
});

it('paints a picture of the user as the definition says', async () => {
  const pixels = picture();
  const png = pngjs.PNG.sync.write({ width: WIDTH, height: HEIGHT, data: pixels });
  await site.slide('#brush', RADIUS);
  await site.page.setInputFiles('#file', { name: 'noise.png', mimeType: 'image/png', buffer: png });
  await poll(figures).toContain(`${WIDTH} x ${HEIGHT}, `);
  await frames();
  const painted = await shown();
  expect([painted.width, painted.height]).toEqual([WIDTH, HEIGHT]);
  const worst = oilPaint(pixels, RADIUS).reduce(
    (most, expected, i) => Math.max(most, Math.abs(expected - (painted.data[i] as number))),
    0,
  );
  expect(worst).toBeLessThan(0.52); // rounded to a level
  expect(painted.data).not.toEqual([...pixels]);

  await site.slide('#brush', 0);
  await frames();
  expect((await shown()).data).toEqual([...pixels]);
  expect(site.complaints).toEqual([]);
});

it('shows the picture unpainted while it is pressed', async () => {
  await site.slide('#brush', RADIUS);
  const canvas = await site.page.locator('canvas').boundingBox();
  await site.page.mouse.move((canvas?.x ?? 0) + 5, (canvas?.y ?? 0) + 5);
  await site.page.mouse.down();
  await frames();
  expect((await shown()).data).toEqual([...picture()]);
  await site.page.mouse.up();
  await frames();
  expect((await shown()).data).not.toEqual([...picture()]);
});

it('says that a file is no picture, and goes on', async () => {
  await site.page.setInputFiles('#file', {
    name: 'notes.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('no picture'),
  });
  await poll(() => site.text('#complaint')).toMatch(/^notes\.txt: .+/);
  await site.page.click('#scene');
  await poll(figures).toContain('800 x 500, ');
  expect(await site.text('#complaint')).toBe('');
  expect(site.complaints).toEqual([]);
});

describe('the kernel', () => {
  let registry: Registry<any, any>;
  beforeAll(async () => {
    registry = await example.registry('src/effects.cpp');
  });

  it.each([
    [1, 1, 64],
    [1, 9, 3],
    [7, 1, 2],
    [5, 4, 64],
    [70, 3, 64],
  ])('paints %i x %i pixels with a brush of %i, and leaves alpha alone', (width, height, radius) => {
    const pixels = Array.from({ length: width * height * 4 }, (_, i) => (i * i * 37 + (i >> 3) * 5) & 255);
    const expected = oilPaint(pixels, radius, width, height);
    const out = registry.u8(pixels.length);
    registry.bind('oil_paint')(registry.u8(pixels), out, width, height, radius);
    for (const [i, value] of out.entries()) {
      if (i % 4 === 3) expect(value).toBe(pixels[i]);
      else expect(Math.abs(value - (expected[i] as number))).toBeLessThan(0.52);
    }
    registry.reset();
  });

  it('paints the brightest and largest window without a sum that is too large', () => {
    const [width, height] = [200, 150];
    const white = registry.u8(width * height * 4).fill(255);
    registry.bind('oil_paint')(white, white, width, height, 64);
    expect(white.every((level) => level === 255)).toBe(true);
    registry.reset();
  });

  it('has nothing to do for an empty picture', () => {
    registry.bind('oil_paint')(registry.u8(0), registry.u8(0), 0, 3, 2);
    registry.reset();
  });

  it.each([
    ['in has 8 bytes: 2 x 2 RGBA is 16', 8, 8, 2, 2, 1],
    ['in has 16 bytes, out has 12', 16, 12, 2, 2, 1],
    ['radius is 65: expected at most 64', 16, 16, 2, 2, 65],
    ['in has 0 bytes: 65536 x 65536 RGBA is 17179869184', 0, 0, 65_536, 65_536, 1],
  ])('refuses wrong arguments: %s', (message, from, to, width, height, radius) => {
    expect(() => registry.bind('oil_paint')(registry.u8(from), registry.u8(to), width, height, radius)).toThrow(
      message,
    );
    registry.reset();
  });
});
