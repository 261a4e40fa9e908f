import { ArenaError } from './errors.js';
import { choices, show } from './show.js';

// Float16Array where the engine's library declares it; elsewhere there is no such view.
type Float16View = typeof globalThis extends { Float16Array: { prototype: infer A } } ? A : never;

/** The TypedArray of each element type. `u8c` is clamped, so that a block can be an ImageData. */
export interface ViewTypes {
  i8: Int8Array<ArrayBuffer>;
  u8: Uint8Array<ArrayBuffer>;
  u8c: Uint8ClampedArray<ArrayBuffer>;
  i16: Int16Array<ArrayBuffer>;
  u16: Uint16Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  i64: BigInt64Array<ArrayBuffer>;
  u64: BigUint64Array<ArrayBuffer>;
  f16: Float16View;
  f32: Float32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
}

/** An element type, by its name. */
export type ElementType = keyof ViewTypes;

/** A block as an ordinary TypedArray, with the address (in bytes) of its first element as `ptr`. */
export type View<T extends ElementType = ElementType> = ViewTypes[T] & { readonly ptr: number };

/** What a block can be filled from: bigints for `i64` and `u64`, numbers for the others. */
export type ElementData<T extends ElementType> = ArrayLike<T extends 'i64' | 'u64' ? bigint : number>;

/**
 * Any view, with what the registry keeps on it: see the tag in cache.ts.
 * @internal
 */
export type TaggedView = (ViewTypes['f32'] | ViewTypes['u64']) & { ptr: number; tag: number };

type ViewConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
};

/** @internal */
export interface Element {
  readonly name: ElementType;
  /** The low bits of a view's tag, 1..15. `u8` and `u8c` share theirs: C++ sees the same bytes. */
  readonly kind: number;
  readonly bytes: number;
  /** Elements are bigints. */
  readonly wide: boolean;
  /** Undefined where the engine has no such array. */
  readonly array: ViewConstructor | undefined;
}

/**
 * The kind of both u8 and u8c.
 * @internal
 */
export const U8_KIND = 2;

/**
 * The index of a type is its code in slots and generated allocators.
 * @internal
 */
export const ELEMENTS: readonly Element[] = /* @__PURE__ */ listElements();

function listElements(): readonly Element[] {
  const element = (name: ElementType, kind: number, array: ViewConstructor | undefined): Element => {
    return { name, kind, bytes: array?.BYTES_PER_ELEMENT ?? 2, wide: /^[iu]64$/.test(name), array };
  };
  return [
    element('i8', 1, Int8Array),
    element('u8', U8_KIND, Uint8Array),
    element('i16', 3, Int16Array),
    element('u16', 4, Uint16Array),
    element('i32', 5, Int32Array),
    element('u32', 6, Uint32Array),
    element('i64', 7, BigInt64Array),
    element('u64', 8, BigUint64Array),
    element('f16', 9, (globalThis as { Float16Array?: ViewConstructor }).Float16Array),
    element('f32', 10, Float32Array),
    element('f64', 11, Float64Array),
    element('u8c', U8_KIND, Uint8ClampedArray),
  ];
}

const CODES = /* @__PURE__ */ new Map<string, number>(/* @__PURE__ */ ELEMENTS.map(({ name }, code) => [name, code]));

/**
 * The code of a type by its name; throws ERR_INVALID_TYPE.
 * @internal
 */
export function elementCode(type: unknown): number {
  const code = CODES.get(type as string);
  if (code !== undefined) return code;
  throw new ArenaError('ERR_INVALID_TYPE', `${show(type)} is no element type: ${choices(type, [...CODES.keys()])}`);
}

/**
 * The element type of any TypedArray; undefined for a DataView and for what is no view.
 * @internal
 */
export function elementOf(value: unknown): Element | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  return ELEMENTS.find(({ array }) => array && value instanceof array);
}
