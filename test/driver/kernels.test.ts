// Real C++ goes in unchanged and runs right, whichever toolchain builds it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { STACK_SIZE } from '../../src-ts/abi.gen.js';
import { Cache } from '../../src-ts/driver/cache.js';
import { compileSource } from '../../src-ts/driver/compile.js';
import {
  type BuildOptions,
  type Built,
  describe as describeWasm,
  type ToolchainName,
} from '../../src-ts/driver/index.js';
import { planOf } from '../../src-ts/driver/plan.js';
import { chooseToolchain } from '../../src-ts/driver/toolchains.js';
import { readWasm } from '../../src-ts/driver/wasm.js';
import type { AnyKernels, Registry } from '../../src-ts/index.js';
import { ALL } from '../extent.js';
import { CACHE, CPP, folder, make, open, TOOLBOX } from './helpers.js';

const KERNELS = 'areas at count elsewhere fill find_or median mersenne overflow parse print sine special words'.split(
  ' ',
);

/** The object that the driver makes of a C file. */
async function objectOf(name: string, options: Partial<BuildOptions>): Promise<Uint8Array> {
  const plan = planOf({ ...options, cwd: TOOLBOX, sources: [join(CPP, name)], cache: CACHE });
  const cache = new Cache(plan.cache);
  const compiler = await chooseToolchain(options.toolchain, plan.cwd, cache);
  const source = plan.sources.find(({ own }) => !own) as (typeof plan.sources)[number];
  return (await compileSource(source, plan, compiler, cache, undefined)).bytes;
}

/** An archive with one member that defines one symbol, as ar writes it. */
function archiveOf(name: string, symbol: string, bytes: Uint8Array): Uint8Array {
  const member = (title: string, content: Uint8Array) => {
    const columns = [title.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '644'.padEnd(8)];
    const head = `${columns.join('')}${String(content.length).padEnd(10)}\`\n`;
    return Buffer.concat([Buffer.from(head), content, Buffer.from(content.length % 2 ? '\n' : '')]);
  };
  const index = (at: number) => {
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(1);
    numbers.writeUInt32BE(at, 4);
    return member('/', Buffer.concat([numbers, Buffer.from(`${symbol}\0`)]));
  };
  const magic = Buffer.from('!<arch>\n');
  return Buffer.concat([magic, index(magic.length + index(0).length), member(`${name}/`, bytes)]);
}

async function buildAll(toolchain: ToolchainName, options: Partial<BuildOptions> = {}): Promise<Built> {
  const given = { toolchain, ...options };
  const object = await objectOf('object.c', given);
  const archive = archiveOf('archive.o', 'from_archive', await objectOf('archive.c', given));
  const made = folder({ 'object.o': object, 'archive.a': archive });
  const binaries = ['object.o', 'archive.a'].map((name) => join(made, name));
  const sources = ['standard.cpp', 'second.cpp', 'plain.c'].map((name) => join(CPP, name));
  return make({ ...given, cwd: TOOLBOX, sources: [...sources, ...binaries], include: [join(CPP, 'include')] });
}

// The Registry takes no shared memory yet.
function openShared(wasm: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });
  const call = (name: string, ...values: number[]) => (exports[name] as (...values: number[]) => number)(...values);
  call('arena_threads', 0, 0, 1);
  expect(call('arena_open', 1 << 20)).toBeGreaterThan(STACK_SIZE);
  call('_initialize');
  return exports;
}

function runs(registry: Registry<AnyKernels>): void {
  const call = (name: string, ...values: unknown[]) => registry.bind(name)(...(values as never[]));
  expect(call('median', registry.f32([5, 1, 4, 2, 3]))).toBe(3);
  expect(call('sine', 99)).toBe(Math.sin(99));
  const numbers = registry.alloc('i32', [4, 5, 6]);
  expect([call('find_or', numbers, 6, -1), call('find_or', numbers, 7, -1)]).toEqual([2, -1]);
  expect(call('words', 'to be or not to be')).toBe(404);
  expect(call('areas', 2)).toBe(4 + 12 + 2);
  const out = registry.alloc('i8', 64);
  const size = call('print', 1.5, out) as number;
  expect(String.fromCharCode(...out.subarray(0, size))).toBe('7 1.500000 1.50e+00');
  expect(call('parse', '42')).toBe(126);
  expect(call('mersenne', 5489)).toBe(3499211612); // the first number of std::mt19937, as the standard has it
  expect(call('special', 4)).toBe(6 + 8 + 5);
  expect([call('count'), call('count')]).toEqual([1, 2]);
  expect(call('elsewhere', 1)).toBe(2 + 20 + 8 + 101 + 1001);
  call('fill', numbers, 9);
  expect([...numbers]).toEqual([9, 9, 9]);
}

describe.each<ToolchainName>(['emcc', 'clang', 'yowasp'])('%s', (toolchain) => {
  let built: Built;
  beforeAll(async () => {
    // A compiler that is WebAssembly itself takes minutes for -O3.
    built = await buildAll(toolchain, toolchain === 'yowasp' ? { flags: ['-O0'] } : {});
  });

  test('the C++ library, several files, C, objects and archives', () => {
    expect(built.toolchain.name).toBe(toolchain);
    expect(built.description.kernels.map(({ name }) => name)).toEqual(KERNELS);
    expect(built.warnings).toEqual([]);
    runs(open(built.wasm));
  });

  test('what gives up in the library fails the call with its message, and the next call works', () => {
    const registry = open(built.wasm);
    const call = (name: string, value: unknown) => () => registry.bind(name)(value as never);
    expect(call('at', 3)).toThrow(/^at failed: (.*vector|abort\(\) was called)/);
    expect(call('parse', 'x')).toThrow(/^parse failed: (.*stoi: no conversion|abort\(\) was called)/);
    expect(call('at', 2)()).toBe(0);
  });

  test('imports are the memory alone, and nothing grows it', () => {
    const file = readWasm(built.wasm);
    expect(file.imports.map(({ module, name }) => `${module}.${name}`)).toEqual(['env.memory']);
    expect(file.sections.filter(({ custom }) => custom)).toEqual([]);
  });
});

// Building is the same code for all; the third takes long.
describe.each<ToolchainName>(ALL ? ['emcc', 'clang'] : ['emcc'])('%s, other options', (toolchain) => {
  test('threads: one wasm for one thread and one whose memory is shared, and no kernel is lost', async () => {
    const { wasm, threads, description } = await buildAll(toolchain, { threads: true });
    for (const [bytes, shared] of [[wasm, false] as const, [threads as Uint8Array, true] as const]) {
      expect(readWasm(bytes).imports).toMatchObject([{ module: 'env', name: 'memory', limits: { shared } }]);
      expect(describeWasm(bytes)).toEqual(description);
    }
    expect(description.kernels.map(({ name }) => name)).toEqual(KERNELS);
    runs(open(wasm));
    const { sine, areas, mersenne, count, elsewhere } = openShared(threads as Uint8Array<ArrayBuffer>) as Record<
      string,
      (...slots: number[]) => number
    >;
    expect(sine?.(99, 0)).toBe(Math.sin(99));
    expect(areas?.(2, 0)).toBe(18);
    expect((mersenne?.(5489, 0) ?? 0) >>> 0).toBe(3499211612);
    expect([count?.(), count?.()]).toEqual([1, 2]);
    expect(elsewhere?.(1, 0)).toBe(1132);
  });

  test('debug: names and DWARF, and checks that trap', async () => {
    const { wasm } = await buildAll(toolchain, { debug: true });
    const names = readWasm(wasm).sections.map(({ name }) => name);
    expect(names).toContain('name');
    expect(names).toContain('.debug_line');
    const registry = open(wasm);
    runs(registry);
    expect(registry.bind('overflow')(1 as never)).toBe(2);
    expect(() => registry.bind('overflow')(2 ** 31 - 1)).toThrow('overflow');
  });
});

test('small, without SIMD, with the prebuilt kernels, a macro, a flag and a capacity', async () => {
  const options = { size: true, simd: false, prebuilt: true, define: ['STEPS=7'], capacity: 1 << 16 };
  const { wasm, capacity, description } = await buildAll('emcc', { ...options, flags: ['-Wno-everything'] });
  expect(capacity).toBe(1 << 16);
  expect(description.kernels.map(({ name }) => name)).toEqual(expect.arrayContaining([...KERNELS, 'biquad', 'fir']));
  const types = readWasm(wasm).functions.flatMap(({ params, results }) => [...params, ...results]);
  expect(types).not.toContain('v128');
  const registry = open(wasm);
  expect(registry.bind('sine')(6)).toBe(Math.sin(6));
  expect(() => registry.bind('sine')(7)).toThrow('sine failed: ');
  const sum = registry.f32(2);
  registry.bind('add')(registry.f32([1, 2]), registry.f32([3, 4]), sum);
  expect([...sum]).toEqual([4, 6]);
});

test('descriptions survive another optimizer and strip', async () => {
  const { wasm, description } = await buildAll('emcc');
  const folder = mkdtempSync(join(tmpdir(), 'arena-bind-'));
  try {
    const [before, after] = ['before.wasm', 'after.wasm'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(before, wasm);
    execFileSync('wasm-opt', ['-all', '-O3', '--strip', '--strip-producers', before, '-o', after]);
    const optimized = new Uint8Array(readFileSync(after));
    expect(describeWasm(optimized)).toEqual(description);
    runs(open(optimized));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
