// Reads a wasm binary without running it: what it imports, exports and carries as data. Everything it returns lies inside
// the bytes given; damaged or hostile bytes give a WasmError that says where.

import { END, I32_CONST, MEMORY_INIT, walkBody, walkExpression } from './instructions.js';
import { ByteReader, WasmError } from './reader.js';

export { WasmError };

export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface FunctionType {
  /** `i32 i64 f32 f64 v128 funcref externref`. */
  params: readonly string[];
  results: readonly string[];
}

/** Of a memory, in pages of 64 KiB. */
export interface MemoryLimits {
  initial: number;
  maximum: number | undefined;
  shared: boolean;
  /** Whether its addresses have 64 bits. */
  wide: boolean;
}

export interface WasmImport {
  module: string;
  name: string;
  kind: ExternalKind;
  /** Of a function. */
  type?: FunctionType;
  /** Of a memory. */
  limits?: MemoryLimits;
}

export interface WasmExport {
  name: string;
  kind: ExternalKind;
  /** Among everything of its kind, imported ones first. */
  index: number;
  /** Of a function. */
  type?: FunctionType;
  /** Of a global that is an i32.const. */
  value?: number;
}

export interface WasmData {
  /** Where it lies in the memory; of a passive segment, where the code puts it. Undefined when that's no constant. */
  address: number | undefined;
  passive: boolean;
  bytes: Uint8Array;
}

export interface WasmSection {
  /** Such as `code`; of a custom section its own name. */
  name: string;
  custom: boolean;
  /** Bytes in the file with its head. */
  size: number;
  /** What follows the head (and the name). */
  bytes: Uint8Array;
}

export interface WasmFile {
  size: number;
  imports: WasmImport[];
  exports: WasmExport[];
  /** The memories that it defines itself. */
  memories: MemoryLimits[];
  /** The type of every function, imported ones first. */
  functions: FunctionType[];
  /** How many of them are imported. */
  importedFunctions: number;
  /** The value of every global that is an i32.const, imported ones first. */
  globals: (number | undefined)[];
  /** The bodies of the functions it defines: locals, then instructions. */
  code: Uint8Array[];
  data: WasmData[];
  sections: WasmSection[];
  /** The function that runs at instantiation. */
  start: number | undefined;
}

const SECTIONS = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
];
// The format's own order: the numbers were given out later.
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];
const TYPES: Record<number, string> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};

/** Throws a WasmError unless `bytes` are a core module whose parts fit together. The code is not checked. */
export function readWasm(bytes: Uint8Array): WasmFile {
  checkHead(bytes);
  const reader = new ByteReader(bytes, 8, bytes.length);
  const file = new FileReader(bytes.length);
  let place = -1;
  while (reader.left > 0) {
    const from = reader.at;
    const id = reader.byte();
    const name = SECTIONS[id];
    if (name === undefined) throw new WasmError(`section ${id} at byte ${from} is none that is known`);
    const content = reader.part(reader.u32(), `the ${name} section`);
    const size = reader.at - from;
    if (id === 0) {
      const title = content.name();
      file.sections.push({ name: title, custom: true, size, bytes: content.rest() });
      continue;
    }
    const next = ORDER.indexOf(id);
    if (next <= place) throw new WasmError(`the ${name} section at byte ${from} comes twice or too late`);
    place = next;
    file.sections.push({ name, custom: false, size, bytes: bytes.subarray(content.at, content.end) });
    file.read(id, content);
    if (content.left > 0) throw new WasmError(`the ${name} section has ${content.left} bytes more than its entries`);
  }
  return file.finish();
}

/** The bytes of static data from `address` to the end of its segment; undefined when none lies there. */
export function dataAt(file: WasmFile, address: number): Uint8Array | undefined {
  for (const { address: start, bytes } of file.data) {
    if (start !== undefined && address >= start && address < start + bytes.length) {
      return bytes.subarray(address - start);
    }
  }
  return undefined;
}

/** The NUL-terminated UTF-8 text at `address`; undefined when none lies there. */
export function textAt(file: WasmFile, address: number): string | undefined {
  const bytes = dataAt(file, address);
  // Optimizers leave zeros at the end of a segment out, and with them the NUL.
  const end = bytes?.indexOf(0) ?? -1;
  return bytes && new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function checkHead(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new WasmError('it is empty');
  const hex = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (!hex.startsWith('00 61 73 6d')) {
    throw new WasmError(`it is not wasm: it starts with ${hex}${describeText(bytes)} and not with 00 61 73 6d`);
  }
  if (bytes.length < 8) throw new WasmError(`it is cut off after ${bytes.length} bytes`);
  if (hex.endsWith('0d 00 01 00')) {
    throw new WasmError('it is a component: arena-bind takes core modules, which are inside of it');
  }
  if (!hex.endsWith('01 00 00 00')) throw new WasmError(`it has the wasm version ${hex.slice(12)}, not 01 00 00 00`);
}

function describeText(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, 40));
  if (/^\s*</.test(text)) return ' (HTML or XML)';
  if (/^\x7fELF/.test(text)) return ' (a native object or program)';
  if (text.startsWith('\x1f\x8b')) return ' (gzip: unpack it first)';
  if (/^!<arch>/.test(text)) return ' (an archive)';
  if (/^BC\xc0\xde/.test(text)) return ' (LLVM bitcode)';
  if (/^\s*\(module/.test(text)) return ' (the text format: use wat2wasm)';
  return /^[\x20-\x7e\s]+$/.test(text) ? ' (text)' : '';
}

class FileReader implements WasmFile {
  imports: WasmImport[] = [];
  exports: WasmExport[] = [];
  memories: MemoryLimits[] = [];
  functions: FunctionType[] = [];
  importedFunctions = 0;
  globals: (number | undefined)[] = [];
  code: Uint8Array[] = [];
  data: WasmData[] = [];
  sections: WasmSection[] = [];
  start: number | undefined;
  #types: FunctionType[] = [];
  #segments: number | undefined;
  // What reads an entry of the section of that number.
  #entries: Record<number, (from: ByteReader) => unknown> = {
    1: (from) => this.#types.push(this.#functionType(from)),
    2: (from) => this.imports.push(this.#import(from)),
    3: (from) => this.functions.push(this.#typeAt(from)),
    5: (from) => this.memories.push(limits(from)),
    6: (from) => this.globals.push(global(from)),
    7: (from) => this.exports.push(this.#export(from)),
    10: (from) => this.code.push(from.part(from.u32(), 'a function').rest()),
    11: (from) => this.data.push(segment(from)),
  };

  constructor(readonly size: number) {}

  read(id: number, from: ByteReader): void {
    const entry = this.#entries[id];
    if (entry) from.entries(() => entry(from));
    else if (id === 8) this.start = from.u32();
    else if (id === 12) this.#segments = from.u32();
    else from.rest(); // tables, elements, tags: nothing that a caller of kernels needs
  }

  /** After the last section: what needs several of them. */
  finish(): WasmFile {
    const defined = this.functions.length - this.importedFunctions;
    if (defined !== this.code.length) {
      throw new WasmError(`it declares ${defined} functions and has the code of ${this.code.length}`);
    }
    if (this.#segments !== undefined && this.#segments !== this.data.length) {
      throw new WasmError(`it declares ${this.#segments} data segments and has ${this.data.length}`);
    }
    for (const entry of this.exports) {
      if (entry.kind === 'function') {
        entry.type = this.functions[entry.index];
        if (!entry.type) throw new WasmError(`the export ${entry.name} is function ${entry.index}, which is not there`);
      }
      if (entry.kind === 'global') {
        if (entry.index >= this.globals.length) {
          throw new WasmError(`the export ${entry.name} is global ${entry.index}, which is not there`);
        }
        entry.value = this.globals[entry.index];
      }
    }
    if (this.data.some(({ passive }) => passive)) this.#placeSegments();
    return this;
  }

  // A build for shared memory puts its segments in place by code: constants for address, start and length, memory.init.
  #placeSegments(): void {
    for (const body of this.code) {
      const constants: number[] = [];
      const visit = (instruction: number, immediate: number) => {
        if (instruction === I32_CONST) {
          constants.push(immediate);
          return;
        }
        const data = instruction === MEMORY_INIT ? this.data[immediate] : undefined;
        const [address, from, length] = constants.slice(-3);
        if (data?.passive && from === 0 && length === data.bytes.length) data.address = (address as number) >>> 0;
        constants.length = 0;
      };
      try {
        walkBody(new ByteReader(body), visit);
      } catch (error) {
        if (!(error instanceof WasmError)) throw error; // else: newer instructions than this walker knows
      }
    }
  }

  #functionType(from: ByteReader): FunctionType {
    const form = from.byte();
    if (form !== 0x60) throw from.unknown(`a type of form 0x${form.toString(16)}`);
    const params: string[] = [];
    const results: string[] = [];
    from.entries(() => params.push(valueType(from)));
    from.entries(() => results.push(valueType(from)));
    return { params, results };
  }

  #typeAt(from: ByteReader): FunctionType {
    const index = from.u32();
    const type = this.#types[index];
    if (type === undefined) throw new WasmError(`a function at byte ${from.at} has type ${index}, which is not there`);
    return type;
  }

  #import(from: ByteReader): WasmImport {
    const entry: WasmImport = { module: from.name(), name: from.name(), kind: kind(from) };
    if (entry.kind === 'function') {
      entry.type = this.#typeAt(from);
      this.functions.push(entry.type);
      this.importedFunctions++;
    } else if (entry.kind === 'memory') entry.limits = limits(from);
    else if (entry.kind === 'table') {
      valueType(from);
      limits(from);
    } else if (entry.kind === 'global') {
      globalType(from);
      this.globals.push(undefined);
    } else {
      from.byte(); // the attribute of a tag
      this.#typeAt(from);
    }
    return entry;
  }

  #export(from: ByteReader): WasmExport {
    return { name: from.name(), kind: kind(from), index: from.u32() };
  }
}

function kind(from: ByteReader): ExternalKind {
  const number = from.byte();
  const found = KINDS[number];
  if (found === undefined) throw from.unknown(`an import or export of kind ${number}`);
  return found;
}

function valueType(from: ByteReader): string {
  const code = from.byte();
  const type = TYPES[code];
  if (type === undefined) throw from.unknown(`a value of type 0x${code.toString(16)}`);
  return type;
}

function globalType(from: ByteReader): void {
  valueType(from);
  from.byte(); // whether it can change
}

function global(from: ByteReader): number | undefined {
  globalType(from);
  return initialValue(from);
}

function limits(from: ByteReader): MemoryLimits {
  const flags = from.byte();
  if (flags > 7) throw from.unknown(`limits of kind ${flags}`);
  const wide = (flags & 4) !== 0;
  const next = () => (wide ? wideNumber(from) : from.u32());
  return { initial: next(), maximum: flags & 1 ? next() : undefined, shared: (flags & 2) !== 0, wide };
}

// Up to 48 bits of pages, exact in a double.
function wideNumber(from: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = from.byte();
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
  throw from.unknown('a size of more than 48 bits');
}

// A constant expression; its value when it is nothing but an i32.const.
function initialValue(from: ByteReader): number | undefined {
  let value: number | undefined;
  let count = 0;
  walkExpression(from, (instruction, immediate) => {
    count++;
    if (instruction !== END) value = instruction === I32_CONST && count === 1 ? immediate : undefined;
  });
  return value;
}

function segment(from: ByteReader): WasmData {
  const form = from.u32();
  if (form > 2) throw from.unknown(`a data segment of kind ${form}`);
  if (form === 2) from.u32(); // the memory's index
  const address = form === 1 ? undefined : initialValue(from);
  const bytes = from.part(from.u32(), 'a data segment').rest();
  return { address: address === undefined ? undefined : address >>> 0, passive: form === 1, bytes };
}
