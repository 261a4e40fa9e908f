// The arena as JavaScript sees it: which view belongs to the next block, and which views are live.

import type { Hooks } from './abi.gen.js';
import {
  BLOCK_ALIGNMENT,
  OFFSET_OF_ALLOCATIONS,
  OFFSET_OF_BASE,
  OFFSET_OF_CAPACITY,
  OFFSET_OF_WORD,
} from './abi.gen.js';
import { ELEMENTS, type Element, type TaggedView } from './elements.js';
import { ArenaError, OutOfMemoryError } from './errors.js';
import { show } from './show.js';
import type { KernelInfo } from './signature.js';
import { frameOf, NO_TAG, nextFrameTag, nextPersistentTag } from './tag.js';

/** One allocation as it was in an earlier frame: it may be repeated when the word stands at `before` again. */
export interface Slot {
  /** Index into ELEMENTS | log2(alignment / 8) << 4. */
  readonly code: number;
  /** In elements. */
  readonly length: number;
  /** The word's offset before and after, in bytes. */
  readonly before: number;
  readonly after: number;
  readonly view: TaggedView;
}

/** How many words of the arena's record JavaScript reads as one: offset, epoch, floor, peak. */
export const RECORD_WORDS = 4;

// Some 210 bytes of JavaScript heap stand behind each cached view: these bound what odd patterns can pile up.
const MOST_SLOTS = 8192;
const MOST_VIEWS = 16384;
const SIGHTINGS = 4096;
const FILTER = 4096; // words

// Matches no request, and ends the list of slots so that no index passes it.
const NO_SLOT: Slot = {
  code: -1,
  length: -1,
  before: -1,
  after: -1,
  view: /* @__PURE__ */ new Float32Array(0) as unknown as TaggedView,
};

/** What a plan takes down (plan.ts). */
export interface Recorder {
  /** In place of the export's call. */
  call(kernel: KernelInfo, args: readonly unknown[], slots: unknown[], stopped: Stopped): unknown;
  /** In place of a block of the frame. */
  take(code: number, length: number): TaggedView;
  /** Throws where the registry can't be used any more, or has to go on with the frame that it is in. */
  check(frames: boolean | undefined): unknown;
}
export type Run = (...slots: any[]) => unknown;
export type Stopped = (cause: unknown) => Error;

/** A frame that is open, and how to go on with the one around it. */
interface OpenFrame {
  tag: number;
  outerTag: number;
  cursor: number;
  /** Bytes; where the word stood. */
  offset: number;
}

export class ViewCache {
  // What allocators and callers read on every call.
  /** [offset, epoch, floor, peak]: the arena's word, where the persistent blocks begin, the largest frame that has ended. */
  word: Uint32Array;
  /** The predicted allocations of the frame, in order; the last one is always NO_SLOT. */
  slots: Slot[] = [NO_SLOT];
  /** Index of the slot that the next allocation is expected to match. */
  cursor = 0;
  /** Tag of the innermost frame; an element's kind is added to it. */
  tag = nextFrameTag();
  /** The same for persistent blocks. */
  persistentTag = nextPersistentTag();
  /** How many frames are open. */
  depth = 0;
  /** Callers go straight to the export only while it is false: it is true as well while a plan records. */
  recorder: Recorder | false = false;
  disposed = false;

  /** memory.buffer, read once: the getter costs more than an allocation, and the memory never grows. */
  buffer: ArrayBuffer;
  /** Address of the arena's first byte. */
  readonly base: number;
  /** Bytes. */
  readonly capacity: number;

  protected readonly frames: OpenFrame[] = []; // those beyond `depth` wait to be used again
  protected readonly views = new Map<number, Slot>();
  private readonly sightings = new Int32Array(SIGHTINGS);
  // A bit for each key in `views`, and a few for others: tells of most new keys that they are not there, in less time.
  private readonly filter = new Int32Array(FILTER);
  protected repeated = 0; // blocks handed out from slots in earlier frames, which C++ has not seen
  protected foundAside = 0; // views that were found again without counting there
  /** Views of frame blocks made since the creation. */
  cacheMisses = 0;
  private allocationsField: Uint32Array;

  constructor(
    protected hooks: Hooks,
    buffer: ArrayBuffer,
    /** Of the arena's record. */
    readonly address: number,
  ) {
    const field = (offset: number, length = 1) => new Uint32Array(buffer, address + offset, length);
    this.buffer = buffer;
    this.word = field(OFFSET_OF_WORD, RECORD_WORDS);
    this.allocationsField = field(OFFSET_OF_ALLOCATIONS);
    this.base = field(OFFSET_OF_BASE)[0] as number;
    this.capacity = field(OFFSET_OF_CAPACITY)[0] as number;
  }

  get offset(): number {
    return this.word[0] as number;
  }
  get epoch(): number {
    return this.word[1] as number;
  }
  /** Offset of the lowest persistent block. */
  get floor(): number {
    return this.word[2] as number;
  }
  /** Bytes in persistent blocks. */
  get persistent(): number {
    return this.capacity - this.floor;
  }
  /** Bytes of frame blocks. */
  get used(): number {
    return this.offset;
  }
  get free(): number {
    return this.floor - this.offset;
  }
  /** The most bytes that any frame has used. */
  get peak(): number {
    return Math.max(this.word[3] as number, this.offset);
  }
  /** Blocks handed out since the creation, by JavaScript and C++. */
  get allocations(): number {
    return ((this.allocationsField[0] as number) + this.repeated + this.cursor) >>> 0;
  }
  get cachedViews(): number {
    return this.views.size;
  }
  /** Views of frame blocks that were found again, since the creation. */
  get cacheHits(): number {
    return this.repeated + this.cursor + this.foundAside;
  }
  /** Bytes that alignment has taken, of blocks in slots. */
  get padding(): number {
    let bytes = 0;
    let next = this.offset;
    for (let i = this.cursor - 1; i >= 0; i--) {
      const { code, length, before, after } = this.slots[i] as Slot;
      // Where the next one begins at the same place, this one was taken back.
      if (before !== next) bytes += after - before - length * (ELEMENTS[code & 15] as Element).bytes;
      next = before;
    }
    return bytes;
  }

  /** The slow side of every allocator: any block whose slot does not match. */
  take(code: number, length: number): TaggedView {
    if (this.recorder) return this.recorder.take(code, length);
    const element = this.element(code);
    checkLength(length, element);
    const before = this.offset;
    const key = hash(code, length, before);
    const at = (key >>> 6) & (FILTER - 1);
    const bit = 1 << (key >>> 1);
    const known = (this.filter[at] as number) & bit ? this.views.get(key) : undefined;
    if (
      known !== undefined &&
      known.code === code &&
      known.length === length &&
      known.before === before &&
      known.after <= this.floor // kernels too take persistent memory, without a word
    ) {
      this.word[0] = known.after;
      // A block without bytes takes no room, so that a frame around this one may hold this very view.
      if (length > 0 || !this.lives(known.view.tag, element.kind)) known.view.tag = this.tag + element.kind;
      if (!this.predict(known)) this.repeated++;
      return known.view;
    }
    const view = this.place(element, length, this.hooks.arena_alloc, BLOCK_ALIGNMENT << (code >> 4));
    view.tag = this.tag + element.kind;
    this.cacheMisses++;
    if (this.isKnown(key)) {
      const slot = { code, length, before, after: this.offset, view };
      this.views.set(key, slot);
      this.filter[at] = (this.filter[at] as number) | bit;
      if (this.predict(slot)) this.repeated--; // C++ has counted this one
    }
    return view;
  }

  /** Whether this is not the first time that the key comes: then its view is worth keeping, and there is room for it. */
  protected isKnown(key: number): boolean {
    const bucket = key & (SIGHTINGS - 1);
    if (this.sightings[bucket] === key) {
      if (this.views.size >= MOST_VIEWS) {
        this.views.clear();
        this.filter.fill(0);
      }
      return true;
    }
    // By chance, so that two patterns in one bucket can't drive each other out for ever.
    if (Math.imul(key, this.cacheMisses) < 0 || this.sightings[bucket] === 0) this.sightings[bucket] = key;
    return false;
  }

  takePersistent(code: number, length: number): TaggedView {
    const element = this.element(code);
    checkLength(length, element);
    const view = this.place(element, length, this.hooks.arena_alloc_persistent, BLOCK_ALIGNMENT << (code >> 4));
    view.tag = this.persistentTag + element.kind;
    return view;
  }

  /** A block filled with a copy of `data`. */
  copy(code: number, data: unknown): TaggedView {
    const { wide } = ELEMENTS[code & 15] as Element;
    // Elements of a TypedArray are all of one type; `lengthOf` finds out what else it is.
    const first = ArrayBuffer.isView(data) ? typeof (data as unknown as ArrayLike<unknown>)[0] : '';
    const plain = wide ? first === 'bigint' : first === 'number';
    const length = plain ? (data as unknown as ArrayLike<unknown>).length : this.lengthOf(code, data);
    const view = this.next(code, length);
    if (plain) view.set(data as ArrayLike<never>);
    else fill(view, data);
    return view;
  }

  /** A block as the generated allocators have it: by its slot, or else `take`. */
  next(code: number, length: number): TaggedView {
    const slot = this.slots[this.cursor] as Slot;
    const { word } = this;
    if (slot.length !== length || slot.code !== code || slot.before !== word[0] || slot.after > (word[2] as number)) {
      return this.take(code, length);
    }
    word[0] = slot.after;
    this.cursor++;
    const { view } = slot;
    view.tag = this.tag + (ELEMENTS[code & 15] as Element).kind;
    return view;
  }

  /** How many elements `data` has, once it is certain that all of them can be copied into a block of this type. */
  lengthOf(code: number, data: unknown): number {
    const element = this.element(code);
    if (data === null || typeof data !== 'object') checkLength(data, element);
    const { length } = data as ArrayLike<unknown>;
    checkLength(length, element, data);
    const wanted = element.wide ? 'bigint' : 'number';
    // Elements of a TypedArray are all of one type.
    const checked = ArrayBuffer.isView(data) ? Math.min(length, 1) : length;
    for (let i = 0; i < checked; i++) {
      const value = (data as ArrayLike<unknown>)[i];
      if (typeof value === wanted) continue;
      const came = i in (data as object) ? show(value) : 'nothing (a hole)';
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `element ${i} of the data is ${came}: a block of ${element.name} is filled from ${wanted}s`,
      );
    }
    return length;
  }

  openFrame(): number {
    this.assertUsable(true);
    let frame = this.frames[this.depth];
    if (frame === undefined) {
      frame = { tag: 0, outerTag: 0, cursor: 0, offset: 0 };
      this.frames.push(frame);
    }
    frame.outerTag = this.tag;
    frame.cursor = this.cursor;
    frame.offset = this.offset;
    // The outermost one ends with a reset, so it needs no tag of its own.
    if (this.depth > 0) this.tag = nextFrameTag();
    this.depth++;
    frame.tag = this.tag;
    return frame.tag;
  }

  /**
   * Closes the frame with this tag and those inside it. When a reset has closed it already, what came after the reset
   * goes with the outermost frame all the same.
   */
  closeFrame(tag: number, outermost: boolean): void {
    let index = this.depth - 1;
    while (index >= 0 && (this.frames[index] as OpenFrame).tag !== tag) index--;
    if (index < 0) {
      if (outermost && (this.offset > 0 || this.depth > 0)) this.reset();
      return;
    }
    if (index === 0) {
      this.reset();
      return;
    }
    const frame = this.frames[index] as OpenFrame;
    this.depth = index;
    this.tag = frame.outerTag;
    this.repeated += this.cursor - frame.cursor;
    this.cursor = frame.cursor;
    this.rewind(frame.offset);
  }

  reset(): void {
    this.assertUsable(true);
    const { word } = this;
    const offset = word[0] as number;
    if (offset > (word[3] as number)) word[3] = offset;
    word[0] = 0;
    word[1] = (word[1] as number) + 1;
    this.forget();
  }

  /** All views of the frame are stale from here on. */
  protected forget(): void {
    this.repeated += this.cursor;
    this.cursor = this.depth = 0;
    this.tag = nextFrameTag();
  }

  /** Takes back the end of the frame, down to an offset inside it. */
  rewind(offset: number): void {
    this.hooks.arena_rewind(this.address, this.epoch, offset);
  }

  /**
   * Takes back the block that was handed out last, as if it had not been: it began at `offset` and is not empty. The user
   * may hold its view from an earlier frame, so the view goes stale again.
   */
  takeBack(view: TaggedView, offset: number): void {
    this.word[0] = offset;
    this.repeated--;
    this.foundAside++;
    view.tag = NO_TAG;
  }

  /** Whether a view with this tag, of an element of this kind, is live. */
  lives(tag: number, kind: number): boolean {
    return tag === this.tag + kind || tag === this.persistentTag + kind || (this.depth > 0 && this.holds(tag - kind));
  }

  private holds(tag: number): boolean {
    for (let i = 0; i < this.depth; i++) if ((this.frames[i] as OpenFrame).outerTag === tag) return true;
    return false;
  }

  /** What any view is to this arena. A part of a block carries no tag: it is judged by its place alone. */
  judge(view: ArrayBufferView & { tag?: number }): 'live' | 'stale' | 'foreign' {
    const start = view.byteOffset - this.base;
    const end = start + view.byteLength;
    if (view.buffer !== this.buffer || start < 0 || end > this.capacity) return 'foreign';
    if (view.tag !== undefined) return this.lives(frameOf(view.tag), 0) ? 'live' : 'stale';
    return end <= this.used || start >= this.floor ? 'live' : 'stale';
  }

  assertLive(where: string, view: ArrayBufferView, type: string): void {
    const verdict = this.judge(view);
    if (verdict === 'stale') {
      throw new ArenaError(
        'ERR_STALE_VIEW',
        `${where} is a view from a frame that has ended: allocate it again in this frame, or use ` +
          `registry.allocPersistent('${type}', ...)`,
      );
    }
    if (verdict === 'foreign') {
      throw new ArenaError(
        'ERR_FOREIGN_VIEW',
        `${where} is ${show(view)} outside this arena: copy it in first with registry.${type}(...)`,
      );
    }
  }

  /** `frames`: to begin or end some. */
  assertUsable(frames?: boolean): unknown {
    const { recorder } = this;
    if (recorder) return recorder.check(frames);
    if (!this.disposed) return undefined;
    throw new ArenaError('ERR_DISPOSED', 'this registry is disposed: create another one');
  }

  /** Lets go of the memory. What is left matches no request and no tag, so that every use ends in `assertUsable`. */
  dispose(): void {
    this.disposed = true;
    this.hooks = {} as Hooks; // the exports hold the instance, and that the memory
    this.buffer = new ArrayBuffer(0);
    this.word = this.allocationsField = new Uint32Array(RECORD_WORDS);
    this.slots = [NO_SLOT];
    this.views.clear();
    this.forget();
    this.persistentTag = nextPersistentTag();
  }

  /** `bytes` is what was asked for, in words and as a number. */
  outOfMemory(what: string, bytes: number): OutOfMemoryError {
    const { free, capacity, peak, persistent } = this;
    return new OutOfMemoryError(
      `out of memory: ${what} needs ${bytes} bytes, ${free} of ${capacity} are free ` +
        `(${this.used} in this frame, ${persistent} persistent; the largest frame so far had ${peak}): ` +
        `reset() takes the frame back; capacity is an option of Registry.create`,
      bytes,
      free,
      capacity,
      peak,
    );
  }

  protected element(code: number): Element {
    this.assertUsable();
    const element = ELEMENTS[code & 15] as Element;
    if (element.array === undefined) {
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `${element.name} needs Float16Array, which this JavaScript engine lacks`,
      );
    }
    return element;
  }

  private place(element: Element, length: number, hook: Hooks['arena_alloc'], align: number): TaggedView {
    const bytes = length * element.bytes;
    const address = bytes < 2 ** 32 ? hook(this.address, bytes, align) >>> 0 : 0;
    if (address === 0) throw this.outOfMemory(`${length} elements of ${element.name}`, bytes);
    return this.show(element, address, length);
  }

  protected show(element: Element, address: number, length: number): TaggedView {
    const array = element.array as NonNullable<Element['array']>;
    const view = new array(this.buffer, address, length) as TaggedView;
    view.ptr = address; // first ptr, then tag, always: views of a type share one hidden class
    return view;
  }

  protected predict(slot: Slot): boolean {
    if (slot.length === 0 || this.cursor >= MOST_SLOTS) return false;
    this.slots[this.cursor++] = slot;
    if (this.cursor === this.slots.length) this.slots.push(NO_SLOT);
    return true;
  }
}

export function checkLength(length: unknown, element: Element, data: unknown = length): asserts length is number {
  if (typeof length === 'number' && length >= 0 && Number.isInteger(length)) return;
  throw new ArenaError(
    'ERR_INVALID_LENGTH',
    `${show(data)} is no length for a block of ${element.name}: pass a number of elements (an integer from 0) or an ` +
      `array of ${element.wide ? 'bigints' : 'numbers'}`,
  );
}

/** Copies `data` into a view of its length. What `lengthOf` lets through is refused only where it is empty. */
export function fill(view: TaggedView, data: unknown): void {
  try {
    view.set(data as ArrayLike<never>);
  } catch (cause) {
    const { message } = cause as Error; // of bigints for numbers, or of a buffer that was transferred away
    throw new ArenaError('ERR_INVALID_TYPE', `${show(data)} can't be copied into ${show(view)}: ${message}`, { cause });
  }
}

// 30 bits, so that engines keep it unboxed; never 0, which marks an empty bucket.
export function hash(code: number, length: number, before: number): number {
  let mixed = Math.imul(before ^ Math.imul(length, 0x9e3779b1), 0x85ebca6b) ^ code;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 13)) >>> 2) | 1;
}
