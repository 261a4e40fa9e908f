// Well-known libraries, unchanged, from where the system has them.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ToolchainName } from '../../src-ts/driver/index.js';
import type { AnyKernels, Registry } from '../../src-ts/index.js';
import { ALL } from '../extent.js';
import { CPP, make, open, TOOLBOX } from './helpers.js';

const [width, height] = [5, 3];
const pixels = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) & 255));

// -I/usr/include would bring this machine's own C library along. The place is always the same, for the cache's sake.
const glm = fileURLToPath(new URL('../../build/include', import.meta.url));
mkdirSync(glm, { recursive: true });
if (!existsSync(join(glm, 'glm'))) symlinkSync('/usr/include/glm', join(glm, 'glm'));

describe.each<ToolchainName>(ALL ? ['emcc', 'clang'] : ['clang'])('%s', (toolchain) => {
  let registry: Registry<AnyKernels>;
  beforeAll(async () => {
    const { wasm } = await make({
      toolchain,
      cwd: TOOLBOX,
      sources: ['libraries.cpp', 'picture.cpp', 'stb.c'].map((name) => join(CPP, name)),
      include: ['/usr/include/eigen3', '/usr/include/stb', glm],
      size: true,
    });
    registry = open(wasm);
  });
  const call = (name: string, ...values: unknown[]) => registry.bind(name)(...(values as never[]));

  test('Eigen multiplies and solves', () => {
    const out = registry.alloc('f64', 4);
    call('multiply', registry.alloc('f64', [1, 2, 3, 4, 5, 6]), registry.alloc('f64', [1, 0, 0, 1, 2, 2]), out, 3);
    expect([...out]).toEqual([7, 8, 16, 17]);
    const line = registry.alloc('f64', 2);
    call('solve', registry.alloc('f64', [1, 0, 1, 1, 1, 2, 1, 3]), registry.alloc('f64', [1, 3, 5, 7]), line);
    expect(line[0]).toBeCloseTo(1, 12);
    expect(line[1]).toBeCloseTo(2, 12);
  });

  test('glm turns and moves', () => {
    const point = registry.f32([1, 0, 0]);
    call('place', point, registry.f32([0, 0, 2]), 90, registry.f32([0, 0, 5]));
    [0, 1, 5].forEach((value, i) => {
      expect(point[i]).toBeCloseTo(value, 6);
    });
  });

  test('stb_image decodes a PNG to the byte, and a JPEG', () => {
    const png = new PNG({ width, height });
    png.data.set(pixels);
    const rgba = registry.alloc('u8', pixels.length);
    expect(call('decode', registry.alloc('u8', PNG.sync.write(png)), rgba)).toEqual([width, height]);
    expect([...rgba]).toEqual([...pixels]);

    const grey = new Uint8Array(16 * 8 * 4).fill(128);
    const encoded = jpeg.encode({ width: 16, height: 8, data: grey }, 90).data;
    const out = registry.alloc('u8', grey.length);
    expect(call('decode', registry.alloc('u8', encoded), out)).toEqual([16, 8]);
    for (let i = 0; i < out.length; i += 4) expect(Math.abs((out[i] as number) - 128)).toBeLessThan(3);
  });

  test('stb_image refuses what is no picture, and goes on', () => {
    expect(() => call('decode', registry.alloc('u8', [1, 2, 3, 4]), registry.alloc('u8', 4))).toThrow(
      'decode failed: no picture: ',
    );
    expect(call('place', registry.f32(3), registry.f32([1, 0, 0]), 0, registry.f32(3))).toBeUndefined();
  });
});
