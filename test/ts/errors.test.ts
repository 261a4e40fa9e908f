// What errors are, and how values and near names look in them.
import { expect, test } from 'vitest';
import { ArenaError, KernelError, OutOfMemoryError } from '../../src-ts/index.ts';
import { nearest, show } from '../../src-ts/show.ts';
import { bare, errorOf, withFixtures } from './helpers.ts';

test('errors of every kind are ArenaErrors with a name, a code and a message', () => {
  const errors = [
    [errorOf(() => bare().f32(-1)), ArenaError, 'ArenaError', 'ERR_INVALID_LENGTH'],
    [errorOf(() => bare(64).f32(100)), OutOfMemoryError, 'OutOfMemoryError', 'ERR_OUT_OF_MEMORY'],
    [errorOf(withFixtures().bind('trap')), KernelError, 'KernelError', 'ERR_KERNEL_TRAP'],
  ] as const;
  for (const [error, type, name, code] of errors) {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(ArenaError);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ name, code });
    expect(String(error)).toBe(`${name}: ${error.message}`);
  }
});

test('values are shown short, whatever they are', () => {
  const shown: [unknown, string][] = [
    [1.5, '1.5'],
    [-0, '0'],
    [5n, '5n'],
    ['text', '"text"'],
    ['x'.repeat(100), `"${'x'.repeat(40)}..."`],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [function named() {}, 'a function named'],
    [[1, 2], 'an array of 2 elements'],
    [new Uint8Array(3), 'Uint8Array of 3 elements'],
    [new DataView(new ArrayBuffer(1)), 'DataView'],
    [{}, 'an Object'],
    [new Map(), 'a Map'],
    [Object.create(null), 'an object'],
  ];
  for (const [value, text] of shown) expect(show(value)).toBe(text);
});

test('a near name is one that a slip leads to, and none when nothing is near', () => {
  const names = ['apply_filter', 'add', 'multiply_add', 'min_max', 'fir'];
  expect(nearest('aply_filter', names)).toBe('apply_filter');
  expect(nearest('APPLY_FILTER', names)).toBe('apply_filter');
  expect(nearest('apply_fitler', names)).toBe('apply_filter');
  expect(nearest('fri', names)).toBe('fir');
  expect(nearest('ad', names)).toBe('add');
  expect(nearest('multiply_and_add', names)).toBe('multiply_add');
  expect(nearest('convolve', names)).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
