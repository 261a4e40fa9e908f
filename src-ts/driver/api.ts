// What the compiler driver takes and gives: the CLI, the bundler plugin, tools/build.mjs and the tests all call `build`.

/** What is built, and how. */
export interface BuildOptions {
  /** C++ (.cpp .cc .cxx), C (.c), object (.o) and archive (.a) files; relative ones from `cwd`. */
  sources: readonly string[];
  /** Folder that relative paths start from; the process's own when left out. */
  cwd?: string;
  /** The compiler to use; when left out, the first of these that this machine has. */
  toolchain?: ToolchainName;
  /** A second wasm beside the first, for memory that threads share. */
  threads?: boolean;
  /** 128-bit SIMD; on when left out. */
  simd?: boolean;
  /** Names, DWARF and run-time checks, without optimization. */
  debug?: boolean;
  /** Small rather than fast. */
  size?: boolean;
  /** Bytes of the arena that registries of this module get when they don't say. */
  capacity?: number;
  /** Folders for -I. */
  include?: readonly string[];
  /** Macros for -D, as NAME or NAME=value. */
  define?: readonly string[];
  /** More arguments for the compiler, as they are. */
  flags?: readonly string[];
  /** Links the prebuilt kernels as well. */
  prebuilt?: boolean;
  /** Leaves room behind static data, so that the next build can take this one's place in a running page. */
  hot?: boolean;
  /** Folder of the cache; `false` for none; `node_modules/.cache/arena-bind` near `cwd` when left out. */
  cache?: string | false;
  /** Gives up. */
  signal?: AbortSignal;
}

export type ToolchainName = 'emcc' | 'clang' | 'yowasp';

/** What a build gives. Nothing is written to disk but the cache: see output.ts. */
export interface Built {
  wasm: Uint8Array;
  /** The same kernels for memory that threads share; undefined when that was not asked for. */
  threads: Uint8Array | undefined;
  /** Of both. */
  description: Description;
  /** TSDoc text of each kernel and struct that has a `///` comment, by its name. */
  docs: ReadonlyMap<string, string>;
  capacity: number | undefined;
  /** Absolute paths of all files that were read, but for the toolchain's own: what a watcher watches. */
  dependencies: readonly string[];
  /** What the compiler said without failing. */
  warnings: readonly Diagnostic[];
  toolchain: Toolchain;
  /** Whether nothing had to be compiled. */
  cached: boolean;
}

export interface Toolchain {
  name: ToolchainName;
  /** As the compiler says it, such as 3.1.6. */
  version: string;
  /** Of the compiler. */
  path: string;
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  /** Absolute; undefined when it is about no file. */
  file: string | undefined;
  /** From 1. */
  line: number | undefined;
  column: number | undefined;
  message: string;
  /** What to do about it, where we know. */
  hint: string | undefined;
}

/** A build that failed; `message` is what to print: one paragraph per diagnostic, `file:line:column: error: text`. */
export class BuildError extends Error {
  override name = 'BuildError';
  constructor(
    message: string,
    readonly diagnostics: readonly Diagnostic[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A build that was asked for in a wrong way: nothing was looked at. */
export class OptionError extends BuildError {
  override name = 'OptionError';
}

/** What a wasm says about itself: describe.ts. */
export interface Description {
  /** ARENA_ABI_VERSION it was built with; undefined when it has no kernel that says so. */
  abi: number | undefined;
  kernels: readonly Kernel[];
  /** Every struct that a kernel takes as a span or as columns, once. */
  structs: readonly Struct[];
}

export interface Kernel {
  name: string;
  /** The line in the wasm, from the name on. */
  signature: string;
  parameters: readonly Parameter[];
  /** `void`, a scalar type, or the fields of a tuple. */
  returns: string | readonly Field[];
}

export interface Parameter {
  name: string;
  kind: 'scalar' | 'span' | 'string' | 'structs' | 'columns';
  /** Of a scalar or a span's elements (`f32`...); the name of a struct. */
  type: string;
  /** A span of const elements: the kernel only reads it. */
  readonly: boolean;
}

export interface Struct {
  name: string;
  fields: readonly Field[];
  /** Bytes from one element of an array to the next. */
  size: number;
  /** Bytes: an array's address is a multiple of it. */
  align: number;
}

export interface Field {
  name: string;
  type: string;
  /** Bytes from the start of the struct. */
  offset: number;
}
