// Sources, options and folders that nobody should have, and some that many do.
import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BuildOptions, TOOLCHAINS, type ToolchainName, writeWhole } from '../../src-ts/driver/index.js';
import { ALL } from '../extent.js';
import { brief, errorsOf, failure, folder, kernelOf, make, open } from './helpers.js';

const HEADER = '#include <arena_bind/kernel.hpp>\n';
const good = kernelOf('good', 'return n;');

test('options that cannot be meant are refused before anything is compiled', async () => {
  const cwd = folder({ 'a.cpp': good, 'notes.txt': '', 'b.cpp/x': '' });
  const message = async (options: Partial<BuildOptions>) =>
    (await failure({ cwd, sources: ['a.cpp'], ...options })).message;
  expect(await message({ sources: [] })).toBe(
    'there is nothing to build: name at least one .cpp file that has an ARENA_KERNEL',
  );
  expect(await message({ sources: undefined as never })).toBe('sources is missing: expected a list of C++ files');
  expect(await message({ cwd: join(cwd, 'no') })).toBe(
    `the folder to build in is not there: ${join(cwd, 'no')}; check cwd`,
  );
  expect(await message({ sources: ['no.cpp'] })).toBe(
    `no.cpp: error: there is no such file: check the path\n  it starts from ${cwd}`,
  );
  const expected = '.cpp, .cc or .cxx (C++), .c (C), .o (objects) or .a (archives)';
  expect(await message({ sources: ['notes.txt', 'b.cpp'] })).toBe(
    `notes.txt: error: a source that ends in .txt: expected ${expected}\nb.cpp: error: this is a folder: expected a file, ${expected}`,
  );
  expect(await message({ debug: true, size: true })).toBe(
    'debug and size are both on: a debug build is not optimized; choose one',
  );
  for (const capacity of [0, -8, 12.5, 12, 2 ** 32, '64' as never]) {
    expect(await message({ capacity })).toBe(
      `capacity is ${capacity}: expected a number of bytes, a positive multiple of 8 below 2^32`,
    );
  }
  expect(await message({ define: ['1X'] })).toBe('the macro "1X" has no name: expected NAME or NAME=value');
  expect(await message({ include: ['no'] })).toBe('no: error: there is no such folder for -I: check the path');
  expect(await message({ include: ['/usr/include'] })).toMatch(
    /^\/usr\/include: error: -I names the C library of this machine, which doesn't fit WebAssembly\n {2}name the folder/,
  );
});

const mistakes: [kernel: string, text: string][] = [
  ['void k1(float *p) { *p = 1; }\nARENA_KERNEL(k1, p)', 'k1 takes a pointer: take std::span<T>'],
  ['void k2(const int &n) { (void)n; }\nARENA_KERNEL(k2, n)', 'k2 takes a reference: take std::span for data'],
  [
    'void k3(std::span<int *> s) { (void)s; }\nARENA_KERNEL(k3, s)',
    "k3 takes a std::span whose elements can't be shown",
  ],
  ['struct P { int x; };\nvoid k4(P p) { (void)p; }\nARENA_KERNEL(k4, p)', "k4 takes a type that can't come from"],
  ['int *k5() { return nullptr; }\nARENA_KERNEL(k5)', "k5 returns a type that can't go to JavaScript"],
  [
    'void k6(int a, int b) { (void)a, (void)b; }\nARENA_KERNEL(k6, a)',
    'ARENA_KERNEL(k6, ...) must name every parameter',
  ],
];

describe.each<ToolchainName>(ALL ? TOOLCHAINS : ['emcc'])('%s', (toolchain) => {
  test('each kernel that cannot be called from JavaScript is one error of one line, at its ARENA_KERNEL', async () => {
    const cwd = folder({ 'a.cpp': `${HEADER}${mistakes.map(([kernel]) => kernel).join('\n')}\n` });
    const errors = errorsOf(await failure({ cwd, toolchain, sources: ['a.cpp'] }));
    expect(errors.map(({ line }) => line)).toEqual([3, 5, 7, 10, 12, 14]);
    for (const [i, [, text]] of mistakes.entries()) {
      expect(errors[i]?.message).toContain(`arena-bind: ${text}`);
      expect(errors[i]?.hint).toBeUndefined();
    }
  });

  test('what has no text in a message is refused where it stands', async () => {
    const cwd = folder({
      'a.cpp': `${HEADER}void a(float by) {\n  if (by < 0) arena::fail("by is ", &by);\n}\nARENA_KERNEL(a, by)\n`,
    });
    const error = await failure({ cwd, toolchain, sources: ['a.cpp'] });
    expect(errorsOf(error).map(brief)).toEqual([
      "a.cpp:3: arena-bind: arena::fail takes texts and numbers: it can't print this type",
    ]);
  });

  test('errors of all files come at once, that of a header once, with file, line and column', async () => {
    const cwd = folder({
      'a.cpp': `${HEADER}#include "sub ä/h.hpp"\nint a() { return z; }\n`,
      'b.cpp': `${HEADER}#include "sub ä/h.hpp"\nint b() { return x; }\n`,
      'sub ä/h.hpp': '#pragma once\nint broken() { return y; }\n',
    });
    const error = await failure({ cwd, toolchain, sources: ['a.cpp', 'b.cpp'] });
    const lines = error.message.split('\n').filter((line) => /^\S/.test(line));
    expect(lines.sort()).toEqual(
      [
        "sub ä/h.hpp:2:23: error: use of undeclared identifier 'y'",
        "a.cpp:3:18: error: use of undeclared identifier 'z'",
        "b.cpp:3:18: error: use of undeclared identifier 'x'",
      ].sort(),
    );
  });
});

test('a source without a kernel says what to add', async () => {
  const cwd = folder({ 'a.cpp': 'int a() { return 1; }\n', 'b.cpp': good });
  expect((await failure({ cwd, sources: ['a.cpp'] })).message).toBe(
    'a.cpp: error: no kernels: there is no ARENA_KERNEL in this file\n' +
      '  add ARENA_KERNEL(function, parameter names...) below each function that JavaScript is to call',
  );
  expect((await make({ cwd, sources: ['a.cpp', 'b.cpp'] })).description.kernels).toHaveLength(1);
});

test('two kernels of one name are refused: in one file, in two, and beside the prebuilt ones', async () => {
  const cwd = folder({
    'a.cpp': good,
    'b.cpp': `\n${good}`,
    'twice.cpp': `${good}ARENA_KERNEL(good, n)\n`,
    'fir.cpp': kernelOf('fir', 'return n;'),
  });
  expect((await failure({ cwd, sources: ['a.cpp', 'b.cpp'] })).message).toBe(
    `b.cpp:5: error: there are two kernels good: this one, and one in ${join(cwd, 'a.cpp')}:4; rename one of them`,
  );
  const [first] = errorsOf(await failure({ cwd, sources: ['twice.cpp'] }));
  expect(first && brief(first)).toBe(
    'twice.cpp:5: arena-bind: there are two kernels good in this file: rename one of them',
  );
  expect((await failure({ cwd, sources: ['fir.cpp'], prebuilt: true })).message).toBe(
    'fir.cpp:4: error: there are two kernels fir: this one, and one among the prebuilt kernels; rename one of them',
  );
  expect((await make({ cwd, sources: ['fir.cpp'] })).description.kernels.map(({ name }) => name)).toEqual(['fir']);
});

test('a function that nobody defines, and one that two files define, are told with their files', async () => {
  const cwd = folder({
    'a.cpp': kernelOf('a', 'return missing(n);', 'int missing(int n); int both() { return 1; }'),
    'b.cpp': kernelOf('b', 'return n + both();', 'int both() { return 2; }'),
  });
  const lacking = errorsOf(await failure({ cwd, sources: ['a.cpp'] })).map(brief);
  expect(lacking).toEqual([
    expect.stringMatching(/^a\.cpp:2: missing\(int\) is declared and called, but no source defines it \| add the/),
  ]);
  const [double] = errorsOf(await failure({ cwd, sources: ['a.cpp', 'b.cpp'] })).map(brief);
  expect(double).toMatch(/both\(\) is defined in .*a\.cpp and in .*b\.cpp \| make it static, inline/);
});

test('kernels and structs that only one of the builds with threads has are refused', async () => {
  const when = (text: string, other = '') =>
    `${HEADER}#ifdef __wasm_atomics__\n${text}\n#else\n${other}\n#endif\nint same(int n) { return n; }\nARENA_KERNEL(same, n)\n`;
  const extra = 'int extra(int n) { return n; }\nARENA_KERNEL(extra, n)';
  const cwd = folder({
    'more.cpp': when(extra),
    'fewer.cpp': when('', extra),
    'other.cpp': when(extra, extra.replace('int n', 'float n').replace('return n', 'return 1')),
    'wrong.cpp': when('#error threads'),
    'twice.cpp': when('', '#warning one').replace(HEADER, `${HEADER}#warning both\n`),
  });
  const reason = async (source: string) =>
    errorsOf(await failure({ cwd, sources: [source], threads: true })).map(brief);
  const hint = ' | what JavaScript sees may not depend on __wasm_atomics__: take it out of #if';
  expect(await reason('more.cpp')).toEqual([
    `more.cpp:undefined: the kernel extra is in the build for threads, and not in the one for one thread${hint}`,
  ]);
  expect(await reason('fewer.cpp')).toEqual([
    `fewer.cpp:undefined: the kernel extra is in the build for one thread, and not in the one for threads${hint}`,
  ]);
  expect(await reason('other.cpp')).toEqual([
    `other.cpp:undefined: the kernel extra is extra(n:f32):i32 in the build for one thread, and extra(n:i32):i32 in the one for threads${hint}`,
  ]);
  expect(await reason('wrong.cpp')).toEqual([expect.stringMatching(/^wrong\.cpp:3: "?threads"?$/)]);
  const { warnings } = await make({ cwd, sources: ['twice.cpp'], threads: true });
  expect(warnings.map(({ line }) => line)).toEqual([2, 6]);
});

test('macros of one letter before kernel.hpp neither disturb it nor get lost', async () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const cwd = folder({
    'a.cpp': `${letters.map((letter) => `#define ${letter} 2\n`).join('')}${HEADER}
struct Pair { int x, y; };
ARENA_STRUCT(Pair, x, y)
Pair a(std::span<const float> in, arena::columns<Pair> pairs, std::string_view text, arena::scratch &) {
  if (in.empty()) arena::fail("empty: ", text);
  return {${letters.join(' + ')}, int(pairs.x.size())};
}
ARENA_KERNEL(a, in, pairs, text)
`,
  });
  const { description } = await make({ cwd, sources: ['a.cpp'] });
  expect(description.kernels.map(({ name }) => name)).toEqual(['a']);
});

test('hundreds of kernels in one module', async () => {
  const files: Record<string, string> = {};
  for (let file = 0; file < 4; file++) {
    const kernels = Array.from({ length: 100 }, (_, i) => {
      const name = `k${file * 100 + i}`;
      return `int ${name}(int n) { return n + ${i}; }\nARENA_KERNEL(${name}, n)\n`;
    });
    files[`f${file}.cpp`] = HEADER + kernels.join('');
  }
  const cwd = folder(files);
  const { wasm, description } = await make({ cwd, sources: Object.keys(files), flags: ['-O0'] });
  expect(description.kernels).toHaveLength(400);
  expect(open(wasm).bind('k399')(1)).toBe(100);
});

test('an object for this machine, a linked wasm and a text that calls itself an archive are refused', async () => {
  const { wasm } = await make({ cwd: folder({ 'a.cpp': good }), sources: ['a.cpp'] });
  const cwd = folder({
    'elf.o': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0]),
    'linked.o': wasm,
    'text.a': 'text',
  });
  for (const [name, why] of [
    ['elf.o', 'this is no object of WebAssembly: '],
    ['linked.o', 'it is wasm that has been linked already'],
    ['text.a', 'this is no object of WebAssembly: '],
  ] as const) {
    expect((await failure({ cwd, sources: [name] })).message).toContain(`${name}: error: `);
    expect((await failure({ cwd, sources: [name] })).message).toContain(why);
  }
});

test.each<ToolchainName>(ALL ? TOOLCHAINS : ['emcc', 'clang'])(
  '%s: spaces and letters beyond ASCII in every path',
  async (toolchain) => {
    const cwd = folder({
      'quellen ß/größe 1.cpp': `#include "maß.hpp"\n${kernelOf('tall', 'return n + SIZE;', '#include <größe 2.hpp>')}`,
      'quellen ß/maß.hpp': '',
      'köpfe $(x)/größe 2.hpp': '#define SIZE 7\n',
    });
    const sources = ['quellen ß/größe 1.cpp'];
    const { wasm, dependencies } = await make({ cwd, toolchain, sources, include: ['köpfe $(x)'] });
    expect(open(wasm).bind('tall')(1)).toBe(8);
    const names = ['quellen ß/größe 1.cpp', 'quellen ß/maß.hpp', 'köpfe $(x)/größe 2.hpp'];
    expect(dependencies).toEqual(expect.arrayContaining(names.map((name) => join(cwd, name))));
    const out = join(cwd, 'aus gabe/größe.wasm');
    await writeWhole(new Map([[out, wasm]]));
  },
);

test('what a static table needs beyond the first pages is there', async () => {
  const table = 'static int table[1 << 18] = {1, 2, 3};';
  const cwd = folder({ 'a.cpp': kernelOf('a', 'table[n]++; return table[n];', table) });
  expect(open((await make({ cwd, sources: ['a.cpp'] })).wasm).bind('a')(2)).toBe(4);
});

test('an aborted build ends at once with the reason given, and leaves no file behind', async () => {
  const cwd = folder({ 'a.cpp': good, 'b.cpp': kernelOf('b', 'return n;') });
  const temporary = join(cwd, 'tmp');
  mkdirSync(temporary);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  try {
    expect(tmpdir()).toBe(temporary);
    const stop = new AbortController();
    const options = { cwd, sources: ['a.cpp', 'b.cpp'], cache: join(cwd, 'cache'), signal: stop.signal };
    const building = make(options);
    const reason = new Error('enough');
    await expect.poll(() => readdirSync(temporary).length, { timeout: 30_000 }).toBeGreaterThan(0);
    stop.abort(reason);
    await expect(building).rejects.toBe(reason);
    await expect.poll(() => readdirSync(temporary), { timeout: 30_000 }).toEqual([]);
    await expect(make(options)).rejects.toBe(reason);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
});
