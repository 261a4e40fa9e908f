// Starts a worker of the pool, in browsers.

import type { WorkerReply, WorkerStart } from './serve.js';

/** A worker, of whatever host. */
export interface Spawned {
  terminate(): void;
  /** Keeps the process alive, or lets it end; Node alone has these. */
  ref?(): void;
  unref?(): void;
}

/** Where workers come from: the file beside this one when left out. */
export type WorkerSource = URL | string | (() => unknown) | undefined;

export interface Listener {
  message(reply: WorkerReply): void;
  /** It has ended, though nobody asked it to. */
  ended(why: string): void;
}

let locks = 0;

export function spawn(source: WorkerSource, start: Omit<WorkerStart, 'lock'>, listener: Listener): Spawned {
  const worker = (
    source === undefined
      ? new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
      : typeof source === 'function'
        ? source()
        : new Worker(source, { type: 'module' })
  ) as Worker;
  // Browsers say nothing when a worker is terminated, but they free its locks.
  const lock = navigator.locks && `arena-bind ${locks++} ${Math.random()} ${performance.now()}`;
  worker.onmessage = ({ data }: { data: WorkerReply }) => {
    if (lock && 'ready' in data) void navigator.locks.request(lock, () => listener.ended('was terminated'));
    listener.message(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    listener.ended(event.message || 'its file did not load, or is no module');
  };
  worker.postMessage({ ...start, lock });
  return worker;
}

/** Whether this thread may sleep on a word; a browser's main thread and its worklets may not. */
export function mayWait(): boolean {
  const scope = globalThis as { DedicatedWorkerGlobalScope?: unknown; SharedWorkerGlobalScope?: unknown };
  return [scope.DedicatedWorkerGlobalScope, scope.SharedWorkerGlobalScope].some(
    (kind) => typeof kind === 'function' && globalThis instanceof kind,
  );
}

/** How many threads the machine runs at once. */
export function machineThreads(): number {
  return navigator.hardwareConcurrency || 1;
}

/** Why memory can't be shared here; undefined when it can. */
export async function whyNot(advice: string): Promise<string | undefined> {
  if (typeof Worker !== 'function') return 'this place has no workers: create the registry in a page or a worker';
  if (globalThis.crossOriginIsolated !== false) {
    return typeof SharedArrayBuffer === 'function' ? undefined : 'this engine has no SharedArrayBuffer';
  }
  if (globalThis.isSecureContext === false) {
    return `the page comes by plain http from another machine: browsers share memory only over https and on localhost. ${advice}`;
  }
  return `the page is not cross-origin isolated${await missingHeaders()}. ${advice}`;
}

// What the page itself was sent with, as far as it can be asked for again.
async function missingHeaders(): Promise<string> {
  try {
    const { headers } = await fetch(location.href, { method: 'HEAD' });
    const list = ['Cross-Origin-Opener-Policy', 'Cross-Origin-Embedder-Policy'].map(
      (name) => `${name} is ${headers.get(name) ?? 'missing'}`,
    );
    return ` (${list.join(', ')})`;
  } catch {
    return '';
  }
}
