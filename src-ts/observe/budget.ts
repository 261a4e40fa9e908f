// `Registry.create({ budget })`: tells of frames that take more than they may.

import type { Registry } from '../registry.js';
import type { FrameRecord, KernelTime, Listener } from './watch.js';

/** What a frame may take, and who is told of one that takes more: the option `budget` of `Registry.create`. */
export interface FrameBudget {
  /** From the frame's first allocation, kernel call or `openFrame` to its end. */
  milliseconds?: number | undefined;
  /** Of the arena, at the frame's fullest. */
  bytes?: number | undefined;
  /**
   * Called when a frame has ended that took more of either; not for frames that it runs itself. What it throws is reported
   * as an uncaught error.
   */
  exceeded(frame: ExceededFrame): void;
}

/** A frame that took more than its budget. */
export interface ExceededFrame {
  /** Whose frame it was: the registry that was created, or a part of it. */
  registry: Registry<any, any>;
  /** Its number, as `registry.epoch` was in it. */
  epoch: number;
  milliseconds: number;
  /** Of the arena, at its fullest. */
  bytes: number;
  /** How many blocks JavaScript allocated. */
  blocks: number;
  /** Those that took the most time, the slowest first; 8 at most. */
  kernels: KernelCost[];
}

/** What a kernel took in one frame. */
export interface KernelCost {
  name: string;
  calls: number;
  /** Of all calls. */
  milliseconds: number;
}

const KEYS = ['milliseconds', 'bytes', 'exceeded'];
const MOST_KERNELS = 8;

/** Throws ERR_INVALID_OPTION, which `badOption` makes. */
export function checkBudget(
  budget: unknown,
  badOption: (message: string) => Error,
  show: (value: unknown) => string,
): FrameBudget {
  if (Object.prototype.toString.call(budget) !== '[object Object]') {
    throw badOption(`budget is ${show(budget)}: expected { milliseconds, bytes, exceeded }`);
  }
  const given = budget as FrameBudget;
  for (const key in given) {
    if (!KEYS.includes(key)) throw badOption(`budget has no option ${show(key)}: expected one of ${KEYS.join(', ')}`);
  }
  const { milliseconds, bytes, exceeded } = given;
  for (const [name, value] of Object.entries({ milliseconds, bytes })) {
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue;
    throw badOption(`budget.${name} is ${show(value)}: expected a number from 0`);
  }
  if (milliseconds === undefined && bytes === undefined) {
    throw badOption('budget has no limit: give milliseconds, bytes or both');
  }
  if (typeof exceeded !== 'function') {
    throw badOption(`budget.exceeded is ${show(exceeded)}: expected a function, which gets each frame that took more`);
  }
  return { milliseconds: milliseconds ?? Infinity, bytes: bytes ?? Infinity, exceeded: (frame) => exceeded(frame) };
}

export function watchBudget(registry: Registry<any, any>, budget: FrameBudget): Listener {
  const limits = budget as Required<FrameBudget>;
  let telling = false;
  return {
    frameEnded(frame) {
      const milliseconds = frame.end - frame.start;
      if (telling || !(milliseconds > limits.milliseconds || frame.bytes > limits.bytes)) return;
      const { epoch, bytes, count: blocks } = frame;
      telling = true;
      try {
        limits.exceeded({ registry, epoch, milliseconds, bytes, blocks, kernels: slowest(frame, MOST_KERNELS) });
      } catch (error) {
        reportUncaught(error); // the frame has ended well, whoever ended it
      } finally {
        telling = false;
      }
    },
  };
}

/** The kernels of a frame that took the most time. */
export function slowest({ kernels, kernelCount }: FrameRecord, most: number): KernelCost[] {
  const byTime = (a: KernelTime, b: KernelTime) => b.milliseconds - a.milliseconds;
  const listed = kernels.slice(0, kernelCount).sort(byTime).slice(0, most);
  return listed.map(({ name, calls, milliseconds }) => ({ name, calls, milliseconds }));
}

function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
