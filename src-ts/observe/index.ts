// What frames cost: the chunk that `Registry.create` loads for its options `timeline` and `budget`, and `report` for itself. It
// imports nothing of the rest of the package but types: a bundler that doesn't see through the circle (Rolldown, with two such
// chunks) would keep all of it in bundles that use none.

import type { Registry, RegistryOptions } from '../registry.js';
import { checkBudget, type FrameBudget, watchBudget } from './budget.js';
import { describe } from './report.js';
import { checkTimeline, watchTimeline } from './timeline.js';
import { define, type Listener, Watch } from './watch.js';

const watches = new WeakMap<Registry<any, any>, Watch>();

/**
 * `Registry.create` for the options `timeline` and `budget`; the other arguments are the main entry's.
 *
 * @throws ArenaError `ERR_INVALID_OPTION`.
 */
export async function create(
  options: RegistryOptions,
  { create }: { create(options: RegistryOptions): Promise<Registry<any, any>> },
  badOption: (message: string) => Error,
  show: (value: unknown) => string,
): Promise<Registry<any, any>> {
  const { timeline, budget, ...others } = options;
  const onTimeline = timeline !== undefined && checkTimeline(timeline, badOption, show);
  const limits = budget === undefined ? undefined : checkBudget(budget, badOption, show);
  const registry = await create(others);
  if (onTimeline || limits !== undefined) watch(registry, onTimeline, limits, '');
  return registry;
}

function watch(registry: Registry<any, any>, onTimeline: boolean, limits: FrameBudget | undefined, part: string): void {
  const listeners: Listener[] = [];
  if (onTimeline) listeners.push(watchTimeline(registry, part));
  if (limits !== undefined) listeners.push(watchBudget(registry, limits));
  watches.set(registry, new Watch(registry, true, listeners));
  const { partition } = registry;
  let parts = 0;
  define(registry, {
    partition: (bytes: number) => {
      const made = partition.call(registry, bytes);
      watch(made, onTimeline, limits, `${part} of part ${++parts}`);
      return made;
    },
  });
}

/** `registry.report()`: what is known of the registry's frames, in words; from then on they are watched. */
export function report(registry: Registry<any, any>): string {
  const { stats } = registry; // or says that it is disposed
  const known = watches.get(registry);
  if (known === undefined) watches.set(registry, new Watch(registry, false, []));
  return describe(stats, known);
}
