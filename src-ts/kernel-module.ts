// A kernel module as the compiler driver writes it (driver/emit.ts), and arrays of structs as users see them.

import type { ViewCache } from './cache.js';
import type { ModuleSource } from './module.js';
import type { AllocOptions, Registry } from './registry.js';
import type { KernelParameter } from './signature.js';

/** The default export of what `arena-bind build` writes and of an imported `.cpp`: for `Registry.create({ module })`. */
export interface KernelModule<K = unknown, S = unknown> {
  /** Where the wasm comes from. To use it compiled, as in an AudioWorklet: `{ ...filters, wasm: compiled }`. */
  readonly wasm: ModuleSource | (() => ModuleSource);
  /** The same kernels for memory that threads share, where they were built with threads. */
  readonly threads?: ModuleSource | (() => ModuleSource) | undefined;
  /** Bytes of the arena where `Registry.create` is not told. */
  readonly capacity?: number | undefined;
  /** One literal function per kernel. */
  readonly callers: { readonly [kernel: string]: Caller };
  readonly structs?: StructFactory | undefined;
  /** What a dev server wants to know. @internal */
  readonly created?: ((registry: Registry<any, any>) => void) | undefined;
  /** For the types alone: never there. */
  readonly types?: { kernels: K; structs: S };
}

/** Makes the function that users call. */
export type Caller = (call: any) => (...args: any[]) => unknown;

/** What a struct of a module is to TypeScript. */
export interface StructTypes<F = any, C = any> {
  /** Its fields, as a cursor shows them. */
  fields: F;
  /** A view per field. */
  columns: C;
}

/**
 * An array of structs in the arena. No object stands for an element: `at` moves the array's one cursor and gives that.
 */
export interface StructArray<F = any> {
  /** In elements. */
  readonly length: number;
  /** Address of the first element. */
  readonly ptr: number;
  /** The bytes of all elements. */
  readonly bytes: Uint8Array;
  /**
   * The cursor, moved to this element: its fields read from and write to the arena, converting as TypedArrays do. It is
   * the same object each time; a second one, to look at two elements at once, comes by `which` = 1, and so on up to 7.
   *
   * @throws ArenaError `ERR_INVALID_ARGUMENT` outside of the array, `ERR_STALE_VIEW` when its frame has ended.
   */
  at(index: number, which?: number): F;
  /** The elements from `begin` up to `end` as an array over the same memory. */
  subarray(begin?: number, end?: number): StructArray<F>;
  /** Copies the fields given of each object in `data`, from element `offset` on. */
  set(data: ArrayLike<Partial<F>>, offset?: number): void;
  /** Copies of all elements as plain objects, for tests and logs. */
  toObjects(): F[];
}

/** What `defineStructs` gives, for a registry alone; part of the module so that registries without structs don't carry it. */
export type StructFactory = (host: any) => any;

/**
 * What a StructFactory makes of a StructHost.
 * @internal
 */
export interface Structs {
  alloc(type: string, source: unknown, options: AllocOptions | undefined, persistent: boolean): StructArray | undefined;
  columns(type: string, length: number, persistent: boolean): { [field: string]: ArrayBufferView };
  /** Appends the slots of an argument, or throws what is wrong with it. */
  resolve(where: string, parameter: KernelParameter, value: unknown, slots: unknown[]): void;
}

/** @internal */
export interface StructHost {
  readonly cache: ViewCache;
  readonly place: (type: string, source: number, options: AllocOptions | undefined, persistent: boolean) => any;
}
