// The static reader, on what toolchains write and on what nobody should.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dataAt, readWasm, textAt, WasmError } from '../../src-ts/driver/wasm.js';
import { CONSTANT_TYPE, importOf, moduleOf, section, text } from '../ts/wasm.js';

const core = readFileSync('dist/core.wasm');
const threads = readFileSync('dist/core.threads.wasm');
const [I32, MEMORY, END] = [0x7f, 2, 0x0b];

describe.each([
  ['one thread', core],
  ['threads', threads],
])('of the prebuilt kernels for %s', (_, bytes) => {
  const file = readWasm(bytes);
  const module = new WebAssembly.Module(bytes);

  test('imports and exports are those that the engine sees', () => {
    const listed = (entries: readonly { name: string; kind: string }[]) =>
      entries.map(({ name, kind }) => [name, kind]);
    expect(listed(file.imports)).toEqual(listed(WebAssembly.Module.imports(module)));
    expect(listed(file.exports)).toEqual(listed(WebAssembly.Module.exports(module)));
    expect(file.imports[0]?.limits?.shared).toBe(bytes === threads);
  });

  test('globals and data are what an instance has', () => {
    const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: bytes === threads });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const signatures = file.exports.filter(({ name }) => name.startsWith('arena_kernel_'));
    expect(signatures).toHaveLength(19);
    const live = new Uint8Array(memory.buffer);
    for (const { name, value } of signatures) {
      expect(value).toBe((exports[name] as WebAssembly.Global).value);
      const line = Buffer.from(live.slice(value, live.indexOf(0, value))).toString();
      expect(line).toContain(name.slice('arena_kernel_'.length));
      expect(textAt(file, value as number)).toBe(line);
    }
    for (const { address, bytes } of file.data) {
      expect(Buffer.from(live.slice(address, (address as number) + bytes.length))).toEqual(Buffer.from(bytes));
    }
  });

  test('functions have the types and the sizes of the file', () => {
    const { name, type } = file.exports.find((entry) => entry.name === 'arena_alloc') ?? {};
    expect([name, type]).toEqual(['arena_alloc', { params: ['i32', 'i32', 'i32'], results: ['i32'] }]);
    expect(file.code).toHaveLength(file.functions.length);
    expect(8 + file.sections.reduce((sum, { size }) => sum + size, 0)).toBe(bytes.length);
  });

  test('cut off anywhere, it is refused or whole', () => {
    let ends = 0;
    for (let length = 0; length < bytes.length; length++) {
      try {
        readWasm(bytes.subarray(0, length));
        ends++;
      } catch (error) {
        expect(error).toBeInstanceOf(WasmError);
      }
    }
    // Whole are the eight bytes of the head, and up to the section before the functions are declared.
    expect(ends).toBe(3);
  });

  test('with any byte changed, it gives a result or a WasmError', () => {
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const changed = new Uint8Array(bytes);
      for (let i = 0; i <= round % 3; i++) changed[random(round % 2 ? 1500 : bytes.length)] = random(256);
      try {
        readWasm(changed);
      } catch (error) {
        if (!(error instanceof WasmError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
  });
});

test('bytes beyond what is given are never looked at', () => {
  const padded = new Uint8Array(core.length + 64).fill(0x80);
  padded.set(core, 32);
  expect(readWasm(padded.subarray(32, 32 + core.length)).exports).toHaveLength(readWasm(core).exports.length);
});

test('what is no wasm is named', () => {
  const reason = (bytes: Uint8Array | string) => {
    try {
      readWasm(Buffer.from(bytes));
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing is wrong';
  };
  expect(reason('')).toBe('it is empty');
  expect(reason('<!doctype html>')).toBe(
    'it is not wasm: it starts with 3c 21 64 6f 63 74 79 70 (HTML or XML) and not with 00 61 73 6d',
  );
  expect(reason('(module)')).toContain('(the text format: use wat2wasm)');
  expect(reason('\x7fELF....')).toContain('(a native object or program)');
  expect(reason('\0asm')).toBe('it is cut off after 4 bytes');
  expect(reason('\0asm\x0d\0\x01\0')).toMatch(/^it is a component/);
  expect(reason('\0asm\x02\0\0\0')).toBe('it has the wasm version 02 00 00 00, not 01 00 00 00');
  expect(reason(moduleOf([42, 0]))).toBe('section 42 at byte 8 is none that is known');
  expect(reason(moduleOf(section(3, 0), section(3, 0)))).toBe(
    'the function section at byte 11 comes twice or too late',
  );
  expect(reason(moduleOf(section(3, 1, 7)))).toBe('a function at byte 12 has type 7, which is not there');
  expect(reason(moduleOf(CONSTANT_TYPE, section(3, 1, 0)))).toBe('it declares 1 functions and has the code of 0');
  expect(reason(moduleOf([1, 0xff, 0xff, 0xff, 0xff, 0x0f]))).toContain('but the file ends at byte 14');
  expect(reason(moduleOf([1, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toContain('more than 32 bits');
  // A list that claims four thousand million entries ends where its section does.
  expect(reason(moduleOf(section(7, 0xff, 0xff, 0xff, 0xff, 0x0f)))).toContain('cut off or damaged');
  expect(reason(moduleOf(section(7, 1, ...text('f'), 0, 9)))).toBe('the export f is function 9, which is not there');
  expect(reason(moduleOf(section(7, 1, 1, 0xff, 0, 0)))).toContain('not UTF-8');
  expect(reason(moduleOf(section(1, 0, 1)))).toBe('the type section has 1 bytes more than its entries');
});

test('the end of a segment ends a text, as the zeros behind it would', () => {
  const data = section(11, 1, 0, 0x41, 16, END, ...text('hi'));
  const file = readWasm(moduleOf(importOf('env', 'memory', MEMORY, 0, 1), data));
  expect(textAt(file, 16)).toBe('hi');
  expect(textAt(file, 17)).toBe('i');
  expect(textAt(file, 18)).toBeUndefined();
  expect(dataAt(file, 15)).toBeUndefined();
});

test('a constant has a value, and what is computed has none', () => {
  const globals = section(6, 2, I32, 0, 0x41, 0x7f, END, I32, 0, 0x23, 0, END);
  const exported = section(7, 2, ...text('a'), 3, 0, ...text('b'), 3, 1);
  expect(readWasm(moduleOf(globals, exported)).exports.map(({ value }) => value)).toEqual([-1, undefined]);
});
