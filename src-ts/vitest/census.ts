// Which views a registry makes anew while frames repeat: none, once its cache knows the frame.
import type { ElementType, Registry } from '../index.js';

/** A view that was not in the cache. */
export interface NewView {
  type: ElementType;
  length: number;
  persistent: boolean;
}

type Show = (element: { name: ElementType }, address: number, length: number) => unknown;

/** The views made while `work` runs. */
export function newViews(registry: Registry<any, any>, work: () => void): NewView[] {
  const { cache } = registry as unknown as { cache: { base: number; floor: number } };
  const prototype = Object.getPrototypeOf(cache) as { show: Show };
  const { show } = prototype;
  const seen: NewView[] = [];
  // On the prototype, so that the registry's own cache keeps its shape.
  prototype.show = function (this: unknown, element, address, length) {
    if (this === cache) seen.push({ type: element.name, length, persistent: address - cache.base >= cache.floor });
    return show.call(this, element, address, length);
  };
  try {
    work();
  } finally {
    prototype.show = show;
  }
  return seen;
}
