// Which views a registry makes anew while frames repeat: none, once its cache knows the frame.
import type { ElementType, Registry } from '../index.js';

/** A view that was not in the cache. */
export interface NewView {
  type: ElementType;
  length: number;
  persistent: boolean;
}

type Place = (element: { name: ElementType }, length: number, hook: unknown, align: number) => unknown;

/** The views made while `work` runs. */
export function newViews(registry: Registry<any, any>, work: () => void): NewView[] {
  const { cache } = registry as unknown as { cache: object };
  const prototype = Object.getPrototypeOf(cache) as { place: Place };
  const { place } = prototype;
  const seen: NewView[] = [];
  // On the prototype, so that the registry's own cache keeps its shape.
  prototype.place = function (this: unknown, element, length, hook, align) {
    const { persistent } = registry.stats;
    const view = place.call(this, element, length, hook, align);
    if (this === cache) {
      seen.push({ type: element.name, length, persistent: registry.stats.persistent > persistent });
    }
    return view;
  };
  try {
    work();
  } finally {
    prototype.place = place;
  }
  return seen;
}
