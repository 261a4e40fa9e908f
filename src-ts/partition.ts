// An arena within an arena: the same instance, seen from a record of its own.

import { type Hooks, PARTITION_HEADER } from './abi.gen.js';
import type { ViewCache } from './cache.js';
import { elementCode } from './elements.js';
import { checkCapacity, type Instance } from './module.js';

const ALIGN_64 = 3 << 4; // log2(64 / 8), as in the code of a slot

/** Takes the partition's block, and returns what its registry stands on. */
export function partitionOf(instance: Instance | undefined, cache: ViewCache, bytes: number): Instance {
  cache.assertUsable();
  checkCapacity(bytes);
  const { hooks, stackTop, arena: parent, exports } = instance as Instance;
  const block = cache.takePersistent(elementCode('u8') | ALIGN_64, PARTITION_HEADER + bytes);
  const arena = hooks.arena_partition(parent, block.ptr, bytes) >>> 0;
  const own = Object.entries(exports).map(([name, value]) => [
    name,
    typeof value === 'function' ? inside(arena, value as Kernel, hooks, stackTop) : value,
  ]);
  return { ...(instance as Instance), arena, exports: Object.fromEntries(own) };
}

type Kernel = (...slots: any[]) => unknown;

// Kernels allocate from the arena that is in use; they never call back into JavaScript.
function inside(arena: number, run: Kernel, hooks: Hooks, stackTop: number): Kernel {
  const stopped = (before: number, cause: unknown) => {
    hooks.arena_stack_set(stackTop);
    hooks.arena_recover(); // while it is this arena's
    hooks.arena_use(before);
    return cause;
  };
  const call = (before: number, result: unknown) => {
    hooks.arena_use(before);
    return result;
  };
  // A rest parameter would be garbage on every call. An export ignores what comes after its own slots.
  const kernel: Kernel =
    run.length > 12
      ? (...slots) => {
          const before = hooks.arena_use(arena);
          try {
            return call(before, run(...slots));
          } catch (cause) {
            throw stopped(before, cause);
          }
        }
      : (a, b, c, d, e, f, g, h, i, j, k, l) => {
          const before = hooks.arena_use(arena);
          try {
            return call(before, run(a, b, c, d, e, f, g, h, i, j, k, l));
          } catch (cause) {
            throw stopped(before, cause);
          }
        };
  return Object.defineProperty(kernel, 'length', { value: run.length });
}
