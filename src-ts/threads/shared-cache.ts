// The arena as one of the threads that share it sees it: its own lease (lease.hpp), which it bumps as others do their arena,
// and everything else by a hook, which knows when an extent ends and whether the frame is entered.

import {
  BLOCK_ALIGNMENT,
  type Hooks,
  OFFSET_OF_LEASE_EXTENT,
  OFFSET_OF_LEASE_LARGE,
  OFFSET_OF_LEASE_SHARED,
  OFFSET_OF_PEAK,
  OFFSET_OF_WORD,
} from '../abi.gen.js';
import { checkLength, hash, ViewCache } from '../cache.js';
import type { TaggedView } from '../elements.js';

const EXTENT = OFFSET_OF_LEASE_EXTENT / 4;
const LARGE = OFFSET_OF_LEASE_LARGE / 4;
const HEADER = 8; // bytes, of an extent

export class SharedCache extends ViewCache {
  /** Work of this thread that may still use its frame. */
  pending = 0;

  private readonly lease: Int32Array; // signed, so that `none` stays a small integer
  /** [offset, epoch and who is inside, floor, peak] of the arena that is shared. */
  private all: Uint32Array;
  // Where the lease stood when each open frame began: extent, last large extent.
  private readonly marks: number[] = [];

  constructor(hooks: Hooks, buffer: ArrayBuffer, address: number) {
    super(hooks, buffer, address);
    this.lease = new Int32Array(buffer, address, Math.max(EXTENT, LARGE) + 1);
    const shared = new Uint32Array(buffer, address + OFFSET_OF_LEASE_SHARED, 1)[0] as number;
    this.all = new Uint32Array(buffer, shared + OFFSET_OF_WORD, OFFSET_OF_PEAK / 4 + 1);
  }

  override get floor(): number {
    return this.all[2] as number;
  }
  /** Of all threads, with what their extents have left. */
  override get used(): number {
    return this.all[0] as number;
  }
  override get free(): number {
    return Math.max(0, this.floor - this.used - HEADER);
  }
  override get peak(): number {
    return Math.max(this.all[OFFSET_OF_PEAK / 4] as number, this.used);
  }

  override take(code: number, length: number): TaggedView {
    if (this.recorder) return this.recorder.take(code, length);
    const element = this.element(code);
    checkLength(length, element);
    const before = this.offset;
    const extent = this.lease[EXTENT];
    const bytes = length * element.bytes;
    const align = BLOCK_ALIGNMENT << (code >> 4);
    const address = bytes < 2 ** 32 ? this.hooks.arena_alloc(this.address, bytes, align) >>> 0 : 0;
    if (address === 0) throw this.outOfMemory(`${length} elements of ${element.name}`, bytes);
    const after = this.offset;
    // A block that the next frame may take without a call: it came out of the extent that stood open.
    const plain = extent === this.lease[EXTENT] && after > before;
    const key = hash(code, length, address);
    let slot = this.views.get(key);
    if (slot === undefined || slot.code !== code || slot.length !== length || slot.view.ptr !== address) {
      const view = this.show(element, address, length);
      slot = { code, length, before, after, view };
      this.cacheMisses++;
      if (this.isKnown(key)) this.views.set(key, slot);
    } else {
      this.foundAside++;
      if (plain && slot.before !== before) {
        slot = { code, length, before, after, view: slot.view };
        this.views.set(key, slot);
      }
    }
    const { view } = slot;
    if (length > 0 || !this.lives(view.tag, element.kind)) view.tag = this.tag + element.kind;
    if (plain && this.views.get(key) === slot && this.predict(slot)) this.repeated--; // C++ has counted this one
    return view;
  }

  override openFrame(): number {
    const { depth } = this;
    const tag = super.openFrame();
    this.marks[2 * depth] = this.lease[EXTENT] as number;
    this.marks[2 * depth + 1] = this.lease[LARGE] as number;
    return tag;
  }

  override rewind(offset: number): void {
    const at = 2 * this.depth; // of the frame that is being closed
    this.hooks.arena_rewind_lease(
      this.address,
      this.epoch,
      this.marks[at] as number,
      offset,
      this.marks[at + 1] as number,
    );
  }

  /** The end of this thread's frame; the arena's ends when nobody is inside. */
  override reset(): void {
    this.assertUsable(true);
    this.hooks.arena_leave(this.address, this.pending);
    this.forget();
  }

  /** Ends the frame of all. Returns the bits of the threads that are still inside: then nothing has changed. */
  endAll(): number {
    this.assertUsable(true);
    const others = this.hooks.arena_end(this.address) >>> 0;
    if (others === 0) this.forget();
    return others;
  }

  /** When the last of `pending` is done: lets go of a frame that ended before. */
  release(): boolean {
    return this.disposed || this.hooks.arena_release(this.address) !== 0;
  }

  override dispose(): void {
    if (!this.disposed) this.reset();
    super.dispose();
    this.all = new Uint32Array(OFFSET_OF_PEAK / 4 + 1);
  }
}
