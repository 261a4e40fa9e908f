// The owner's side of the pool: starts workers and hears of their end, hands out tasks and settles their promises.

import { spawn } from '#spawn';
import {
  type Hooks,
  MOST_TASKS,
  OFFSET_OF_TASK_CANCELLED,
  OFFSET_OF_TASK_ORDER,
  OFFSET_OF_TASK_PROGRESS,
  OFFSET_OF_TASK_STATE,
  STATUS_OUT_OF_MEMORY,
  STATUS_TRAPPED,
  TASK_FREE,
  TASK_RUNNING,
} from '../abi.gen.js';
import { ArenaError, KernelError } from '../errors.js';
import { takeFailure } from '../failure.js';
import { type TaskFailure, type WorkerReply, type WorkerStart, writeFailure } from './serve.js';
import type { SharedCache } from './shared-cache.js';
import type { Spawned, WorkerSource } from './spawn.js';
import { taskAddress, writeTask } from './task.js';

/** A kernel to be run, and who waits for it. */
export interface Task {
  readonly name: string;
  /** Index into the kernels that workers were told. */
  readonly kernel: number;
  readonly slots: readonly unknown[];
  /** What it allocates from; it stays inside its frame until the task is done. */
  readonly cache: SharedCache;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number) => void) | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Running extends Task {
  order: number;
  aborted: boolean;
  progress: number;
  abort: () => void;
}

interface Member {
  spawned: Spawned;
  ready: boolean;
}

const PROGRESS_EVERY = 50; // milliseconds

const advice = `Its script is 'arena-bind/worker', which bundlers have to bring along.
Vite 5 to 7, in vite.config.js, for the dev server (or the plugin arena-bind/vite):
  export default { optimizeDeps: { exclude: ['arena-bind'] } };
Rollup, Rolldown and esbuild: the plugin arena-bind/rollup, /rolldown or /esbuild.
A Content-Security-Policy: worker-src 'self'.
Elsewhere, the option worker of Registry.create says where the script is.
More stands in docs/threads.md of the package.`;

export class Pool {
  private readonly members: (Member | undefined)[] = [];
  private readonly running = new Map<number, Running>(); // by the index of the task in memory
  private readonly waiting: Running[] = [];
  private readonly tasks: number;
  private readonly words: Int32Array;
  private progressTimer: ReturnType<typeof setInterval> | undefined;
  private disposed = false;
  /** Why no worker is left and none can be started. */
  private broken: unknown;

  constructor(
    private readonly hooks: Hooks,
    private readonly memory: WebAssembly.Memory,
    private readonly module: WebAssembly.Module,
    private readonly kernels: WorkerStart['kernels'],
    private readonly source: WorkerSource,
  ) {
    this.tasks = hooks.arena_tasks() >>> 0;
    this.words = new Int32Array(memory.buffer);
  }

  /** Resolves when workers 1 to `count` are ready. */
  async start(count: number): Promise<void> {
    const starting = Array.from({ length: count }, (_, i) => this.spawn(i + 1));
    try {
      await Promise.all(starting);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  private spawn(thread: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { module, memory, kernels } = this;
      const stack = this.hooks.arena_thread_stack(thread) >>> 0;
      const fail = (why: string) =>
        reject(
          new ArenaError(
            'ERR_THREADS_UNAVAILABLE',
            `worker ${thread} of the pool did not start: ${why.replace(/\.$/, '')}. ${advice}`,
          ),
        );
      let ended = false;
      let spawned: Spawned;
      try {
        spawned = spawn(
          this.source,
          { module, memory, thread, stack, kernels },
          {
            message: (reply) => {
              if ('unable' in reply) {
                ended = true;
                this.members[thread] = undefined;
                spawned.terminate();
                fail(reply.unable);
              } else if ('ready' in reply) {
                member.ready = true;
                this.keepAlive();
                resolve();
              } else this.settle(thread, reply);
            },
            ended: (why) => {
              if (ended) return;
              ended = true;
              this.members[thread] = undefined;
              if (member.ready) this.heal(thread, why);
              else fail(why);
            },
          },
        );
      } catch (cause) {
        fail((cause as Error).message);
        return;
      }
      const member: Member = { spawned, ready: false };
      this.members[thread] = member;
    });
  }

  // An idle pool lets the process end; one that starts or works keeps it.
  private keepAlive(): void {
    const busy = this.running.size > 0;
    for (const member of this.members) {
      if (member === undefined) continue;
      if (busy || !member.ready) member.spawned.ref?.();
      else member.spawned.unref?.();
    }
  }

  submit(task: Task): void {
    if (this.disposed) {
      task.reject(new ArenaError('ERR_DISPOSED', 'the pool ended when its registry was disposed: create another one'));
      return;
    }
    if (this.broken !== undefined) {
      task.reject(this.broken);
      return;
    }
    const { signal } = task;
    const running: Running = { ...task, order: 0, aborted: false, progress: 0, abort: () => this.abort(running) };
    task.cache.pending++;
    signal?.addEventListener('abort', running.abort);
    this.waiting.push(running);
    this.fill();
  }

  /** What is not done, in words; undefined when all is. */
  inFlight(cache: SharedCache): string | undefined {
    if (cache.pending === 0) return undefined;
    const names = [...this.running.values(), ...this.waiting].filter((task) => task.cache === cache);
    return names.length > 0 ? [...new Set(names.map(({ name }) => name))].join(', ') : undefined;
  }

  // Moves tasks into memory while there is room.
  private fill(): void {
    for (let task = 0; task < MOST_TASKS && this.waiting.length > 0; task++) {
      if (this.running.has(task)) continue;
      const next = this.waiting.shift() as Running;
      this.running.set(task, next);
      writeTask(this.memory, this.tasks, task, next.kernel, next.slots);
      this.hooks.arena_task_submit(task, next.cache.address);
      next.order = this.words[(taskAddress(this.tasks, task) + OFFSET_OF_TASK_ORDER) >> 2] as number;
    }
    this.keepAlive();
    this.watchProgress();
  }

  private settle(thread: number, reply: Extract<WorkerReply, { task: number }>): void {
    const { task, order } = reply;
    const running = this.running.get(task);
    if (running === undefined || running.order !== order) return; // it was given up
    const failure = 'failure' in reply ? reply.failure : undefined;
    this.finish(task, running, () => {
      if (failure !== undefined) running.reject(this.explain(running, thread, failure));
      else running.resolve((reply as { value: unknown }).value);
    });
  }

  // Frees the task's place, and tells who waits.
  private finish(task: number | undefined, running: Running, tell: () => void): void {
    const { signal, cache } = running;
    const done = task === undefined ? 0 : this.progressOf(task);
    if (task !== undefined) {
      this.running.delete(task);
      Atomics.store(this.words, (taskAddress(this.tasks, task) + OFFSET_OF_TASK_STATE) >> 2, TASK_FREE);
    }
    signal?.removeEventListener('abort', running.abort);
    cache.pending--;
    if (cache.pending === 0) cache.release();
    if (running.aborted) running.reject(signal?.reason);
    else tell();
    if (!this.disposed) this.fill();
    if (!running.aborted) reportProgress(running, done); // at last, since it may throw
  }

  private explain({ name, cache }: Task, thread: number, { status, requested, text }: TaskFailure): Error {
    if (status === STATUS_OUT_OF_MEMORY) return cache.outOfMemory(`${text} in ${name}`, requested);
    if (status !== STATUS_TRAPPED) return new KernelError('ERR_KERNEL_FAILED', `${name} failed: ${text}`, name, status);
    return new KernelError('ERR_KERNEL_TRAP', `${name}: ${text} (on worker ${thread})`, name, 0);
  }

  private abort(running: Running): void {
    const place = this.waiting.indexOf(running);
    if (place >= 0) this.waiting.splice(place, 1);
    let at: number | undefined;
    for (const [task, other] of this.running) if (other === running) at = task;
    running.aborted = true;
    if (at === undefined || this.hooks.arena_task_withdraw(at) !== 0) {
      this.finish(at, running, () => {});
      return;
    }
    Atomics.store(this.words, (taskAddress(this.tasks, at) + OFFSET_OF_TASK_CANCELLED) >> 2, 1);
  }

  private watchProgress(): void {
    const wanted = [...this.running.values()].some(({ onProgress }) => onProgress !== undefined);
    if (wanted === (this.progressTimer !== undefined)) return;
    if (!wanted) {
      clearInterval(this.progressTimer);
      this.progressTimer = undefined;
      return;
    }
    this.progressTimer = setInterval(() => {
      for (const [task, running] of [...this.running]) reportProgress(running, this.progressOf(task));
    }, PROGRESS_EVERY);
  }

  private progressOf(task: number): number {
    const at = taskAddress(this.tasks, task) + OFFSET_OF_TASK_PROGRESS;
    return new Float32Array(this.memory.buffer, at, 1)[0] as number;
  }

  // A worker has ended: what it was at fails, also for attached threads, which may outlive the pool. Unless that has been
  // disposed of, another one takes its place.
  private heal(thread: number, why: string): void {
    const failure = { status: STATUS_TRAPPED, requested: 0, text: `worker ${thread} ${why}` };
    for (const [task, running] of [...this.running]) {
      const state = Atomics.load(this.words, (taskAddress(this.tasks, task) + OFFSET_OF_TASK_STATE) >> 2);
      if (state !== (TASK_RUNNING | (thread << 8))) continue;
      this.finish(task, running, () => {
        const text = `${running.name}: worker ${thread} ${why} while it ran`;
        running.reject(new KernelError('ERR_KERNEL_TRAP', text, running.name, 0));
      });
    }
    const attempt = () => {
      writeFailure(this.hooks, this.memory, failure);
      const healed = this.hooks.arena_heal(thread) !== 0;
      takeFailure(this.hooks, this.memory);
      if (!healed) {
        setTimeout(attempt, 1); // others work on what it had begun
        return;
      }
      if (this.disposed) return;
      this.spawn(thread).catch((error) => {
        if (this.members.some((member) => member !== undefined)) return; // the others go on
        this.broken = error;
        this.rejectAll(error);
      });
    };
    attempt();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    clearInterval(this.progressTimer);
    this.hooks.arena_close();
    for (const member of this.members) member?.spawned.terminate();
    this.rejectAll(new ArenaError('ERR_DISPOSED', 'this registry was disposed before the kernel was done'));
  }

  private rejectAll(error: unknown): void {
    for (const running of this.waiting.splice(0)) this.finish(undefined, running, () => running.reject(error));
    for (const [task, running] of [...this.running]) this.finish(task, running, () => running.reject(error));
  }
}

function reportProgress(running: Running, done: number): void {
  if (done === running.progress) return;
  running.progress = done;
  running.onProgress?.(done);
}
