// expectZeroGarbage: runs a frame until the engine has optimized it, then weighs what it leaves on the heap.
import { expect } from 'vitest';
import type { Registry } from '../index.js';
import { show } from '../show.js';
import { type NewView, newViews } from './census.js';
import { type Growth, openHeap, type Site } from './heap.js';
import { leadTo } from './stack.js';

export interface ZeroGarbageOptions {
  /** How often the frame runs in a round that is weighed: 10,000 when left out, at least 1,000. */
  frames?: number;
}

/** What `expectZeroGarbage` saw of a frame that passed. */
export interface GarbageReport {
  frames: number;
  /** `heap`: every byte; `views`: only the views that the registry makes, as this engine shows no more. */
  seen: 'heap' | 'views';
  /** By which the heap grew in all frames together; undefined where it can't be seen. */
  bytes: number | undefined;
  /** 0, or undefined where they can't be seen. */
  collections: number | undefined;
}

type FrameBody<R extends Registry<any, any>> = (registry: R) => unknown;

const FRAMES = 10_000;
const LEAST_FRAMES = 1000; // as many numbers with a fraction weigh more than what is let pass
const LET_PASS = 2048; // bytes of a round: measuring and the engine itself put things on the heap
// Of rounds a tenth as long, until one is clean: what the engine compiles counts as heap.
const MOST_WARM_UPS = 20;
// Garbage of frames comes in every round, and as much of it; what the engine does by itself only in some.
const MOST_ROUNDS = 8;
const SAME = 0.02;
const CENSUS_FRAMES = 64;
// The folder of this package's code. Code that Vitest has transformed is known by its path, not by its URL.
const HERE = pathOf(import.meta.url);
const OWN = HERE.replace(/[^/]+\/[^/]+$/, '');

/**
 * Runs `frame(registry)`, each time followed by a `reset()`, until the engine has optimized it, then `frames` times, and
 * fails when that leaves anything on the JavaScript heap: more than 2 KiB in all frames together, or a collection. The
 * error says how much, which functions allocate it, and what to do.
 *
 * In engines that don't show their heap only views that the registry has to make anew are seen: see `seen` of the result.
 */
export function expectZeroGarbage<R extends Registry<any, any>>(
  registry: R,
  frame: FrameBody<R>,
  options: ZeroGarbageOptions = {},
): GarbageReport {
  const frames = readFrames(options);
  runOnce(registry, frame);
  const heap = openHeap();
  const repeat = (times: number) => () => repeatFrame(registry, frame, times);

  let growth: Growth | undefined;
  if (heap !== undefined) {
    const few = Math.max(LEAST_FRAMES, Math.floor(frames / 10));
    for (let i = 0; i < MOST_WARM_UPS; i++) if (isClean(heap.measure(repeat(few), i >> 1))) break;
    growth = heap.measure(repeat(frames));
    for (let i = 1; i < MOST_ROUNDS && !isClean(growth); i++) {
      const again = heap.measure(repeat(frames), i);
      // Less than a byte per frame may be the engine's twice.
      const same = growth.bytes > frames && Math.abs(again.bytes - growth.bytes) < SAME * growth.bytes;
      if (again.bytes < growth.bytes) growth = again;
      if (same) break;
    }
  } else {
    repeatFrame(registry, frame, frames);
  }

  // A new view is garbage by itself, so where the heap is clean there was none.
  if (growth === undefined || !isClean(growth)) {
    const made = newViews(registry, repeat(CENSUS_FRAMES));
    if (growth !== undefined || made.length > 0) {
      const sites = heap?.sites(() => repeatApart(registry, frame, frames)) ?? [];
      throw failure(frames, growth, made, sites);
    }
  }
  expect(growth); // so that expect.hasAssertions() counts this one
  return {
    frames,
    seen: growth === undefined ? 'views' : 'heap',
    bytes: growth?.bytes,
    collections: growth?.collections,
  };
}

const isClean = ({ bytes, collections }: Growth) => bytes <= LET_PASS && !collections;

function readFrames({ frames = FRAMES, ...rest }: ZeroGarbageOptions): number {
  for (const key in rest) throw new TypeError(`expectZeroGarbage knows no option ${show(key)}: it takes frames`);
  if (Number.isInteger(frames) && frames >= LEAST_FRAMES) return frames;
  throw new TypeError(`frames is ${show(frames)}: expected an integer from ${LEAST_FRAMES}, as fewer tell nothing`);
}

/** Says what is wrong with a frame that can't be repeated. */
function runOnce<R extends Registry<any, any>>(registry: R, frame: FrameBody<R>): void {
  const { depth } = registry.stats;
  const result = frame(registry);
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
    (result as PromiseLike<unknown>).then(undefined, () => {}); // its own failure would be reported a second time
    throw new TypeError('the frame returned a promise: expectZeroGarbage runs frames that end when they return');
  }
  const left = registry.stats.depth - depth;
  if (left > 0) {
    registry.reset();
    throw new Error(`the frame left ${left} of its frames open: close each one from openFrame() in a \`finally\``);
  }
  registry.reset();
}

function repeatFrame<R extends Registry<any, any>>(registry: R, frame: FrameBody<R>, times: number): void {
  for (let i = 0; i < times; i++) {
    frame(registry);
    registry.reset();
  }
}

const ONE = { length: 1 };

/** For the sampler, which sees no function that is inlined into another: Array.from is, and inlines, none. */
function repeatApart<R extends Registry<any, any>>(registry: R, frame: FrameBody<R>, times: number): void {
  const apart = frame.bind(undefined, registry);
  for (let i = 0; i < times; i++) {
    Array.from(ONE, apart);
    registry.reset();
  }
}

function failure(frames: number, growth: Growth | undefined, made: NewView[], sites: Site[]): Error {
  const lines: string[] = [];
  const perFrame = growth && growth.bytes / frames;
  if (growth !== undefined && perFrame !== undefined) {
    const { collections } = growth;
    const collected = collections === undefined ? '' : `, and ${collections} collections ran`;
    lines.push(
      `each frame left ${round(perFrame)} bytes of garbage, expected none ` +
        `(the heap grew by ${growth.bytes} bytes in ${frames} frames${collected})`,
    );
  } else {
    lines.push(`the registry made ${round(made.length / CENSUS_FRAMES)} new views in each frame, expected none`);
  }
  const most = LET_PASS + 0.05 * (growth?.bytes ?? 0);
  const large = sites.filter(({ url, bytes }) => bytes >= most && pathOf(url) !== HERE);
  const theirs = large.filter(({ url }) => !pathOf(url).startsWith(OWN));
  for (const { name, url, bytes } of (theirs.length > 0 || made.length > 0 ? theirs : large).slice(0, 3)) {
    const who = name || 'a function without a name';
    lines.push(`${who} in ${shorten(url)} allocates about ${round(bytes / frames)} bytes per frame`);
  }
  lines.push(...causes(made, perFrame));
  const error = new Error(lines.join('\n  '));
  error.name = 'AssertionError';
  (Error as { captureStackTrace?(error: Error, below: unknown): void }).captureStackTrace?.(error, expectZeroGarbage);
  if (theirs[0]) leadTo(theirs[0], error);
  return error;
}

function causes(made: NewView[], perFrame = 0): string[] {
  const lines: string[] = [];
  const perFrameOf = (views: NewView[]) => round(views.length / CENSUS_FRAMES);
  const persistent = made.filter((view) => view.persistent);
  if (persistent.length > 0) {
    lines.push(
      `allocPersistent was called ${perFrameOf(persistent)} times per frame: such blocks are never given back; ` +
        'allocate them once, before the frames',
    );
  }
  for (const type of new Set(made.map((view) => view.type))) {
    const views = made.filter((view) => view.type === type && !view.persistent);
    if (views.length === 0) continue;
    const lengths = [...new Set(views.map(({ length }) => length))];
    const shown = `${lengths.slice(0, 5).join(', ')}${lengths.length > 5 ? `, ... (${lengths.length} of them)` : ''}`;
    lines.push(
      `${perFrameOf(views)} new views of ${type} per frame, lengths ${shown}: a view is used again when its length and ` +
        'place repeat; round lengths up to a few sizes and pass parts that you keep, or allocate the largest length once',
    );
  }
  if (made.length === 0) {
    lines.push(
      'the registry made no view anew, so it is the frame itself: look for closures, array and object literals, slice() ' +
        'and subarray(), destructured tuples, strings that are passed to kernels',
    );
    if (perFrame > 11 && perFrame < 50) {
      lines.push(
        'a number with a fraction weighs 12 or 16 bytes when it is boxed, as it is where it is stored in a variable outside ' +
          'of the frame, or returned by a function (a kernel, say) that the engine does not inline: write it into a block',
      );
    }
  }
  return lines;
}

const round = (value: number) => Math.round(value * 100) / 100;

function pathOf(url: string): string {
  return url.replace(/^file:\/\/(\/(?=\w:))?/, '');
}

function shorten(url: string): string {
  return url
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/(?=[^/]+\/[^/]+$)/, '')
    .replace(/\?.*$/, '');
}
