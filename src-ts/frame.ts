// Frames that end by themselves.

import type { ViewCache } from './cache.js';
import { ArenaError } from './errors.js';
import type { Registry } from './registry.js';
import { show } from './show.js';

const CLOSED = -1; // no frame has this tag

/**
 * Where the engine has no Symbol.dispose when this file is loaded, the class could not know the name: neither that of a
 * polyfill nor the one that compilers lower `using` to.
 * @internal
 */
export function nameDispose(disposable: { close(): void } | { dispose(): void }): void {
  const name = Symbol.dispose ?? Symbol.for('Symbol.dispose');
  if (name in disposable) return;
  const value = 'close' in disposable ? disposable.close : disposable.dispose;
  Object.defineProperty(disposable, name, { value });
}

/**
 * An open frame, from `registry.openFrame()`. Closing the outermost frame is a reset, which takes back everything; closing
 * one inside another takes back what was allocated since it was opened. Closing a frame closes those inside it. The
 * object is used again for a later frame: don't keep it after closing.
 */
export class Frame implements Disposable {
  private tag = CLOSED;
  private outermost = false;
  private readonly cache: ViewCache;

  /** @internal */
  constructor(cache: ViewCache) {
    nameDispose(this);
    this.cache = cache;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.tag !== CLOSED;
  }

  /** @internal */
  open(): this {
    this.outermost = this.cache.depth === 0;
    this.tag = this.cache.openFrame();
    return this;
  }

  /** Ends the frame. */
  close(): void {
    const { tag } = this;
    if (tag === CLOSED) return;
    this.tag = CLOSED;
    this.cache.closeFrame(tag, this.outermost);
  }

  /** Ends the frame: what `using` calls. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Runs `body(registry, ...args)` in a frame of its own and passes its result through. The frame ends when the body
 * returns or throws: the outermost one with a reset, one inside another with a rewind.
 *
 * @throws ArenaError `ERR_FRAME_ESCAPE` when the body returns a view that died with the frame, `ERR_ASYNC_FRAME` when it
 * returns a promise (the frame would end before the work does); what the body throws is passed on.
 */
export function processFrame<K, A extends unknown[], R, S = unknown>(
  registry: Registry<K, S>,
  body: (registry: Registry<K, S>, ...args: A) => R extends PromiseLike<unknown> ? never : R,
  ...args: A
): R {
  const cache = (registry as unknown as { cache: ViewCache } | undefined)?.cache;
  if (cache === undefined || typeof body !== 'function') {
    throw new ArenaError(
      'ERR_INVALID_ARGUMENT',
      `processFrame got ${show(registry)} and ${show(body)}: expected a Registry and a function to run in the frame`,
    );
  }
  const outermost = cache.depth === 0;
  const tag = cache.openFrame();
  let result: R;
  try {
    result = body(registry, ...args) as R;
  } finally {
    cache.closeFrame(tag, outermost);
  }
  if (typeof result === 'object' && result !== null) checkResult(cache, result);
  return result;
}

function checkResult(cache: ViewCache, result: object): void {
  if (typeof (result as PromiseLike<unknown>).then === 'function') {
    // Its own failure would be reported a second time.
    (result as PromiseLike<unknown>).then(undefined, () => {});
    throw new ArenaError(
      'ERR_ASYNC_FRAME',
      'the body of processFrame returned a promise: its frame has ended before anything awaited is done. ' +
        'Await first and process then, or call reset() yourself when all is done',
    );
  }
  if (ArrayBuffer.isView(result) && cache.judge(result) === 'stale') {
    throw new ArenaError(
      'ERR_FRAME_ESCAPE',
      `the body of processFrame returned ${show(result)} that lies in the frame which has just ended: return a copy ` +
        '(view.slice()), or keep the result in a persistent block',
    );
  }
}
