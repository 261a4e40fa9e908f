// What the tests of the TypeScript side share.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type AnyKernels, ArenaError, type ElementType, type ErrorCode, Registry } from '../../src-ts/index.ts';

export const wasmUrl = (name: string) => new URL(`../../build/${name}.wasm`, import.meta.url);
export const wasm = (name: string) => new Uint8Array(readFileSync(wasmUrl(name)));

const compiled = new Map<string, WebAssembly.Module>();

function open(name: string, capacity: number): Registry<AnyKernels> {
  const module = compiled.get(name) ?? new WebAssembly.Module(wasm(name));
  compiled.set(name, module);
  return Registry.createSync({ module, capacity });
}

/** A registry with the kernels of fixtures.cpp. */
export const withFixtures = (capacity = 1 << 20) => open('fixtures', capacity);
/** A registry without kernels, and with every byte of its arena free. */
export const bare = (capacity = 1 << 20) => open('arena', capacity);

/** The ArenaError that `action` ends with. */
export function errorOf(action: () => unknown): ArenaError {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    if (error instanceof ArenaError) return error;
    throw new Error(`expected an ArenaError, ${error} was thrown`, { cause: error });
  }
  throw new Error(`expected an ArenaError, ${String(result)} came back`);
}

/** `action` must end with an ArenaError of this code whose message has all the parts. */
export function expectError(action: () => unknown, code: ErrorCode, ...parts: string[]): ArenaError {
  const error = errorOf(action);
  expect({ code: error.code, message: error.message }).toMatchObject({ code });
  for (const part of parts) expect(error.message).toContain(part);
  return error;
}

/** The same for a promise. */
export async function expectRejection(
  promise: Promise<unknown>,
  code: ErrorCode,
  ...parts: string[]
): Promise<ArenaError> {
  const error = await promise.then(
    () => expect.fail('expected a rejection'),
    (cause) => cause,
  );
  return expectError(
    () => {
      throw error;
    },
    code,
    ...parts,
  );
}

/** A reproducible sequence of 32-bit numbers (xorshift). */
export function randomSequence(seed: number): { next(): number; below(limit: number): number } {
  let state = seed | 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return { next, below: (limit) => next() % limit };
}

/** Every element type that this engine has, with its array. */
export const ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  u8c: Uint8ClampedArray,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
export type PresentType = keyof typeof ARRAYS & ElementType;
export const TYPES = Object.keys(ARRAYS) as PresentType[];
export const isWide = (type: ElementType) => type === 'i64' || type === 'u64';
