// Frames in flight: each in a part of the arena that is its own, so that one is read while the next one is written.

import { PARTITION_HEADER } from './abi.gen.js';
import type { ViewCache } from './cache.js';
import { ArenaError } from './errors.js';
import { type Frame, nameDispose } from './frame.js';
import type { AnyKernels, Registry } from './registry.js';
import { show } from './show.js';

/** What `framesInFlight` takes. */
export interface FramesOptions {
  /** How many frames there are at once: 2 or 3. */
  frames: 2 | 3;
  /** Bytes of the arena for each of them, a multiple of 8. */
  bytes: number;
}

interface Turn<K, S> {
  take(part: Registry<K, S>): void;
  refuse(error: ArenaError): void;
}

const MOST_PADDING = 64; // bytes, before each part

const cacheOf = (registry: unknown) => (registry as { cache?: ViewCache } | undefined)?.cache;

/**
 * Takes as many parts of `bytes` out of the registry's persistent memory as there are frames; they live as long as it does.
 *
 * @throws ArenaError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`, `ERR_OUT_OF_MEMORY`.
 */
export function framesInFlight<K = AnyKernels, S = unknown>(
  registry: Registry<K, S>,
  options: FramesOptions,
): FramesInFlight<K, S> {
  const cache = cacheOf(registry);
  if (cache === undefined) {
    throw new ArenaError('ERR_INVALID_ARGUMENT', `framesInFlight got ${show(registry)}: expected a Registry`);
  }
  cache.assertUsable();
  const { frames, bytes } = checkOptions(options);
  // Of some parts but not all nothing could be given back.
  const needed = frames * (bytes + PARTITION_HEADER + MOST_PADDING);
  if (needed > cache.free) throw cache.outOfMemory(`framesInFlight, ${frames} parts of ${bytes} bytes,`, needed);
  const parts = Array.from({ length: frames }, () => registry.partition(bytes));
  return new FramesInFlight(cache, parts);
}

/** From `framesInFlight`. */
export class FramesInFlight<K = AnyKernels, S = unknown> implements Disposable {
  private readonly idle: Registry<K, S>[];
  private readonly turns: Turn<K, S>[] = [];
  private disposed = false;

  /** @internal */
  constructor(
    private readonly owner: ViewCache,
    /** The registries that bodies get, for what each of them is to keep: filter states, tables (`allocPersistent`). */
    readonly parts: readonly Registry<K, S>[],
  ) {
    this.idle = [...parts];
    nameDispose(this);
  }

  /** How many more frames may begin now; at 0 a call of `process` waits. */
  get available(): number {
    return this.idle.length;
  }

  /**
   * Runs `body(frame, ...args)` in a frame of its own, at once or when one of those in flight has ended; bodies begin in
   * the order of the calls. `frame` is a registry; its frame ends when what the body returns has settled and nothing of
   * `frame.run` is under way any more. Then the promise passes the result on.
   *
   * @throws ArenaError, by rejection, `ERR_FRAME_ESCAPE` when the result is a view that died with the frame, or an array or
   * object with one in it; `ERR_DISPOSED`. What the body throws is passed on.
   */
  async process<A extends unknown[], R>(
    body: (frame: Registry<K, S>, ...args: A) => R,
    ...args: A
  ): Promise<Awaited<R>> {
    if (typeof body !== 'function') {
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `process got ${show(body)}: expected a function to run in the next frame, which may be async`,
      );
    }
    if (this.disposed) throw isDisposed();
    const part = this.idle.shift() ?? (await this.turn());
    let result: Awaited<R>;
    let opened: Frame | undefined;
    try {
      this.owner.assertUsable();
      opened = part.openFrame(); // so that a processFrame in the body is one inside it
      result = await body(part, ...args);
    } finally {
      await this.end(part, opened);
    }
    checkResult(part, result);
    return result;
  }

  private turn(): Promise<Registry<K, S>> {
    return new Promise((take, refuse) => this.turns.push({ take, refuse }));
  }

  private async end(part: Registry<K, S>, opened: Frame | undefined): Promise<void> {
    try {
      await part.resetWhenIdle();
      opened?.close();
    } finally {
      const next = this.turns.shift();
      if (this.disposed) part.dispose();
      else if (next === undefined) this.idle.push(part);
      else next.take(part);
    }
  }

  /**
   * Ends it: frames in flight come to their end, those that wait are refused. The registry's memory stays taken, as that of
   * all persistent blocks.
   */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const part of this.idle.splice(0)) part.dispose();
    for (const turn of this.turns.splice(0)) turn.refuse(isDisposed());
  }

  /** What `using` calls. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

const isDisposed = () => new ArenaError('ERR_DISPOSED', 'these frames are disposed: make others by framesInFlight');

function checkOptions(options: FramesOptions): FramesOptions {
  const known = ['frames', 'bytes'];
  const given = typeof options === 'object' && options !== null ? Object.keys(options) : [];
  const odd = given.find((key) => !known.includes(key));
  const { frames, bytes } = options ?? {};
  if (odd === undefined && (frames === 2 || frames === 3)) {
    if (Number.isInteger(bytes) && bytes >= 8 && bytes % 8 === 0) return { frames, bytes };
  }
  const came =
    odd !== undefined
      ? `got an option ${show(odd)}`
      : given.length === 0
        ? `got ${show(options)}`
        : `got frames: ${show(frames)}, bytes: ${show(bytes)}`;
  throw new ArenaError(
    'ERR_INVALID_OPTION',
    `framesInFlight ${came}: expected { frames, bytes }, frames being 2 or 3, and bytes a multiple of 8 for each of them`,
  );
}

function checkResult(part: Registry<any, any>, result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  if (isDead(part, result)) throw escaped(show(result));
  if (ArrayBuffer.isView(result)) return;
  for (const key in result) {
    const value = (result as Record<string, unknown>)[key];
    if (isDead(part, value)) throw escaped(`${show(result)} whose ${show(key)} is ${show(value)}`);
  }
}

// Whether it shows memory of this part that its reset has taken back.
function isDead(part: Registry<any, any>, value: unknown): boolean {
  const { buffer, base, capacity, disposed } = cacheOf(part) as ViewCache;
  if (!ArrayBuffer.isView(value) || disposed || value.buffer !== buffer) return false;
  return value.byteOffset >= base && value.byteOffset < base + capacity && !part.isLive(value);
}

const escaped = (what: string) =>
  new ArenaError(
    'ERR_FRAME_ESCAPE',
    `the body of frames.process returned ${what} that lies in the frame which has just ended: return a copy ` +
      '(view.slice()), or keep the result in a persistent block',
  );
