// The particles keep what physics says they keep, in the page and in the kernels alone.
import type { Registry, StructArray } from 'arena-bind';
import pngjs from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Example, Site } from './example.js';

const example = new Example('particles');

describe('the page', () => {
  let site: Site;
  beforeAll(async () => {
    expect(await example.succeed('build')).not.toMatch(/warning/i);
    site = await Site.open(example.path('dist'), '--enable-unsafe-swiftshader');
  });
  afterAll(() => site?.close());

  const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });
  const figures = () => site.text('output');
  const energy = async () => Number(/energy ([\d.]+) %/.exec(await figures())?.[1]);

  it('builds, and TypeScript accepts it by the types that the build has written', async () => {
    await example.succeed('typecheck');
  });

  it('keeps the energy of thousands of particles through their collisions', async () => {
    await poll(figures).toMatch(
      /^6000 particles, [\d.]+ ms .* energy 100\.00 % of the first; arena: 469 KiB persistent/,
    );
    await site.slide('#count', 20_000);
    await poll(figures).toMatch(
      /^20000 particles, [\d.]+ ms .* energy 100\.00 % of the first; arena: 469 KiB persistent/,
    );
    expect(site.complaints).toEqual([]);
  });

  it('draws them as discs over the whole box', async () => {
    await site.slide('#count', 500);
    await poll(figures).toContain('500 particles');
    const shot = pngjs.PNG.sync.read(await site.page.locator('canvas').screenshot());
    let lit = 0;
    const quarters = new Set<number>();
    for (let i = 0; i < shot.data.length; i += 4) {
      if (Math.max(...shot.data.subarray(i, i + 3)) < 60) continue;
      lit++;
      const [x, y] = [(i / 4) % shot.width, Math.floor(i / 4 / shot.width)];
      quarters.add((x * 2 < shot.width ? 0 : 1) + (y * 2 < shot.height ? 0 : 2));
    }
    // 500 discs of 1.5 to 4.5 pixels of a box of 960 x 600, drawn smaller or larger.
    const share = lit / (shot.width * shot.height);
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.05);
    expect(quarters.size).toBe(4);
  });

  it('gives them energy where the pointer pulls, and takes it where they bounce less', async () => {
    const { x = 0, y = 0, width = 0, height = 0 } = (await site.page.locator('canvas').boundingBox()) ?? {};
    await site.page.mouse.move(x + width / 2, y + height / 2);
    await site.page.mouse.down();
    await poll(energy).toBeGreaterThan(150);
    await site.page.mouse.up();
    await site.slide('#bounce', 0.5);
    await poll(energy).toBeLessThan(50);
    await site.page.click('#restart');
    await site.slide('#bounce', 1);
    expect(site.complaints).toEqual([]);
  });
});

interface Particle {
  x: number;
  y: number;
  vx: number;
  vy: number;
  radius: number;
  glow: number;
}
interface Kernels {
  step(particles: StructArray, seconds: number, width: number, height: number, gravity: number, bounce: number): void;
  attract(particles: StructArray, x: number, y: number, reach: number, pull: number): void;
  motion(particles: StructArray): [energy: number, x: number, y: number];
}

describe('the kernels', () => {
  let registry: Registry<Kernels>;

  beforeAll(async () => {
    registry = await example.registry('src/particles.cpp');
  });

  const make = (particles: Partial<Particle>[]): StructArray<Particle> =>
    registry.alloc('Particle' as never, particles as never) as unknown as StructArray<Particle>;
  const rest = { vx: 0, vy: 0, radius: 5, glow: 0 };

  it('exchanges the speeds of two discs as mechanics says', () => {
    // Hit at an angle, the second one of four times the weight.
    const pair = make([
      { ...rest, x: 500, y: 300, vx: 90, vy: 20 },
      { ...rest, x: 510, y: 308, vx: -30, radius: 10 },
    ]);
    const seconds = 0.002;
    const [dx, dy] = [10 - 120 * seconds, 8 - 20 * seconds];
    const [nx, ny] = [dx / Math.hypot(dx, dy), dy / Math.hypot(dx, dy)];
    registry.bind('step')(pair, seconds, 960, 600, 0, 0.8);
    const [a, b] = pair.toObjects() as [Particle, Particle];
    const impulse = ((1 + 0.8) * (120 * nx + 20 * ny)) / (1 / 25 + 1 / 100);
    expect(a.vx).toBeCloseTo(90 - (impulse * nx) / 25, 3);
    expect(a.vy).toBeCloseTo(20 - (impulse * ny) / 25, 3);
    expect(b.vx).toBeCloseTo(-30 + (impulse * nx) / 100, 3);
    expect(b.vy).toBeCloseTo((impulse * ny) / 100, 3);
    expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeCloseTo(15, 3);
    registry.reset();
  });

  it('keeps energy and momentum in a crowd far from the walls, and everybody apart', () => {
    const crowd = make(
      Array.from({ length: 400 }, (_, i) => ({
        x: 300 + (i % 20) * 12,
        y: 200 + Math.floor(i / 20) * 12,
        vx: Math.sin(i * 7) * 80,
        vy: Math.cos(i * 11) * 80,
        radius: 2 + (i % 5),
        glow: 0,
      })),
    );
    const { step, motion } = { step: registry.bind('step'), motion: registry.bind('motion') };
    const before = motion(crowd).slice() as [number, number, number];
    const independent = crowd
      .toObjects()
      .reduce((sum, { radius, vx, vy }) => sum + (radius ** 2 * (vx ** 2 + vy ** 2)) / 2, 0);
    expect(before[0] / independent).toBeCloseTo(1, 9);
    let hits = 0;
    for (let i = 0; i < 200; i++) {
      step(crowd, 1 / 240, 960, 600, 0, 1);
      hits += crowd.toObjects().filter(({ glow }) => glow > 0).length;
    }
    const after = motion(crowd);
    expect(hits).toBeGreaterThan(1000);
    expect(after[0] / before[0]).toBeCloseTo(1, 5);
    const scale = Math.sqrt(2 * before[0] * 400 * 16); // of the momenta without their directions
    expect(Math.abs(after[1] - before[1]) / scale).toBeLessThan(1e-5);
    expect(Math.abs(after[2] - before[2]) / scale).toBeLessThan(1e-5);
    const all = crowd.toObjects();
    let overlap = 0;
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1))
        overlap = Math.max(overlap, a.radius + b.radius - Math.hypot(a.x - b.x, a.y - b.y));
    }
    expect(overlap).toBeLessThan(2);
    registry.reset();
  });

  it('finds the same pairs as a look at all of them', () => {
    // Without speeds only overlaps move: whoever overlaps nobody must stay, whoever overlaps must be pushed.
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const all = Array.from({ length: 300 }, (_, i) => ({
      ...rest,
      x: Math.fround(20 + random() * 900),
      y: Math.fround(20 + random() * 560),
      radius: 3 + (i % 4),
    }));
    const touches = all.map((a, i) =>
      all.some((b, j) => i !== j && Math.hypot(a.x - b.x, a.y - b.y) < a.radius + b.radius - 1e-3),
    );
    expect(new Set(touches)).toEqual(new Set([true, false]));
    const particles = make(all);
    registry.bind('step')(particles, 1 / 240, 960, 600, 0, 1);
    const moved = particles.toObjects().map(({ x, y }, i) => x !== all[i]?.x || y !== all[i]?.y);
    // One that was pushed may hit another.
    for (const [i, touched] of touches.entries()) if (touched) expect(moved[i]).toBe(true);
    expect(moved.filter(Boolean).length).toBeLessThan(touches.filter(Boolean).length * 1.2);
    registry.reset();
  });

  it('falls, bounces off the walls and is pulled', () => {
    const [step, attract] = [registry.bind('step'), registry.bind('attract')];
    const one = make([{ ...rest, x: 100, y: 594.9, vy: 40 }]);
    step(one, 0.01, 960, 600, 100, 0.5);
    expect(one.at(0).y).toBe(595);
    expect(one.at(0).vy).toBeCloseTo(-41 * 0.5, 4);
    const two = make([
      { ...rest, x: 100, y: 100 },
      { ...rest, x: 100, y: 400 },
    ]);
    attract(two, 140, 130, 100, 8);
    expect(two.toObjects().map(({ vx, vy }) => [vx, vy])).toEqual([
      [expect.closeTo(8 * 0.5 * 0.8, 4), expect.closeTo(8 * 0.5 * 0.6, 4)],
      [0, 0],
    ]);
    registry.reset();
  });

  it.each<[string, (particles: StructArray) => void]>([
    ['bounce is out of range', (p) => registry.bind('step')(p, 0.01, 960, 600, 0, 1.5)],
    ['seconds is out of range', (p) => registry.bind('step')(p, 0, 960, 600, 0, 1)],
    ['seconds is out of range', (p) => registry.bind('step')(p, NaN, 960, 600, 0, 1)],
    ['the box is empty', (p) => registry.bind('step')(p, 0.01, 0, 600, 0, 1)],
    ['a radius is out of range', (p) => registry.bind('step')(p, 0.01, 960, 8, 0, 1)],
    ['reach is out of range', (p) => registry.bind('attract')(p, 0, 0, 0, 1)],
  ])('refuses wrong arguments: %s', (message, call) => {
    const particles = make([{ ...rest, x: 100, y: 100, vx: 3 }]);
    expect(() => call(particles)).toThrow(message);
    expect(particles.toObjects()).toEqual([{ ...rest, x: 100, y: 100, vx: 3 }]);
    registry.reset();
  });
});
