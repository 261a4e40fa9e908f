// A registry whose memory other threads share: the one that was created, with the pool, or one that was attached to it.

import { MOST_ATTACHED, TASK_SLOTS } from '../abi.gen.js';
import { bindKernel } from '../bind.js';
import { ELEMENTS } from '../elements.js';
import { ArenaError } from '../errors.js';
import type { Instance } from '../module.js';
import { partitionOf } from '../partition.js';
import { checkKeys, Registry, type RegistryStats, type RunOptions } from '../registry.js';
import { show } from '../show.js';
import type { BoundKernel, KernelField, KernelInfo } from '../signature.js';
import type { RegistryHandle } from './handle.js';
import type { Pool } from './pool.js';
import { SharedCache } from './shared-cache.js';

/** What all registries of one program thread over one memory have in common. */
export interface Team {
  readonly module: WebAssembly.Module;
  /** Where this registry is the owner's. */
  readonly pool: Pool | undefined;
  /** How many threads kernels may use, the calling one among them. */
  readonly threads: number;
  /** Of the attached threads, by the bit of the word that is theirs. */
  readonly names: (string | undefined)[];
}

const OWNER = 'the thread that created the registry';

export class SharedRegistry extends Registry<any, any> {
  private readonly recorders = new Map<string, (args: unknown[]) => unknown[]>();

  /** @internal */
  constructor(
    instance: Instance,
    source: unknown,
    private readonly team: Team,
    private readonly part = false,
  ) {
    super(
      { ...instance, cache: new SharedCache(instance.hooks, instance.memory.buffer as ArrayBuffer, instance.arena) },
      source,
    );
  }

  private get lease(): SharedCache {
    return this.cache as SharedCache;
  }

  override async run(which: string | RunOptions<string>, ...args: unknown[]): Promise<any> {
    const { kernel: name, signal, onProgress } = typeof which === 'string' ? { kernel: which } : checkRun(which);
    const { pool } = this.team;
    this.cache.assertUsable();
    if (pool === undefined) {
      throw new ArenaError(
        'ERR_THREADS_UNAVAILABLE',
        `run works where the registry was created; here call registry.bind(${show(name)}) itself`,
      );
    }
    signal?.throwIfAborted();
    this.bind(name); // or says that there is none
    const info = this.infos.get(name) as KernelInfo;
    const slots = this.recorder(info)(args);
    if (slots.length > TASK_SLOTS) {
      throw new ArenaError(
        'ERR_ARGUMENT_COUNT',
        `${name} takes ${slots.length / 2} parameters: run can pass ${TASK_SLOTS / 2}`,
      );
    }
    const kernel = [...this.infos.keys()].indexOf(name);
    const value = await new Promise((resolve, reject) => {
      pool.submit({ name, kernel, slots, cache: this.lease, signal, onProgress, resolve, reject });
    });
    return read(info, value);
  }

  // Checks arguments as a call would, and gives the export's slots instead of calling it.
  private recorder(info: KernelInfo): (args: unknown[]) => unknown[] {
    const known = this.recorders.get(info.name);
    if (known !== undefined) return known;
    let taken: unknown[] = [];
    const record = (...slots: unknown[]) => {
      taken = slots;
    };
    Object.defineProperty(record, 'length', { value: info.parameters.length }); // what a plain export goes by
    const instance = { ...(this.instance as Instance), exports: { [info.name]: record } as never };
    const quiet = { ...info, returns: 'void' } as KernelInfo;
    const call: BoundKernel = bindKernel(instance, this.cache, quiet, this.module?.callers[info.name], this.structs);
    const recorder = (args: unknown[]) => {
      call(...(args as never[]));
      return taken;
    };
    this.recorders.set(info.name, recorder);
    return recorder;
  }

  override reset(): void {
    const who = this.hinders();
    if (who !== undefined) {
      throw new ArenaError(
        'ERR_THREADS_INSIDE',
        `reset would take memory from ${who}: await registry.resetWhenIdle(), or open frames (processFrame, openFrame), ` +
          "whose end takes back this thread's blocks alone",
      );
    }
  }

  override async resetWhenIdle(signal?: AbortSignal): Promise<void> {
    checkSignal('resetWhenIdle', signal);
    for (let wait = 1; ; wait = Math.min(2 * wait, 16)) {
      signal?.throwIfAborted();
      if (this.hinders() === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  // Resets, or says who is in the way.
  private hinders(): string | undefined {
    const { lease, team } = this;
    lease.assertUsable();
    const kernels = team.pool?.inFlight(lease);
    if (kernels !== undefined) return `${kernels}, which run() has started`;
    const others = lease.endAll();
    if (others === 0) return undefined;
    const names = [OWNER, ...team.names.slice(1)];
    const list = names.map((name, bit) => name ?? `attached thread ${bit}`).filter((_, bit) => others & (1 << bit));
    return `${list.join(' and ')}, inside a frame`;
  }

  override get stats(): Readonly<RegistryStats> {
    const stats = super.stats as RegistryStats;
    stats.threads = this.team.threads;
    return stats;
  }

  override partition(bytes: number): SharedRegistry {
    return new SharedRegistry(partitionOf(this.instance, this.cache, bytes), this.module, this.team, true);
  }

  override handle(options: { name?: string } = {}): RegistryHandle<any, any> {
    this.cache.assertUsable();
    checkKeys('handle', options, ['name']);
    const { name } = options;
    if (name !== undefined && typeof name !== 'string') {
      throw new ArenaError('ERR_INVALID_OPTION', `handle: name is ${show(name)}: expected a string`);
    }
    const { names, threads, pool, module } = this.team;
    if (pool === undefined) {
      throw new ArenaError(
        'ERR_THREADS_UNAVAILABLE',
        'handle() works where the registry was created: ask for it there',
      );
    }
    let bit = 1;
    while (names[bit] !== undefined) bit++;
    if (bit > MOST_ATTACHED) {
      throw new ArenaError(
        'ERR_THREADS_UNAVAILABLE',
        `${MOST_ATTACHED} handles are given out (${names.slice(1).join(', ')}), and more there can't be: when a thread has ` +
          'ended, registry.detach(handle) makes room',
      );
    }
    const thread = threads - 1 + bit;
    names[bit] = name ?? `attached thread ${bit}`;
    const { hooks, arena, memory } = this.instance as Instance;
    const stack = hooks.arena_thread_stack(thread) >>> 0;
    return {
      module,
      memory,
      thread,
      threads,
      name: names[bit] as string,
      arena: hooks.arena_attach(arena, thread) >>> 0,
      stack,
    };
  }

  override detach(handle: RegistryHandle<any, any>): void {
    this.cache.assertUsable();
    const { names, threads } = this.team;
    const { thread, name } = handle ?? {};
    const bit = thread - threads + 1;
    if (name === undefined || names[bit] !== name) {
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `detach got ${name === undefined ? show(handle) : `the handle of ${name}`}: expected one that this registry's ` +
          'handle() has given, and that was not taken back before',
      );
    }
    if ((this.instance as Instance).hooks.arena_detach(thread) === 0) {
      throw new ArenaError(
        'ERR_THREADS_INSIDE',
        `detach: workers have not come back for 10 seconds from a kernel of ${name}: call it again when they have`,
      );
    }
    names[bit] = undefined;
  }

  /** Ends the pool too, when this is the registry that was created, and not a part of it. */
  override dispose(): void {
    if (!this.cache.disposed && !this.part) this.team.pool?.dispose();
    super.dispose();
  }
}

function checkRun(options: RunOptions): RunOptions {
  if (typeof options !== 'object' || options === null) {
    throw new ArenaError(
      'ERR_INVALID_ARGUMENT',
      `run got ${show(options)}: expected a kernel's name, or { kernel, signal, onProgress }`,
    );
  }
  checkKeys('run', options, ['kernel', 'signal', 'onProgress']);
  const { signal, onProgress } = options;
  checkSignal('run', signal);
  if (onProgress === undefined || typeof onProgress === 'function') return options;
  throw new ArenaError('ERR_INVALID_OPTION', `run: onProgress is ${show(onProgress)}: expected a function`);
}

function checkSignal(method: string, signal: unknown): void {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.addEventListener === 'function') return;
  throw new ArenaError(
    'ERR_INVALID_OPTION',
    `${method}: the signal is ${show(signal)}: expected an AbortSignal, such as the signal of an AbortController`,
  );
}

// A task's result as the kernel's call would give it.
function read({ returns }: KernelInfo, value: unknown): unknown {
  if (typeof returns !== 'string') return readTuple(returns, value as Uint8Array);
  if (returns === 'bool') return value !== 0;
  if (returns === 'u32') return (value as number) >>> 0;
  if (returns === 'u64') return BigInt.asUintN(64, value as bigint);
  return value;
}

const nameOf = (type: string) => (type === 'bool' ? 'u8' : type);
const bytesOf = (type: string) => ELEMENTS.find(({ name }) => name === nameOf(type))?.bytes as number;

function readTuple(fields: readonly KernelField[], bytes: Uint8Array): unknown[] {
  return fields.map(({ type, offset }) => {
    const { array } = ELEMENTS.find(({ name }) => name === nameOf(type)) as { array: any };
    const value = new array(bytes.buffer, offset, 1)[0];
    return type === 'bool' ? value !== 0 : value;
  });
}

/** Bytes of the struct that a kernel returns; 0 when it returns none. */
export function resultBytes({ returns }: KernelInfo): number {
  if (typeof returns === 'string') return 0;
  return Math.max(0, ...returns.map(({ type, offset }) => offset + bytesOf(type)));
}
