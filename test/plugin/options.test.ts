import { expect, it } from 'vitest';
import { kernelModules, newHost } from '../../src-ts/plugin/module.js';
import arenaBind, { type Options } from '../../src-ts/plugin/rollup.js';

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
