// The life of a worker of the pool: it sleeps in C++, works on the jobs of others there, and comes out to run a task.

import {
  type Hooks,
  OFFSET_OF_FAILURE_LENGTH,
  OFFSET_OF_FAILURE_STATUS,
  OFFSET_OF_FAILURE_TEXT,
  STATUS_OK,
  STATUS_TRAPPED,
} from '../abi.gen.js';
import { takeFailure } from '../failure.js';
import { encodeText, readTask } from './task.js';

/** What the owner posts to a worker that starts. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly stack: number;
  /** The kernels' exports, in the order that tasks count by, and the bytes of a struct that each returns. */
  readonly kernels: readonly { readonly name: string; readonly resultBytes: number }[];
  /** A lock to hold for life, which tells the owner of its end. */
  readonly lock: string | undefined;
}

/** What a worker posts: that it is ready, or how its task ended. */
export type WorkerReply =
  | { readonly ready: true }
  | { readonly unable: string }
  | { readonly task: number; readonly order: number; readonly value: unknown }
  | { readonly task: number; readonly order: number; readonly failure: TaskFailure };

export interface TaskFailure {
  /** A Status of abi.h; STATUS_TRAPPED for a trap. */
  readonly status: number;
  readonly requested: number;
  readonly text: string;
}

interface Port {
  postMessage(message: WorkerReply): void;
}

const CLOSED = 0xffffffff;

export async function serve(port: Port, start: WorkerStart): Promise<void> {
  const { module, memory, thread, stack, kernels, lock } = start;
  let hooks: Hooks;
  let exports: WebAssembly.Exports;
  try {
    if (lock !== undefined) await hold(lock);
    ({ exports } = await WebAssembly.instantiate(module, { env: { memory } }));
    hooks = exports as unknown as Hooks;
    hooks.arena_stack_set(stack);
    hooks.arena_thread_start(thread, 1);
  } catch (cause) {
    port.postMessage({ unable: String((cause as Error).message ?? cause) });
    return;
  }
  const tasks = hooks.arena_tasks() >>> 0;

  // What stopped this thread; it is able to go on.
  const recover = (cause: unknown): TaskFailure => {
    hooks.arena_stack_set(stack);
    const failure = takeFailure(hooks, memory);
    hooks.arena_call_off();
    const overflow = hooks.arena_task_done() === 0 ? takeFailure(hooks, memory) : undefined;
    return (
      overflow ?? failure ?? { status: STATUS_TRAPPED, requested: 0, text: `trapped: ${(cause as Error).message}` }
    );
  };

  port.postMessage({ ready: true });
  for (;;) {
    let task: number;
    try {
      task = hooks.arena_work() >>> 0;
    } catch (cause) {
      const failure = recover(cause);
      writeFailure(hooks, memory, { ...failure, text: `${failure.text} (on worker ${thread})` });
      const word = new Int32Array(memory.buffer, tasks, 1);
      while (hooks.arena_heal(thread) === 0) Atomics.wait(word, 0, Atomics.load(word, 0), 1); // a millisecond
      takeFailure(hooks, memory);
      continue;
    }
    if (task === CLOSED) return;
    const { order, kernel, slots } = readTask(memory, tasks, task);
    const { name, resultBytes } = kernels[kernel] as WorkerStart['kernels'][number];
    let value: unknown;
    let failure: TaskFailure | undefined;
    try {
      value = (exports[name] as (...slots: unknown[]) => unknown)(...slots);
      if (resultBytes > 0) value = new Uint8Array(memory.buffer, (value as number) >>> 0, resultBytes).slice();
    } catch (cause) {
      failure = recover(cause);
    }
    if (failure === undefined && hooks.arena_task_done() === 0) failure = takeFailure(hooks, memory);
    port.postMessage(failure === undefined ? { task, order, value } : { task, order, failure });
  }
}

/** Leaves the failure where C++ finds it as this thread's. */
export function writeFailure(hooks: Hooks, memory: WebAssembly.Memory, failure: TaskFailure): void {
  const address = hooks.arena_recover() >>> 0;
  const data = new DataView(memory.buffer, address);
  const text = encodeText(failure.text);
  data.setUint32(OFFSET_OF_FAILURE_STATUS, failure.status === STATUS_OK ? STATUS_TRAPPED : failure.status, true);
  data.setUint32(OFFSET_OF_FAILURE_LENGTH, text.length, true);
  new Uint8Array(memory.buffer, address + OFFSET_OF_FAILURE_TEXT).set(text);
}

// Resolves when the lock is held; it is given back by the end of the worker alone.
function hold(name: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
}
