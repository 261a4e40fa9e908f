// Matchers for views and other arrays, and what Vitest's own toEqual needs to compare views.
import { show } from '../show.js';

/** How far elements may be from what was expected: `absolute + relative * |expected|`. */
export interface Tolerance {
  /** 1e-6 when left out. */
  absolute?: number;
  /** Of the expected element; 1e-6 when left out. */
  relative?: number;
}

type Elements = ArrayLike<number> | ArrayLike<bigint>;

/** What this entry adds to `expect(...)`. */
export interface ArenaMatchers<R = unknown> {
  /**
   * Each element is as near to the expected one as the tolerance says: a number (absolute), or absolute and relative, 1e-6
   * each when left out. NaN equals NaN, and an infinity itself. Any kind of array may be compared with any other.
   */
  toBeCloseToArray(expected: Elements, tolerance?: number | Tolerance): R;
  /** The same elements (as `Object.is` has it) in the same order, whatever kind of array holds them. */
  toEqualArray(expected: Elements): R;
}

declare module 'vitest' {
  interface Matchers<T = any> extends ArenaMatchers<T> {}
}

interface Result {
  pass: boolean;
  message: () => string;
  actual?: unknown;
  expected?: unknown;
}

/** The matchers, for `expect.extend`; importing this entry has registered them. */
export const arenaMatchers = {
  toBeCloseToArray(received: unknown, expected: Elements, tolerance: number | Tolerance = {}): Result {
    const { absolute, relative } = readTolerance(tolerance);
    const within = `within ${absolute}${relative > 0 ? ` + ${relative} * |expected|` : ''}`;
    return compare(received, expected, `toBeCloseToArray, ${within}`, (distance, element) => {
      return distance < Infinity && distance <= absolute + relative * Math.abs(Number(element));
    });
  },
  toEqualArray(received: unknown, expected: Elements): Result {
    return compare(received, expected, 'toEqualArray', () => false);
  },
};

function readTolerance(tolerance: number | Tolerance): Required<Tolerance> {
  if (tolerance === null || (typeof tolerance !== 'number' && typeof tolerance !== 'object')) {
    throw new TypeError(`the tolerance is ${show(tolerance)}: expected a number from 0, or { absolute, relative }`);
  }
  const given = typeof tolerance === 'number' ? { absolute: tolerance, relative: 0 } : tolerance;
  const { absolute = 1e-6, relative = 1e-6, ...rest } = given;
  for (const value of [absolute, relative]) {
    if (typeof value === 'number' && value >= 0 && value < Infinity) continue;
    throw new TypeError(`the tolerance is ${show(value)}: expected a number from 0`);
  }
  for (const key in rest) {
    throw new TypeError(`the tolerance has no ${show(key)}: expected a number, or { absolute, relative }`);
  }
  return { absolute, relative };
}

function isElements(value: unknown): value is Elements {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

/** Elements that are not the same are close where `close` says so of their distance and the expected one. */
function compare(
  received: unknown,
  expected: unknown,
  title: string,
  close: (distance: number, expected: number | bigint) => boolean,
): Result {
  if (!isElements(expected)) {
    throw new TypeError(`${title}: the expected value is ${show(expected)}: pass an array or a TypedArray`);
  }
  const fail = (text: string): Result => ({
    pass: false,
    message: () => `${title}: ${text}`,
    actual: received,
    expected,
  });
  if (!isElements(received)) return fail(`received ${show(received)}, which is no array`);
  if (received.length !== expected.length) {
    return fail(`received ${received.length} elements, expected ${expected.length}`);
  }
  let mismatches = 0;
  let first = -1;
  let worst = -1;
  let largest = -1;
  for (let i = 0; i < expected.length; i++) {
    const a = received[i] as number | bigint;
    const b = expected[i] as number | bigint;
    if (Object.is(a, b)) continue;
    const distance = distanceOf(a, b);
    if (close(distance, b)) continue;
    mismatches++;
    if (first < 0) first = i;
    if (distance > largest) {
      largest = distance;
      worst = i;
    }
  }
  if (mismatches === 0) {
    return { pass: true, message: () => `${title}: all ${expected.length} elements match, and should not` };
  }
  const at = (i: number) => `[${i}] received ${print(received[i])}, expected ${print(expected[i])}`;
  const lines = [`${mismatches} of ${expected.length} elements differ`, `first: ${at(first)}`];
  if (worst !== first) lines.push(`worst: ${at(worst)}`);
  if (largest < Infinity) lines.push(`off by ${largest}${worst === first ? '' : ' at worst'}`);
  const hint = hintFor(received, expected, first);
  if (hint) lines.push(hint);
  return fail(lines.join('\n  '));
}

/** Infinity for what can't be compared: NaN and a number, a bigint and a number, anything else. */
function distanceOf(a: unknown, b: unknown): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Number(a > b ? a - b : b - a);
  if (typeof a !== 'number' || typeof b !== 'number') return Infinity;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}

function print(value: unknown): string {
  return Object.is(value, -0) ? '-0' : show(value);
}

function hintFor(received: Elements, expected: Elements, index: number): string | undefined {
  const a = received[index];
  const b = expected[index];
  if (typeof a === 'number' && typeof b === 'number') {
    if (a === 0 && b === 0) return 'toEqualArray tells 0 from -0; toBeCloseToArray does not';
    if (received instanceof Float32Array && !(expected instanceof Float32Array) && a === Math.fround(b)) {
      return `${b} has no exact 32-bit float: expect Math.fround(${b}), a Float32Array, or toBeCloseToArray`;
    }
  } else if (typeof a !== typeof b) {
    return `${typeof a}s came and ${typeof b}s were expected: 64-bit integers are bigints, such as 1n`;
  }
  return undefined;
}

/** For `expect.addEqualityTesters`: views of one kind are equal when their elements are, whatever `ptr` and `tag` say. */
export function equalViews(a: unknown, b: unknown): boolean | undefined {
  if (!isArenaView(a) && !isArenaView(b)) return undefined;
  if (!isTypedArray(a) || !isTypedArray(b)) return undefined;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return undefined;
  return compare(a, b, '', () => false).pass;
}

const isTypedArray = (value: unknown): value is Elements & object => ArrayBuffer.isView(value) && 'length' in value;

function isArenaView(value: unknown): boolean {
  return isTypedArray(value) && Object.hasOwn(value, 'ptr') && Object.hasOwn(value, 'tag');
}
