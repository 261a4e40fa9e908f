// Reads which symbols an object file (or each one in an archive) defines and which it lacks.
import { ByteReader, WasmError } from './reader.js';
import { readWasm } from './wasm.js';

export interface Symbols {
  /** Kept and exported whatever refers to it: `used`, `export_name`. */
  kept: { name: string; kind: 'function' | 'data' }[];
  missing: string[];
  /** Not for shared memory: what was atomic or thread-local in the source is neither in there. */
  alone: boolean;
  /** Has data of each thread's own, which a linker takes for shared memory only. */
  threadLocal: boolean;
}

const FUNCTION = 0;
const DATA = 1;
const SECTION = 3;
const LOCAL = 2;
const UNDEFINED = 0x10;
const EXPORTED = 0x20;
const NAMED = 0x40;
const NO_STRIP = 0x80;
const THREAD_LOCAL = 0x100;
const SYMBOL_TABLE = 8;
const DISALLOWED = 0x2d;

/** Of an object or an archive of objects; throws a WasmError when it is neither. */
export function readSymbols(bytes: Uint8Array): Symbols {
  const symbols: Symbols = { kept: [], missing: [], alone: false, threadLocal: false };
  for (const object of isArchive(bytes) ? members(bytes) : [bytes]) readObject(object, symbols);
  return symbols;
}

function isArchive(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 8)) === '!<arch>\n';
}

// Members that are no wasm (tables of names and of symbols) are passed over.
function* members(archive: Uint8Array): Generator<Uint8Array> {
  const HEAD = 60;
  for (let at = 8; at + HEAD <= archive.length; ) {
    const size = Number.parseInt(String.fromCharCode(...archive.subarray(at + 48, at + 58)), 10);
    if (!(size >= 0)) throw new WasmError(`the member of the archive at byte ${at} has no size`);
    const member = archive.subarray(at + HEAD, at + HEAD + size);
    if (member[0] === 0 && member[1] === 0x61 && member[2] === 0x73 && member[3] === 0x6d) yield member;
    at += HEAD + size + (size & 1);
  }
}

function readObject(bytes: Uint8Array, symbols: Symbols): void {
  const file = readWasm(bytes);
  const linking = file.sections.find(({ name, custom }) => custom && name === 'linking');
  if (!linking) throw new WasmError('it is wasm that has been linked already, not an object file');
  const features = file.sections.find(({ name, custom }) => custom && name === 'target_features');
  if (features && disallows(new ByteReader(features.bytes), 'shared-mem')) symbols.alone = true;
  const imported = file.imports.filter(({ kind }) => kind === 'function').map(({ name }) => name);
  const reader = new ByteReader(linking.bytes);
  reader.u32(); // version
  while (reader.left > 0) {
    const type = reader.byte();
    const part = reader.part(reader.u32(), 'a part of the linking section');
    if (type === SYMBOL_TABLE) part.entries(() => readSymbol(part, imported, symbols));
  }
}

function disallows(reader: ByteReader, feature: string): boolean {
  let found = false;
  reader.entries(() => {
    const prefix = reader.byte();
    if (reader.name() === feature && prefix === DISALLOWED) found = true;
  });
  return found;
}

function readSymbol(reader: ByteReader, imported: readonly string[], symbols: Symbols): void {
  const kind = reader.byte();
  const flags = reader.u32();
  const defined = (flags & UNDEFINED) === 0;
  if (kind === SECTION) {
    reader.u32();
    return;
  }
  let name: string;
  if (kind === DATA) {
    name = reader.name();
    if (flags & THREAD_LOCAL) symbols.threadLocal = true;
    if (defined) for (let i = 0; i < 3; i++) reader.u32(); // segment, offset, size
  } else {
    const index = reader.u32();
    if (defined || flags & NAMED) name = reader.name();
    else if (kind === FUNCTION) name = imported[index] ?? '';
    else return;
  }
  if (kind !== FUNCTION && kind !== DATA) return; // globals, tables, tags: the compiler's own
  if (!defined) symbols.missing.push(name);
  else if ((flags & LOCAL) === 0 && flags & (EXPORTED | NO_STRIP)) {
    symbols.kept.push({ name, kind: kind === DATA ? 'data' : 'function' });
  }
}
