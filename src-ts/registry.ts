import { coreModule, loadThreads } from '#host';
import { BLOCK_ALIGNMENT, LARGEST_ALIGNMENT } from './abi.gen.js';
import { TypedAllocators } from './allocators.gen.js';
import { bindKernel, listKernels, unknownKernel } from './bind.js';
import { fill, ViewCache } from './cache.js';
import { type ElementData, type ElementType, elementCode, type View } from './elements.js';
import { ArenaError } from './errors.js';
import { Frame, nameDispose } from './frame.js';
import type { KernelModule, StructArray, StructHost, Structs, StructTypes } from './kernel-module.js';
import type { PrebuiltKernels } from './kernels.gen.js';
import {
  checkCapacity,
  compile,
  compileSync,
  type Instance,
  instantiate,
  instantiateSync,
  type ModuleSource,
} from './module.js';
import type { FrameBudget } from './observe/budget.js';
import { partitionOf } from './partition.js';
import { choices, show } from './show.js';
import type { BoundKernel, KernelInfo } from './signature.js';
import { readJson, readString, writeJson, writeString } from './text.js';
import type { AttachOptions, RegistryHandle } from './threads/handle.js';

/** What `Registry.create` takes. */
export interface RegistryOptions {
  /** The kernels: a module of your own, or its bare wasm; the prebuilt kernels when left out. */
  module?: KernelModule | ModuleSource | Promise<ModuleSource> | undefined;
  /** Bytes of the arena, a multiple of 8; the module's own or 67,108,864 (64 MiB) when left out. It never grows. */
  capacity?: number | undefined;
  /**
   * How many threads kernels may use, the calling one among them, up to 33; 1 when left out. `'auto'`: as many as the machine has,
   * up to 8, and one where memory can't be shared. The others wait in a pool until `registry.dispose()`.
   */
  threads?: number | 'auto' | undefined;
  /** Where the pool's workers come from, for bundlers that don't find `arena-bind/worker` by themselves. */
  worker?: URL | string | (() => unknown) | undefined;
  /** Whether frames and kernel calls are entered on the performance timeline, where Chrome's DevTools have tracks for them. */
  timeline?: boolean | undefined;
  /** Tells of frames that take more time or memory than they may. */
  budget?: FrameBudget | undefined;
}

/** What `Registry.createSync` takes: as `RegistryOptions`, but the module must be at hand. */
export interface RegistrySyncOptions {
  /** Bytes of the arena, as in `RegistryOptions`. */
  capacity?: number | undefined;
  /** The kernels, as in `RegistryOptions`. */
  module?: KernelModule | WebAssembly.Module | BufferSource | undefined;
}

/** What `alloc` takes beside the type and the length or data. */
export interface AllocOptions {
  /** The block's address is a multiple of so many bytes: a power of two from 8 (the default) to 4096. */
  align?: number;
}

/** Kernels of a module about which TypeScript knows nothing; calls are checked when they happen. */
export type AnyKernels = Record<string, BoundKernel>;

/** How full the arena is; one object per registry, brought up to date by each read of `registry.stats`. */
export interface RegistryStats {
  /** Bytes of the arena. */
  capacity: number;
  /** Bytes of the current frame. */
  used: number;
  /** Bytes of persistent blocks. */
  persistent: number;
  /** Bytes between the two. */
  free: number;
  /** Bytes of the largest frame so far. */
  peak: number;
  /** Blocks handed out since the creation, by JavaScript and C++, modulo 2^32. */
  allocations: number;
  /** Number of the frame: so many have ended. */
  epoch: number;
  /** How many frames are open. */
  depth: number;
  /** Bytes that alignment has taken in the current frame, of blocks whose views come from the cache. */
  padding: number;
  /** Views that are kept to be handed out again. */
  cachedViews: number;
  /** How often a frame block came with a view that was kept; persistent blocks don't count. */
  cacheHits: number;
  /** How often its view was made anew, which is garbage later. */
  cacheMisses: number;
  /**
   * Calls of functions from `bind`, only where `timeline` or `budget` watch them: to count takes a call some five percent. Not
   * what a plan or `run` calls.
   */
  kernelCalls?: number;
  /** How many threads kernels may use. */
  threads: number;
  /** Why it is one, though `threads: 'auto'` was asked for. */
  oneThreadBecause?: string;
}

/** For `registry.run`. */
export interface RunOptions<N = string> {
  /** The kernel's name. */
  kernel: N;
  /** Aborted, the promise is rejected with its reason: at once when the kernel has not begun, else when it has stopped. */
  signal?: AbortSignal | undefined;
  /** Called now and then with what the kernel told `arena::progress`, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
}

const BLOCK_OPTIONS = ['align'];
const SYNC_OPTIONS = ['module', 'capacity'];
const OPTIONS = [...SYNC_OPTIONS, 'threads', 'worker', 'timeline', 'budget'];

// A chunk, as what threads take.
function loadObserve(): Promise<typeof import('./observe/index.js')> {
  return import('./observe/index.js');
}

/**
 * An arena in WebAssembly memory and the kernels that work on it.
 *
 * `alloc` hands out blocks as ordinary TypedArrays without copying, `bind` gives the kernels as functions, and `reset`
 * takes every block back at once. In a frame that repeats, none of them allocates JavaScript memory.
 */
export class Registry<K = PrebuiltKernels, S = unknown> extends TypedAllocators implements Disposable {
  /** @internal */
  protected readonly cache: ViewCache;
  /** @internal */
  protected instance: Instance | undefined;
  /** @internal */
  protected readonly infos: Map<string, KernelInfo>;
  private readonly bound = new Map<string, BoundKernel>();
  private readonly openFrames: Frame[] = [];
  /** @internal */
  protected readonly statistics = { threads: 1 } as RegistryStats;

  /** @internal */
  protected readonly module: KernelModule | undefined;
  /** @internal */
  protected readonly structs: Structs | undefined;

  // The types have it too, or they would let `new` pass.
  protected constructor(instance: any, source: unknown) {
    super();
    if (instance?.hooks === undefined) {
      throw new ArenaError('ERR_INVALID_ARGUMENT', 'use Registry.create(), not new');
    }
    nameDispose(this);
    this.instance = instance;
    this.cache = instance.cache ?? new ViewCache(instance.hooks, instance.memory.buffer as ArrayBuffer, instance.arena);
    this.infos = listKernels(instance);
    this.module = kernelModule(source);
    const host: StructHost = {
      cache: this.cache,
      place: (type, length, options, persistent) => this.place(type, length, options, persistent),
    };
    this.structs = this.module?.structs?.(host);
    this.module?.created?.(this);
  }

  /**
   * A registry with an arena and an instance of its own. Nothing is compiled before the first call.
   *
   * @throws ArenaError `ERR_BAD_MODULE` when the module is no wasm or not built with arena-bind, `ERR_INVALID_OPTION`,
   * `ERR_OUT_OF_MEMORY` when the engine has no memory of that size, `ERR_THREADS_UNAVAILABLE` when `threads` is a number
   * above 1 and memory can't be shared here.
   */
  static create<K = AnyKernels, S = unknown>(
    options: RegistryOptions & { module: KernelModule<K, S> },
  ): Promise<Registry<K, S>>;
  static create(options?: RegistryOptions & { module?: undefined }): Promise<Registry<PrebuiltKernels>>;
  static create<K = AnyKernels>(options: RegistryOptions): Promise<Registry<K>>;
  static async create(options: RegistryOptions = {}): Promise<Registry<any, any>> {
    if (options?.timeline || options?.budget) {
      return (await loadObserve()).create(options, Registry, badOption, show);
    }
    const { source, capacity } = checkOptions(options, 'create', OPTIONS);
    if ((options.threads ?? 1) !== 1) return (await loadThreads()).createShared(options, capacity);
    return new Registry(await instantiate(await compile(source as ModuleSource), capacity), options.module);
  }

  /**
   * The same at once, for an AudioWorklet, for tests, and where nothing can be awaited. Some browsers refuse to compile
   * large modules so on the main thread: pass a compiled `WebAssembly.Module` there.
   */
  static createSync<K = AnyKernels, S = unknown>(
    options: RegistrySyncOptions & { module: KernelModule<K, S> },
  ): Registry<K, S>;
  static createSync(options?: RegistrySyncOptions & { module?: undefined }): Registry<PrebuiltKernels>;
  static createSync<K = AnyKernels>(options: RegistrySyncOptions): Registry<K>;
  static createSync(options: RegistrySyncOptions = {}): Registry<any, any> {
    const { source, capacity } = checkOptions(options, 'createSync', SYNC_OPTIONS);
    return new Registry(instantiateSync(compileSync(source as ModuleSource), capacity), options.module);
  }

  /**
   * In a worker or AudioWorklet: a registry on the memory that `handle` comes from, with a stack and frames of its own, at
   * once. Import `arena-bind/attach` there, which brings what it takes.
   *
   * @throws ArenaError `ERR_THREADS_UNAVAILABLE`, `ERR_INVALID_ARGUMENT` when the handle is none or was used before.
   */
  static attach<K = AnyKernels, S = unknown>(_handle: RegistryHandle<K, S>, _options?: AttachOptions): Registry<K, S> {
    return noThreads("Registry.attach needs an import of 'arena-bind/attach'"); // which puts its own in this place
  }

  /** An array of structs of the module, by the struct's name: `source` elements, or copies of the objects in it. */
  alloc<N extends StructName<S>>(
    type: N,
    source: number | ArrayLike<Partial<Fields<S, N>>>,
    options?: AllocOptions,
  ): StructArray<Fields<S, N>>;
  /**
   * A block of `source` elements with undefined contents, or of a copy of `source`; it lives until the frame ends. In a
   * frame that repeats, the same call gets the same view object again.
   *
   * @throws ArenaError `ERR_OUT_OF_MEMORY`, `ERR_INVALID_LENGTH`, `ERR_INVALID_TYPE`.
   */
  alloc<T extends ElementType>(type: T, source: number | ElementData<T>, options?: AllocOptions): View<T>;
  alloc(type: any, source: any, options?: AllocOptions): any {
    // The common ones here, so that engines still inline all of it.
    if (options === undefined) {
      if (type === 'f32') return this.f32(source);
      if (type === 'u8') return this.u8(source);
      if (type === 'i32') return this.i32(source);
      if (type === 'f64') return this.f64(source);
      return this.allocOther(type, source);
    }
    return this.place(type, source, options, false);
  }

  private allocOther(type: ElementType, source: any): View {
    switch (type) {
      case 'u32':
        return this.u32(source);
      case 'i16':
        return this.i16(source);
      case 'u16':
        return this.u16(source);
      case 'u8c':
        return this.u8c(source);
    }
    return this.place(type, source, undefined, false);
  }

  private place(type: unknown, source: any, options: AllocOptions | undefined, persistent: boolean): any {
    const structs = this.structs?.alloc(type as string, source, options, persistent);
    if (structs !== undefined) return structs;
    const { cache } = this;
    const code = elementCode(type) | (options === undefined ? 0 : alignmentBits(options));
    if (!persistent) return typeof source === 'number' ? cache.next(code, source) : cache.copy(code, source);
    if (typeof source === 'number') return cache.takePersistent(code, source);
    const view = cache.takePersistent(code, cache.lengthOf(code, source));
    fill(view, source);
    return view;
  }

  tryAlloc<N extends StructName<S>>(
    type: N,
    source: number | ArrayLike<Partial<Fields<S, N>>>,
    options?: AllocOptions,
  ): StructArray<Fields<S, N>> | null;
  /** As `alloc`, but null when the block does not fit; wrong types and lengths are errors all the same. */
  tryAlloc<T extends ElementType>(type: T, source: number | ElementData<T>, options?: AllocOptions): View<T> | null;
  tryAlloc(type: any, source: any, options?: AllocOptions): any {
    try {
      return this.alloc(type, source, options);
    } catch (error) {
      if (error instanceof ArenaError && error.code === 'ERR_OUT_OF_MEMORY') return null;
      throw error;
    }
  }

  allocPersistent<N extends StructName<S>>(
    type: N,
    source: number | ArrayLike<Partial<Fields<S, N>>>,
    options?: AllocOptions,
  ): StructArray<Fields<S, N>>;
  /**
   * A block that survives every reset, for filter states, tables and weights; its contents are undefined unless copied
   * in. It lives as long as the registry: there is no way to give it back.
   *
   * @throws ArenaError as `alloc`.
   */
  allocPersistent<T extends ElementType>(type: T, source: number | ElementData<T>, options?: AllocOptions): View<T>;
  allocPersistent(type: any, source: any, options?: AllocOptions): any {
    return this.place(type, source, options, true);
  }

  /**
   * A struct of arrays: one view of `length` elements per field of a struct of the module, as an object that is the same
   * in a frame that repeats. A kernel takes any object of such views; bool fields are views of u8.
   *
   * @throws ArenaError as `alloc`.
   */
  columns<N extends keyof S & string>(
    type: N,
    length: number,
    { persistent = false }: { persistent?: boolean } = {},
  ): S[N] extends StructTypes ? S[N]['columns'] : never {
    return (this.structs ?? noStructs(type)).columns(type, length, persistent) as never;
  }

  /**
   * The kernel of this name as a function: the same object on each call. Spans are passed as views, or parts of views
   * (`view.subarray(...)`), of this registry; a returned tuple is used again in the next frame, as views are.
   *
   * @throws ArenaError `ERR_UNKNOWN_KERNEL`; its calls throw `ERR_ARGUMENT_COUNT`, `ERR_INVALID_TYPE`,
   * `ERR_INVALID_ARGUMENT`, `ERR_STALE_VIEW`, `ERR_FOREIGN_VIEW`, `ERR_KERNEL_FAILED`, `ERR_KERNEL_TRAP` and
   * `ERR_OUT_OF_MEMORY`.
   */
  bind<N extends keyof K & string>(name: N): K[N] {
    const known = this.bound.get(name);
    if (known !== undefined) return known as K[N];
    this.cache.assertUsable();
    const info = this.infos.get(name);
    if (info === undefined) throw unknownKernel(name, this.infos);
    const made = bindKernel(this.instance as Instance, this.cache, info, this.module?.callers[name], this.structs);
    this.bound.set(name, made);
    return made as K[N];
  }

  /**
   * Calls a kernel off this thread, as soon as a worker is free; its arguments must stay untouched until then. With one
   * thread it is called at once. Resolves to its result; a returned tuple is a new array.
   *
   * @throws ArenaError as a call of the kernel, by rejection.
   */
  async run<N extends keyof K & string>(
    which: N | RunOptions<N>,
    ...args: K[N] extends (...args: infer A) => unknown ? A : never
  ): Promise<K[N] extends (...args: any[]) => infer R ? R : never> {
    const { kernel, signal } = typeof which === 'string' ? ({ kernel: which } as RunOptions<N>) : which;
    signal?.throwIfAborted();
    return (this.bind(kernel) as any)(...args);
  }

  /**
   * Ends the frame, and with it every open one: all blocks but the persistent ones are free again, in O(1).
   *
   * @throws ArenaError `ERR_THREADS_INSIDE` when another thread is inside a frame, or a kernel of `run` is not done: then
   * nothing changes. The end of a frame opened by `openFrame` or `processFrame` never throws: it ends this thread's frame,
   * and memory is free again when all have left theirs.
   */
  reset(): void {
    this.cache.reset();
  }

  /** As `reset`, as soon as no other thread is inside a frame and no kernel of `run` is under way; `signal` ends the wait. */
  async resetWhenIdle(_signal?: AbortSignal): Promise<void> {
    this.reset();
  }

  /** Opens a frame inside the current one; see `Frame`. */
  openFrame(): Frame {
    const { depth } = this.cache;
    let frame = this.openFrames[depth];
    if (frame === undefined || frame.isOpen) {
      frame = new Frame(this.cache); // a frame that a reset has closed is still its owner's to close
      this.openFrames[depth] = frame;
    }
    return frame.open();
  }

  /** The UTF-8 bytes of `text` as a view of u8, encoded in place; it lives until the frame ends. */
  writeString(text: string): View<'u8'> {
    return writeString(this.cache, text) as View as View<'u8'>;
  }

  /** The string whose UTF-8 bytes `view` shows. */
  readString(view: Uint8Array | Uint8ClampedArray): string {
    return readString(this.cache, view);
  }

  /** `value` as JSON, as by `writeString`. */
  writeJson(value: unknown): View<'u8'> {
    return writeJson(this.cache, value) as View as View<'u8'>;
  }

  /** The value whose JSON `view` shows. */
  readJson(view: Uint8Array | Uint8ClampedArray): unknown {
    return readJson(this.cache, view);
  }

  /**
   * Whether `view` shows a block of this registry that has not been taken back. A part of a block made by `subarray` is
   * judged by its place alone: it is live where something live is.
   */
  isLive(view: ArrayBufferView): boolean {
    return ArrayBuffer.isView(view) && this.cache.judge(view) === 'live';
  }

  /** How full the arena is: the same object each time. */
  get stats(): Readonly<RegistryStats> {
    const { cache, statistics } = this;
    cache.assertUsable();
    statistics.capacity = cache.capacity;
    statistics.used = cache.used;
    statistics.persistent = cache.persistent;
    statistics.free = cache.free;
    statistics.peak = cache.peak;
    statistics.allocations = cache.allocations;
    statistics.epoch = cache.epoch;
    statistics.depth = cache.depth;
    statistics.padding = cache.padding;
    statistics.cachedViews = cache.cachedViews;
    statistics.cacheHits = cache.cacheHits;
    statistics.cacheMisses = cache.cacheMisses;
    return statistics;
  }

  /**
   * What frames use, which views are made anew and why, and the capacity to choose, in words: for people, at a console. The
   * first call begins to watch the frames, so ask again after some; what it says may change with any version.
   */
  async report(): Promise<string> {
    return (await loadObserve()).report(this);
  }

  /** What the module says about its kernels. */
  get kernels(): readonly KernelInfo[] {
    this.cache.assertUsable();
    return [...this.infos.values()];
  }

  /**
   * The memory that arena, stack and static data lie in. Its size never changes; don't call its `grow`, which detaches
   * every view even when it adds nothing.
   */
  get memory(): WebAssembly.Memory {
    this.cache.assertUsable();
    return (this.instance as Instance).memory;
  }

  /** Bytes of the arena. */
  get capacity(): number {
    this.cache.assertUsable();
    return this.cache.capacity;
  }

  /** Number of the frame: up by one on each reset, modulo 2^32. */
  get epoch(): number {
    this.cache.assertUsable();
    return this.cache.epoch;
  }

  /**
   * Another registry, with the same kernels and an arena of `bytes` within this one's persistent memory: its frames and
   * resets are its own. It lives as long as this one.
   *
   * @throws ArenaError `ERR_OUT_OF_MEMORY`, `ERR_INVALID_OPTION` unless `bytes` is a multiple of 8.
   */
  partition(bytes: number): Registry<K, S> {
    return new Registry(partitionOf(this.instance, this.cache, bytes), this.module);
  }

  /**
   * What `Registry.attach` takes in a worker or AudioWorklet: to be posted there, for one thread.
   *
   * @throws ArenaError `ERR_THREADS_UNAVAILABLE` unless this registry was created with threads.
   */
  handle(_options?: { name?: string }): RegistryHandle<K, S> {
    return noThreads('handle() needs Registry.create({ threads })');
  }

  /**
   * Takes a handle back whose thread has ended, or never attached: its frame ends, and another thread may be attached. The
   * thread must not run any more: call it after `worker.terminate()`, or when it has disposed of its registry.
   *
   * @throws ArenaError `ERR_INVALID_ARGUMENT` when the handle is not of this registry, or was taken back before.
   */
  detach(_handle: RegistryHandle<any, any>): void {
    this.handle();
  }

  /**
   * Lets go of memory and instance, and ends the pool. Views are stale from here on, and every use throws `ERR_DISPOSED`. The memory itself
   * goes when no view and no bound kernel of it is held any more.
   */
  dispose(): void {
    this.cache.dispose();
    this.instance = undefined;
    this.bound.clear();
  }

  /** What `using` calls. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

// Where S is any, every name would be a struct's.
type StructName<S> = string extends keyof S ? never : keyof S & string;

type Fields<S, N extends keyof S> = S[N] extends StructTypes ? S[N]['fields'] : never;

/** @internal */
export function kernelModule(module: unknown): KernelModule | undefined {
  return (module as KernelModule | undefined)?.callers && (module as KernelModule);
}

function noThreads(message: string): never {
  throw new ArenaError('ERR_THREADS_UNAVAILABLE', message);
}

function noStructs(type: unknown): never {
  throw new ArenaError('ERR_INVALID_TYPE', `the module has no struct ${show(type)}`);
}

function checkOptions(
  options: RegistryOptions,
  method: string,
  known: readonly string[],
): { source: unknown; capacity: number } {
  checkKeys(`Registry.${method}`, options, known);
  const module = kernelModule(options.module);
  const wasm = module?.wasm ?? options.module ?? coreModule();
  return {
    source: module && typeof wasm === 'function' ? wasm() : wasm,
    capacity: checkCapacity(options.capacity === undefined ? module?.capacity : options.capacity),
  };
}

/**
 * Without garbage, when nothing is wrong.
 * @internal
 */
export function checkKeys(what: string, options: object, known: readonly string[]): void {
  // A module or URL in place of the options has no keys that would give it away.
  if (Object.prototype.toString.call(options) !== '[object Object]') {
    throw badOption(`${what} got ${show(options)}: expected { ${known.join(', ')} }`);
  }
  for (const key in options) {
    if (!known.includes(key)) throw badOption(`${what} has no option ${show(key)}: ${choices(key, known)}`);
  }
}

function badOption(message: string): ArenaError {
  return new ArenaError('ERR_INVALID_OPTION', message);
}

function alignmentBits(options: AllocOptions): number {
  checkKeys('a block', options, BLOCK_OPTIONS);
  const { align = BLOCK_ALIGNMENT } = options;
  const power = typeof align === 'number' ? Math.log2(align / BLOCK_ALIGNMENT) : -1;
  if (Number.isInteger(power) && power >= 0 && align <= LARGEST_ALIGNMENT) return power << 4;
  throw badOption(
    `align is ${show(align)}: expected a power of two from ${BLOCK_ALIGNMENT} to ${LARGEST_ALIGNMENT} (bytes)`,
  );
}
