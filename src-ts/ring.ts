// The JavaScript end of a stream in the arena: src-cpp/include/arena_bind/ring.hpp has the layout and the C++ end.
//
// Elements move by the engine's own copies alone (`set`, `copyWithin`), never by a view made for the purpose, so that a
// stream leaves no garbage. A loop over elements is several times slower, and boxes them once it has seen many types.

import {
  OFFSET_OF_RING_CAPACITY,
  OFFSET_OF_RING_ELEMENTS_WANTED,
  OFFSET_OF_RING_MAGIC,
  OFFSET_OF_RING_OVERRUNS,
  OFFSET_OF_RING_READ,
  OFFSET_OF_RING_ROOM_WANTED,
  OFFSET_OF_RING_TYPE,
  OFFSET_OF_RING_UNDERRUNS,
  OFFSET_OF_RING_WRITTEN,
  RING_ALIGNMENT,
  RING_HEADER,
  RING_INDEX_MASK,
  RING_LARGEST,
  RING_MAGIC,
  RING_STAGE,
} from './abi.gen.js';
import type { ViewCache } from './cache.js';
import {
  ELEMENTS,
  type Element,
  type ElementType,
  elementCode,
  elementOf,
  type TaggedView,
  type View,
  type ViewTypes,
} from './elements.js';
import { ArenaError } from './errors.js';
import type { Registry } from './registry.js';
import { show } from './show.js';

/** What a ring is written from and read into, by its element type: in an arena or anywhere else. */
export interface RingArrays {
  i8: Int8Array;
  u8: Uint8Array | Uint8ClampedArray;
  u8c: Uint8Array | Uint8ClampedArray;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f16: ViewTypes['f16'];
  f32: Float32Array;
  f64: Float64Array;
}

/** A ring for another thread: to be posted, or passed in `workerData` and `processorOptions`. */
export interface RingHandle<T extends ElementType = ElementType> {
  readonly buffer: SharedArrayBuffer;
  /** The block's address. */
  readonly ptr: number;
  readonly type: T;
  /** In elements. */
  readonly capacity: number;
}

const MAGIC = OFFSET_OF_RING_MAGIC / 4;
const TYPE = OFFSET_OF_RING_TYPE / 4;
const CAPACITY = OFFSET_OF_RING_CAPACITY / 4;
const WRITTEN = OFFSET_OF_RING_WRITTEN / 4;
const OVERRUNS = OFFSET_OF_RING_OVERRUNS / 4;
const ROOM_WANTED = OFFSET_OF_RING_ROOM_WANTED / 4;
const READ = OFFSET_OF_RING_READ / 4;
const UNDERRUNS = OFFSET_OF_RING_UNDERRUNS / 4;
const ELEMENTS_WANTED = OFFSET_OF_RING_ELEMENTS_WANTED / 4;

/** Any TypedArray, as far as it is used here. */
type Elements = Float32Array;
const arrayOf = (element: Element) => element.array as unknown as Float32ArrayConstructor;

/**
 * A stream of elements in a persistent block: one end writes, the other reads, in one thread or in two, in JavaScript or
 * C++. Neither end ever waits for the other, unless it asks to.
 *
 * At any time one thread writes and one reads.
 */
export class Ring<T extends ElementType = ElementType> {
  /** The whole ring as bytes: what a kernel takes as `std::span<std::byte>`, to make an `arena::ring<T>` of it. */
  readonly block: View<'u8'>;
  readonly type: T;
  /** In elements. */
  readonly capacity: number;

  private readonly element: Element;
  private readonly buffer: ArrayBufferLike;
  private readonly words: Int32Array;
  private readonly data: Elements;
  /** All of the memory; a place in it is counted in elements. */
  private readonly memory: Elements;
  private readonly start: number;
  /** The writer's stage and the reader's: where they lie, and views of the first n elements, made as they are needed. */
  private readonly stage: number;
  private readonly stages: readonly [number, number];
  private readonly staged: readonly [(Elements | undefined)[], (Elements | undefined)[]];

  private constructor(block: View<'u8'>, type: T, capacity: number) {
    const element = ELEMENTS[elementCode(type)] as Element;
    const { bytes } = element;
    const TypedArray = arrayOf(element);
    const { buffer, byteOffset } = block;
    this.block = block;
    this.type = type;
    this.capacity = capacity;
    this.element = element;
    this.buffer = buffer;
    this.words = new Int32Array(buffer, byteOffset, RING_HEADER / 4);
    this.data = new TypedArray(buffer, byteOffset + RING_HEADER, capacity);
    this.memory = new TypedArray(buffer, 0, Math.floor(buffer.byteLength / bytes));
    this.start = (byteOffset + RING_HEADER) / bytes;
    this.stage = stageOf(capacity);
    this.stages = [this.start + capacity, this.start + capacity + this.stage];
    this.staged = [[], []];
  }

  /**
   * An empty ring in a persistent block of the registry, so it lives as long as the registry does.
   *
   * @throws ArenaError `ERR_INVALID_TYPE`, `ERR_INVALID_LENGTH` when the capacity is no power of two, `ERR_OUT_OF_MEMORY`.
   */
  static create<T extends ElementType>(registry: Registry<any, any>, type: T, capacity: number): Ring<T> {
    if (typeof registry?.allocPersistent !== 'function') {
      throw invalid(`Ring.create got ${show(registry)}: expected a Registry, a type and a capacity`);
    }
    const { bytes } = checkType(type);
    checkCapacity(capacity);
    const block = registry.allocPersistent('u8', bytesOf(capacity, bytes), { align: RING_ALIGNMENT });
    const words = new Int32Array(block.buffer, block.ptr, RING_HEADER / 4).fill(0);
    words[TYPE] = packed(type);
    words[CAPACITY] = capacity;
    words[MAGIC] = RING_MAGIC;
    return new Ring(block, type, capacity);
  }

  /**
   * The ring of another thread, by what its `handle()` gave. It takes the memory and nothing else: no registry, no wasm.
   * With this thread's `registry`, attached to the same memory, `ring.block` is a view of it, for its kernels.
   *
   * @throws ArenaError `ERR_INVALID_ARGUMENT` when it is no handle, or no such ring is there; `ERR_FOREIGN_VIEW` when the
   * registry has another memory.
   */
  static attach<T extends ElementType>(handle: RingHandle<T>, registry?: Registry<any, any>): Ring<T> {
    const { buffer, ptr, type, capacity } = checkHandle(handle);
    const bytes = bytesOf(capacity, checkType(type).bytes);
    const words = new Int32Array(buffer, ptr, RING_HEADER / 4);
    if (words[MAGIC] !== RING_MAGIC) {
      throw invalid(`there is no ring at ${ptr} of this memory, or one of another version of arena-bind`);
    }
    if (words[TYPE] !== packed(type) || words[CAPACITY] !== capacity) {
      throw invalid(
        `the ring at ${ptr} is of ${words[CAPACITY]} ${unpacked(words[TYPE] as number)}, the handle says ${capacity} ` +
          `${type}: pass on what ring.handle() gives`,
      );
    }
    const block = new Uint8Array(buffer, ptr, bytes) as unknown as TaggedView;
    block.ptr = ptr; // first ptr, then tag: see cache.ts
    if (registry !== undefined) block.tag = persistentTag(registry, buffer);
    return new Ring(block as View as View<'u8'>, type, capacity);
  }

  /**
   * What `Ring.attach` takes in another thread.
   *
   * @throws ArenaError `ERR_THREADS_UNAVAILABLE` when the registry's memory is not shared.
   */
  handle(): RingHandle<T> {
    if (!isShared(this.buffer)) {
      throw new ArenaError(
        'ERR_THREADS_UNAVAILABLE',
        "this ring's memory is not shared, so another thread would get a copy of it: create the registry with threads",
      );
    }
    return { buffer: this.buffer, ptr: this.block.ptr, type: this.type, capacity: this.capacity };
  }

  /**
   * Copies in `count` elements of `source` from `offset` on (all of them, when left out), or as many as fit, and returns
   * how many these were. The others are dropped, and count as overruns.
   *
   * @throws ArenaError `ERR_INVALID_TYPE`, `ERR_INVALID_LENGTH`.
   */
  write(source: RingArrays[T], offset = 0, count?: number): number {
    const wanted = this.check('write', source, offset, count);
    const { words, capacity } = this;
    const index = words[WRITTEN] as number; // nobody else changes it
    const used = this.used(index, Atomics.load(words, READ));
    const room = capacity - used;
    const taken = wanted < room ? wanted : room;
    if (taken > 0) {
      this.copyIn(source as Elements, offset, taken, index & (capacity - 1));
      this.advance(WRITTEN, index, taken, ELEMENTS_WANTED, used + taken);
    }
    if (taken < wanted) this.add(OVERRUNS, wanted - taken);
    return taken;
  }

  /**
   * Copies out `count` elements into `target` from `offset` on (as many as it has, when left out), or as many as there
   * are, and returns how many these were. The rest of the target stays as it is, and counts as underruns.
   *
   * @throws ArenaError `ERR_INVALID_TYPE`, `ERR_INVALID_LENGTH`.
   */
  read(target: RingArrays[T], offset = 0, count?: number): number {
    const wanted = this.check('read', target, offset, count);
    const { words, capacity } = this;
    const index = words[READ] as number; // nobody else changes it
    const used = this.used(Atomics.load(words, WRITTEN), index);
    const taken = wanted < used ? wanted : used;
    if (taken > 0) {
      this.copyOut(target as Elements, offset, taken, index & (capacity - 1));
      this.advance(READ, index, taken, ROOM_WANTED, capacity - used + taken);
    }
    if (taken < wanted) this.add(UNDERRUNS, wanted - taken);
    return taken;
  }

  /** Elements that can be read: never fewer until the reader reads. */
  get readable(): number {
    const { words, capacity } = this;
    const read = Atomics.load(words, READ);
    const used = (Atomics.load(words, WRITTEN) - read) & RING_INDEX_MASK;
    return used < capacity ? used : capacity; // to a third party both may have moved on in between
  }

  /** Elements that can be written: never fewer until the writer writes. */
  get writable(): number {
    return this.capacity - this.readable;
  }

  /** Elements that were written and dropped, because the ring was full, modulo 2^30. */
  get overruns(): number {
    return Atomics.load(this.words, OVERRUNS);
  }

  /** Elements that `read` was asked for and that were not there, modulo 2^30. */
  get underruns(): number {
    return Atomics.load(this.words, UNDERRUNS);
  }

  /**
   * Sleeps until `count` elements can be read, or for `timeout` milliseconds; tells whether they are there. For the
   * reader, in a worker: the main thread of a browser and an AudioWorklet must not sleep. Where both ends wait, what
   * they wait for must fit into the ring together: else neither may ever get it.
   *
   * @throws ArenaError `ERR_CANNOT_WAIT` in those, and where the memory is not shared; `ERR_INVALID_LENGTH`.
   */
  waitReadable(count = 1, timeout = Infinity): boolean {
    return this.sleep('waitReadable', WRITTEN, ELEMENTS_WANTED, count, timeout);
  }

  /** The same for the writer: sleeps until there is room for `count` elements. */
  waitWritable(count = 1, timeout = Infinity): boolean {
    return this.sleep('waitWritable', READ, ROOM_WANTED, count, timeout);
  }

  private sleep(method: string, index: number, wanted: number, count: number, timeout: number): boolean {
    const { words, capacity } = this;
    if (!Number.isInteger(count) || count < 1 || count > capacity) {
      throw invalidLength(`${method} for ${show(count)} elements: expected 1 to ${capacity}, the capacity`);
    }
    if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
      throw invalid(`${method} got ${show(timeout)} as its timeout: expected milliseconds`);
    }
    this.assertCanWait(method);
    const end = performance.now() + timeout;
    try {
      for (;;) {
        // First what is wanted, then the look: the other end does it in the other order, so one sees the other.
        Atomics.store(words, wanted, count);
        const seen = Atomics.load(words, index);
        if ((index === WRITTEN ? this.readable : this.writable) >= count) return true;
        const left = end - performance.now();
        if (left <= 0) return false;
        Atomics.wait(words, index, seen, left);
      }
    } finally {
      Atomics.store(words, wanted, 0);
    }
  }

  private assertCanWait(method: string): void {
    if (!isShared(this.buffer)) {
      throw cannotWait(`${method}: the ring's memory is not shared, so nobody else could end the wait`);
    }
    try {
      // Firefox would let it sleep.
      if ('AudioWorkletGlobalScope' in globalThis) throw new TypeError('an AudioWorklet must not sleep');
      Atomics.wait(this.words, MAGIC, ~RING_MAGIC, 0); // of another value, so it ends at once where it is allowed
    } catch (cause) {
      const advice = 'look at ring.readable or ring.writable now and then, or wait in a worker';
      throw cannotWait(
        `${method}: this thread (a browser's main thread, an AudioWorklet) must not sleep: ${advice}`,
        cause,
      );
    }
  }

  /** The elements between two indices; they can't be more than fit, unless two threads did the same. */
  private used(written: number, read: number): number {
    const used = (written - read) & RING_INDEX_MASK;
    if (used <= this.capacity) return used;
    throw invalid(
      `a ring of ${this.capacity} elements can't hold ${used}: two threads have written, or two have read, at a time`,
    );
  }

  private advance(index: number, from: number, count: number, wanted: number, there: number): void {
    const { words } = this;
    Atomics.store(words, index, (from + count) & RING_INDEX_MASK);
    const least = Atomics.load(words, wanted);
    if (least !== 0 && there >= least) Atomics.notify(words, index, 1);
  }

  private add(counter: number, count: number): void {
    const { words } = this;
    Atomics.store(words, counter, ((words[counter] as number) + count) & RING_INDEX_MASK);
  }

  private copyIn(source: Elements, offset: number, count: number, at: number): void {
    const { data, memory, start, capacity } = this;
    const straight = capacity - at;
    if (count === source.length && count <= straight) {
      data.set(source, at);
      return;
    }
    let from: number;
    if (source.buffer === this.buffer) {
      from = source.byteOffset / this.element.bytes + offset;
    } else if (source.length <= this.stage) {
      this.stagedView(0, source.length).set(source);
      from = this.stages[0] + offset;
    } else {
      for (let i = 0; i < count; i++) data[(at + i) & (capacity - 1)] = source[offset + i] as number;
      return;
    }
    const first = count < straight ? count : straight;
    memory.copyWithin(start + at, from, from + first);
    if (first < count) memory.copyWithin(start, from + first, from + count);
  }

  private copyOut(target: Elements, offset: number, count: number, at: number): void {
    if (target.buffer === this.buffer) {
      this.gather(target.byteOffset / this.element.bytes + offset, count, at);
      return;
    }
    for (let done = 0; done < count; ) {
      const piece = count - done < this.stage ? count - done : this.stage;
      this.gather(this.stages[1], piece, (at + done) & (this.capacity - 1));
      target.set(this.stagedView(1, piece), offset + done);
      done += piece;
    }
  }

  /** Copies from the ring to another place of its memory. */
  private gather(to: number, count: number, at: number): void {
    const { memory, start, capacity } = this;
    const straight = capacity - at;
    const first = count < straight ? count : straight;
    memory.copyWithin(to, start + at, start + at + first);
    if (first < count) memory.copyWithin(to + first, start, start + count - first);
  }

  private stagedView(end: 0 | 1, length: number): Elements {
    const views = this.staged[end];
    const known = views[length];
    if (known !== undefined) return known;
    const made = new (arrayOf(this.element))(this.buffer, this.stages[end] * this.element.bytes, length);
    views[length] = made;
    return made;
  }

  /** How many elements are asked for. */
  private check(method: string, array: RingArrays[T], offset: number, count: number | undefined): number {
    const { element } = this;
    const TypedArray = arrayOf(element);
    if (!((array as unknown) instanceof TypedArray) && elementOf(array)?.kind !== element.kind) {
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `${method} of a ring of ${this.type} got ${show(array)}: expected a ${TypedArray.name}, or a view of ${this.type}`,
      );
    }
    const { length } = array as Elements;
    const asked = count === undefined ? length - offset : count;
    if (offset >>> 0 === offset && asked >>> 0 === asked && asked <= length - offset) return asked;
    throw invalidLength(
      `${method} of ${count === undefined ? 'all' : show(count)} elements from ${show(offset)} on: expected whole numbers ` +
        `that stay within the ${length} elements of the array`,
    );
  }
}

const stageOf = (capacity: number): number => Math.min(capacity, RING_STAGE);

/** As `ring<T>::bytes` in C++. */
const bytesOf = (capacity: number, bytes: number): number => RING_HEADER + (capacity + 2 * stageOf(capacity)) * bytes;

// C++ knows the same bytes by one name.
const packed = (type: ElementType): number =>
  [...(type === 'u8c' ? 'u8' : type)].reduce((sum, letter, i) => sum | (letter.charCodeAt(0) << (8 * i)), 0);

const unpacked = (word: number): string =>
  String.fromCharCode(word & 255, (word >> 8) & 255, (word >> 16) & 255).replaceAll('\0', '');

const isShared = (buffer: unknown): buffer is SharedArrayBuffer =>
  Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';

function checkType(type: ElementType): Element {
  const element = ELEMENTS[elementCode(type)] as Element;
  if (element.array === undefined) throw new ArenaError('ERR_INVALID_TYPE', `this engine has no array of ${type}`);
  return element;
}

function checkCapacity(capacity: unknown): void {
  if (!Number.isInteger(capacity) || (capacity as number) < 2 || (capacity as number) > RING_LARGEST) {
    throw invalidLength(
      `a ring of ${show(capacity)} elements: expected a power of two from 2 to ${RING_LARGEST} as the capacity`,
    );
  }
  const power = 2 ** Math.ceil(Math.log2(capacity as number));
  if (power === capacity) return;
  throw invalidLength(`a ring of ${capacity} elements: the capacity must be a power of two; the next one is ${power}`);
}

function checkHandle<T extends ElementType>(handle: RingHandle<T>): RingHandle<T> {
  const { buffer, ptr, type, capacity } = Object(handle) as RingHandle<T>;
  const is = (name: string) => Object.prototype.toString.call(buffer) === `[object ${name}]`;
  if ((!is('SharedArrayBuffer') && !is('ArrayBuffer')) || !Number.isInteger(ptr) || typeof type !== 'string') {
    throw invalid(`Ring.attach got ${show(handle)}: expected what ring.handle() gives in the other thread`);
  }
  checkCapacity(capacity);
  const bytes = bytesOf(capacity, checkType(type).bytes);
  if (ptr <= 0 || ptr % RING_ALIGNMENT !== 0 || ptr + bytes > buffer.byteLength) {
    throw invalid(`there is no ring of ${capacity} ${type} at ${ptr} in ${buffer.byteLength} bytes of memory`);
  }
  return { buffer, ptr, type, capacity };
}

/** Of the registry's persistent blocks of u8. */
function persistentTag(registry: Registry<any, any>, buffer: ArrayBufferLike): number {
  const { cache } = registry as unknown as { cache: ViewCache };
  if (cache.buffer === (buffer as unknown)) return cache.persistentTag + (ELEMENTS[elementCode('u8')] as Element).kind;
  throw new ArenaError(
    'ERR_FOREIGN_VIEW',
    "Ring.attach: the ring is not in the memory of this registry: attach the registry to that of the ring's first",
  );
}

const invalid = (message: string): ArenaError => new ArenaError('ERR_INVALID_ARGUMENT', message);
const invalidLength = (message: string): ArenaError => new ArenaError('ERR_INVALID_LENGTH', message);
const cannotWait = (message: string, cause?: unknown): ArenaError =>
  new ArenaError('ERR_CANNOT_WAIT', message, cause === undefined ? undefined : { cause });
