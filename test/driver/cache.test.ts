// What the cache of builds gives back, and what it must not.
import { cpSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Cache } from '../../src-ts/driver/cache.js';
import { build } from '../../src-ts/driver/index.js';
import { planOf, type Source } from '../../src-ts/driver/plan.js';
import { precompiledFor } from '../../src-ts/driver/precompiled.js';
import { folder, inNode, kernelOf, open, put } from './helpers.js';

const source = kernelOf('a', 'return n + SIZE;', '#include "size.hpp"');
function project() {
  const cwd = folder({ 'a.cpp': source, 'size.hpp': '#define SIZE 1\n' });
  age(cwd);
  return { cwd, sources: ['a.cpp'], cache: join(cwd, 'cache') };
}

// Has what every build has of the toolchain and the package.
let begun: string;
beforeAll(async () => {
  const options = project();
  await build(options);
  begun = options.cache;
});
function begunProject() {
  const options = project();
  cpSync(begun, options.cache, { recursive: true });
  return options;
}

/** As if the files had been there for long: what changes during a build isn't kept. */
function age(cwd: string): void {
  for (const name of readdirSync(cwd)) utimesSync(join(cwd, name), 1_000_000, 1_000_000);
}
const entries = (cache: string) => readdirSync(join(cache, 'v1')).map((name) => join(cache, 'v1', name));
const result = (wasm: Uint8Array) => open(wasm).bind('a')(1);

test('the same build comes from the cache; a changed header, macro or source does not', async () => {
  const options = begunProject();
  const first = await build(options);
  expect([first.cached, result(first.wasm)]).toEqual([false, 2]);
  const second = await build(options);
  expect([second.cached, Buffer.compare(first.wasm, second.wasm)]).toEqual([true, 0]);
  expect(second.dependencies).toEqual(first.dependencies);

  put(options.cwd, { 'size.hpp': '#define SIZE 10\n' });
  age(options.cwd);
  const third = await build(options);
  expect([third.cached, result(third.wasm)]).toEqual([false, 11]);
  put(options.cwd, { 'size.hpp': '#ifndef SIZE\n#define SIZE 1\n#endif\n' });
  age(options.cwd);
  expect(result((await build({ ...options, define: ['SIZE=20'] })).wasm)).toBe(21);
  put(options.cwd, { 'a.cpp': kernelOf('a', 'return n + 5;') });
  age(options.cwd);
  expect(result((await build(options)).wasm)).toBe(6);
});

test('a header that comes before another one of the same name is seen', async () => {
  const cwd = folder({ 'a.cpp': source, 'late/size.hpp': '#define SIZE 1\n', 'early/x': '' });
  const options = { ...begunProject(), cwd, include: ['early', 'late'] };
  expect(result((await build(options)).wasm)).toBe(2);
  expect(result((await build(options)).wasm)).toBe(2);
  put(cwd, { 'early/size.hpp': '#define SIZE 7\n' });
  expect(result((await build(options)).wasm)).toBe(8);
});

test('damaged entries are made anew', async () => {
  const options = begunProject();
  const { wasm } = await build(options);
  const damage: ((bytes: Buffer) => Buffer)[] = [
    () => Buffer.alloc(0),
    (bytes) => bytes.subarray(0, bytes.length >> 1),
    (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) as number) ^ 1])]),
    () => Buffer.from('no entry at all, though as long as the hash that an entry begins with'),
  ];
  const files = entries(options.cache);
  expect(files.length).toBeGreaterThan(4);
  for (const [i, file] of files.entries()) {
    const change = damage[i % damage.length] as (typeof damage)[number];
    writeFileSync(file, change(readFileSync(file)));
  }
  const again = await build(options);
  expect([again.cached, Buffer.compare(again.wasm, wasm)]).toEqual([false, 0]);
  expect((await build(options)).cached).toBe(true);
});

test('builds at the same time, in one process and in two, share a cache and end alike', async () => {
  const options = begunProject();
  const program = `
    const { build } = await import(process.env.DRIVER);
    const { wasm } = await build(${JSON.stringify(options)});
    console.log(Buffer.from(wasm).toString('hex'));
  `;
  const [one, two, three] = await Promise.all([build(options), build(options), inNode(program)]);
  expect(Buffer.compare(one.wasm, two.wasm)).toBe(0);
  expect(Buffer.from(one.wasm).toString('hex')).toBe(three.trim());
  expect(entries(options.cache).filter((file) => file.endsWith('.new'))).toEqual([]);
});

test('a cache that cannot be written is none', async () => {
  const options = project();
  writeFileSync(join(options.cwd, 'file'), '');
  const { wasm, cached } = await build({ ...options, cache: join(options.cwd, 'file/cache') });
  expect([cached, result(wasm)]).toEqual([false, 2]);
  expect(readdirSync(options.cwd).sort()).toEqual(['a.cpp', 'file', 'size.hpp']);
});

test('kernel.hpp is compiled once, and not for what might change it: the wasm is the same as without', async () => {
  const kernel = (name: string) => kernelOf(name, 'return n;');
  const cwd = folder({
    'a.cpp': kernel('a'),
    'b.cpp': `// Words\r\n/* and\nmore */ ${kernel('b')}`,
    'c.cpp': `#define ARENA_HOT\n${kernelOf('c', 'return n + int(arena::arena_boundary);')}`,
  });
  const options = { cwd, sources: ['a.cpp', 'b.cpp', 'c.cpp'], cache: join(cwd, 'cache') };
  const { wasm, cached } = await build({ ...options, cache: false });
  expect(cached).toBe(false);
  expect(open(wasm).bind('c')(0)).toBe(1 << 20);
  const precompiled = () => entries(options.cache).filter((file) => statSync(file).size > 1_000_000).length;
  cpSync(begun, options.cache, { recursive: true });
  expect(precompiled()).toBe(1);
  expect(Buffer.compare((await build(options)).wasm, wasm)).toBe(0);
  expect(precompiled()).toBe(1);
  const defined = { ...options, sources: ['a.cpp'], define: ['SIZE=1'] };
  expect(result((await build(defined)).wasm)).toBe(1);
  expect(precompiled()).toBe(2);
});

test('a compiler that cannot precompile is asked once', async () => {
  let asked = 0;
  const compiler = { id: 'none', precompile: async () => void asked++ } as never;
  const { cwd, cache, sources } = project();
  const plan = planOf({ cwd, cache, sources });
  const [first] = plan.sources as [Source];
  for (let i = 0; i < 2; i++) {
    const given = precompiledFor(
      first,
      Buffer.from(source),
      plan,
      compiler,
      new Cache(cache),
      new AbortController().signal,
    );
    expect(await given).toBeUndefined();
  }
  expect(asked).toBe(1);
});
