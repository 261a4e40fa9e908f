// Which additions to the first version of WebAssembly a module's code needs of its engine.
import { MEMORY_GROW, walkBody } from '../driver/instructions.js';
import { ByteReader, WasmError } from '../driver/reader.js';
import type { WasmFile } from '../driver/wasm.js';

const [BULK, VECTOR, ATOMIC] = [0xfc, 0xfd, 0xfe];

/** By their usual names, in the order in which engines got them. */
const FEATURES: readonly [name: string, uses: (instruction: number) => boolean][] = [
  ['sign extension', (code) => code >= 0xc0 && code <= 0xc4],
  ['conversions that saturate', (code) => code >> 16 === BULK && (code & 0xffff) < 8],
  ['bulk memory', (code) => code >> 16 === BULK && (code & 0xffff) >= 8],
  ['reference types', (code) => code >= 0xd0 && code <= 0xd2],
  ['SIMD', (code) => code >> 16 === VECTOR && (code & 0xffff) < 0x100],
  ['threads', (code) => code >> 16 === ATOMIC],
  ['exceptions', (code) => (code >= 0x06 && code <= 0x0a) || code === 0x18 || code === 0x19 || code === 0x1f],
  ['tail calls', (code) => code === 0x12 || code === 0x13],
  ['relaxed SIMD', (code) => code >> 16 === VECTOR && (code & 0xffff) >= 0x100],
  ['memory.grow', (code) => code === MEMORY_GROW],
];

export function featuresOf(file: WasmFile): string[] {
  const found = new Set<string>();
  const seen = new Set<number>();
  const visit = (instruction: number) => {
    if (seen.has(instruction)) return;
    seen.add(instruction);
    for (const [name, uses] of FEATURES) if (uses(instruction)) found.add(name);
  };
  for (const body of file.code) {
    try {
      walkBody(new ByteReader(body), visit);
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
      found.add('instructions that arena-bind does not know');
    }
  }
  const limits = [...file.memories, ...file.imports.flatMap((entry) => entry.limits ?? [])];
  if (limits.some(({ shared }) => shared)) found.add('threads');
  if (limits.some(({ wide }) => wide)) found.add('64-bit memory');
  if (file.functions.some(({ results }) => results.length > 1)) found.add('several results');
  const order = FEATURES.map(([name]) => name);
  return [...found].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}
