// What happens in a registry's frames. Only registries that are watched have these methods of their own, so that the others
// stay as they are.

import type { ViewCache } from '../cache.js';
import type { ElementType, TaggedView } from '../elements.js';
import type { Registry, RegistryStats } from '../registry.js';
import type { BoundKernel } from '../signature.js';

export interface Block {
  type: ElementType;
  /** In elements. */
  length: number;
  /** Its address. */
  place: number;
  /** Its view was not in the cache. */
  isNew: boolean;
}

export interface KernelTime {
  name: string;
  calls: number;
  milliseconds: number;
}

/** One frame; the object is used again for later ones. */
export interface FrameRecord {
  epoch: number;
  /** By performance.now(); 0 where nobody wants to know. */
  start: number;
  end: number;
  /** At its fullest. */
  bytes: number;
  /** The first `count` of them, as far as there are so many, are this frame's. */
  readonly blocks: Block[];
  count: number;
  newViews: number;
  readonly kernels: KernelTime[];
  kernelCount: number;
}

export interface Listener {
  frameEnded(frame: FrameRecord): void;
  called?(kernel: string, args: unknown[], start: number, end: number, failed: boolean): void;
}

/** What a registry and its cache keep to themselves. */
interface Inside {
  readonly statistics: RegistryStats;
  readonly cache: ViewCache & {
    /** Of memory that is shared. */
    endAll?(): number;
  };
}

const MOST_BLOCKS = 4096; // of a frame that are remembered
const RECORDS = 4; // the frame itself, the last one, the last one with new views and the one before that

export class Watch {
  /** The last frame that has ended. */
  last: FrameRecord | undefined;
  /** The last one with new views, and the one before that. */
  lastNew: FrameRecord | undefined;
  beforeNew: FrameRecord | undefined;
  /** How many have ended, and how many of them had new views. */
  frames = 0;
  framesWithNew = 0;

  private readonly records = Array.from({ length: RECORDS }, newRecord);
  private frame = this.records[0] as FrameRecord;
  private begun = false;
  private partial: boolean; // its beginning was not seen
  private made = false; // a view, since an allocation began
  private serial = 0;

  /** `timed`: time and kernels count too. */
  constructor(
    readonly registry: Registry<any, any>,
    readonly timed: boolean,
    private readonly listeners: readonly Listener[],
  ) {
    const { offset, depth } = this.inside.cache;
    this.partial = offset > 0 || depth > 0;
    this.watchAllocations();
    this.watchFrames();
    if (timed) this.watchKernels();
  }

  private get inside(): Inside {
    return this.registry as unknown as Inside;
  }

  private watchAllocations(): void {
    const { registry } = this;
    const { cache } = this.inside;
    const types = allocators(registry);
    const typeOf = (code: number) => types[code & 15] as ElementType;
    for (const name of types) {
      const allocate = registry[name] as (source: any) => TaggedView;
      const watched = (source: unknown) => {
        this.begin();
        const { count } = this.frame;
        const view = allocate.call(registry, source);
        // Its slow side has gone through `take`.
        if (this.frame.count === count) this.add(name, view.length, view.ptr, false);
        return view;
      };
      define(registry, { [name]: watched });
    }
    const { next, take, takeBack } = cache;
    const prototype = Object.getPrototypeOf(cache);
    define(cache, {
      next: (code: number, length: number) => {
        this.begin();
        const { count } = this.frame;
        const view = next.call(cache, code, length);
        if (this.frame.count === count) this.add(typeOf(code), view.length, view.ptr, false);
        return view;
      },
      take: (code: number, length: number) => {
        this.begin();
        this.made = false;
        const view = take.call(cache, code, length);
        this.add(typeOf(code), length, view.ptr, this.made);
        return view;
      },
      takeBack: (view: TaggedView, offset: number) => {
        const { frame } = this;
        frame.count--;
        if (frame.blocks[frame.count]?.isNew) frame.newViews--;
        takeBack.call(cache, view, offset);
      },
      show: (...args: unknown[]) => {
        this.made = true;
        return prototype.show.apply(cache, args);
      },
    });
  }

  private watchFrames(): void {
    const { cache } = this.inside;
    const { openFrame, rewind, reset, dispose, endAll } = cache;
    define(cache, {
      openFrame: () => {
        this.begin();
        return openFrame.call(cache);
      },
      rewind: (offset: number) => {
        this.measure();
        rewind.call(cache, offset);
      },
      reset: () => {
        this.measure();
        reset.call(cache);
        this.end();
      },
      dispose: () => {
        this.begun = false; // what is disposed of has no end
        dispose.call(cache);
      },
    });
    if (endAll === undefined) return;
    define(cache, {
      endAll: () => {
        this.measure();
        const others = endAll.call(cache);
        if (others === 0) this.end();
        return others;
      },
    });
  }

  private watchKernels(): void {
    const { registry } = this;
    this.inside.statistics.kernelCalls = 0;
    const timed = new WeakMap<BoundKernel, BoundKernel>();
    const { bind } = registry;
    define(registry, {
      bind: (name: string) => {
        const target = bind.call(registry, name) as BoundKernel;
        const known = timed.get(target);
        if (known !== undefined) return known;
        const made = this.time(name, target);
        timed.set(target, made);
        return made;
      },
    });
  }

  private time(name: string, target: BoundKernel): BoundKernel {
    let serial = -1;
    let index = 0; // among the kernels of the frame with this serial
    const made = (...args: any[]) => {
      this.begin();
      const start = performance.now();
      let failed = true;
      try {
        const result = target(...args);
        failed = false;
        return result;
      } finally {
        const end = performance.now();
        const { frame } = this;
        if (serial !== this.serial) {
          serial = this.serial;
          index = frame.kernelCount++;
          frame.kernels[index] = { name, calls: 0, milliseconds: 0 };
        }
        const time = frame.kernels[index] as KernelTime;
        time.calls++;
        (this.inside.statistics.kernelCalls as number)++;
        time.milliseconds += end - start;
        for (const listener of this.listeners) listener.called?.(name, args, start, end, failed);
      }
    };
    return Object.defineProperties(made, { name: { value: name }, length: { value: target.length } });
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.serial++;
    const { frame, timed } = this;
    frame.epoch = this.inside.cache.epoch;
    frame.bytes = frame.count = frame.newViews = frame.kernelCount = 0;
    if (timed) frame.start = performance.now();
  }

  private add(type: ElementType, length: number, place: number, isNew: boolean): void {
    const { frame } = this;
    if (frame.count < MOST_BLOCKS) {
      const block = frame.blocks[frame.count];
      if (block === undefined) frame.blocks.push({ type, length, place, isNew });
      else {
        block.type = type;
        block.length = length;
        block.place = place;
        block.isNew = isNew;
      }
    }
    frame.count++;
    if (isNew) frame.newViews++;
  }

  private measure(): void {
    this.frame.bytes = Math.max(this.frame.bytes, this.inside.cache.used);
  }

  private end(): void {
    const { frame, timed, last, begun, partial } = this;
    this.begun = this.partial = false;
    if (!begun || partial) return;
    if (timed) frame.end = performance.now();
    this.frames++;
    if (frame.newViews > 0) {
      this.framesWithNew++;
      this.lastNew = frame;
      this.beforeNew = last;
    }
    this.last = frame;
    const { lastNew, beforeNew } = this;
    this.frame = this.records.find((one) => one !== frame && one !== lastNew && one !== beforeNew) as FrameRecord;
    for (const listener of this.listeners) listener.frameEnded(frame);
  }
}

/** The names of the methods that allocators.gen.ts has, in the order of their codes. */
function allocators(registry: Registry<any, any>): ElementType[] {
  let prototype = registry as object;
  while (!Object.hasOwn(prototype, 'f32')) prototype = Object.getPrototypeOf(prototype);
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor') as ElementType[];
}

function newRecord(): FrameRecord {
  const none = { epoch: 0, start: 0, end: 0, bytes: 0 };
  return { ...none, blocks: [], count: 0, newViews: 0, kernels: [], kernelCount: 0 };
}

/** Names are never quoted: those of the package's own are others in what ships (tools/build.mjs). */
export function define(object: object, methods: Record<string, (...args: any[]) => unknown>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
  }
}
