// A frame's kernel calls, recorded once and replayed by one call into wasm (replay.ts has what that call runs).
//
// While a plan records, every call of the registry's kernels takes the slow path (cache.ts: `recorder`), and the blocks of
// the frame are taken from persistent memory. So nothing that a plan uses can move or end before the registry does, and a
// replay has nothing to check but that the registry is still there.

import type { Hooks } from './abi.gen.js';
import type { Recorder, Stopped, ViewCache } from './cache.js';
import { ELEMENTS, type Element, elementCode, type TaggedView } from './elements.js';
import { ArenaError } from './errors.js';
import type { Instance } from './module.js';
import type { Registry } from './registry.js';
import { compileReplay, type Replay, type ReplayCall, type ReplaySlot } from './replay.js';
import { choices, show } from './show.js';
import type { KernelInfo, KernelParameter } from './signature.js';
import { NO_TAG } from './tag.js';

/** One kernel call of a plan. */
export interface PlanCall {
  /** The kernel's name. */
  readonly kernel: string;
  /** What it was called with, by the parameters' names: views, strings and first values of scalars. */
  readonly arguments: { readonly [parameter: string]: unknown };
}

/** A TypedArray of one element: what a replay reads or has written. */
export type PlanCell<V extends number | bigint | boolean = number> = ArrayBufferView & {
  readonly length: number;
  /** A bool is 0 or 1. */
  0: V extends bigint ? bigint : number;
};

/** What a registry and its cache keep to themselves. */
interface Inside {
  readonly cache: ViewCache & CacheInside;
  readonly instance: Instance | undefined;
  readonly infos: ReadonlyMap<string, KernelInfo>;
}
interface CacheInside {
  element(code: number): Element;
  show(element: Element, address: number, length: number): TaggedView;
  repeated: number;
  foundAside: number;
}

/** A persistent block that a plan took for its body; its memory goes on to another when no plan uses it any more. */
interface Block {
  view: TaggedView;
  readonly address: number;
  /** Of all that belongs to it. */
  readonly bytes: number;
  /** The plan that took it, and those that were recorded with views of it. */
  users: number;
}

/** A scalar among a call's slots, or a part of its result. */
interface Cell {
  readonly type: string;
  /** Within a tuple, bytes. */
  readonly offset: number;
  /** When recorded. */
  readonly value: number | bigint;
  view: TaggedView | undefined;
}

interface Call extends PlanCall {
  readonly info: KernelInfo;
  readonly run: (...slots: any[]) => unknown;
  readonly slots: readonly (number | Cell)[];
  readonly scalars: ReadonlyMap<string, Cell>;
  /** By the field of a tuple, or by ''. */
  readonly results: ReadonlyMap<string, Cell>;
  readonly stopped: Stopped;
}

const CELL = 8; // bytes

// All blocks that plans of a registry have taken: without users, for later ones.
const taken = new WeakMap<ViewCache, Block[]>();

/**
 * Kernel calls that were recorded, to be made again by one call: faster than calling the kernels themselves, and without
 * garbage. The blocks that the recorded body allocated are the plan's own, and live until `dispose`.
 */
export class Plan<R = unknown> {
  /** The recorded calls, in order. */
  readonly calls: readonly PlanCall[];
  /** What the body returned: its views stay live. */
  readonly value: R;

  private readonly cache: ViewCache;
  private instance: Instance | undefined;
  private readonly replay: () => void;
  private readonly at: Replay['at'];

  private constructor(
    private readonly inside: Inside,
    value: R,
    private readonly blocks: Block[],
    private readonly others: Set<Block>,
    private readonly recorded: readonly Call[],
  ) {
    const { cache, instance } = inside as Inside & { instance: Instance };
    this.value = value;
    this.cache = cache;
    this.instance = instance;
    this.calls = recorded.map(({ kernel, arguments: given }) => ({ kernel, arguments: given }));
    const cells = recorded.flatMap(({ scalars, results }) => [...scalars.values(), ...results.values()]);
    if (cells.length > 0) placeCells(cells, takeBlock(inside, blocks, elementCode('u8'), cells.length * CELL));
    const { run, at } = compile(recorded, instance);
    this.replay = within(instance, recorded, run);
    this.at = at;
  }

  /**
   * Runs `body` once, for real, and keeps the calls of the registry's kernels that happen in it; what else it does is not
   * repeated. Blocks that it allocates are taken for the plan, from persistent memory.
   *
   * @throws ArenaError `ERR_PLAN` when there is nothing to repeat, or something that can't be; `ERR_STALE_VIEW` when a
   * kernel gets a view of a frame; `ERR_ASYNC_FRAME` when the body returns a promise; `ERR_INVALID_ARGUMENT`. What the body
   * throws is passed on. Then there is no plan, and the registry is as before.
   */
  static record<R, K, S>(
    registry: Registry<K, S>,
    body: (registry: Registry<K, S>) => R extends PromiseLike<unknown> ? never : R,
  ): Plan<R> {
    const inside = registry as unknown as Inside | undefined;
    if (inside?.cache === undefined || typeof body !== 'function') {
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `Plan.record got ${show(registry)} and ${show(body)}: expected a Registry and a function that calls its kernels`,
      );
    }
    const recording = new Recording(inside);
    try {
      const value = recording.run(() => body(registry) as R);
      return new Plan(inside, value, recording.blocks, recording.others, recording.calls);
    } catch (cause) {
      giveBack(recording.blocks, recording.others);
      throw cause;
    }
  }

  /**
   * Makes all recorded calls again, in one call into wasm.
   *
   * @throws ArenaError as the kernel that stopped would; the message says which call it was. Those before it have
   * happened, those after it have not. `ERR_DISPOSED`; `ERR_PLAN` when the kernels were replaced by a new build.
   */
  run(): void {
    if (this.inside.instance !== this.instance || this.cache.disposed) this.refuse();
    try {
      this.replay();
    } catch (cause) {
      throw this.explain(cause);
    }
  }

  /**
   * The scalar that call number `call` (from 0) passes for `parameter`: what is written into its only element, the next
   * replay passes.
   *
   * @throws ArenaError `ERR_INVALID_ARGUMENT` when there is no such call, or no such scalar.
   */
  scalar<V extends number | bigint | boolean = number>(call: number, parameter: string): PlanCell<V> {
    const { info, scalars } = this.callAt('scalar', call);
    const cell = scalars.get(parameter);
    if (cell !== undefined) return cell.view as unknown as PlanCell<V>;
    const which = `plan.scalar: call ${call}, of ${info.name},`;
    const given = info.parameters.find(({ name }) => name === parameter);
    if (info.signature === undefined) {
      throw invalid(`${which} is of a plain export, which says nothing of its types: export it by ARENA_KERNEL`);
    }
    throw invalid(
      given === undefined
        ? `${which} has no scalar ${show(parameter)}: ${choices(parameter, [...scalars.keys()])}`
        : `${which} passes a ${given.type === 'string' ? 'string' : 'view'} for ${parameter}: write into its block; ` +
            'scalars alone have cells',
    );
  }

  /**
   * What call number `call` (from 0) returned in the latest replay, or when it was recorded; of a tuple, its `field`.
   *
   * @throws ArenaError `ERR_INVALID_ARGUMENT` when there is no such call, or it returns nothing of the kind.
   */
  result<V extends number | bigint | boolean = number>(call: number, field = ''): PlanCell<V> {
    const { info, results } = this.callAt('result', call);
    const cell = results.get(field);
    if (cell !== undefined) return cell.view as unknown as PlanCell<V>;
    const which = `plan.result: call ${call}, of ${info.name},`;
    if (info.signature === undefined) {
      throw invalid(`${which} is of a plain export, which says nothing of its types: export it by ARENA_KERNEL`);
    }
    if (results.size === 0) throw invalid(`${which} returns nothing`);
    throw invalid(
      results.has('')
        ? `${which} returns one ${info.returns}: leave out the field ${show(field)}`
        : `${which} returns a tuple without a field ${show(field)}: ${choices(field, [...results.keys()])}`,
    );
  }

  /**
   * Ends the plan: `run` throws from here on. The views of its blocks are stale, and their memory goes to plans that are
   * recorded later.
   */
  dispose(): void {
    if (this.instance === undefined) return;
    this.instance = undefined;
    giveBack(this.blocks, this.others);
  }

  private callAt(method: string, call: number): Call {
    const found = Number.isInteger(call) ? this.recorded[call] : undefined;
    if (found !== undefined) return found;
    throw invalid(`plan.${method} got ${show(call)} as the call: this plan has calls 0 to ${this.recorded.length - 1}`);
  }

  private refuse(): void {
    const { cache, instance, inside } = this;
    if (instance === undefined) throw new ArenaError('ERR_DISPOSED', 'this plan is disposed: record another one');
    if (cache.recorder) throw plan('plan.run() while a plan of this registry is recorded: run it before or after');
    cache.assertUsable();
    if (inside.instance !== instance) throw plan('the kernels come from a new build: record the plan again');
  }

  private explain(cause: unknown): unknown {
    const index = this.at.value;
    const call = this.recorded[index];
    if (call === undefined) return cause; // as where the engine had no stack left to begin
    const error = call.stopped(cause);
    error.message += ` (in call ${index} of a plan, whose calls are 0 to ${this.recorded.length - 1})`;
    return error;
  }
}

class Recording implements Recorder {
  readonly calls: Call[] = [];
  readonly blocks: Block[] = [];
  /** Blocks of other plans that this one uses. */
  readonly others = new Set<Block>();
  private readonly instance: Instance | undefined;
  /** The first one, which the body may have caught. */
  private mistake: unknown;

  constructor(private readonly inside: Inside) {
    this.instance = inside.instance;
  }

  run<R>(body: () => R): R {
    const { cache } = this.inside;
    if (cache.recorder) throw plan('Plan.record inside Plan.record of the same registry: record one after the other');
    cache.assertUsable();
    const { depth, cursor } = cache;
    cache.recorder = this;
    cache.disposed = true; // to all callers
    cache.cursor = cache.slots.length - 1; // where no slot matches
    let value: R;
    try {
      value = body();
    } finally {
      cache.recorder = false;
      if (this.inside.instance === this.instance) {
        cache.disposed = false;
        if (cache.depth === depth) cache.cursor = cursor;
      }
    }
    if (typeof (value as PromiseLike<unknown> | undefined)?.then === 'function') {
      // Its own failure would be reported a second time.
      (value as PromiseLike<unknown>).then(undefined, () => {});
      throw new ArenaError(
        'ERR_ASYNC_FRAME',
        'the body of Plan.record returned a promise: what it does after an await would not be recorded. Await first and ' +
          'record then',
      );
    }
    if (this.mistake !== undefined) throw this.mistake;
    cache.assertUsable();
    if (cache.depth !== depth)
      throw plan('the body of Plan.record closed a frame that was open before: close it after');
    if (this.calls.length > 0) return value;
    throw plan(
      'the body of Plan.record called no kernel of this registry: a plan repeats calls of what registry.bind() gives, and ' +
        'nothing else',
    );
  }

  call(info: KernelInfo, args: readonly unknown[], slots: unknown[], stopped: Stopped): unknown {
    const { exports } = this.usable();
    const { name, parameters, signature } = info;
    if (this.inside.infos.get(name) !== info) {
      throw this.refuse(plan(`registry.run('${name}') inside Plan.record: a plan runs on the calling thread, call it`));
    }
    const run = exports[name] as Call['run'];
    const taken = slots.slice(0, run.length);
    const made = signature === undefined ? this.plain(info, args, run, taken) : this.typed(info, taken);
    const returned = this.attempt(info, run, taken, stopped);
    const results = resultsOf(info, returned, this.inside.cache.buffer);
    const given = Object.fromEntries(parameters.map((parameter, i) => [parameter.name, args[i]]));
    this.calls.push({ kernel: name, arguments: given, info, results, stopped, ...made });
    return returned;
  }

  take(code: number, length: number): TaggedView {
    this.usable();
    const { cache } = this.inside;
    const last = this.blocks.at(-1);
    // writeString took the most that its text may need, and now takes as much of it as it needed.
    if (last?.view.tag === NO_TAG) {
      last.view = cache.show(cache.element(code), last.address, length);
      last.view.tag = cache.persistentTag + cache.element(code).kind;
      cache.repeated++;
      cache.foundAside--;
      return last.view;
    }
    return takeBlock(this.inside, this.blocks, code, length);
  }

  check(frames: boolean | undefined): void {
    this.usable();
    if (frames !== true) return;
    throw this.refuse(
      plan(
        'reset(), openFrame() and processFrame() inside Plan.record: blocks of a plan outlive every frame, so begin and end ' +
          'frames outside',
      ),
    );
  }

  private usable(): Instance {
    const { instance } = this.inside;
    if (instance !== undefined && instance === this.instance) return instance;
    throw this.refuse(new ArenaError('ERR_DISPOSED', 'the body of Plan.record disposed of the registry'));
  }

  private attempt({ name }: KernelInfo, run: Call['run'], slots: unknown[], stopped: Stopped): unknown {
    try {
      return run(...slots);
    } catch (cause) {
      const error = stopped(cause);
      const message = `${name} failed while it was recorded, as call ${this.calls.length}: a plan would repeat that`;
      this.refuse(plan(message, error));
      throw error;
    }
  }

  private refuse(mistake: ArenaError): ArenaError {
    this.mistake ??= mistake;
    return mistake;
  }

  private typed({ name, parameters }: KernelInfo, slots: unknown[]): Pick<Call, 'run' | 'slots' | 'scalars'> {
    const taken: (number | Cell)[] = [];
    const scalars = new Map<string, Cell>();
    for (const parameter of parameters) {
      const at = taken.length;
      if (isScalar(parameter)) {
        const cell = newCell(parameter.type, slots[at] as number | bigint | boolean);
        scalars.set(parameter.name, cell);
        taken.push(cell, 0);
        continue;
      }
      for (let i = 0; i < 2 * spansOf(parameter); i += 2) {
        const address = slots[at + i] as number;
        this.checkPlace(`${name}: ${parameter.name}`, address);
        taken.push(address, slots[at + i + 1] as number);
      }
    }
    return { run: this.usable().hooks[name as keyof Hooks] as Call['run'], slots: taken, scalars };
  }

  // Of its types nothing is known, so that it is called from JavaScript, with what it was called.
  private plain(
    { name }: KernelInfo,
    args: readonly unknown[],
    run: Call['run'],
    slots: unknown[],
  ): Pick<Call, 'run' | 'slots' | 'scalars'> {
    for (const [i, value] of args.entries()) {
      if (ArrayBuffer.isView(value)) this.checkPlace(`${name}: argument ${i}`, value.byteOffset);
    }
    const again = () => {
      run.apply(undefined, slots);
    };
    return { run: again, slots: [], scalars: new Map() };
  }

  private checkPlace(where: string, address: number): void {
    const { cache } = this.inside;
    let what = 'a view of a frame';
    if (address - cache.base >= cache.floor) {
      const block = (taken.get(cache) ?? []).find(
        ({ address: start, bytes }) => address >= start && address < start + bytes,
      );
      if (block === undefined || this.blocks.includes(block) || this.others.has(block)) return;
      if (block.users > 0) {
        block.users++;
        this.others.add(block);
        return;
      }
      what = 'a part of a block whose plan is disposed of';
    }
    throw this.refuse(
      new ArenaError(
        'ERR_STALE_VIEW',
        `${where} is ${what}: its memory may be another's when the plan runs. Allocate it inside the body of Plan.record, or ` +
          'by registry.allocPersistent(...)',
      ),
    );
  }
}

const isScalar = ({ type, span }: KernelParameter): boolean => !span && type !== 'string' && !type.includes('{');

/** How many pairs of slots a parameter has: one per field of columns. */
const spansOf = ({ type }: KernelParameter): number =>
  type.endsWith('{}') ? type.slice(0, type.indexOf('}')).split(';').length - 1 : 1;

const newCell = (type: string, value: number | bigint | boolean, offset = 0): Cell => {
  return { type, offset, value: typeof value === 'boolean' ? Number(value) : value, view: undefined };
};

function resultsOf({ returns }: KernelInfo, returned: unknown, buffer: ArrayBufferLike): Map<string, Cell> {
  if (returns === 'void' || returns === 'any') return new Map();
  if (typeof returns === 'string') return new Map([['', newCell(returns, returned as number | bigint)]]);
  return new Map(
    returns.map(({ name, type, offset }) => {
      const [value] = cellView(buffer, type, ((returned as number) >>> 0) + offset);
      return [name, newCell(type, value as number | bigint, offset)];
    }),
  );
}

function cellView(buffer: ArrayBufferLike, type: string, address: number): TaggedView {
  const { array } = ELEMENTS[elementCode(type === 'bool' ? 'u8' : type)] as Element;
  return new (array as NonNullable<Element['array']>)(buffer, address, 1) as TaggedView;
}

function placeCells(cells: readonly Cell[], block: TaggedView): void {
  for (const [i, cell] of cells.entries()) {
    cell.view = cellView(block.buffer, cell.type, block.ptr + i * CELL);
    cell.view[0] = cell.value as never;
  }
}

function compile(calls: readonly Call[], { memory }: Instance): Replay {
  const placed = ({ type, view }: Cell) => ({ type, address: (view as TaggedView).byteOffset });
  const list = calls.map(({ info, run, slots, results }): ReplayCall => {
    const { returns } = info;
    return {
      run,
      slots: slots.map((slot): ReplaySlot => (typeof slot === 'object' ? placed(slot) : slot)),
      returns: returns === 'any' ? 'void' : typeof returns === 'string' ? returns : 'tuple',
      stores: [...results.values()].map((cell) => ({ ...placed(cell), offset: cell.offset })),
    };
  });
  try {
    return compileReplay(list, memory);
  } catch (cause) {
    const { message } = cause as Error;
    throw new ArenaError(
      'ERR_BAD_MODULE',
      `a plan of ${calls.length} calls does not compile: ${message}. A Content-Security-Policy may lack ` +
        "'wasm-unsafe-eval', or the plan be too long for this engine: record two",
      { cause },
    );
  }
}

/** In a partition (partition.ts), whose exports are not the module's own, kernels find its arena. */
function within({ hooks, exports, arena, stackTop }: Instance, calls: readonly Call[], run: () => void): () => void {
  if (calls.every(({ kernel }) => exports[kernel] === hooks[kernel as keyof Hooks])) return run;
  return () => {
    const before = hooks.arena_use(arena);
    try {
      run();
    } catch (cause) {
      hooks.arena_stack_set(stackTop);
      hooks.arena_recover();
      hooks.arena_use(before);
      throw cause;
    }
    hooks.arena_use(before);
  };
}

/** A persistent block, of those that other plans have left if one fits. */
function takeBlock({ cache }: Inside, blocks: Block[], code: number, length: number): TaggedView {
  const element = cache.element(code);
  const bytes = length * element.bytes;
  const align = CELL << (code >> 4);
  const known = taken.get(cache) ?? [];
  taken.set(cache, known);
  let best: Block | undefined;
  for (const block of known) {
    if (!(length > 0) || block.users > 0 || block.bytes < bytes || block.address % align !== 0) continue;
    if (best === undefined || block.bytes < best.bytes) best = block;
  }
  if (best === undefined) {
    const view = cache.takePersistent(code, length);
    best = { view, address: view.ptr, bytes, users: 0 };
    known.push(best);
  } else {
    best.view = cache.show(element, best.address, length);
    best.view.tag = cache.persistentTag + element.kind;
  }
  best.users = 1;
  blocks.push(best);
  return best.view;
}

function giveBack(blocks: readonly Block[], others: ReadonlySet<Block>): void {
  for (const block of blocks) {
    block.users--;
    block.view.tag = NO_TAG;
  }
  for (const block of others) block.users--;
}

const plan = (message: string, cause?: unknown): ArenaError =>
  new ArenaError('ERR_PLAN', message, cause === undefined ? undefined : { cause });
const invalid = (message: string): ArenaError => new ArenaError('ERR_INVALID_ARGUMENT', message);
