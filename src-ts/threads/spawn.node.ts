// The same in Node, and in Bun and Deno, which take this file too.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WorkerStart } from './serve.js';
import type { Listener, Spawned, WorkerSource } from './spawn.js';

export function spawn(source: WorkerSource, start: Omit<WorkerStart, 'lock'>, listener: Listener): Spawned {
  const worker = (
    typeof source === 'function'
      ? source()
      : new Worker(source ?? new URL('./worker.node.js', import.meta.url), {
          execArgv: [], // loaders and inspectors of the program are not for it
          name: `arena-bind ${start.thread}`,
        } as object)
  ) as Worker;
  let why = 'was terminated';
  worker.on('message', (reply) => listener.message(reply));
  worker.on('error', (error) => (why = error.message));
  worker.on('exit', () => listener.ended(why));
  worker.postMessage(start);
  return worker;
}

export function mayWait(): boolean {
  return true;
}

export function machineThreads(): number {
  return typeof availableParallelism === 'function' ? availableParallelism() : 1;
}

export async function whyNot(_advice: string): Promise<string | undefined> {
  return typeof SharedArrayBuffer === 'function' ? undefined : 'this engine has no SharedArrayBuffer';
}
