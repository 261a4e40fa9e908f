// A kernel module under a dev server: a new build takes an old one's place in every living registry, whose memory,
// views and bound kernels stay what they are. Modules built for production don't come here.

import { BLOCK_ALIGNMENT, type Hooks, OFFSET_OF_ALLOCATIONS, OFFSET_OF_BASE, OFFSET_OF_WORD } from './abi.gen.js';
import { bindKernel, listKernels, unknownKernel } from './bind.js';
import { RECORD_WORDS, type ViewCache } from './cache.js';
import type { KernelModule, StructHost, Structs } from './kernel-module.js';
import { compileSync, type Instance, instantiateSync, type ModuleSource } from './module.js';
import type { Registry } from './registry.js';
import type { BoundKernel, KernelInfo } from './signature.js';

/** As much of `import.meta.hot` as is needed here. */
export interface Hot {
  /** Handed on from one evaluation of the module to the next. */
  readonly data: { arenaBind?: HotModule };
  /** Loads the page again, unless some importer of the module can do better. */
  invalidate(message?: string): void;
}

/** What a registry keeps to itself. */
interface Inside {
  readonly cache: ViewCache;
  instance: Instance;
  readonly infos: Map<string, KernelInfo>;
  readonly bound: Map<string, BoundKernel>;
  structs: Structs | undefined;
  readonly place: StructHost['place'];
}

/** What its cache keeps to itself: all that depends on where the module has put the arena's record. */
interface CacheInside {
  hooks: Hooks;
  address: number;
  word: Uint32Array;
  allocationsField: Uint32Array;
}

/** What a registry's structs keep to themselves: what is known of each, by its name. */
const STRUCT_TABLES = ['byName', 'arrays', 'columnSets'] as const;
type StructTables = Record<(typeof STRUCT_TABLES)[number], Map<string, unknown>>;

/** A bound kernel, which users keep, and what it calls now. */
interface Handle {
  target: BoundKernel;
  readonly call: BoundKernel;
}

/** What lasts from one build to the next. */
interface Lasting {
  readonly handles: Map<string, Handle>;
  /** Fields and sizes of each struct, by its name. */
  readonly layouts: Map<string, string>;
}

const BASE_WORD = OFFSET_OF_BASE / 4; // the record's last
const lasting = new WeakMap<Inside, Lasting>();

/** What generated modules pass themselves through: `hot` is `import.meta.hot`, undefined in a production build. */
export function hotModule<M extends KernelModule>(module: M, hot: Hot | undefined): M {
  if (hot === undefined) return module;
  const { arenaBind } = hot.data;
  if (arenaBind === undefined) hot.data.arenaBind = new HotModule(module, hot);
  else arenaBind.replace(module, hot);
  return hot.data.arenaBind?.face as M;
}

class HotModule {
  /** What importers hold: always the latest build. */
  readonly face: KernelModule;
  private readonly registries = new Set<WeakRef<Registry>>();
  // Registries are made in two steps with a wait between them; some of those under way have read the wasm of an old build.
  private reads = 0;
  private made = 0;
  private late = 0;
  private threadsReadOf: KernelModule | undefined;

  constructor(
    private module: KernelModule,
    private hot: Hot,
  ) {
    const latest = () => this.module;
    const read = () => {
      this.reads++;
      return this.module.wasm;
    };
    const readThreads = () => {
      this.threadsReadOf = this.module;
      return this.module.threads;
    };
    this.face = {
      get wasm() {
        return read();
      },
      get threads() {
        return readThreads();
      },
      get capacity() {
        return latest().capacity;
      },
      get callers() {
        return latest().callers;
      },
      get structs() {
        return latest().structs;
      },
      created: (registry) => this.adopt(registry),
    };
  }

  /** Loads the page again if that can't go on with the new build. */
  replace(module: KernelModule, hot: Hot): void {
    this.module = module;
    this.hot = hot;
    this.late = this.reads - this.made;
    try {
      const compiled = compiledOf(module);
      for (const reference of this.registries) {
        const registry = reference.deref();
        if (registry === undefined) this.registries.delete(reference);
        else swap(insideOf(registry), module, compiled);
      }
    } catch (cause) {
      this.loadAgain((cause as Error).message);
    }
  }

  private loadAgain(reason: string): void {
    console.warn(`arena-bind: the page has to be loaded again: ${reason}`);
    this.hot.invalidate(reason);
  }

  private adopt(registry: Registry): void {
    this.registries.add(new WeakRef(registry));
    const inside = insideOf(registry);
    if (isShared(inside)) {
      if (this.threadsReadOf !== this.module) this.loadAgain(KEPT_BY_THREADS);
      return;
    }
    this.made++;
    lasting.set(inside, { handles: new Map(), layouts: layoutsOf(inside.infos) });
    if (this.late > 0) {
      this.late--;
      swap(inside, this.module, compiledOf(this.module));
    } else {
      bindAll(inside, this.module);
    }
  }
}

const KEPT_BY_THREADS = 'a registry has threads, which keep the build that they began with';

const isShared = ({ instance }: Inside): boolean =>
  Object.prototype.toString.call(instance.memory.buffer) === '[object SharedArrayBuffer]';

const insideOf = (registry: Registry) => registry as unknown as Inside;

function compiledOf({ wasm }: KernelModule): WebAssembly.Module {
  return compileSync((typeof wasm === 'function' ? wasm() : wasm) as ModuleSource);
}

/** Throws before anything is changed where the new build doesn't fit. */
function swap(inside: Inside, module: KernelModule, compiled: WebAssembly.Module): void {
  const { cache, infos } = inside;
  if (cache.disposed) return;
  if (isShared(inside)) throw new Error(KEPT_BY_THREADS);
  // On a memory of its own, with as much room as is left here.
  const rehearsal = instantiateSync(compiled, Math.max(cache.free, BLOCK_ALIGNMENT));
  const base = new Uint32Array(rehearsal.memory.buffer, rehearsal.arena)[BASE_WORD] as number;
  if (base > cache.base) {
    throw new Error(
      `the static data of the new build ends at ${base} bytes, where the arena of the old one has begun (${cache.base})`,
    );
  }
  const { layouts } = lasting.get(inside) as Lasting;
  const kernels = listKernels(rehearsal);
  for (const [name, layout] of layoutsOf(kernels)) {
    if ((layouts.get(name) ?? layout) !== layout) {
      throw new Error(`the struct ${name} has other fields than those that the arena may hold`);
    }
    layouts.set(name, layout);
  }

  inside.instance = restart(cache, compiled, inside.instance.memory);
  infos.clear();
  for (const [name, info] of kernels) infos.set(name, info);
  const place: StructHost['place'] = (...args) => inside.place(...args);
  inside.structs = inherit(module.structs?.({ cache, place }), inside.structs);
  bindAll(inside, module);
}

/** A new instance over the same memory; the arena goes on where it stands. */
function restart(cache: ViewCache, compiled: WebAssembly.Module, memory: WebAssembly.Memory): Instance {
  const { buffer } = cache;
  const inside = cache as unknown as CacheInside;
  const record = new Uint32Array(buffer, inside.address, BASE_WORD + 1).slice();
  // Gives all static data its first values: of a memory that is imported, linkers don't take it that it is zero.
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const hooks = exports as unknown as Hooks & { _initialize?(): void };
  const stackTop = hooks.arena_stack_get();
  const arena = hooks.arena_open(cache.capacity) >>> 0;
  const field = (offset: number, length = 1) => new Uint32Array(buffer, arena + offset, length);
  field(0, record.length).set(record);
  inside.hooks = hooks;
  inside.address = arena;
  inside.word = field(OFFSET_OF_WORD, RECORD_WORDS);
  inside.allocationsField = field(OFFSET_OF_ALLOCATIONS);
  hooks._initialize?.();
  return { hooks, exports, memory, arena, stackTop };
}

/** Arrays know their struct as an object, so that of an older build stays. */
function inherit(structs: Structs | undefined, older: Structs | undefined): Structs | undefined {
  if (structs === undefined || older === undefined) return structs ?? older;
  for (const table of STRUCT_TABLES) {
    const entries = (structs as unknown as StructTables)[table];
    for (const [name, entry] of (older as unknown as StructTables)[table]) entries.set(name, entry);
  }
  return structs;
}

function bindAll(inside: Inside, { callers }: KernelModule): void {
  const { instance, infos, bound, structs } = inside;
  const { handles } = lasting.get(inside) as Lasting;
  bound.clear();
  for (const [name, info] of infos) {
    const target = bindKernel(instance, inside.cache, info, callers[name], structs);
    const handle = handles.get(name) ?? makeHandle(name, target);
    handle.target = target;
    handles.set(name, handle);
    bound.set(name, handle.call);
  }
  for (const [name, handle] of handles) {
    if (infos.has(name)) continue;
    handle.target = () => {
      throw unknownKernel(name, infos);
    };
  }
}

function makeHandle(name: string, target: BoundKernel): Handle {
  const handle: Handle = { target, call: (...args) => handle.target(...args) };
  Object.defineProperty(handle.call, 'name', { value: name });
  return handle;
}

/** Every struct stands as `Name{fields;size and alignment}` in the signatures of the kernels that take it. */
function layoutsOf(infos: ReadonlyMap<string, KernelInfo>): Map<string, string> {
  const layouts = new Map<string, string>();
  for (const { parameters } of infos.values()) {
    for (const { type } of parameters) {
      const [, name, layout] = /^(\w+)(\{.*?\})/.exec(type) ?? [];
      if (name !== undefined && layout !== undefined) layouts.set(name, layout);
    }
  }
  return layouts;
}
