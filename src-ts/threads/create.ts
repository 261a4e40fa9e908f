// Registries with threads: what `Registry.create({ threads })` loads. It imports nothing but what it needs, since all of that
// has to be in the bundles of those who have no threads.

import { machineThreads, mayWait, whyNot } from '#spawn';
import { type Hooks, MOST_ATTACHED, MOST_WORKERS, OFFSET_OF_LEASE_TAKEN } from '../abi.gen.js';
import { listKernels } from '../bind.js';
import { letters } from '../core.threads.gen.js';
import { ArenaError } from '../errors.js';
import { decodeLetters } from '../letters.js';
import { compile, type Instance, instantiate, type ModuleSource } from '../module.js';
import { checkKeys, kernelModule, Registry, type RegistryOptions } from '../registry.js';
import { show } from '../show.js';
import type { AttachOptions, RegistryHandle } from './handle.js';
import { headerAdvice } from './headers.js';
import { Pool } from './pool.js';
import { resultBytes, SharedRegistry } from './shared-registry.js';
import type { WorkerSource } from './spawn.js';

const MOST_AUTO = 8;

/**
 * `Registry.create` for `threads` other than 1.
 * @internal
 */
export async function createShared(options: RegistryOptions, capacity: number): Promise<Registry<any, any>> {
  const { threads } = options;
  const worker = checkWorker(options.worker);
  const auto = threads === 'auto';
  if (!auto && !(Number.isInteger(threads) && (threads as number) >= 1 && (threads as number) <= MOST_WORKERS + 1)) {
    throw new ArenaError(
      'ERR_INVALID_OPTION',
      `threads is ${show(threads)}: expected 'auto' or a number from 1 to ${MOST_WORKERS + 1}, the calling thread included`,
    );
  }
  const reason = (await whyNot(headerAdvice)) ?? withoutBuild(options);
  const count = auto ? Math.min(machineThreads(), MOST_AUTO) : (threads as number);
  if (reason !== undefined || count === 1) {
    if (!auto)
      throw new ArenaError('ERR_THREADS_UNAVAILABLE', `threads: ${threads} needs shared memory, but ${reason}`);
    return alone(options, reason ?? 'the machine has one processor');
  }
  const module = await compile(sourceOf(options));
  const start = (hooks: Hooks) => {
    if (typeof hooks.arena_threads !== 'function') {
      throw new ArenaError('ERR_BAD_MODULE', 'the module is built for one thread: build it with --threads');
    }
    hooks.arena_threads(count - 1, MOST_ATTACHED, mayWait() ? 1 : 0);
  };
  const made = await instantiate(module, capacity, start);
  const instance = withCallOff(made);
  const kernels = [...listKernels(instance).values()].map((info) => ({
    name: info.name,
    resultBytes: resultBytes(info),
  }));
  const pool = new Pool(made.hooks, made.memory, module, kernels, worker);
  await pool.start(count - 1);
  return new SharedRegistry(instance, options.module, { module, pool, threads: count, names: [] });
}

// A trap in a kernel that others work for: they must have stopped before its memory is anybody else's.
function withCallOff(instance: Instance): Instance {
  const { hooks } = instance;
  const arena_recover = () => {
    const failure = hooks.arena_recover();
    hooks.arena_call_off();
    return failure;
  };
  return { ...instance, hooks: { ...hooks, arena_recover } };
}

function sourceOf({ module }: RegistryOptions): ModuleSource | Promise<ModuleSource> {
  if (module === undefined) return decodeLetters(letters);
  const given = kernelModule(module);
  const source = given === undefined ? module : given.threads;
  return (typeof source === 'function' ? source() : source) as ModuleSource;
}

function checkWorker(source: unknown): WorkerSource {
  if (typeof source === 'function') {
    return () => {
      const made = source();
      if (typeof made?.postMessage === 'function') return made;
      throw new TypeError(`the option worker gave ${show(made)}, expected a Worker`);
    };
  }
  if (source === undefined || typeof source === 'string' || source instanceof URL) return source;
  throw new ArenaError(
    'ERR_INVALID_OPTION',
    `worker is ${show(source)}: expected the address of the script arena-bind/worker, or a function that gives a Worker`,
  );
}

function withoutBuild({ module }: RegistryOptions): string | undefined {
  const given = kernelModule(module);
  if (given === undefined || given.threads !== undefined) return undefined;
  return 'the kernel module is built for one thread: build it with `arena-bind build --threads`, or `threads: true` in the plugin';
}

async function alone(options: RegistryOptions, why: string): Promise<Registry<any, any>> {
  const { threads: _, worker: __, ...rest } = options;
  const registry = await Registry.create(rest);
  (registry as unknown as { statistics: { oneThreadBecause: string } }).statistics.oneThreadBecause = why;
  return registry;
}

/**
 * `Registry.attach`.
 * @internal
 */
export function attach(handle: RegistryHandle, options: AttachOptions = {}): SharedRegistry {
  checkKeys('Registry.attach', options, ['module']);
  const { module, memory, thread, threads, arena, stack } = handle ?? {};
  if (!(module instanceof WebAssembly.Module) || !(memory instanceof WebAssembly.Memory) || !arena) {
    throw new ArenaError(
      'ERR_INVALID_ARGUMENT',
      `Registry.attach got ${show(handle)}: expected what registry.handle() gave, posted as it was`,
    );
  }
  checkModule(options.module, module);
  const taken = new Int32Array(memory.buffer, arena + OFFSET_OF_LEASE_TAKEN, 1);
  if (Atomics.exchange(taken, 0, 1) !== 0) {
    throw new ArenaError(
      'ERR_INVALID_ARGUMENT',
      `the handle of ${handle.name} was used before, or taken back: ask registry.handle() for one for each thread`,
    );
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const hooks = exports as unknown as Hooks;
  hooks.arena_stack_set(stack);
  hooks.arena_thread_start(thread, mayWait() ? 1 : 0);
  const instance = withCallOff({ hooks, exports, memory, arena, stackTop: stack });
  return new SharedRegistry(instance, options.module, { module, pool: undefined, threads, names: [] });
}

// Whether its callers are for the kernels that the handle's wasm has.
function checkModule(given: unknown, wasm: WebAssembly.Module): void {
  if (given === undefined) return;
  const { callers } = kernelModule(given) ?? {};
  const exports = WebAssembly.Module.exports(wasm).map(({ name }) => name);
  const odd = Object.keys(callers ?? {}).find((name) => !exports.includes(name));
  if (callers !== undefined && odd === undefined) return;
  const came = callers === undefined ? show(given) : `one with a kernel ${odd}, which the registry of the handle lacks`;
  throw new ArenaError(
    'ERR_INVALID_OPTION',
    `Registry.attach: module is ${came}: expected the kernel module that the registry was created with`,
  );
}
