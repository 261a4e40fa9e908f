// An arena within an arena: the same instance, seen from a record of its own.

import { PARTITION_HEADER } from './abi.gen.js';
import type { ViewCache } from './cache.js';
import { elementCode } from './elements.js';
import { checkCapacity, type Instance } from './module.js';

const ALIGN_64 = 3 << 4; // log2(64 / 8), as in the code of a slot

/** Takes the partition's block, and returns what its registry stands on. */
export function partitionOf(instance: Instance | undefined, cache: ViewCache, bytes: number): Instance {
  checkCapacity(bytes);
  const { ptr } = cache.takePersistent(elementCode('u8') | ALIGN_64, PARTITION_HEADER + bytes);
  const { hooks, stackTop, arena, exports } = instance as Instance;
  const own = hooks.arena_partition(arena, ptr, bytes) >>> 0;
  const within: Record<string, unknown> = { ...exports };
  for (const [name, run] of Object.entries(exports)) {
    if (typeof run !== 'function') continue;
    // Engines pass the rest on without making an array of it. Kernels never call back into JavaScript.
    const kernel = (...slots: unknown[]) => {
      const before = hooks.arena_use(own);
      let result: unknown;
      try {
        result = run(...slots);
      } catch (cause) {
        hooks.arena_stack_set(stackTop);
        hooks.arena_recover(); // while it is this arena's
        hooks.arena_use(before);
        throw cause;
      }
      hooks.arena_use(before);
      return result;
    };
    within[name] = Object.defineProperty(kernel, 'length', { value: run.length });
  }
  return { ...(instance as Instance), arena: own, exports: within as WebAssembly.Exports };
}
