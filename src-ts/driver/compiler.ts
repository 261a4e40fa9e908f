// What the driver asks of a compiler, whichever it is.
import type { Toolchain } from './api.js';

/** A source to compile. */
export interface Unit {
  /** Absolute. */
  source: string;
  language: 'c' | 'c++';
  /** Everything but what says where the source and the results are. */
  args: readonly string[];
  cwd: string;
  /** Folders that `args` names with -I, absolute. */
  include: readonly string[];
  /** A header to begin with, as `precompile` gave it. */
  precompiled?: Uint8Array | undefined;
}

export interface Compiled {
  /** What the compiler printed. */
  output: string;
  /** Undefined when it failed. */
  object: Uint8Array | undefined;
  /** Absolute paths of the source and of what it includes, but for the toolchain's own. */
  dependencies: string[];
}

/** Objects to link. */
export interface Program {
  objects: readonly { name: string; bytes: Uint8Array }[];
  /** For the linker. */
  args: readonly string[];
  threads: boolean;
  /** What to optimize the result for. */
  optimize: 'speed' | 'size' | 'debug';
}

export interface Linked {
  output: string;
  /** Undefined when it failed. */
  wasm: Uint8Array | undefined;
}

export interface Compiler {
  readonly toolchain: Toolchain;
  /** Two compilers of the same id give the same objects. */
  readonly id: string;
  compile(unit: Unit, signal?: AbortSignal): Promise<Compiled>;
  /** A header, for sources with the same `args` and more -I to begin with; undefined when it failed. Not all can. */
  precompile?(unit: Unit, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  link(program: Program, signal?: AbortSignal): Promise<Linked>;
}
