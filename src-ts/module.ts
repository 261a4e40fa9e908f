// From whatever names a wasm module to an instance with its memory and its first arena.

import { read } from '#host';
import { ABI_VERSION, BLOCK_ALIGNMENT, DEFAULT_CAPACITY, type Hooks, STATUS_OUT_OF_MEMORY } from './abi.gen.js';
import type { ViewCache } from './cache.js';
import { ArenaError, OutOfMemoryError } from './errors.js';
import { takeFailure } from './failure.js';
import { show } from './show.js';

/** Where a module comes from: bytes, a compiled module, a Response, or a URL (in Node also a path). */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | URL | string;

/**
 * An instantiated module; its exports are what the ABI promises.
 * @internal
 */
export interface Instance {
  readonly hooks: Hooks;
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
  /** Address of the record of the first arena. */
  readonly arena: number;
  /** Where the stack pointer stands when no kernel runs. */
  readonly stackTop: number;
  /** Only where threads share the memory: made for it, in place of a plain one. */
  readonly cache?: ViewCache | undefined;
}

const PAGE = 65536;
// For stack and static data. Only the linker knows how much a module needs, and a WebAssembly.Module doesn't tell.
const FIRST_STATIC_PAGES = 16;
const MOST_PAGES = 65536;

const GIVEN = 'the bytes given';

function badModule(message: string, cause?: unknown): ArenaError {
  return new ArenaError('ERR_BAD_MODULE', message, cause ? { cause } : undefined);
}

/**
 * Compiles `source`; throws ERR_BAD_MODULE when it isn't wasm.
 * @internal
 */
export async function compile(source: ModuleSource | Promise<ModuleSource>): Promise<WebAssembly.Module> {
  let given = await source;
  if (given instanceof WebAssembly.Module) return given;
  let where = GIVEN;
  try {
    if (typeof given === 'string' || given instanceof URL) {
      where = String(given);
      given = await read(given);
    }
    // Not by `instanceof`: in Node the name of the class alone loads all of fetch.
    if ((given as Response | undefined)?.arrayBuffer) {
      const { ok, status, statusText, url, headers } = given as Response;
      if (where === GIVEN) where = url || 'the response';
      if (!ok) throw badModule(`${where} answered ${status} ${statusText}`);
      where += ` (content-type ${headers.get('content-type')})`;
      given = await (given as Response).arrayBuffer();
    }
  } catch (cause) {
    if (cause instanceof ArenaError) throw cause;
    throw badModule(`cannot read the wasm module ${where}: ${(cause as Error).message}`, cause);
  }
  const bytes = wasmBytes(given, where);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw compileError(where, cause);
  }
}

/**
 * The same without waiting: only bytes and compiled modules.
 * @internal
 */
export function compileSync(source: ModuleSource): WebAssembly.Module {
  if (source instanceof WebAssembly.Module) return source;
  const bytes = wasmBytes(source, GIVEN);
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw compileError(GIVEN, cause);
  }
}

function compileError(where: string, cause: unknown): ArenaError {
  const { message } = cause as Error;
  const why = "damaged, or this engine lacks what it uses, or a Content-Security-Policy lacks 'wasm-unsafe-eval'";
  return badModule(`${where} does not compile: ${message}. It is ${why}`, cause);
}

// As a Uint8Array whatever came: Node 20 compiles no DataView. Throws when the bytes aren't wasm.
function wasmBytes(source: unknown, where: string): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(source) && Object.prototype.toString.call(source) !== '[object ArrayBuffer]') {
    const sources = 'createSync takes a WebAssembly.Module or its bytes, Registry.create also a Response or a URL';
    throw badModule(`${show(source)} is no wasm module: ${sources}`);
  }
  const view = source as Uint8Array<ArrayBuffer>;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(view.buffer ?? source, view.byteOffset, view.byteLength);
  } catch (cause) {
    throw badModule(`${where}: the buffer was transferred away (${(cause as Error).message})`, cause);
  }
  const text = String.fromCharCode(...bytes.subarray(0, 40));
  if (text.startsWith('\0asm')) return bytes;
  const came = text ? `starts with ${JSON.stringify(text)}` : 'is empty';
  const page = /^\s*</.test(text) ? '; this is HTML: check the URL' : '';
  throw badModule(`${where} is not wasm: it ${came}${page}`);
}

/**
 * Throws ERR_INVALID_OPTION unless an arena can have so many bytes.
 * @internal
 */
export function checkCapacity(capacity: unknown): number {
  if (capacity === undefined) return DEFAULT_CAPACITY;
  const most = (MOST_PAGES - FIRST_STATIC_PAGES) * PAGE;
  if (Number.isInteger(capacity) && (capacity as number) >= BLOCK_ALIGNMENT && (capacity as number) <= most) {
    if ((capacity as number) % BLOCK_ALIGNMENT === 0) return capacity as number;
  }
  throw new ArenaError(
    'ERR_INVALID_OPTION',
    `capacity is ${show(capacity)}: expected a number of bytes, a multiple of ${BLOCK_ALIGNMENT} up to ${most}`,
  );
}

/**
 * `threads` is called with the hooks before the arena is opened; it stands for memory that threads share.
 * @internal
 */
export async function instantiate(
  module: WebAssembly.Module,
  capacity: number,
  threads?: (hooks: Hooks) => void,
): Promise<Instance> {
  checkImports(module);
  for (let pages = FIRST_STATIC_PAGES; ; pages *= 2) {
    const memory = createMemory(pages, capacity, threads !== undefined);
    try {
      return start(await WebAssembly.instantiate(module, { env: { memory } }), memory, capacity, threads);
    } catch (cause) {
      checkRetry(cause, pages, capacity, threads !== undefined);
    }
  }
}

/** @internal */
export function instantiateSync(module: WebAssembly.Module, capacity: number): Instance {
  checkImports(module);
  for (let pages = FIRST_STATIC_PAGES; ; pages *= 2) {
    const memory = createMemory(pages, capacity);
    try {
      return start(new WebAssembly.Instance(module, { env: { memory } }), memory, capacity);
    } catch (cause) {
      checkRetry(cause, pages, capacity);
    }
  }
}

function checkImports(module: WebAssembly.Module): void {
  const imports = WebAssembly.Module.imports(module).map(({ module, name, kind }) => `the ${kind} ${module}.${name}`);
  const rest = imports.filter((one) => one !== 'the memory env.memory');
  if (rest.length === 0 && imports.length === 1) return;
  throw badModule(
    `the module imports ${rest.join(', ') || 'no memory'}: arena-bind takes what imports env.memory and nothing else`,
  );
}

function createMemory(staticPages: number, capacity: number, shared?: boolean): WebAssembly.Memory {
  const pages = staticPages + Math.ceil(capacity / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: shared === true });
  } catch (cause) {
    const bytes = pages * PAGE;
    throw new OutOfMemoryError(
      `out of memory: this engine gives no memory of ${bytes} bytes (${(cause as Error).message}): take a smaller ` +
        'capacity, or dispose of other registries',
      bytes,
      0,
      capacity,
      0,
    );
  }
}

// A module that needs more static memory than was offered does not link; any other error is final.
function checkRetry(cause: unknown, pages: number, capacity: number, shared?: boolean): void {
  const roomFor = pages * 2 + Math.ceil(capacity / PAGE) <= MOST_PAGES;
  if (cause instanceof WebAssembly.LinkError && !/shared|maximum/i.test(cause.message) && roomFor) return;
  if (cause instanceof ArenaError) throw cause;
  const { message } = cause as Error;
  const advice = shared ? ': build it with --threads' : ': it needs Registry.create({ threads })';
  const hint = /shared/i.test(message) ? advice : '';
  throw badModule(`the module cannot be instantiated: ${message}${hint}`, cause);
}

function start(
  instance: WebAssembly.Instance,
  memory: WebAssembly.Memory,
  capacity: number,
  threads?: (hooks: Hooks) => void,
): Instance {
  const hooks = instance.exports as unknown as Hooks & { _initialize?(): void };
  const version = typeof hooks.arena_abi_version === 'function' ? hooks.arena_abi_version() : undefined;
  if (version !== ABI_VERSION) {
    const came = version === undefined ? 'was not built with arena-bind' : `has ABI version ${version}`;
    throw badModule(`the module ${came}; this arena-bind runs ABI version ${ABI_VERSION}: build it again`);
  }
  const stackTop = hooks.arena_stack_get();
  threads?.(hooks);
  // Before the constructors, which may allocate.
  const arena = hooks.arena_open(capacity) >>> 0;
  // It was linked, but its data has taken of the arena's share.
  if (arena === 0) throw new WebAssembly.LinkError(`no room for an arena of ${capacity} bytes`);
  try {
    hooks._initialize?.();
  } catch (cause) {
    const failure = takeFailure(hooks, memory);
    const message = `a static constructor of the module stopped: ${failure?.text ?? (cause as Error).message}`;
    if (failure?.status !== STATUS_OUT_OF_MEMORY) throw badModule(message, cause);
    const { requested } = failure;
    const why = `${message} needs ${requested} bytes: take a larger capacity than ${capacity}`;
    throw new OutOfMemoryError(why, requested, 0, capacity, 0);
  }
  return { hooks, exports: instance.exports, memory, arena, stackTop };
}
