import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeConfig, type Plugin, type UserConfig } from 'vite';
import { expect, it } from 'vitest';
import { kernelModules, newHost } from '../../src-ts/plugin/module.js';
import arenaBind, { type Options } from '../../src-ts/plugin/rollup.js';
import forVite from '../../src-ts/plugin/vite.js';

const messageOf = (options: Record<string, unknown>): string => {
  try {
    arenaBind(options as Options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

it('takes what the compiler takes, and its own', () => {
  const options: Options = {
    toolchain: 'clang',
    threads: false,
    simd: true,
    debug: false,
    size: undefined,
    capacity: 65536,
    include: ['vendor'],
    define: ['A=1'],
    flags: ['-ffast-math'],
    prebuilt: true,
    cache: false,
    sources: { 'filters.cpp': ['more.c'] },
    inlineLimit: Infinity,
    types: false,
    files: /\.kernel\.cpp$/,
  };
  expect(arenaBind(options).name).toBe('arena-bind');
  expect(arenaBind().name).toBe('arena-bind');
});

it('knows no other option, and names the one that was meant', () => {
  expect(messageOf({ inlinelimit: 1 })).toBe(
    'arena-bind: the plugin has no option "inlinelimit": did you mean inlineLimit?',
  );
  expect(messageOf({ somethingElse: 1 })).toContain('no option "somethingElse": there are toolchain, threads, simd,');
  expect(messageOf({ constructor: 1 })).toContain('no option "constructor"');
});

it.each([
  ['threads', 'yes', '"yes": expected a boolean'],
  ['include', 'vendor', '"vendor": expected an array of strings'],
  ['define', [1], 'an array of 1 elements: expected an array of strings'],
  ['capacity', '1 MiB', '"1 MiB": expected a number'],
  ['cache', true, 'true: expected the path of a folder, or false'],
  ['sources', { 'a.cpp': 'b.cpp' }, "an Object: expected an object such as { 'src/filters.cpp': ['src/more.c'] }"],
  ['inlineLimit', -1, '-1: expected a number of bytes'],
  ['inlineLimit', NaN, 'NaN: expected a number of bytes'],
  ['files', '*.cpp', '"*.cpp": expected a regular expression'],
])('refuses %s of another kind', (name, value, message) => {
  expect(messageOf({ [name]: value })).toBe(`arena-bind: the plugin's option ${name} is ${message}`);
});

it('knows its files by their paths, whatever query stands behind', () => {
  const { accepts } = kernelModules({}, newHost());
  const ids = ['/a/b.cpp', '/a/b.cc?inline', '/C#/why?/b.cxx', '/a/b.cpp?raw', '/a/b.c', '/a.cpp/b.js', '/a/b.cpp.js'];
  expect(ids.filter(accepts)).toEqual(ids.slice(0, 3));

  const chosen = kernelModules({ files: /\.kernel\.cpp$/g }, newHost());
  expect(['/a.kernel.cpp', '/b.kernel.cpp', '/a.cpp'].map(chosen.accepts)).toEqual([true, true, false]);
});

it('stands once beside the plugins that the user has for workers', () => {
  const user: UserConfig = { worker: { plugins: () => [{ name: 'users' }] } };
  const { config } = forVite() as Plugin & { config(user: UserConfig): UserConfig };
  const { worker } = mergeConfig(user, config(user)) as UserConfig;
  expect(worker?.plugins?.().flat()).toEqual([{ name: 'users' }, expect.objectContaining({ name: 'arena-bind' })]);
});

it('after an error watches the headers of all sources', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'arena-bind-'));
  try {
    for (const name of ['one', 'more']) {
      writeFileSync(join(cwd, `${name}.cpp`), `#include "${name}.hpp"\n`);
      writeFileSync(join(cwd, `${name}.hpp`), '');
    }
    const sources = { 'one.cpp': ['more.cpp', 'nowhere.cpp'] };
    const watched: string[] = [];
    const loading = { watch: (file: string) => watched.push(file), warn() {}, fail() {}, emit: () => undefined };
    await kernelModules({ sources, cache: false }, { ...newHost(), cwd }).load(join(cwd, 'one.cpp'), loading);
    const expected = ['one.cpp', 'one.hpp', 'more.cpp', 'more.hpp'].map((name) => join(cwd, name));
    expect(watched.sort()).toEqual(expected.sort());
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
