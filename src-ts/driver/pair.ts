// Two builds of the same sources, for one thread and for threads: JavaScript has one description of both.
import type { Description } from './api.js';

/** What to do about a difference. */
export const PAIR_HINT = 'what JavaScript sees may not depend on __wasm_atomics__: take it out of #if';

/** The first kernel that is not the same in both; undefined when there is none. */
export function differenceOf(one: Description, threads: Description): string | undefined {
  const signatures = (side: Description) => new Map(side.kernels.map(({ name, signature }) => [name, signature]));
  const [first, second] = [signatures(one), signatures(threads)];
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [a, b] = [first.get(name), second.get(name)];
    if (a === b) continue;
    if (a === undefined) return `the kernel ${name} is in the build for threads, and not in the one for one thread`;
    if (b === undefined) return `the kernel ${name} is in the build for one thread, and not in the one for threads`;
    return `the kernel ${name} is ${a} in the build for one thread, and ${b} in the one for threads`;
  }
  return undefined;
}
