// From a signature to a call: literal callers for what is usual, one slow path for what is not.

import { STATUS_OUT_OF_MEMORY } from './abi.gen.js';
import type { ViewCache } from './cache.js';
import { CALLERS } from './callers.gen.js';
import { ELEMENTS, elementOf, type TaggedView } from './elements.js';
import { ArenaError, KernelError, nearest, show } from './errors.js';
import { takeFailure } from './failure.js';
import type { Instance } from './module.js';
import {
  type BoundKernel,
  type KernelField,
  type KernelInfo,
  type KernelParameter,
  parseSignature,
} from './signature.js';
import { writeString } from './text.js';

/** What a caller (callers.gen.ts) closes over. */
export interface Call {
  readonly cache: ViewCache;
  /** The export; two slots per parameter. */
  readonly run: (...slots: any[]) => unknown;
  /** Of each parameter: the kind of a span's elements, or minus the index into SCALARS. */
  readonly kinds: readonly number[];
  /** What the export's result becomes; undefined when it stays as it is. */
  readonly convert: ((result: any) => unknown) | undefined;
  /** Calls with unusual arguments if they make sense, or says what is wrong. */
  readonly mend: (count: number, ...args: unknown[]) => unknown;
  /** The error for what the export threw; the instance is usable again. */
  readonly stopped: (cause: unknown) => Error;
}

interface Scalar {
  readonly name: string;
  readonly expected: string;
}

const SCALARS: readonly Scalar[] = [
  { name: 'f32', expected: 'a number' },
  { name: 'f64', expected: 'a number' },
  { name: 'bool', expected: 'a boolean' },
  { name: 'i8', expected: 'an integer from -128 to 127' },
  { name: 'u8', expected: 'an integer from 0 to 255' },
  { name: 'i16', expected: 'an integer from -32768 to 32767' },
  { name: 'u16', expected: 'an integer from 0 to 65535' },
  { name: 'i32', expected: 'an integer from -2147483648 to 2147483647' },
  { name: 'u32', expected: 'an integer from 0 to 4294967295' },
  { name: 'i64', expected: 'a bigint from -(2n ** 63n) to 2n ** 63n - 1n' },
  { name: 'u64', expected: 'a bigint from 0n to 2n ** 64n - 1n' },
];

/** Whether `value` can travel as the scalar SCALARS[-kind] without being changed. */
export function isScalar(kind: number, value: unknown): boolean {
  if (typeof value === 'number') {
    switch (kind) {
      case 0:
      case -1:
        return true;
      case -3:
        return (value << 24) >> 24 === value;
      case -4:
        return (value & 0xff) === value;
      case -5:
        return (value << 16) >> 16 === value;
      case -6:
        return (value & 0xffff) === value;
      case -7:
        return (value | 0) === value;
      case -8:
        return value >>> 0 === value;
      default:
        return false;
    }
  }
  if (typeof value === 'bigint') {
    if (kind === -9) return BigInt.asIntN(64, value) === value;
    return kind === -10 && BigInt.asUintN(64, value) === value;
  }
  return typeof value === 'boolean' && kind === -2;
}

const SIGNATURE_PREFIX = 'arena_kernel_';

/** The kernels of an instance, by name: those with a signature, and plain functions that are nobody's internals. */
export function listKernels({ exports, memory }: Instance): Map<string, KernelInfo> {
  const kernels = new Map<string, KernelInfo>();
  const bytes = new Uint8Array(memory.buffer);
  for (const [name, value] of Object.entries(exports)) {
    if (name.startsWith(SIGNATURE_PREFIX) && value instanceof WebAssembly.Global) {
      let signature = '';
      for (let i = value.value as number; bytes[i]; i++) signature += String.fromCharCode(bytes[i] as number);
      kernels.set(name.slice(SIGNATURE_PREFIX.length), parseSignature(signature));
    }
  }
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function' || kernels.has(name) || /^(_|arena_|stack(Save|Restore|Alloc)$)/.test(name))
      continue;
    const parameters = Array.from({ length: value.length }, (_, i) => ({
      name: `a${i}`,
      type: 'any',
      span: false,
      readonly: false,
    }));
    kernels.set(name, { name, signature: undefined, parameters, returns: 'any' });
  }
  return kernels;
}

export function unknownKernel(name: unknown, kernels: ReadonlyMap<string, KernelInfo>): ArenaError {
  const near = typeof name === 'string' ? nearest(name, kernels.keys()) : undefined;
  const known = [...kernels.keys()].sort().join(', ') || 'none';
  const hint = near ? `did you mean '${near}'? ` : '';
  return new ArenaError('ERR_UNKNOWN_KERNEL', `the module has no kernel ${show(name)}: ${hint}It exports ${known}`);
}

/** Makes the function that calls `kernel`. */
export function bindKernel(instance: Instance, cache: ViewCache, kernel: KernelInfo): BoundKernel {
  const run = instance.exports[kernel.name] as (...slots: unknown[]) => unknown;
  const stopped = (cause: unknown) => explainStop(instance, cache, kernel.name, cause);
  const made =
    kernel.signature === undefined
      ? bindPlain(cache, kernel, run, stopped)
      : bindTyped(instance, cache, kernel, run, stopped);
  Object.defineProperty(made, 'name', { value: kernel.name });
  return made;
}

function bindTyped(
  instance: Instance,
  cache: ViewCache,
  kernel: KernelInfo,
  run: (...slots: unknown[]) => unknown,
  stopped: (cause: unknown) => Error,
): BoundKernel {
  const kinds = kernel.parameters.map(kindOf);
  const convert = converter(instance, cache, kernel.returns);
  const mend = (count: number, ...args: unknown[]): unknown => {
    cache.assertUsable();
    if (count !== kinds.length) throw wrongCount(kernel, count);
    const slots: unknown[] = [];
    for (const [i, parameter] of kernel.parameters.entries()) {
      resolve(cache, kernel, parameter, kinds[i] as number, args[i], slots);
    }
    let result: unknown;
    try {
      result = run(...slots);
    } catch (cause) {
      throw stopped(cause);
    }
    return convert === undefined ? result : convert(result);
  };
  const caller = CALLERS[kinds.length];
  if (caller !== undefined) return caller({ cache, run, kinds, convert, mend, stopped });
  return (...args) => mend(args.length, ...args);
}

function kindOf({ type, span }: KernelParameter): number {
  if (type === 'string') return ELEMENTS.find(({ name }) => name === 'u8')?.kind as number;
  if (span) return ELEMENTS.find(({ name }) => name === type)?.kind as number;
  return -SCALARS.findIndex(({ name }) => name === type);
}

function wrongCount(kernel: KernelInfo, came: number): ArenaError {
  return new ArenaError(
    'ERR_ARGUMENT_COUNT',
    `${kernel.name} takes ${kernel.parameters.length} arguments (${describe(kernel)}), ${came} came`,
  );
}

function describe(kernel: KernelInfo): string {
  return kernel.parameters.map(({ name, type, span }) => `${name}: ${type}${span ? '[]' : ''}`).join(', ');
}

// Appends the two slots of one argument, or throws what is wrong with it.
function resolve(
  cache: ViewCache,
  kernel: KernelInfo,
  parameter: KernelParameter,
  kind: number,
  value: unknown,
  slots: unknown[],
): void {
  const where = `${kernel.name}: ${parameter.name}`;
  if (kind <= 0) {
    if (!isScalar(kind, value)) {
      const { name, expected } = SCALARS[-kind] as Scalar;
      throw new ArenaError('ERR_INVALID_ARGUMENT', `${where} is ${show(value)}: expected ${expected} (${name})`);
    }
    slots.push(value, 0);
    return;
  }
  const argument = parameter.type === 'string' && typeof value === 'string' ? writeString(cache, value) : value;
  const element = elementOf(argument);
  if (element?.kind !== kind) {
    const fill = parameter.type === 'string' ? 'a string or a view of u8' : `a view of ${parameter.type}`;
    const how = parameter.type === 'string' ? '' : `; make one with registry.${parameter.type}(...)`;
    throw new ArenaError('ERR_INVALID_TYPE', `${where} is ${show(value)}: expected ${fill}${how}`);
  }
  const view = argument as TaggedView;
  checkLive(cache, where, view, element.name);
  slots.push(view.byteOffset, view.length);
}

function checkLive(cache: ViewCache, where: string, view: TaggedView, type: string): void {
  const verdict = cache.judge(view);
  if (verdict === 'live') return;
  if (verdict === 'stale') {
    throw new ArenaError(
      'ERR_STALE_VIEW',
      `${where} is a view from a frame that has ended: allocate it again in this frame, or keep it in a persistent block ` +
        `(registry.allocPersistent('${type}', ...))`,
    );
  }
  throw new ArenaError(
    'ERR_FOREIGN_VIEW',
    `${where} is ${show(view)} outside this arena: copy it in first with registry.${type}(...)`,
  );
}

const SHIFT_OF_BYTES = [0, 0, 1, 0, 2, 0, 0, 0, 3];

function converter(instance: Instance, cache: ViewCache, returns: KernelInfo['returns']): Call['convert'] {
  if (typeof returns === 'string') {
    if (returns === 'bool') return (result: number) => result !== 0;
    if (returns === 'u32') return (result: number) => result >>> 0;
    if (returns === 'u64') return (result: bigint) => BigInt.asUintN(64, result);
    return undefined;
  }
  return tupleReader(instance, cache, returns);
}

const MOST_TUPLES = 1024;

// The nth tuple of a frame is the same array in every frame, as views are.
function tupleReader(
  { memory }: Instance,
  cache: ViewCache,
  fields: readonly KernelField[],
): (address: number) => unknown[] {
  const reads = fields.map(({ type, offset }) => {
    const element = ELEMENTS.find(({ name }) => name === (type === 'bool' ? 'u8' : type));
    const array = element?.array as new (buffer: ArrayBuffer) => Float32Array;
    const window = new array(memory.buffer as ArrayBuffer);
    return { window, offset, shift: SHIFT_OF_BYTES[element?.bytes as number] as number, bool: type === 'bool' };
  });
  const tuples: unknown[][] = [];
  let epoch = -1;
  let next = 0;
  return (address) => {
    if (epoch !== cache.epoch) {
      epoch = cache.epoch;
      next = 0;
    }
    let tuple = tuples[next];
    if (tuple === undefined) {
      tuple = reads.map(() => 0);
      if (next < MOST_TUPLES) tuples.push(tuple);
    }
    if (next < MOST_TUPLES) next++;
    for (let i = 0; i < reads.length; i++) {
      const { window, offset, shift, bool } = reads[i] as (typeof reads)[number];
      const value = window[((address >>> 0) + offset) >>> shift];
      tuple[i] = bool ? value !== 0 : value;
    }
    return tuple;
  };
}

const MOST_PLAIN = 8;

// A plain extern "C" export: views become addresses, and when exactly one argument is missing and exactly one view came,
// the view's length is the last one. What the function does with them is its own affair.
function bindPlain(
  cache: ViewCache,
  kernel: KernelInfo,
  run: (...slots: any[]) => unknown,
  stopped: (cause: unknown) => Error,
): BoundKernel {
  const arity = kernel.parameters.length;
  const plain = (value: any, index: number): unknown => {
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    const where = `${kernel.name}: argument ${index}`;
    const element = elementOf(value);
    if (element === undefined) {
      throw new ArenaError('ERR_INVALID_ARGUMENT', `${where} is ${show(value)}: expected a number, a bigint or a view`);
    }
    checkLive(cache, where, value, element.name);
    return value.byteOffset;
  };
  const slotOf = (value: any, index: number) =>
    value != null && value.tag !== undefined && cache.lives(value.tag & -16, 0)
      ? (value.ptr as number)
      : plain(value, index);
  const call = (count: number, a?: any, b?: any, c?: any, d?: any, e?: any, f?: any, g?: any, h?: any): unknown => {
    cache.assertUsable();
    let length = 0;
    if (count === arity - 1) {
      let views = 0;
      for (let i = 0; i < count; i++) {
        const value =
          i === 0 ? a : i === 1 ? b : i === 2 ? c : i === 3 ? d : i === 4 ? e : i === 5 ? f : i === 6 ? g : h;
        if (ArrayBuffer.isView(value)) {
          views++;
          length = (value as Float32Array).length;
        }
      }
      if (views !== 1) throw plainCount(kernel, count);
    } else if (count !== arity) throw plainCount(kernel, count);
    // Slots past the function's own are ignored; of the used ones, the first past `count` is the length.
    const s0 = 0 < count ? slotOf(a, 0) : length;
    const s1 = 1 < count ? slotOf(b, 1) : length;
    const s2 = 2 < count ? slotOf(c, 2) : length;
    const s3 = 3 < count ? slotOf(d, 3) : length;
    const s4 = 4 < count ? slotOf(e, 4) : length;
    const s5 = 5 < count ? slotOf(f, 5) : length;
    const s6 = 6 < count ? slotOf(g, 6) : length;
    const s7 = 7 < count ? slotOf(h, 7) : length;
    try {
      return run(s0, s1, s2, s3, s4, s5, s6, s7);
    } catch (cause) {
      throw stopped(cause);
    }
  };
  if (arity <= MOST_PLAIN) {
    return function (a?: any, b?: any, c?: any, d?: any, e?: any, f?: any, g?: any, h?: any) {
      // biome-ignore lint/complexity/noArguments: a rest parameter would be garbage on every call
      return call(arguments.length, a, b, c, d, e, f, g, h);
    };
  }
  return (...args) => {
    cache.assertUsable();
    const views = args.filter((value) => ArrayBuffer.isView(value));
    if (args.length === arity - 1 && views.length === 1) args.push((views[0] as Float32Array).length);
    if (args.length !== arity) throw plainCount(kernel, args.length);
    try {
      return run(...args.map(slotOf));
    } catch (cause) {
      throw cause instanceof ArenaError ? cause : stopped(cause);
    }
  };
}

function plainCount(kernel: KernelInfo, came: number): ArenaError {
  const arity = kernel.parameters.length;
  return new ArenaError(
    'ERR_ARGUMENT_COUNT',
    `${kernel.name} takes ${arity} arguments (one less when exactly one of them is a view, whose length is then added), ${came} came`,
  );
}

// After a trap: the stack pointer and the kernel's scratch memory go back to where they were before the call.
function explainStop({ hooks, stackTop, memory }: Instance, cache: ViewCache, name: string, cause: unknown): Error {
  if (cause instanceof ArenaError) return cause;
  hooks.arena_stack_set(stackTop);
  const failure = takeFailure(hooks, memory);
  if (failure === undefined) {
    if (!(cause instanceof Error))
      return new KernelError('ERR_KERNEL_TRAP', `${name} threw ${show(cause)}`, name, 0, { cause });
    // A number where the export wants a bigint, or the other way round: nothing ran.
    if (cause instanceof TypeError || cause instanceof SyntaxError) {
      return new ArenaError('ERR_INVALID_ARGUMENT', `${name}: an argument is of the wrong type: ${cause.message}`, {
        cause,
      });
    }
    const trap = `${name} trapped: ${cause.message}. Its stack and scratch memory are restored; what it has written stays`;
    return new KernelError('ERR_KERNEL_TRAP', trap, name, 0, { cause });
  }
  const { status, requested, text } = failure;
  if (status === STATUS_OUT_OF_MEMORY) return cache.outOfMemory(`${text} in ${name}`, requested);
  return new KernelError('ERR_KERNEL_FAILED', `${name} failed: ${text}`, name, status);
}
