// What names a registry's memory to another thread.

import type { KernelModule } from '../kernel-module.js';

/** What `registry.handle()` gives and `Registry.attach` takes; it can be posted to a worker or worklet, for one thread. */
export interface RegistryHandle<K = unknown, S = unknown> {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Number of the thread. */
  readonly thread: number;
  /** How many threads kernels may use, as in the registry's stats. */
  readonly threads: number;
  /** How other threads' errors call it. */
  readonly name: string;
  /** Of its lease. @internal */
  readonly arena: number;
  /** Top of its stack. @internal */
  readonly stack: number;
  /** For the types alone: never there. */
  readonly types?: { kernels: K; structs: S };
}

/** What `Registry.attach` takes beside the handle. */
export interface AttachOptions {
  /** The kernel module that the registry was created with, whose callers and structs can't be posted. */
  module?: KernelModule<any, any> | undefined;
}
