// arena-bind inspect and wrap, on what builds give and on what nobody should hand them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { moduleOf, section, text } from '../ts/wasm.js';
import { Project, root } from './cli.js';

const project = new Project();
const core = join(root, 'dist/core.wasm');
const bytes = readFileSync(core);

beforeAll(async () => {
  project.write('module.cpp', readFileSync(join(root, 'test/types/module.cpp')));
  await project.succeed('build', 'module.cpp');
});

describe('inspect', () => {
  test('prints kernels, structs and the memory', async () => {
    const out = await project.succeed('inspect', 'module.wasm');
    const size = readFileSync(project.path('module.wasm')).length.toLocaleString('en');
    expect(out).toMatch(new RegExp(`^module.wasm  ${size} bytes, ABI 2\n\nkernels, by the bytes of their own code\n`));
    expect(out.replaceAll(/^ +[\d,]+ {2}(?=\w+\()/gm, '# ')).toContain(`
# brightness(colors: const Color[]): u32
# count(samples: const i16[], limit: u64): i64
# drift(particles: Particle{}): void
# letters(text: string): u32
# mix(in: const f32[], out: f32[], amount: f64, loud: bool): void
# range(in: const f32[]): [low: f32, high: f32]
# step(particles: Particle[], seconds: f32): bool

struct Color, 3 bytes, alignment 1: fields by their offset
  0  red: u8
  1  green: u8
  2  blue: u8

struct Particle, 24 bytes, alignment 8: fields by their offset
   0  x: f32
   4  y: f32
   8  id: i64
  16  alive: bool

memory
  imported as env.memory: from 2 pages (128 KiB) up to 65,536 (4 GiB)
  C stack of 65,536 bytes
  static data: `);
    expect(out).toContain('\nother exports\n  arena_alloc(i32, i32, i32): i32\n');
    expect(out).not.toContain('other imports');
    expect(out).toMatch(/for debuggers\n {2}names of functions: no; DWARF: no\n$/);
  });

  test.each(['core.wasm', 'core.threads.wasm'])('prints as JSON of %s what the engine sees', async (name) => {
    const file = join(root, 'dist', name);
    const report = JSON.parse(await project.succeed('inspect', '--json', file));
    const module = new WebAssembly.Module(readFileSync(file));
    const exported = WebAssembly.Module.exports(module).map((entry) => entry.name);
    const kernels = report.kernels.map((kernel: { name: string }) => kernel.name);
    const others = report.exports.map((line: string) => line.replace(/[(:].*$/, ''));
    expect([...kernels, ...kernels.map((kernel: string) => `arena_kernel_${kernel}`), ...others].sort()).toEqual(
      exported.sort(),
    );
    expect(report).toMatchObject({
      bytes: readFileSync(file).length,
      abi: 2,
      imports: [],
      memories: [{ from: 'env.memory', initial: 2, maximum: 65536, shared: name !== 'core.wasm', wide: false }],
      features: name === 'core.wasm' ? ['bulk memory', 'SIMD'] : ['bulk memory', 'SIMD', 'threads'],
    });
    const code = report.sections.find((entry: { name: string }) => entry.name === 'code').bytes;
    const own = report.kernels.reduce((sum: number, kernel: { code: number }) => sum + kernel.code, 0);
    // Of kernels that threads share, each body is a function of its own, called through the table.
    expect(own).toBeGreaterThan(code / (name === 'core.wasm' ? 3 : 4));
    expect(own).toBeLessThan(code);
  });

  test('prints of a module of another compiler what there is', async () => {
    const call = section(2, 1, ...text('env'), ...text('log'), 0, 0);
    const types = section(1, 1, 0x60, 0, 0);
    project.write('other.wasm', moduleOf(types, call, section(5, 1, 1, 1, 2), section(7, 1, ...text('again'), 0, 0)));
    const out = await project.succeed('inspect', 'other.wasm');
    expect(out).toContain(
      'bytes, no kernels\n\nmemory\n  its own: from 1 page (64 KiB) up to 2 (128 KiB)\n  static data',
    );
    expect(out).toContain('\n\nfeatures that its code uses\n  none beyond the first version of wasm\n');
    expect(out).toContain('\n\nother imports\n  env.log(): void\n\nother exports\n  again(): void\n');
  });

  test('says that a module of another ABI does not fit', async () => {
    const old = Buffer.from(bytes.toString('latin1').replaceAll('arena:2:', 'arena:1:'), 'latin1');
    project.write('old.wasm', old);
    expect(await project.succeed('inspect', 'old.wasm')).toContain(
      "bytes, ABI 1\n\nit doesn't fit this package, which takes ABI 2: build it again\n\nkernels",
    );
  });

  const object = moduleOf(section(0, ...text('linking'), 2));
  const cut = bytes.subarray(0, 1000);
  const damaged = new Uint8Array(bytes);
  damaged[8] = 99;
  test.each<[string, string | Uint8Array, string | RegExp]>([
    [
      'cut off',
      cut,
      /: the \w+ section of \d+ bytes is expected at byte \d+, but the file ends at byte 1000: cut off or/,
    ],
    ['damaged', damaged, ': section 99 at byte 8 is none that is known'],
    ['empty', '', ': it is empty'],
    ['a page', '<!doctype html><p>not found', ' (HTML or XML) and not with 00 61 73 6d'],
    ['packed', gzipSync(bytes), ' (gzip: unpack it first) and not with 00 61 73 6d'],
    ['a program', '\x7fELF\x02\x01\x01\0', ' (a native object or program) and not with'],
    ['an object', object, ': it is an object file, not linked yet: name it among the sources of arena-bind build'],
  ])('says what is wrong with a file that is %s', async (_, content, message) => {
    project.write('wrong.wasm', content);
    const { code, out, err } = await project.run(['inspect', 'wrong.wasm']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^arena-bind: wrong\.wasm: it is|^arena-bind: wrong\.wasm: \w+ /);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    if (typeof message === 'string') expect(err).toContain(message);
    else expect(err).toMatch(message);
  });

  test('says that there is no such file', async () => {
    const { code, err } = await project.run(['inspect', 'nowhere.wasm']);
    expect([code, err]).toEqual([1, 'arena-bind: nowhere.wasm cannot be read: there is no such file\n']);
  });

  test('has an error for every damage, never a stack', async () => {
    // Ends within each of the sections.
    for (const length of [6, 12, 100, 500, 2000, bytes.length - 1]) {
      project.write('wrong.wasm', bytes.subarray(0, length));
      const { code, err } = await project.run(['inspect', 'wrong.wasm']);
      expect([code, err.split('\n').length]).toEqual([1, 2]);
      expect(err).toMatch(/\d/);
    }
  });
});

describe('wrap', () => {
  test('gives the JavaScript and the types that build gives', async () => {
    project.write('linked/module.wasm', readFileSync(project.path('module.wasm')));
    await project.succeed('wrap', 'linked/module.wasm', 'module.cpp', 'no such header.hpp', '--capacity', '16KiB');
    expect(readdirSync(project.path('linked')).sort()).toEqual(['module.d.ts', 'module.js', 'module.wasm']);
    const read = (name: string) => readFileSync(project.path(name), 'utf8').replace(/^.*\n/, '');
    expect(read('linked/module.d.ts')).toBe(read('module.d.ts'));
    expect(read('linked/module.js').replace('  capacity: 16384,\n', '')).toBe(read('module.js'));
  });

  test.each<[string, string | Uint8Array, string]>([
    ['no kernels', moduleOf(), 'none.wasm has no kernels: link the file that has ARENA_KERNEL into it'],
    ['no wasm in it', 'text', 'none.wasm: it is not wasm: it starts with 74 65 78 74 (text)'],
  ])('refuses a file with %s', async (_, content, message) => {
    project.write('none.wasm', content);
    const { code, err } = await project.run(['wrap', 'none.wasm']);
    expect(err).toContain(`arena-bind: ${message}`);
    expect(code).toBe(1);
  });

  test('refuses a file that is not there', async () => {
    const { code, err } = await project.run(['wrap', 'nowhere.wasm']);
    expect([code, err]).toEqual([1, 'arena-bind: nowhere.wasm cannot be read: there is no such file\n']);
  });
});
