// From a signature to a call: literal callers for what is usual, one slow path for what is not.

import { STATUS_OUT_OF_MEMORY, STATUS_TRAPPED } from './abi.gen.js';
import type { Run, Stopped, ViewCache } from './cache.js';
import { makeCaller } from './callers.gen.js';
import { ELEMENTS, type Element, elementOf, type TaggedView } from './elements.js';
import { ArenaError, KernelError } from './errors.js';
import { takeFailure } from './failure.js';
import type { Caller, Structs } from './kernel-module.js';
import type { Instance } from './module.js';
import { choices, show } from './show.js';
import {
  type BoundKernel,
  type KernelField,
  type KernelInfo,
  type KernelParameter,
  parseSignature,
  SIGNATURE_EXPORT,
} from './signature.js';
import { frameOf } from './tag.js';
import { writeString } from './text.js';

/** What a caller (callers.gen.ts) closes over. */
export interface Call {
  readonly cache: ViewCache;
  readonly structs: Structs | undefined;
  /** The export; two slots per parameter. */
  readonly run: Run;
  /** Of each parameter: the kind of a span's elements, or minus the index into SCALARS. */
  readonly kinds: readonly number[];
  /** What the export's result becomes; undefined when it stays as it is. */
  readonly convert: ((result: any) => unknown) | undefined;
  /** Calls with unusual arguments if they make sense, or says what is wrong; what is undefined at the end did not come. */
  readonly mend: (...args: unknown[]) => unknown;
  /** The error for what the export threw; the instance is usable again. */
  readonly stopped: Stopped;
  /** For callers of the usual alone: calls with all views that are live, or as `mend`. */
  readonly other: (...args: unknown[]) => unknown;
  /** Throws the error for what the export threw; returns where nothing ran, as when null was asked for its tag. */
  readonly stop: (cause: unknown) => void;
}

const SCALARS = ['f32', 'f64', 'bool', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'];

function describeScalar(type: string): string {
  if (type === 'bool') return 'a boolean';
  if (type.startsWith('f')) return 'a number';
  const signed = type.startsWith('i');
  const bits = Number(type.slice(1));
  const limit = 2n ** BigInt(signed ? bits - 1 : bits);
  return `${bits === 64 ? 'a bigint' : 'an integer'} from ${signed ? -limit : 0} to ${limit - 1n}`;
}

/** Whether `value` can travel as the scalar SCALARS[-kind] without being changed. */
export function isScalar(kind: number, value: unknown): boolean {
  if (typeof value === 'number') {
    if (kind > -2) return true;
    if (kind > -3 || kind < -8) return false;
    const spare = 32 - (8 << ((-3 - kind) >> 1)); // bits
    return (kind & 1 ? (value << spare) >> spare : (value << spare) >>> spare) === value;
  }
  if (typeof value === 'bigint') {
    if (kind === -9) return BigInt.asIntN(64, value) === value;
    return kind === -10 && BigInt.asUintN(64, value) === value;
  }
  return typeof value === 'boolean' && kind === -2;
}

/** The kernels of an instance, by name: those with a signature, and plain functions that are nobody's internals. */
export function listKernels({ exports, memory }: Instance): Map<string, KernelInfo> {
  const kernels = new Map<string, KernelInfo>();
  const bytes = new Uint8Array(memory.buffer);
  for (const [name, value] of Object.entries(exports)) {
    if (name.startsWith(SIGNATURE_EXPORT) && value instanceof WebAssembly.Global) {
      let signature = '';
      for (let i = value.value as number; bytes[i]; i++) signature += String.fromCharCode(bytes[i] as number);
      kernels.set(name.slice(SIGNATURE_EXPORT.length), parseSignature(signature));
    }
  }
  for (const [name, value] of Object.entries(exports)) {
    if (
      typeof value !== 'function' ||
      kernels.has(name) ||
      /^(_|arena_|emscripten_|stack(Save|Restore|Alloc)$)/.test(name)
    )
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
  const known = [...kernels.keys()].sort();
  return new ArenaError('ERR_UNKNOWN_KERNEL', `the module has no kernel ${show(name)}: ${choices(name, known)}`);
}

/** Makes the function that calls `kernel`; `caller` and `structs` are its module's own. */
export function bindKernel(
  instance: Instance,
  cache: ViewCache,
  kernel: KernelInfo,
  caller?: Caller,
  structs?: Structs,
): BoundKernel {
  const run = instance.exports[kernel.name] as Run;
  const stopped = (cause: unknown) => explainStop(instance, cache, kernel.name, cause);
  // With its garbage, and so the only way that a plan sees.
  const runSlowly: RunSlowly = (args, slots) => {
    const { recorder } = cache;
    if (recorder) return recorder.call(kernel, args, slots, stopped);
    try {
      return run(...slots);
    } catch (cause) {
      throw stopped(cause);
    }
  };
  const made =
    kernel.signature === undefined
      ? bindPlain(cache, kernel, run, stopped, runSlowly)
      : bindTyped(instance, cache, kernel, run, stopped, runSlowly, caller, structs);
  Object.defineProperties(made, { name: { value: kernel.name }, length: { value: kernel.parameters.length } });
  return made;
}

type RunSlowly = (args: readonly unknown[], slots: unknown[]) => unknown;

function bindTyped(
  instance: Instance,
  cache: ViewCache,
  kernel: KernelInfo,
  run: Run,
  stopped: Stopped,
  runSlowly: RunSlowly,
  own: Caller | undefined,
  structs: Structs | undefined,
): BoundKernel {
  const kinds = kernel.parameters.map(kindOf);
  if (kinds.includes(NO_KIND) && structs === undefined) {
    throw new ArenaError(
      'ERR_BAD_MODULE',
      `${kernel.name} takes structs: use the JavaScript that arena-bind build writes beside the wasm`,
    );
  }
  const convert = converter(instance, cache, kernel.returns);
  const mend = (...args: unknown[]): unknown => {
    cache.assertUsable();
    let count = args.length;
    while (count > 0 && args[count - 1] === undefined) count--;
    if (count !== kinds.length) throw wrongCount(kernel, count);
    args.length = count;
    const slots: unknown[] = [];
    for (const [i, parameter] of kernel.parameters.entries()) {
      const kind = kinds[i] as number;
      if (kind === NO_KIND) structs?.resolve(`${kernel.name}: ${parameter.name}`, parameter, args[i], slots);
      else resolve(cache, kernel, parameter, kind, args[i], slots);
    }
    const result = runSlowly(args, slots);
    return convert === undefined ? result : convert(result);
  };
  const stop = (cause: unknown) => {
    if (!(cause instanceof TypeError)) throw stopped(cause);
  };
  const call = { cache, structs, run, kinds, convert, mend, stopped, other: mend, stop };
  // With more parameters than `makeCaller` knows, `mend` is correct, but the arguments are garbage.
  if (!kinds.includes(NO_KIND)) call.other = makeCaller(call) ?? mend;
  return own ? own(call) : call.other;
}

const elementNamed = (type: string) => ELEMENTS.find(({ name }) => name === type) as Element;

const NO_KIND = 99; // of structs and columns, which are their module's affair

function kindOf({ type, span }: KernelParameter): number {
  if (type.includes('{')) return NO_KIND;
  if (type === 'string') return elementNamed('u8').kind;
  return span ? elementNamed(type).kind : -SCALARS.indexOf(type);
}

function wrongCount({ name, parameters, signature }: KernelInfo, came: number): ArenaError {
  const list = parameters.map(({ name, type, span }) => `${name}: ${type}${span ? '[]' : ''}`);
  const rule = signature === undefined ? ', or one less with exactly one view, whose length is added' : '';
  const missing = parameters[came];
  const why = missing ? `${came} came, ${missing.name} is undefined` : `more came`;
  return new ArenaError('ERR_ARGUMENT_COUNT', `${name} takes the arguments (${list.join(', ')})${rule}; ${why}`);
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
      const expected = describeScalar(parameter.type);
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `${where} is ${show(value)}: expected ${expected} (${parameter.type})`,
      );
    }
    slots.push(value, 0);
    return;
  }
  const argument = parameter.type === 'string' && typeof value === 'string' ? writeString(cache, value) : value;
  const element = elementOf(argument);
  if (element?.kind !== kind) {
    const { type } = parameter;
    const fill =
      type === 'string' ? 'a string or a view of u8' : `a view of ${type}; make one with registry.${type}(...)`;
    throw new ArenaError('ERR_INVALID_TYPE', `${where} is ${show(value)}: expected ${fill}`);
  }
  const view = argument as TaggedView;
  cache.assertLive(where, view, element.name);
  slots.push(view.byteOffset, view.length);
}

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
    const bool = type === 'bool';
    const { array, bytes } = elementNamed(bool ? 'u8' : type);
    const window = new (array as any)(memory.buffer) as Float32Array;
    return { window, offset, shift: Math.log2(bytes), bool };
  });
  const tuples: unknown[][] = [];
  let epoch = -1;
  let next = 0;
  return (address) => {
    if (epoch !== cache.epoch) {
      epoch = cache.epoch;
      next = 0;
    }
    const tuple = tuples[next] ?? reads.map(() => 0);
    if (next < MOST_TUPLES) tuples[next++] = tuple;
    for (let i = 0; i < reads.length; i++) {
      const { window, offset, shift, bool } = reads[i] as (typeof reads)[number];
      const value = window[((address >>> 0) + offset) >>> shift];
      tuple[i] = bool ? value !== 0 : value;
    }
    return tuple;
  };
}

const MOST_PLAIN = 6;

// A plain extern "C" export: views become addresses, and when exactly one argument is missing and exactly one view came,
// the view's length is the last one. What the function does with them is its own affair.
function bindPlain(
  cache: ViewCache,
  kernel: KernelInfo,
  run: Run,
  stopped: Stopped,
  runSlowly: RunSlowly,
): BoundKernel {
  const arity = kernel.parameters.length;
  let views = 0; // among the arguments of the current call,
  let length = 0; // and how many elements the last of them has
  const slotOf = (value: any, index: number): unknown => {
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    views++;
    length = value?.length;
    if (value?.tag !== undefined && cache.lives(frameOf(value.tag), 0)) return value.ptr;
    const where = `${kernel.name}: argument ${index}`;
    const element = elementOf(value);
    if (element === undefined) {
      throw new ArenaError('ERR_INVALID_ARGUMENT', `${where} is ${show(value)}: expected a number, a bigint or a view`);
    }
    cache.assertLive(where, value, element.name);
    return value.byteOffset;
  };
  const checkCount = (count: number) => {
    if (count !== arity && (count !== arity - 1 || views !== 1)) throw wrongCount(kernel, count);
  };
  const slowly = (count: number, args: unknown[]) => {
    cache.assertUsable();
    views = length = 0;
    const slots = args.map(slotOf);
    checkCount(count);
    return runSlowly(args, [...slots, length]);
  };
  if (arity > MOST_PLAIN) return (...args) => slowly(args.length, args);
  return function (a?: any, b?: any, c?: any, d?: any, e?: any, f?: any) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would be garbage on every call
    const count = arguments.length;
    if (cache.disposed) return slowly(count, [a, b, c, d, e, f].slice(0, count));
    views = length = 0;
    // The first slot past the arguments is the length; the export ignores those past its own.
    const s0 = count > 0 ? slotOf(a, 0) : length;
    const s1 = count > 1 ? slotOf(b, 1) : length;
    const s2 = count > 2 ? slotOf(c, 2) : length;
    const s3 = count > 3 ? slotOf(d, 3) : length;
    const s4 = count > 4 ? slotOf(e, 4) : length;
    const s5 = count > 5 ? slotOf(f, 5) : length;
    checkCount(count);
    try {
      return run(s0, s1, s2, s3, s4, s5);
    } catch (cause) {
      throw stopped(cause);
    }
  };
}

// After a trap: the stack pointer and the kernel's scratch memory go back to where they were before the call.
function explainStop({ hooks, stackTop, memory }: Instance, cache: ViewCache, name: string, cause: unknown): Error {
  hooks.arena_stack_set(stackTop);
  const trapped = (why: string) => new KernelError('ERR_KERNEL_TRAP', `${name}${why}`, name, 0, { cause });
  const failure = takeFailure(hooks, memory);
  if (failure === undefined) {
    if (!(cause instanceof Error)) return trapped(` threw ${show(cause)}`);
    // A number where the export wants a bigint, or the other way round: nothing ran.
    if (cause instanceof TypeError) {
      return new ArenaError('ERR_INVALID_ARGUMENT', `${name}: an argument is of the wrong type: ${cause.message}`, {
        cause,
      });
    }
    return trapped(` trapped: ${cause.message}. What it has written stays`);
  }
  const { status, requested, text } = failure;
  if (status === STATUS_TRAPPED) return trapped(`: ${text}`);
  if (status === STATUS_OUT_OF_MEMORY) return cache.outOfMemory(`${text} in ${name}`, requested);
  return new KernelError('ERR_KERNEL_FAILED', `${name} failed: ${text}`, name, status);
}
