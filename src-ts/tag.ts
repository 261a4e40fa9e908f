// What tells whether a view is live, of this registry, and of which type: one small integer on each view.
//
// A tag is serial << 4 | kind of the element and must fit the 31-bit integers that engines keep unboxed. Serials of frames
// and of persistent blocks come from the two halves of the range. A frame's recurs after 2^25 frames of all registries: the
// check finds mistakes, it is no wall against a view kept for exactly so many frames.
const KIND_BITS = 4;
const FRAME_SERIALS = 2 ** 25;

/** Of no frame. */
export const NO_TAG = -1;

interface Serials {
  frame: number;
  persistent: number;
}
let serials: Serials | undefined;

// Kept where every copy of this package in the program finds them (its ESM and CJS files, or two versions): a view of one
// must not pass for a view of another.
function sharedSerials(): Serials {
  const place = globalThis as { [key: symbol]: Serials | undefined };
  const key = Symbol.for('arena-bind.serials');
  place[key] ??= { frame: 0, persistent: 0 };
  return place[key];
}

/** The tag of a frame that has not been before; an element's kind is added to it. */
export function nextFrameTag(): number {
  serials ??= sharedSerials();
  serials.frame = (serials.frame + 1) % FRAME_SERIALS;
  return serials.frame << KIND_BITS;
}

/** The same for the persistent blocks of a registry. */
export function nextPersistentTag(): number {
  serials ??= sharedSerials();
  serials.persistent = (serials.persistent + 1) % FRAME_SERIALS;
  return (FRAME_SERIALS + serials.persistent) << KIND_BITS;
}

/** A view's tag without its element's kind. */
export function frameOf(tag: number): number {
  return tag & -(1 << KIND_BITS);
}
