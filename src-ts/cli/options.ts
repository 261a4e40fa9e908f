// The options of everything that builds, and what they are to the driver.
import type { BuildOptions, ToolchainName } from '../driver/index.js';
import { type Arguments, type Option, UsageError } from './arguments.js';

export const CAPACITY: Option = {
  name: 'capacity',
  value: '<bytes>',
  help: 'size of the arena where Registry.create is not told: bytes, or such as 16MiB',
};

export const BUILD_OPTIONS: readonly Option[] = [
  { name: 'include', short: 'I', value: '<folder>', help: 'where #include looks as well' },
  { name: 'define', short: 'D', value: '<name[=value]>', help: 'defines a macro' },
  { name: 'debug', help: 'names, DWARF and run-time checks, without optimization' },
  { name: 'size', help: 'small rather than fast' },
  { name: 'threads', help: 'a second wasm as well, for threads' },
  { name: 'no-simd', help: 'without 128-bit SIMD' },
  { name: 'prebuilt', help: 'links the prebuilt kernels as well' },
  { name: 'toolchain', value: '<name>', help: 'emcc, clang or yowasp; the first that is here when left out' },
  { name: 'no-cache', help: 'compiles everything anew' },
];

export const COMPILER_FLAGS = 'compiler flags';

export function buildOptions(given: Arguments): Omit<BuildOptions, 'sources'> {
  const capacity = given.text('capacity');
  return {
    include: given.list('include'),
    define: given.list('define'),
    debug: given.has('debug'),
    size: given.has('size'),
    threads: given.has('threads'),
    simd: !given.has('no-simd'),
    prebuilt: given.has('prebuilt'),
    toolchain: given.text('toolchain') as ToolchainName | undefined, // the driver says which there are
    capacity: capacity === undefined ? undefined : bytesOf(capacity),
    flags: given.rest,
    cache: given.has('no-cache') ? false : undefined,
  };
}

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A number of bytes, such as 16777216, 16M or 16MiB. */
export function bytesOf(text: string): number {
  const [, number, unit] = /^(\d+)([KMG]?)(?:iB)?$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  if (number === undefined || factor === undefined || /^\d+iB$/.test(text)) {
    throw new UsageError(`--capacity is ${text}: expected bytes, or a number of KiB, MiB or GiB such as 16MiB`);
  }
  return Number(number) * factor;
}
